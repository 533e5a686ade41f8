"""The one place where our errors become Dagster's."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dagster as dg

from seedance_assets.core.errors import SeedanceError, SettingsRefused
from seedance_assets.core.redaction import redact


@contextmanager
def error_boundary(context: dg.OpExecutionContext | dg.AssetExecutionContext) -> Iterator[None]:
    """Let a `SeedanceError` end the step with its sentence, its advice and no retry.

    Another error passes as it is, unless its traceback repeats a secret of the environment. A run
    configuration that asks for a variable of the environment ends the step before it does anything:
    whoever may launch a run could read the server's secrets in that way.
    """
    try:
        _refuse_variables(context.run.run_config)
        yield
    except SeedanceError as exc:
        raise dg.Failure(
            description=f"{exc}. {exc.advice}".strip(),
            metadata={"kind": exc.code, "what to do": exc.advice or "—"},
            allow_retries=False,
        ) from exc
    except Exception as exc:
        trace = "".join(traceback.format_exception(exc))
        if redact(trace) == trace:
            raise
        raise dg.Failure(description=redact(trace), allow_retries=False) from None


def _refuse_variables(run_config: object, where: str = "the run configuration") -> None:
    """Raises `SettingsRefused` for `{env: NAME}` anywhere in a run's configuration."""
    match run_config:
        case {"env": str(name), **others} if not others:
            raise SettingsRefused(
                f"{where} asks for the environment variable {name}, which a run may not read",
                advice="Write the value itself; secrets belong in the server's own environment.",
            )
        case Mapping():
            for key, value in run_config.items():
                _refuse_variables(value, f"`{key}`")
        case Sequence() if not isinstance(run_config, str):
            for value in run_config:
                _refuse_variables(value, where)

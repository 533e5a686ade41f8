"""The one place where our errors become Dagster's."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from seedance_assets.core.errors import SeedanceError


@contextmanager
def error_boundary() -> Iterator[None]:
    """Let a `SeedanceError` end the step with its sentence, its advice and no retry."""
    try:
        yield
    except SeedanceError as exc:
        raise dg.Failure(
            description=f"{exc}. {exc.advice}".strip(),
            metadata={"kind": exc.kind, "what to do": exc.advice or "—"},
            allow_retries=False,
        ) from exc

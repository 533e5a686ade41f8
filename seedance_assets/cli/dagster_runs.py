"""Run Dagster's jobs in this process, on the same instance as the UI."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from seedance_assets.adapters.whole_files import write_whole
from seedance_assets.core.errors import ERRORS, SeedanceError, StorageError
from seedance_assets.core.run_options import RunOptions
from seedance_assets.definitions import build_definitions
from seedance_assets.defs.assets.intake import Reading
from seedance_assets.defs.assets.production_config import config_of
from seedance_assets.defs.assets.stages import OP
from seedance_assets.defs.runs.pool import runs_ahead, set_up_pool, waiting_for
from seedance_assets.defs.runs.signals import Signals
from seedance_assets.defs.sensors.dead_runs import mark_dead_runs, owner_tags
from seedance_assets.production.line import Emit
from seedance_assets.production.line_thread import detach_all
from seedance_assets.wiring import Environment

INSTANCE_SETTINGS = """\
# Made by `seedance`; yours to change. See https://docs.dagster.io/deployment/dagster-yaml
telemetry:
  enabled: false
nux:
  enabled: false
freshness:
  enabled: true
concurrency:
  pools:
    granularity: run   # a run that waits stays in the queue: visible, no process, cancellable
    default_limit: 1   # runs that order at the service at a time; each has `in_flight` takes there
"""
_INTERRUPTION = dg.DagsterExecutionInterruptedError
_OPENING_S = 60.0
_NO_CAPTURE = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}
_QUIET: dict[str, Any] = {"console": {"config": {"log_level": "CRITICAL"}}}


def dagster_home(environment: Environment) -> Path:
    """DAGSTER_HOME if it is set, else the production's own; made if it is not there."""
    home = Path(os.environ.get("DAGSTER_HOME") or environment.home.dagster).absolute()
    settings = home / "dagster.yaml"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not settings.exists():
            write_whole(settings, INSTANCE_SETTINGS.encode())  # another process may be reading
    except OSError as exc:
        raise StorageError(f"{home} cannot be written: {exc.strerror}") from exc
    return home


def open_instance(home: Path) -> dg.DagsterInstance:
    """Dagster's instance in `home`, which captures no output. Raises `StorageError`.

    Dagster captures a step's output by putting a file in the place of this process's standard
    output (descriptor 1): a display on the terminal stops. Nothing here prints what is worth it.

    Its storage is made by one process at a time: several that open a new one at the same moment
    break it for good (seen on Dagster 1.13: two heads in its table of versions).
    """
    from filelock import FileLock, Timeout

    os.environ["DAGSTER_HOME"] = str(home)
    try:
        with FileLock(home / ".opening", timeout=_OPENING_S):
            reference = InstanceRef.from_dir(str(home), overrides=_NO_CAPTURE)
            instance = dg.DagsterInstance.from_ref(reference)
            set_up_pool(instance)
            return instance
    except (OSError, Timeout) as exc:
        raise StorageError(f"Dagster's storage in {home} cannot be opened: {exc}") from exc


class ProductionBroken(SeedanceError, code="production_broken"):
    """A run ended for another reason than a shot's."""


class DagsterRuns(AbstractContextManager["DagsterRuns"]):
    """The three jobs of a production, one after the other.

    Each raises `KeyboardInterrupt` if a signal ends it, `ProductionBroken` for another reason.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._signals = Signals()

    def __enter__(self) -> "DagsterRuns":
        with ExitStack() as stack:
            stack.enter_context(_no_trace_of_dropped_interruptions())
            self._instance = open_instance(dagster_home(self._environment))
            stack.callback(self._instance.dispose)
            mark_dead_runs(self._instance)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def intake(self, sheet: str, reading: Reading) -> None:
        """Keep what was read of the sheet, and plan, as assets."""
        named = sheet
        if "://" in sheet:  # Dagster keeps a run's configuration, and a link may hold a key
            os.environ["SEEDANCE_SHEET"], named = sheet, ""
        result = self._run(
            "intake",
            ops={"shot_list": {"config": {"sheet": named}}},
            definitions=build_definitions(reading=reading),
        )
        _raise_if_broken(result)

    def waiting(self) -> str | None:
        """Whom `production` would have to wait for, in a sentence; None if for nobody."""
        ahead = runs_ahead(self._instance)
        return None if ahead is None else waiting_for(ahead)

    def stopped_by(self) -> signal.Signals:
        """The signal that a `KeyboardInterrupt` stands for: Python and Dagster make one of both."""
        return signal.SIGTERM if signal.SIGTERM in self._signals() else signal.SIGINT

    def production(self, options: RunOptions, watch: Emit) -> None:
        """Make the shots that the options name; `watch` hears how each fares.

        Failed shots raise nothing.

        Raises `KeyboardInterrupt` for a signal that ended the run: Ctrl-C has asked the service to
        cancel what is queued; SIGTERM cancels nothing.
        """
        got_event = False

        def on_event(event: Any) -> None:
            nonlocal got_event
            got_event = True
            watch(event)

        try:
            result = self._run(
                "production",
                ops={OP: {"config": config_of(options)}},
                definitions=build_definitions(
                    watch=on_event,
                    interrupt_cancels=lambda: self._signals() == {signal.SIGINT},
                    listening=self._signals,
                ),
            )
        finally:
            detach_all()  # an interruption amid Dagster's own writing passes the asset by
        if not got_event or _interrupted(result):  # else each shot has said how it ended
            _raise_if_broken(result)

    def review(self) -> Path:
        """Write the review page; returns where it is."""
        _raise_if_broken(self._run("review"))
        return self._environment.home.review / "index.html"

    def _run(
        self,
        job: str,
        *,
        ops: dict[str, Any] | None = None,
        definitions: dg.Definitions | None = None,
    ) -> dg.ExecuteInProcessResult:
        if self._signals():  # it came between the jobs, and Python dropped what its handler raised
            raise KeyboardInterrupt
        definitions = definitions or build_definitions()
        return definitions.resolve_job_def(job).execute_in_process(
            instance=self._instance,
            run_config={"ops": ops or {}, "loggers": _QUIET},
            tags=owner_tags(),
            raise_on_error=False,
        )


@contextmanager
def _no_trace_of_dropped_interruptions() -> Iterator[None]:
    """Python prints what a finalizer raises; of Ctrl-C the run hears all the same."""
    before = sys.unraisablehook

    def show(unraisable: "sys.UnraisableHookArgs") -> None:
        if not isinstance(unraisable.exc_value, KeyboardInterrupt | _INTERRUPTION):
            before(unraisable)

    sys.unraisablehook = show
    try:
        yield
    finally:
        sys.unraisablehook = before


def _interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether a signal (Ctrl-C) ended the run, rather than a failure."""
    errors = (e.step_failure_data.error for e in result.all_events if e.is_step_failure)
    return any(
        found.cls_name == _INTERRUPTION.__name__
        for error in errors
        for found in (error, error.cause if error else None)
        if found is not None
    )


def _raise_if_broken(result: dg.ExecuteInProcessResult) -> None:
    if result.success:
        return
    if _interrupted(result):
        raise KeyboardInterrupt
    for event in result.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data
            told = failure.user_failure_data
            if told is not None and told.description:
                raise _broken(told.description, told.metadata)
            raise ProductionBroken(str(failure.error.message if failure.error else "no reason"))
    raise ProductionBroken("the run ended without a reason")


def _broken(description: str, metadata: Mapping[str, dg.MetadataValue[Any]]) -> ProductionBroken:
    """The error of a run that one of ours has ended, with that one's exit code."""
    broken = ProductionBroken(description)
    if "kind" in metadata and (kind := ERRORS.get(str(metadata["kind"].value))):
        broken.exit_code = kind.exit_code
    return broken

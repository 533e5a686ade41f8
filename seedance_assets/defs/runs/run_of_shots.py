"""One run over its shots: those that it was asked for, and those of its companions.

The shots go through the line; what the line says becomes Dagster's events. A failed shot ends
nothing: how the run ends is known when the last shot is decided.

Shots that failed for a passing reason, and whose next try is free, are tried again after a pause.
The others are left alone: an order that the service has refused is not sent again by itself.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import dagster as dg

from seedance_assets.core.errors import SeedanceError, ShotRefused
from seedance_assets.core.shot import ShotList
from seedance_assets.core.stage import Stage
from seedance_assets.defs.runs.messages import in_ui_terms
from seedance_assets.defs.runs.planned_events import PlannedEvents
from seedance_assets.defs.runs.reporting import Report, Reporter
from seedance_assets.defs.runs.run_counts import RunCounts, is_good
from seedance_assets.defs.runs.signals import Signals
from seedance_assets.defs.sensors.backfills import (
    FAILURES_TOLD,
    SiblingRuns,
    reasons,
    shots_per_process,
)
from seedance_assets.defs.show import Show
from seedance_assets.production.events import LineEvent, ShotFailed

if TYPE_CHECKING:
    from seedance_assets.core.take import Take
    from seedance_assets.production.line_thread import LineThread

LineThreadOf = Callable[[Sequence[str], int], "LineThread"]
"""The line over some shots, by name, in a try counted from 0."""

_SIGNAL_LOOK_S = 0.2


class RunOfShots:
    """What the step does with its shots."""

    def __init__(
        self,
        context: dg.AssetExecutionContext,
        show: Show,
        *,
        reporter: Reporter,
        announcement: PlannedEvents,
        signals: Signals,
        retries: int,
        retry_wait_s: float,
    ) -> None:
        """`retries` says how often shots that failed for a passing reason are tried again."""
        self._announcement = announcement
        self._reporter = reporter
        self._sibling_runs = SiblingRuns(context, show, last_try=not retries)
        self._context = context
        self._signals = signals
        self._show = show
        self._retries = retries
        self._retry_wait_s = retry_wait_s
        self._failures: list[ShotFailed] = []

    def reports(
        self,
        asked: Sequence[str],
        shot_list: ShotList,
        line_thread_of: LineThreadOf,
        former: Sequence["Take"] = (),
    ) -> Iterator[Report]:
        """Make the shots; each is reported as it passes a stage.

        `asked` are this run's own shots. `former` are takes that no row asks for any more, to be
        brought home when the shots are done.
        """
        run_counts = RunCounts(self._context, len(asked) + len(former))
        yield from self._all_shots(asked, shot_list, line_thread_of, run_counts)
        for attempt in range(1, self._retries + 1):
            keys = self._to_try_again(last_try=attempt == self._retries)
            if not keys:
                break
            self._pause()
            yield from self._some_shots(keys, shot_list, line_thread_of, run_counts, attempt)
        if former:
            yield from self._former_takes(former, line_thread_of, run_counts)

    def _all_shots(
        self,
        asked: Sequence[str],
        shot_list: ShotList,
        line_thread_of: LineThreadOf,
        run_counts: RunCounts,
    ) -> Iterator[Report]:
        """The first try: this run's shots, then those of runs that have joined meanwhile."""
        done: set[str] = set()
        keys = [*asked, *self._sibling_runs.join(shots_per_process() - len(asked))]
        while keys:
            yield from self._some_shots(keys, shot_list, line_thread_of, run_counts, 0)
            done |= set(keys)
            keys = self._sibling_runs.join(shots_per_process() - len(done))

    def _some_shots(
        self,
        keys: Sequence[str],
        shot_list: ShotList,
        line_thread_of: LineThreadOf,
        run_counts: RunCounts,
        attempt: int,
    ) -> Iterator[Report]:
        self._signals.stop_if_requested()
        line_thread = line_thread_of(keys, attempt)
        try:
            events = line_thread.events(self._unwanted)
            for event in chain(_absent(keys, shot_list), events):
                yield from self._reports_of(in_ui_terms(event, self._show), run_counts)
        except SeedanceError:
            self._announcement.tell_all()
            raise
        finally:
            # A signal that lands while Dagster writes an event raises nothing here: then this
            # generator is closed. So why we end is asked, not caught.
            line_thread.break_off()
            run_counts.write(failed=sum(not is_good(failure) for failure in self._failures))

    def _to_try_again(self, *, last_try: bool) -> list[str]:
        """The shots that failed for a passing reason; they count as failed no more."""
        own = [failure.shot for failure in self._failures if failure.retryable]
        self._failures = [failure for failure in self._failures if not failure.retryable]
        return [*own, *self._sibling_runs.to_try_again(last_try=last_try)]

    def _pause(self) -> None:
        until = time.monotonic() + self._retry_wait_s
        while (left_s := until - time.monotonic()) > 0:
            self._signals.stop_if_requested()
            time.sleep(min(left_s, _SIGNAL_LOOK_S))

    def _former_takes(
        self, former: Sequence["Take"], line_thread_of: LineThreadOf, run_counts: RunCounts
    ) -> Iterator[Report]:
        line_thread = line_thread_of((), 0)
        line_thread.fetch_too(former)
        try:
            for event_of_line in line_thread.events(self._unwanted):
                event = in_ui_terms(event_of_line, self._show)
                run_counts.on_event(event)
                if isinstance(event, ShotFailed):
                    self._failures.append(event)
                yield from self._reporter.report_former(event)
        finally:
            line_thread.break_off()
            run_counts.write(failed=sum(not is_good(failure) for failure in self._failures))

    def _unwanted(self) -> Collection[str]:
        """Asked between two events, and at least twice a second."""
        self._signals.stop_if_requested()
        return self._sibling_runs.cancelled()

    def _reports_of(self, event: LineEvent, run_counts: RunCounts) -> Iterator[Report]:
        self._announcement.tell(event.shot)
        if not self._sibling_runs.concern(event.shot):
            run_counts.on_event(event)
            if isinstance(event, ShotFailed):
                self._failures.append(event)
        yield from self._reporter.report(event)
        self._sibling_runs.on_event(event)

    @property
    def failed(self) -> bool:
        """Whether the run may not end as a success."""
        return bool(self._failures)

    def ending(self) -> dg.Failure:
        """How a run with failed shots ends: with each reason."""
        return dg.Failure(
            description=reasons(self._failures),
            metadata={f.shot: f"{f.reason}. {f.advice}" for f in self._failures[:FAILURES_TOLD]},
            allow_retries=False,
        )


def _absent(keys: Sequence[str], shot_list: ShotList) -> Iterator[ShotFailed]:
    """A failure for each shot that was asked for and is not in the list."""
    for key in shot_list.absent(keys):
        reasons_of_it = [str(problem) for problem in shot_list.errors if problem.shot == key]
        yield ShotFailed(
            key,
            Stage.SHOT_REQUEST,
            kind=ShotRefused.code,
            reason=" ".join(reasons_of_it) or f"shot {key} is not in {shot_list.name}",
            advice="Correct the sheet and materialize `shot_list` again; nothing was paid for.",
            retryable=False,
        )

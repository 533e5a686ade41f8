"""One run over its shots: those that it was asked for, and those of its companions.

The shots go through the line; what the line says becomes Dagster's events. A failed shot ends
nothing: how the run ends is known when the last shot is decided.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import dagster as dg

from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.shot import ShotList
from seedance_assets.defs.announcing import Announcement
from seedance_assets.defs.backfills import FAILURES_TOLD, Companions, reasons, shots_per_process
from seedance_assets.defs.reporting import Report, Reporter
from seedance_assets.defs.show import Show
from seedance_assets.defs.signals import Signals
from seedance_assets.defs.tally import Tally, is_good
from seedance_assets.defs.ui_words import in_ui_words
from seedance_assets.production.events import LineEvent, ShotFailed, Stage

if TYPE_CHECKING:
    from seedance_assets.core.take import Take
    from seedance_assets.production.filming import Filming

FilmingOf = Callable[[Sequence[str]], "Filming"]
"""The line over some shots, by name."""


class RunOfShots:
    """What one try of the step does with its shots."""

    def __init__(
        self,
        context: dg.AssetExecutionContext,
        show: Show,
        *,
        reporter: Reporter,
        announcement: Announcement,
        signals: Signals,
        last_try: bool,
    ) -> None:
        self._announcement = announcement
        self._reporter = reporter
        self._companions = Companions(context, show, last_try=last_try)
        self._context = context
        self._signals = signals
        self._show = show
        self._failures: list[ShotFailed] = []

    def reports(
        self,
        asked: Sequence[str],
        done: set[str],
        shot_list: ShotList,
        filming_of: FilmingOf,
        former: Sequence["Take"] = (),
    ) -> Iterator[Report]:
        """Make the shots; each is reported as it passes a station.

        `asked` are this run's own shots, `done` those that an earlier try has made. `former` are
        takes that no row asks for any more, to be brought home when the shots are done.
        """
        tally = Tally(self._context, len(asked) + len(former))
        keys = [*asked, *self._companions.join(shots_per_process() - len(asked))]
        self._companions.decided(done)
        while keys := [key for key in keys if key not in done]:
            self._signals.break_off_if_told()
            filming = filming_of(keys)
            try:
                said = filming.events(self._unwanted)
                for event in chain(_absent(keys, shot_list), said):
                    yield from self._hear(in_ui_words(event, self._show), tally)
            except SeedanceError:
                self._announcement.tell_all()
                raise
            finally:
                # A signal that lands while Dagster writes an event raises nothing here: then this
                # generator is closed. So why we end is asked, not caught.
                filming.break_off()
                tally.write(failed=sum(not is_good(failure) for failure in self._failures))
            done |= set(keys)
            keys = self._companions.join(shots_per_process() - len(done))
        if former:
            filming = filming_of(())
            filming.bring_home_too(former)
            try:
                for said_of_it in filming.events(self._unwanted):
                    event = in_ui_words(said_of_it, self._show)
                    tally.hear(event)
                    if isinstance(event, ShotFailed):
                        self._failures.append(event)
                    yield from self._reporter.report_former(event)
            finally:
                filming.break_off()
                tally.write(failed=sum(not is_good(failure) for failure in self._failures))

    def _unwanted(self) -> Collection[str]:
        """Asked between two events, and at least twice a second."""
        self._signals.break_off_if_told()
        return self._companions.cancelled()

    def _hear(self, event: LineEvent, tally: Tally) -> Iterator[Report]:
        self._announcement.tell(event.shot)
        if not self._companions.concern(event.shot):
            tally.hear(event)
            if isinstance(event, ShotFailed):
                self._failures.append(event)
        yield from self._reporter.report(event)
        self._companions.heard(event)

    @property
    def failed(self) -> bool:
        """Whether the run may not end as a success."""
        return bool(self._failures) or self._companions.wants_another_try

    def ending(self, retries: int, retry_wait_s: int, *, last_try: bool) -> Exception:
        """How a run with failed shots ends: once more for passing reasons, else with each reason.

        Dagster takes the one as a wish and the other as the end.
        """
        again = self._companions.wants_another_try or any(f.retryable for f in self._failures)
        if again and not last_try:
            return dg.RetryRequested(retries, seconds_to_wait=retry_wait_s)
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
            kind="ShotRefused",
            reason=" ".join(reasons_of_it) or f"shot {key} is not in {shot_list.name}",
            advice="Correct the sheet and materialise `shot_list` again; nothing was paid for.",
            retryable=False,
        )

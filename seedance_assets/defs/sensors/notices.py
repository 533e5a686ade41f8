"""People hear how a production run has ended: one message for each, whoever started it.

A sensor of its own rather than three run status sensors: those look at one status each, pass the
runs of `seedance produce` by, and forget a run whose message failed. What was told is a tag on the
run, written before the message is sent: a tick that dies half-way never tells twice.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import BaseModel, Field

from seedance_assets.adapters.notices import Notifier
from seedance_assets.core.errors import NoticeDoubtful, NoticeNotTaken, SeedanceError
from seedance_assets.core.notice import Notice
from seedance_assets.core.settings import NoticeSettings
from seedance_assets.defs.resources import ProductionResource, production_of
from seedance_assets.defs.runs.run_end import OUTCOMES, run_end
from seedance_assets.defs.sensors.collecting import COLLECTS_TAG, concerns_shots
from seedance_assets.defs.sensors.cursor import remembered
from seedance_assets.defs.show import THE_SHOW, Show
from seedance_assets.production.run_notice import Production, run_notice
from seedance_assets.wiring import open_notifier

if TYPE_CHECKING:
    from seedance_assets.production.production_context import ProductionContext

TOLD_TAG = "seedance/told"
"""On a run: what became of the message about it."""
LOOK_EVERY_S = 30
TRIES = 5
_SENDING = "a message is on its way"
_NOT_TAKEN = "not taken"
FIRST_PAUSE_S = 60.0  # doubles with each try: a quarter of an hour in all
_OVERLAP_S = 120.0  # clocks of several hosts differ
_OLDEST_S = 24 * 3600.0  # after a longer pause of the daemon nobody wants to hear of it
_PER_TICK = 5  # a tick may last a minute, and each message some seconds
_PAGE = 200


class _Failed(BaseModel):
    """A message that was not taken."""

    tries: int = 0
    again_at: float = 0.0


class _Memory(BaseModel):
    """The sensor's cursor: since when runs are looked at, and what is to be tried again."""

    since: float = 0.0
    failed: dict[str, _Failed] = Field(default_factory=dict)
    did: str = ""

    def again_at(self, run_id: str) -> float:
        """When the message about a run may be tried."""
        return self.failed[run_id].again_at if run_id in self.failed else 0.0


def build_notices(
    show: Show = THE_SHOW,
    look_every_s: int | None = None,
    first_pause_s: float = FIRST_PAUSE_S,
) -> dg.SensorDefinition:
    """The sensor `notify_run_results`. A message that is not taken is sent again later."""

    @dg.sensor(
        name=show.named("notify_run_results"),
        description=(
            "Sends a message when a production run has ended, as [notices] says. Spends nothing."
        ),
        minimum_interval_seconds=look_every_s or LOOK_EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={show.production},
    )
    def notify_run_results(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        """Tells how production runs have ended: to the log, to Slack or by e-mail. Spends nothing.

        `[notices]` of production.toml says how and what. A message that is not taken is tried five
        times, with growing pauses.
        """
        memory = remembered(_Memory, context.cursor)
        told = _Notifying(context, show, memory, time.time(), first_pause_s).tell()
        did = " ".join(told) or "No run has ended since the last look."
        return dg.SensorResult(
            skip_reason=did, cursor=memory.model_copy(update={"did": did}).model_dump_json()
        )

    return notify_run_results


@dataclass(frozen=True, slots=True)
class _Notifying:
    """One tick."""

    context: dg.SensorEvaluationContext
    show: Show
    memory: _Memory
    now: float
    first_pause_s: float

    def tell(self) -> list[str]:
        """Tell of every run that has ended; returns what was done, in sentences."""
        memory = self.memory
        if not memory.since:
            memory.since = self.now
            return ["Messages are sent for runs that end from now on."]
        memory.since = max(memory.since, self.now - _OLDEST_S)
        production = production_of(self.context, self.show)
        if not production.environment.home.has_shot_list():
            return []
        said: list[str] = []
        try:
            with production.open() as opened:
                self._tell_all(production, opened, said)
        except SeedanceError as exc:
            said.append(f"No message could be sent: {exc}. {exc.advice}")
        return said

    def _tell_all(
        self, production: ProductionResource, opened: "ProductionContext", said: list[str]
    ) -> None:
        settings, memory = opened.settings.notices, self.memory
        notifier = open_notifier(production.environment, settings, self.context.log)
        untold, seen_until = self._untold(settings)
        due = [run for run in untold if memory.again_at(run.run_id) <= self.now]
        for run in due[:_PER_TICK]:
            said.append(self._send(run, self._notice(run, production, opened), notifier))
            if run.run_id in memory.failed:
                break  # the others would fare no better now
        if len(untold) <= _PER_TICK and not memory.failed:
            memory.since = max(memory.since, seen_until - _OVERLAP_S)

    def _untold(self, settings: NoticeSettings) -> tuple[list[dg.DagsterRun], float]:
        """Runs that somebody is to hear of, and the time until which all were looked at."""
        since = datetime.fromtimestamp(self.memory.since, UTC)
        statuses = [ours for ours, outcome in OUTCOMES.items() if outcome in settings.tell]
        records = self.context.instance.get_run_records(
            dg.RunsFilter(statuses=list(OUTCOMES), updated_after=since),
            limit=_PAGE,
            order_by="update_timestamp",
            ascending=True,
        )
        runs = [
            record.dagster_run
            for record in records
            if record.dagster_run.status in statuses
            and (record.end_time or self.now) >= self.memory.since - _OVERLAP_S
            and concerns_shots(record.dagster_run, self.show)
            and (settings.collecting or COLLECTS_TAG not in record.dagster_run.tags)
        ]
        seen_until = records[-1].update_timestamp.timestamp() if records else self.now
        return [run for run in runs if self._is_untold(run)], seen_until

    def _is_untold(self, run: dg.DagsterRun) -> bool:
        told = run.tags.get(TOLD_TAG)
        if told == _SENDING:  # the tick that sent it died; it may have arrived
            self._note(run, "perhaps sent: the sensor's evaluation was interrupted")
        return told is None or told.startswith(_NOT_TAKEN)

    def _send(self, run: dg.DagsterRun, notice: Notice, notifier: Notifier) -> str:
        """Send the message once; what became of it goes onto the run and into the tick."""
        failed = self.memory.failed.pop(run.run_id, _Failed())
        self._note(run, _SENDING)
        try:
            told = notifier.send(notice)
        except NoticeNotTaken as exc:
            told = self._not_taken(run, notice, failed, str(exc))
        except NoticeDoubtful as exc:
            told = f"perhaps sent: {exc}"
        self._note(run, told)
        self.context.log.info("run %s: %s", run.run_id, told)
        return f"Run {run.run_id[:8]}: {told}."

    def _not_taken(self, run: dg.DagsterRun, notice: Notice, failed: _Failed, why: str) -> str:
        tries = failed.tries + 1
        if tries >= TRIES:
            self.context.log.error("%s\n%s", notice.title, notice.text)  # let it at least be here
            return f"given up after {tries} tries: {why}"
        pause_s = self.first_pause_s * 2.0**failed.tries
        self.memory.failed[run.run_id] = _Failed(tries=tries, again_at=self.now + pause_s)
        return f"{_NOT_TAKEN}: {why}; try {tries} of {TRIES}, the next in {pause_s:.0f} s"

    def _note(self, run: dg.DagsterRun, told: str) -> None:
        self.context.instance.add_run_tags(run.run_id, {TOLD_TAG: told})

    def _notice(
        self, run: dg.DagsterRun, production: ProductionResource, opened: "ProductionContext"
    ) -> Notice:
        settings = opened.settings
        about = Production(
            title=settings.title,
            world=opened.scope.label,
            report=str(production.environment.home.review / "index.html"),
        )
        ui = settings.notices.ui.rstrip("/")
        end = run_end(self.context.instance, run, page=f"{ui}/runs/{run.run_id}" if ui else "")
        takes = opened.ledger.takes(scope=opened.scope.key, run_id=run.run_id)
        account = opened.ledger.account(opened.scope.key, shot=None, run_id=run.run_id)
        caps = [
            f"{cap_usage.cap.name}: {cap_usage.says}"
            for cap_usage in settings.budget.for_purchase().cap_usages(account)
            if cap_usage.spending.spent_usd > cap_usage.cap.limit_usd
        ]
        return run_notice(
            about,
            end,
            takes,
            settings.notices.shots_told,
            caps,
            is_abandoned=opened.ledger.order_is_abandoned,
        )

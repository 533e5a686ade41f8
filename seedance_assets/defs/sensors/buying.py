"""Paid things only when asked: a sensor and a schedule that buy, off until someone wants them.

Both order what the plan says is to be bought, under the budget, in one run that names its shots.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import BaseModel

from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.sentences import counted
from seedance_assets.defs.assets.production_config import config_of
from seedance_assets.defs.assets.stages import OP
from seedance_assets.defs.resources import production_of
from seedance_assets.defs.sensors.collecting import JOB, run_at_work
from seedance_assets.defs.sensors.cursor import remembered
from seedance_assets.defs.show import THE_SHOW, Show
from seedance_assets.wiring import plan_production

if TYPE_CHECKING:
    from seedance_assets.production.planning.plan import Plan, PlanLine

LOOK_EVERY_S = 60
NIGHTLY = "0 2 * * *"


class _Memory(BaseModel):
    """The sensor's cursor: the plan that it saw last, the one it asked for, and what it did."""

    seen: str = ""
    asked: str = ""
    did: str = ""


@dataclass(frozen=True, slots=True)
class _WantedPurchases:
    """The plan, and its lines that are to be bought."""

    plan: "Plan"
    lines: "Sequence[PlanLine]"

    @property
    def summary(self) -> str:
        """In a sentence: for the cursor, and the run's tag."""
        states = [line.state for line in self.lines]
        counts = ", ".join(f"{states.count(s)} {s.value}" for s in dict.fromkeys(states))
        plan = self.plan
        takes = counted(plan.takes_to_buy, "take")
        return f"{counts}; {takes} for about {plan.estimate_usd:.2f} USD"

    @property
    def digest(self) -> str:
        """The same as long as the same is to be bought on the same terms."""
        lines = [(line.shot, line.fingerprint, line.takes_to_buy) for line in self.lines]
        text = json.dumps([self.plan.record.terms, lines])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def build_produce_changed_shots(
    show: Show = THE_SHOW, look_every_s: int = LOOK_EVERY_S
) -> dg.SensorDefinition:
    """The sensor `produce_changed_shots`: off until someone switches it on."""

    @dg.sensor(
        name=show.named("produce_changed_shots"),
        description=(
            "Costs money. Orders new and changed shots, under the budget. Off until switched on."
        ),
        job_name=show.named(JOB),
        minimum_interval_seconds=look_every_s,
        default_status=dg.DefaultSensorStatus.STOPPED,
        required_resource_keys={show.production},
    )
    def produce_changed_shots(
        context: dg.SensorEvaluationContext,
    ) -> dg.SensorResult | dg.SkipReason:
        """Costs money. Orders what is new or changed, once two looks in a row found the same.

        Waits while a run is at work, and asks once for one plan: what failed is not asked for again
        until the sheet, prices or caps change.
        """
        budget_requests = _budget_requests(context, show)
        if isinstance(budget_requests, dg.SkipReason):
            return budget_requests
        return _ask_once(budget_requests, remembered(_Memory, context.cursor), show)

    return produce_changed_shots


def build_nightly_production(show: Show = THE_SHOW, cron: str = NIGHTLY) -> dg.ScheduleDefinition:
    """The schedule `nightly_production`: off until someone switches it on."""

    @dg.schedule(
        name=show.named("nightly_production"),
        job_name=show.named(JOB),
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        required_resource_keys={show.production},
        description="Costs money. Orders what the plan says is to be bought, under the budget.",
    )
    def nightly_production(
        context: dg.ScheduleEvaluationContext,
    ) -> dg.RunRequest | dg.SkipReason:
        budget_requests = _budget_requests(context, show)
        if isinstance(budget_requests, dg.SkipReason):
            return budget_requests
        return _order(budget_requests, show, run_key=context.scheduled_execution_time.isoformat())

    return nightly_production


def _budget_requests(
    context: dg.SensorEvaluationContext | dg.ScheduleEvaluationContext, show: Show
) -> _WantedPurchases | dg.SkipReason:
    """What the plan says is to be bought; or why nothing is."""
    production = production_of(context, show)
    if not production.environment.home.has_shot_list():
        return dg.SkipReason("No sheet has been read yet.")
    if run_id := run_at_work(context.instance, show):
        return dg.SkipReason(f"Run {run_id} is working on shots.")
    try:
        with production.open() as opened:
            plan = plan_production(production.environment, opened, production.shot_list())
            opened.plans.save(plan.record)
    except SeedanceError as exc:
        return dg.SkipReason(f"There is no plan: {exc}. {exc.advice}")
    lines = [line for line in plan.lines if line.takes_to_buy or line.takes_shared]
    if why := _why_not(plan, lines):
        return dg.SkipReason(why)
    return _WantedPurchases(plan, lines)


def _why_not(plan: "Plan", lines: "Sequence[PlanLine]") -> str:
    """Why nothing is bought by itself, in a sentence; empty if something is."""
    if not plan.price_known:
        return "The price of a take is unknown: write the rates into [price]."
    if lines:
        return ""
    if plan.takes_stopped:
        return f"The budget allows none of {counted(plan.takes_stopped, 'take')}."
    return "There is nothing to buy."


def _ask_once(
    budget_requests: _WantedPurchases, memory: _Memory, show: Show
) -> dg.SensorResult | dg.SkipReason:
    if budget_requests.digest == memory.asked:
        return dg.SkipReason(
            f"Asked for already ({memory.did}), and not made: see why in that run. It is asked "
            "for again when the sheet, prices or caps change."
        )
    if budget_requests.digest != memory.seen:
        did = f"If the next look finds the same, it is ordered: {budget_requests.summary}"
        seen = memory.model_copy(update={"seen": budget_requests.digest, "did": did})
        return dg.SensorResult(skip_reason=did, cursor=seen.model_dump_json())
    now = datetime.now(UTC)
    did = f"{now:%Y-%m-%d %H:%M} UTC: {budget_requests.summary}"
    asked = _Memory(seen=budget_requests.digest, asked=budget_requests.digest, did=did)
    request = _order(
        budget_requests, show, run_key=f"{budget_requests.digest}-{now:%Y%m%dT%H%M%S%f}"
    )
    return dg.SensorResult(run_requests=[request], cursor=asked.model_dump_json())


def _order(budget_requests: _WantedPurchases, show: Show, *, run_key: str) -> dg.RunRequest:
    options = RunOptions(
        shots=tuple(line.shot for line in budget_requests.lines),
        approved=budget_requests.plan.record.digest,
    )
    return dg.RunRequest(
        run_key=run_key,
        run_config={"ops": {show.named(OP): {"config": config_of(options)}}},
        tags={"seedance/why": budget_requests.summary},
    )

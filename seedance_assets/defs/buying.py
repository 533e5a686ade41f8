"""Paid things only when asked: a sensor and a schedule that buy, off until someone wants them.

Both order what the plan says is to be bought, under the budget, in one run that names its shots.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import BaseModel

from seedance_assets.core.errors import SeedanceError
from seedance_assets.defs.collecting import JOB, run_at_work
from seedance_assets.defs.cursor import remembered
from seedance_assets.defs.production import OP
from seedance_assets.defs.resources import StudioResource, studio_of
from seedance_assets.defs.show import THE_SHOW, Show
from seedance_assets.wiring import plan_production

if TYPE_CHECKING:
    from seedance_assets.production.plan import Plan, PlanLine

LOOK_EVERY_S = 60
NIGHTLY = "0 2 * * *"


class _Memory(BaseModel):
    """The sensor's cursor: the plan that it saw last, the one it asked for, and what it did."""

    seen: str = ""
    asked: str = ""
    runs: int = 0
    did: str = ""


class _NothingToBuy(Exception):  # no error: the reason of a skipped tick
    """Why there is no order."""


def build_produce_changed_shots(
    show: Show = THE_SHOW, look_every_s: int = LOOK_EVERY_S
) -> dg.SensorDefinition:
    """The sensor `produce_changed_shots`: off until someone switches it on."""

    @dg.sensor(
        name=show.named("produce_changed_shots"),
        job_name=show.named(JOB),
        minimum_interval_seconds=look_every_s,
        default_status=dg.DefaultSensorStatus.STOPPED,
        required_resource_keys={show.studio},
    )
    def produce_changed_shots(
        context: dg.SensorEvaluationContext,
    ) -> dg.SensorResult | dg.SkipReason:
        """Costs money. Orders what is new or changed, once two looks in a row found the same.

        Waits while a run is at work, and asks once for one plan: what failed is not asked for again
        until the sheet changes.
        """
        try:
            plan, lines = _wishes(studio_of(context, show), context.instance, show)
        except _NothingToBuy as reason:
            return dg.SkipReason(str(reason))
        return _ask_once(plan, lines, remembered(_Memory, context.cursor), show)

    return produce_changed_shots


def build_nightly_production(show: Show = THE_SHOW, cron: str = NIGHTLY) -> dg.ScheduleDefinition:
    """The schedule `nightly_production`: off until someone switches it on."""

    @dg.schedule(
        name=show.named("nightly_production"),
        job_name=show.named(JOB),
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        required_resource_keys={show.studio},
        description="Costs money. Orders what the plan says is to be bought, under the budget.",
    )
    def nightly_production(
        context: dg.ScheduleEvaluationContext,
    ) -> dg.RunRequest | dg.SkipReason:
        try:
            plan, lines = _wishes(studio_of(context, show), context.instance, show)
        except _NothingToBuy as reason:
            return dg.SkipReason(str(reason))
        night = context.scheduled_execution_time.isoformat()
        return _order(lines, show, run_key=night, why=_summary(plan, lines))

    return nightly_production


def _wishes(
    studio: StudioResource, instance: dg.DagsterInstance, show: Show
) -> "tuple[Plan, list[PlanLine]]":
    """The plan and its lines that are to be bought. Raises `_NothingToBuy`."""
    if not studio.environment.home.has_shot_list():
        raise _NothingToBuy("No sheet has been read yet.")
    if run_id := run_at_work(instance, show):
        raise _NothingToBuy(f"Run {run_id} is at work on shots.")
    try:
        with studio.open() as opened:
            plan = plan_production(studio.environment, opened, studio.shot_list())
    except SeedanceError as exc:
        raise _NothingToBuy(f"There is no plan: {exc}. {exc.advice}") from exc
    if not plan.price_known:
        raise _NothingToBuy("Nobody says what a take costs: write the rates into [price].")
    lines = [line for line in plan.lines if line.takes_to_buy or line.takes_shared]
    if not lines and plan.takes_stopped:
        raise _NothingToBuy(f"The budget lets none of {plan.takes_stopped} takes pass.")
    if not lines:
        raise _NothingToBuy("There is nothing to buy.")
    return plan, lines


def _ask_once(
    plan: "Plan", lines: "Sequence[PlanLine]", memory: _Memory, show: Show
) -> dg.SensorResult | dg.SkipReason:
    digest, summary = _digest(lines), _summary(plan, lines)
    if digest == memory.asked:
        return dg.SkipReason(
            f"Asked for already ({memory.did}), and not made: see why in that run. It is asked "
            "for again when the sheet changes."
        )
    if digest != memory.seen:
        did = f"If the next look finds the same, it is ordered: {summary}"
        seen = memory.model_copy(update={"seen": digest, "did": did})
        return dg.SensorResult(skip_reason=did, cursor=seen.model_dump_json())
    did = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {summary}"
    asked = _Memory(seen=digest, asked=digest, runs=memory.runs + 1, did=did)
    request = _order(lines, show, run_key=f"{digest}-{memory.runs}", why=summary)
    return dg.SensorResult(run_requests=[request], cursor=asked.model_dump_json())


def _order(lines: "Sequence[PlanLine]", show: Show, *, run_key: str, why: str) -> dg.RunRequest:
    config: dict[str, Any] = {"shots": [line.shot for line in lines]}
    return dg.RunRequest(
        run_key=run_key,
        run_config={"ops": {show.named(OP): {"config": config}}},
        tags={"seedance/why": why},
    )


def _summary(plan: "Plan", lines: "Sequence[PlanLine]") -> str:
    states = [line.state for line in lines]
    counts = ", ".join(f"{states.count(s)} {s.value}" for s in dict.fromkeys(states))
    return f"{counts}; {plan.takes_to_buy} takes for about {plan.estimate_usd:.2f} USD"


def _digest(lines: "Sequence[PlanLine]") -> str:
    text = json.dumps([(line.shot, line.fingerprint, line.takes_to_buy) for line in lines])
    return hashlib.sha256(text.encode()).hexdigest()[:16]

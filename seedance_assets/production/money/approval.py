"""Whether a run would buy what was approved.

A person approves a plan, or a sensor acts on one, and the run begins later. It prepares its own
requests; before the first order they are compared with those of the plan.
"""

import asyncio

from seedance_assets.core.errors import PlanOutdated
from seedance_assets.core.plan_record import PlanRecord, in_short, record_plan
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import Shot
from seedance_assets.production.production_context import ProductionContext


class Approval:
    """The plan by which one run was approved; a run without one may buy what it was asked for."""

    def __init__(self, production: ProductionContext, options: RunOptions) -> None:
        self._production = production
        self._options = options
        self._plan: PlanRecord | None = None
        self._requests: list[tuple[Shot, GenerationRequest]] = []
        self._changes: list[str] | None = None

    async def begin(self) -> None:
        """Read the plan. Raises `PlanOutdated` if it is not known."""
        if self._options.approved:
            plans = self._production.plans
            self._plan = await asyncio.to_thread(plans.load, self._options.approved)

    def note(self, shot: Shot, request: GenerationRequest) -> None:
        """Note what a shot of this run asks for."""
        self._requests.append((shot, request))

    def check(self, shot: Shot) -> None:
        """Refuse every purchase if anything has changed. Raises `PlanOutdated`.

        To be called when all shots are noted.
        """
        if self._plan is None:
            return
        if self._changes is None:
            scope, settings = self._production.scope, self._production.settings
            now = record_plan(scope, settings, self._options, self._requests)
            self._changes = self._plan.changes(now)
        if self._changes:
            raise PlanOutdated(
                f"since plan {self._options.approved} was approved, this has changed: "
                f"{in_short(self._changes)}"
            )
        if not self._plan.shots[shot.key]:
            raise PlanOutdated(
                f"shot {shot.key}: plan {self._options.approved} has no price for it, as its "
                "request could not be prepared"
            )

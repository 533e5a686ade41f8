"""What a run would do and roughly cost, and what the budget says. Free: it reads and fetches."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.assessment import Assessment, ShotStatus
from seedance_assets.core.budget import Budget, Span, Spending, total
from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.money import NoPrice, PriceSource
from seedance_assets.core.order_advice import unknown_advice
from seedance_assets.core.plan_record import PlanRecord, record_plan
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.sentences import in_a_row
from seedance_assets.core.shot import Problem, Shot, ShotList
from seedance_assets.core.take import Take
from seedance_assets.core.text_change import text_change
from seedance_assets.production.money.budget_simulation import (
    Allocation,
    BudgetRequest,
    BudgetSimulation,
    CapReport,
    Purchase,
)
from seedance_assets.production.money.price_sources import price_unknown
from seedance_assets.production.ordering.take_records import Unrecorded, find_unrecorded
from seedance_assets.production.planning.forecast import Pace
from seedance_assets.production.planning.frame_problems import (
    FrameProblems,
    delivery_problems,
    late_fetch,
)
from seedance_assets.production.planning.requests import Frames, prepare_request, refusal_of
from seedance_assets.production.planning.snapshot import FrameCache, TakeSnapshot, map_bounded
from seedance_assets.production.production_context import ProductionContext

_PICTURE = "sha256:"  # how a first frame stands in a request


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Record):
    """One input of a request that is not as it was."""

    field: str
    old: str
    new: str

    @property
    def shown(self) -> str:
        """In few words, however long the texts are."""
        if self.old.startswith(_PICTURE) and self.new.startswith(_PICTURE):
            return f"{self.field}: another picture"
        return f"{self.field}: {text_change(self.old, self.new)}"


class PlanLine(_Record):
    """What a run would do for one shot."""

    shot: str
    row: int | None = Field(
        default=None, description="Of the sheet: two rows may have one name. None: retired."
    )
    state: ShotStatus
    reason: str = ""
    advice: str = ""
    changes: tuple[Change, ...] = ()
    takes_to_buy: int = 0
    takes_stopped: int = Field(default=0, description="Takes that the budget would not let pass.")
    takes_shared: int = Field(default=0, description="Takes that another shot's purchase serves.")
    estimate_usd: float = Field(default=0.0, description="Of all the takes to buy.")
    each_usd: float = Field(default=0.0, description="Of one take; 0 if the price is unknown.")
    fingerprint: str | None = None


class Plan(_Record):
    """What a run over a whole sheet would do."""

    scope: str
    emulated: bool
    lines: tuple[PlanLine, ...]
    problems: tuple[Problem, ...] = Field(
        default=(), description="Of the first frames; the sheet's own are with the shot list."
    )
    expected_s: float | None = Field(
        description="Wall time at the service of what is bought or in flight; None: no history yet."
    )
    expected_from: str = Field(description="What that is taken from.")
    price: str = Field(description="Where estimates come from.")
    price_known: bool = True
    spent_usd: float = Field(default=0.0, description="So far, by the service's own word.")
    reserved_usd: float = Field(
        default=0.0, description="So far, for charges that are not known yet."
    )
    caps: tuple[CapReport, ...] = ()
    record: PlanRecord = Field(default=PlanRecord(terms={}, shots={}), exclude=True)

    @property
    def takes_to_buy(self) -> int:
        """How many takes a run would pay for."""
        return sum(line.takes_to_buy for line in self.lines)

    @property
    def takes_stopped(self) -> int:
        """How many takes the budget would not let pass."""
        return sum(line.takes_stopped for line in self.lines)

    @property
    def takes_shared(self) -> int:
        """How many takes are served by what is bought for another shot."""
        return sum(line.takes_shared for line in self.lines)

    @property
    def estimate_usd(self) -> float:
        """What they are likely to cost."""
        return sum(line.estimate_usd for line in self.lines)

    def count(self, state: ShotStatus) -> int:
        """How many shots are in `state`."""
        return sum(line.state is state for line in self.lines)


async def make_plan(
    production: ProductionContext,
    shot_list: ShotList,
    *,
    only: Iterable[str] | None = None,
    price_source: PriceSource | None = None,
    options: RunOptions | None = None,
) -> Plan:
    """The plan for a sheet, or for some of its shots.

    `price_source` None: the production's own price table.
    """
    price_source = price_source or production.settings.price
    options = options or RunOptions()
    takes = await asyncio.to_thread(production.ledger.takes, scope=production.scope.key)
    shots = shot_list.shots if only is None else shot_list.only(only)
    frames = FrameCache(production.frames)
    snapshot = TakeSnapshot(
        production.ledger, takes, await asyncio.to_thread(_retakes, production, options)
    )

    async def look(shot: Shot) -> _ShotSnapshot:
        return await _look(production, frames, snapshot, shot_list, shot, price_source, options)

    at_once = production.settings.concurrency.decoders * 2
    looked = await map_bounded(shots, look, at_once=at_once)
    simulation = _simulation(production, snapshot, options)
    unrecorded = await asyncio.to_thread(
        find_unrecorded, production.scope, production.ledger, production.library, production.journal
    )
    allocations = _granted(simulation, looked, price_source, options, unrecorded)
    lines = [_with_allocation(one, allocations[one.line.shot]) for one in looked]
    if only is None:
        lines += _blocked_rows(shot_list, snapshot)
        lines += _retired(shot_list, snapshot)
    forecast = Pace.of(takes).forecast(
        _orders(looked, allocations),
        {take.id: take for one in looked for take in one.found.at_service}.values(),
        lanes=production.settings.concurrency.in_flight,
        now=datetime.now(UTC),
    )
    finder, late = FrameProblems(shot_list), late_fetch(production.settings, forecast.expected_s)
    of_frames = (finder.of(one.shot, one.request_or_error, late) for one in looked)
    return Plan(
        scope=production.scope.key,
        emulated=production.scope.emulated,
        lines=tuple(lines),
        problems=tuple(chain(delivery_problems(production.settings), *of_frames)),
        expected_s=forecast.expected_s,
        expected_from=forecast.basis,
        price=price_source.described,
        price_known=not isinstance(price_source, NoPrice),
        spent_usd=simulation.so_far.spent_usd,
        reserved_usd=simulation.so_far.reserved_usd,
        caps=simulation.caps(),
        record=_record(production, options, looked),
    )


@dataclass(frozen=True, slots=True)
class _ShotSnapshot:
    """A shot as the ledger has it, before anybody has looked at the money."""

    shot: Shot
    line: PlanLine
    request_or_error: GenerationRequest | SeedanceError
    found: Assessment
    purchases: tuple[Purchase, ...]

    @property
    def request(self) -> GenerationRequest | None:
        """What the shot asks for, if it can be asked."""
        asks = self.request_or_error
        return asks if isinstance(asks, GenerationRequest) else None


def _record(
    production: ProductionContext, options: RunOptions, looked: Iterable[_ShotSnapshot]
) -> PlanRecord:
    requests = ((one.shot, one.request) for one in looked)
    return record_plan(production.scope, production.settings, options, requests)


def _orders(
    looked: Sequence[_ShotSnapshot], allocations: dict[str, Allocation]
) -> list[tuple[str, dict[str, Any]]]:
    return [
        (one.request.model_id, dict(one.request.inputs))
        for one in looked
        if one.request is not None
        for _ in allocations[one.shot.key].bought
    ]


def _simulation(
    production: ProductionContext, takes: TakeSnapshot, options: RunOptions
) -> BudgetSimulation:
    def budget_of(shot: Shot | None) -> Budget:
        return production.settings.budget.for_purchase(
            sheet_usd=shot.max_cost_usd if shot else None, run_usd=options.max_cost_usd
        )

    account = production.ledger.account(production.scope.key, shot=None, run_id=None)
    before = {**account, Span.RUN: Spending()}  # the run that is planned has spent nothing
    return BudgetSimulation(
        budget_of, before, {shot: total(takes.of_shot(shot)) for shot in takes.shots}
    )


def _granted(
    simulation: BudgetSimulation,
    looked: Sequence[_ShotSnapshot],
    price_source: PriceSource,
    options: RunOptions,
    unrecorded: Unrecorded,
) -> dict[str, Allocation]:
    """What the budget, an unknown price or a ledger that is behind lets pass of the purchases."""

    def veto(shot: Shot) -> SeedanceError | None:
        if (behind := unrecorded.error_for(shot.key)) is not None:
            return behind
        if isinstance(price_source, NoPrice) and not options.accept_unknown_cost:
            return price_unknown(shot.key, price_source)
        return None

    return simulation.grant((BudgetRequest(one.shot, one.purchases) for one in looked), veto)


def _with_allocation(one: _ShotSnapshot, grant: Allocation) -> PlanLine:
    """A line with what is bought for it, what others buy for it, and what is stopped."""
    line, unknown = one.line, map(unknown_advice, one.found.doubtful)
    stop = grant.stop if grant.stopped else None
    shared = ", ".join(dict.fromkeys(grant.shared_with))
    asks = f"asks for the same as {shared}, and shares what that buys" if shared else ""
    reasons = (line.reason, asks, f"{stop}." if stop else "")
    return line.model_copy(
        update={
            "takes_to_buy": len(grant.bought),
            "takes_shared": len(grant.shared_with),
            "takes_stopped": len(grant.stopped),
            "estimate_usd": sum(p.estimate_usd or 0.0 for p in grant.bought),
            "reason": "; ".join(filter(None, reasons)),
            "advice": in_a_row(*unknown, stop.advice) if stop else line.advice,
        }
    )


def _retakes(production: ProductionContext, asked: RunOptions) -> frozenset[tuple[str, int]]:
    """The retakes that were asked for in the same words, and not reported yet."""
    if not asked.retake:
        return frozenset()
    return production.ledger.unreported_retakes(production.scope.key, asked.retake, asked.asked_at)


async def _look(
    production: ProductionContext,
    frames: Frames,
    takes: TakeSnapshot,
    shot_list: ShotList,
    shot: Shot,
    price_source: PriceSource,
    options: RunOptions,
) -> _ShotSnapshot:
    try:
        request: GenerationRequest | SeedanceError = await prepare_request(
            shot, model_id=shot_list.model_id, sheet=shot_list.place, frames=frames
        )
    except SeedanceError as exc:
        request = exc
    found = takes.assess(shot, request, options, production.settings.failures)
    purchases = tuple(
        Purchase(buys.fingerprint, buys.ordinal, price_source.estimate_usd(buys.request))
        for buys in found.to_buy
    )
    line = _line(shot.key, shot.row, found)
    if isinstance(request, GenerationRequest):
        changes = _changes(request, takes.of_shot(shot.key)) if not found.current else ()
        line = line.model_copy(
            update={
                "changes": changes,
                "each_usd": price_source.estimate_usd(request) or 0.0,
                "fingerprint": request.fingerprint,
            }
        )
    return _ShotSnapshot(shot, line, request, found, purchases)


def _changes(request: GenerationRequest, earlier: Sequence[Take]) -> tuple[Change, ...]:
    """What differs from the shot's latest take."""
    if not earlier:
        return ()
    old = {"model": earlier[-1].model_id, **earlier[-1].request}
    new = {"model": request.model_id, **request.canonical()["inputs"]}
    return tuple(
        Change(field=name, old=str(old.get(name, "")), new=str(new.get(name, "")))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )


def _blocked_rows(shot_list: ShotList, takes: TakeSnapshot) -> list[PlanLine]:
    """One line a bad row, with every error of it."""
    good = {shot.row: shot.key for shot in shot_list.shots}
    names: dict[int | None, str] = {}
    for problem in shot_list.errors:
        if problem.row not in good:
            names[problem.row] = names.get(problem.row) or problem.shot or ""
    lines = []
    for row, name in names.items():
        own = name if name not in good.values() else ""
        found = takes.assess_blocked(own, refusal_of(shot_list, row))
        lines.append(_line(name or f"row {row}", row, found))
    return lines


def _retired(shot_list: ShotList, takes: TakeSnapshot) -> list[PlanLine]:
    listed = {shot.key for shot in shot_list.shots}
    listed |= {problem.shot for problem in shot_list.problems if problem.shot}
    return [_line(key, None, takes.assess_retired(key)) for key in sorted(takes.shots - listed)]


def _line(shot: str, row: int | None, found: Assessment) -> PlanLine:
    return PlanLine(
        shot=shot, row=row, state=found.status, reason=found.reason, advice=found.advice
    )

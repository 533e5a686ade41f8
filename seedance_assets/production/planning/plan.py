"""What a run would do and roughly cost, and what the budget says. Free: it reads and fetches."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.budget import Budget, Span, Spending, total
from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.money import NoPrice, PriceSource
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import Problem, Shot, ShotList
from seedance_assets.core.take import Take, TakeState
from seedance_assets.core.text_change import text_change
from seedance_assets.core.wanted_takes import retakes_of, wanted_ordinals
from seedance_assets.production.money.budget_simulation import (
    Allocation,
    BudgetRequest,
    BudgetSimulation,
    CapReport,
    Purchase,
)
from seedance_assets.production.money.price_sources import price_unknown
from seedance_assets.production.ordering.orders import stand_ins, unknown_advice
from seedance_assets.production.ordering.take_records import Unrecorded, find_unrecorded
from seedance_assets.production.planning.failure_outcome import FailureOutcome, failure_outcomes
from seedance_assets.production.planning.forecast import Pace
from seedance_assets.production.planning.frame_problems import (
    FrameProblems,
    delivery_problems,
    late_fetch,
)
from seedance_assets.production.planning.requests import Frames, prepare_request
from seedance_assets.production.planning.snapshot import FrameCache, TakeSnapshot, map_bounded
from seedance_assets.production.production_context import ProductionContext


class PlanState(StrEnum):
    """What a run would find."""

    NEW = "new"
    CHANGED = "changed"
    MORE_TAKES = "more takes"
    UP_TO_DATE = "up to date"
    IN_FLIGHT = "in flight"
    PARKED = "parked"
    UNKNOWN = "unknown"
    FAILED = "failed"
    BLOCKED = "blocked"
    RETIRED = "retired"


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
    state: PlanState
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

    def count(self, state: PlanState) -> int:
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
    by_shot: dict[str, list[Take]] = {}
    for take in takes:
        by_shot.setdefault(take.shot, []).append(take)
    shots = shot_list.shots if only is None else shot_list.only(only)
    frames = FrameCache(production.frames)
    held = TakeSnapshot(
        production.ledger, takes, await asyncio.to_thread(_retakes, production, options)
    )

    async def look(shot: Shot) -> _ShotSnapshot:
        earlier = by_shot.get(shot.key, [])
        return await _look(
            production, frames, held, shot_list, shot, earlier, price_source, options
        )

    at_once = production.settings.concurrency.decoders * 2
    looked = await map_bounded(shots, look, at_once=at_once)
    simulation = _simulation(production, by_shot, options)
    unrecorded = await asyncio.to_thread(
        find_unrecorded, production.scope, production.ledger, production.library, production.journal
    )
    allocations = _granted(simulation, looked, price_source, options, unrecorded)
    lines = [_with_allocation(one.line, allocations[one.line.shot]) for one in looked]
    if only is None:
        lines += _blocked_rows(shot_list)
        lines += _retired(shot_list, by_shot)
    forecast = Pace.of(takes).forecast(
        _orders(looked, allocations),
        {take.id: take for one in looked for take in one.open_takes}.values(),
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
    )


@dataclass(frozen=True, slots=True)
class _ShotSnapshot:
    """A shot as the ledger has it, before anybody has looked at the money."""

    shot: Shot
    line: PlanLine
    request_or_error: GenerationRequest | SeedanceError
    purchases: tuple[Purchase, ...] = ()
    open_takes: tuple[Take, ...] = ()
    """At the service: a run waits for them."""

    @property
    def request(self) -> GenerationRequest | None:
        """What the shot asks for, if it can be asked."""
        asks = self.request_or_error
        return asks if isinstance(asks, GenerationRequest) else None


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
    production: ProductionContext, by_shot: dict[str, list[Take]], options: RunOptions
) -> BudgetSimulation:
    def budget_of(shot: Shot | None) -> Budget:
        return production.settings.budget.for_purchase(
            sheet_usd=shot.max_cost_usd if shot else None, run_usd=options.max_cost_usd
        )

    account = production.ledger.account(production.scope.key, shot=None, run_id=None)
    before = {**account, Span.RUN: Spending()}  # the run that is planned has spent nothing
    return BudgetSimulation(
        budget_of, before, {shot: total(takes) for shot, takes in by_shot.items()}
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


def _with_allocation(line: PlanLine, grant: Allocation) -> PlanLine:
    """A line with what is bought for it, what others buy for it, and what is stopped."""
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
            "advice": stop.advice if stop else line.advice,
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
    earlier: Sequence[Take],
    price_source: PriceSource,
    options: RunOptions,
) -> _ShotSnapshot:
    try:
        request = await prepare_request(
            shot,
            model_id=shot_list.model_id,
            sheet=shot_list.place,
            frames=frames,
        )
    except SeedanceError as exc:
        blocked = PlanState.BLOCKED
        line = PlanLine(
            shot=shot.key, row=shot.row, state=blocked, reason=str(exc), advice=exc.advice
        )
        return _ShotSnapshot(shot, line, exc)
    fingerprint = request.fingerprint
    there = takes.held(fingerprint)
    silent = stand_ins(request, takes.held)
    ordinals = wanted_ordinals(options, shot, there, takes.unreported, silent)
    retakes = retakes_of(options, there, takes.unreported)
    held = [take for take in there if take.ordinal in ordinals]
    again = options.retry_failed
    after = await failure_outcomes(
        production, shot, request, held, retry_failed=again, price_source=price_source
    )
    instead = {found.held.id: found.stands for found in after}
    held = [instead.get(take.id, take) for take in held]
    missing = sorted({*ordinals} - {take.ordinal for take in held})
    each_usd = price_source.estimate_usd(request)
    purchases = (
        *(Purchase(fingerprint, ordinal, each_usd) for ordinal in missing),
        *(found.buys for found in after if found.buys is not None),
    )
    line = PlanLine(
        shot=shot.key,
        row=shot.row,
        state=_state(fingerprint, held, bool(missing), earlier),
        changes=_changes(request, earlier) if not held else (),
        each_usd=each_usd or 0.0,
        fingerprint=fingerprint,
    )
    return _ShotSnapshot(
        shot,
        line.model_copy(update=_explanation(line.state, held, earlier, after) | _found(retakes)),
        request,
        purchases if options.buy else (),
        tuple(take for take in held if take.state is TakeState.SUBMITTED),
    )


def _state(
    fingerprint: str, held: Sequence[Take], incomplete: bool, earlier: Sequence[Take]
) -> PlanState:
    states = {take.state for take in held}
    for state in (TakeState.UNKNOWN, TakeState.FAILED):
        if state in states:
            return PlanState(state.value)
    if incomplete and held:
        return PlanState.MORE_TAKES
    if incomplete:
        changed = earlier and earlier[-1].fingerprint != fingerprint
        return PlanState.CHANGED if changed else PlanState.NEW
    away = [take for take in held if not take.state.is_stored]
    if any(take.parked_at for take in away):
        return PlanState.PARKED
    return PlanState.IN_FLIGHT if away else PlanState.UP_TO_DATE


def _explanation(
    state: PlanState, held: Sequence[Take], earlier: Sequence[Take], after: Sequence[FailureOutcome]
) -> dict[str, str]:
    if state is PlanState.UNKNOWN:
        take = next(t for t in held if t.state is TakeState.UNKNOWN)
        return {"reason": f"take {take.name} lost its answer", "advice": unknown_advice(take)}
    if state is PlanState.FAILED:
        failed = next(found for found in after if found.failed)
        return {"reason": f"{failed.reason}.", "advice": failed.advice}
    if state is PlanState.NEW and earlier:
        return {"reason": f"{earlier[-1].name} was {_GONE.get(earlier[-1].state, 'cancelled')}"}
    if state is PlanState.CHANGED and (waiting := _not_stored(earlier)):
        return {
            "reason": f"paid for as the row was before, not downloaded: {waiting}",
            "advice": _FETCH,
        }
    away = ", ".join(_away(take) for take in held if not take.state.is_stored)
    reasons = [f"paid for, to be collected: {away}"] if away else []
    reasons += [found.reason for found in after if not found.failed]
    return {"reason": "; ".join(reasons)} if reasons else {}


def _found(retakes: Sequence[Take]) -> dict[str, str]:
    if not retakes:
        return {}
    return {
        "reason": f"{retakes[-1].name} was bought for the same --retake and not reported yet",
        "advice": "This run reports it and buys no second one. Other words buy another retake.",
    }


_GONE = {
    TakeState.WITHDRAWN: "never ordered, or was refused",
    TakeState.CANCELLED: "cancelled at the service",
    TakeState.WRITTEN_OFF: "written off",
}


def _away(take: Take) -> str:
    return f"{take.name} ({take.remark})" if take.remark else take.name


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


def _blocked_rows(shot_list: ShotList) -> list[PlanLine]:
    """One line a bad row, with every error of it."""
    rows: dict[int | None, list[str]] = {}
    names: dict[int | None, str] = {}
    good = {shot.row for shot in shot_list.shots}
    for problem in shot_list.errors:
        if problem.row in good:
            continue
        column = f"{problem.column}: " if problem.column else ""
        rows.setdefault(problem.row, []).append(f"{column}{problem.reason}. {problem.fix}")
        names.setdefault(problem.row, problem.shot or f"row {problem.row}")
    return [
        PlanLine(shot=names[row], row=row, state=PlanState.BLOCKED, reason=" ".join(reasons))
        for row, reasons in rows.items()
    ]


def _retired(shot_list: ShotList, by_shot: dict[str, list[Take]]) -> list[PlanLine]:
    listed = {shot.key for shot in shot_list.shots}
    listed |= {problem.shot for problem in shot_list.problems if problem.shot}
    return [_retired_line(key, by_shot[key]) for key in sorted(by_shot.keys() - listed)]


def _retired_line(key: str, takes: Sequence[Take]) -> PlanLine:
    away = _not_stored(takes)
    reason = "no longer in the sheet; kept"
    return PlanLine(
        shot=key,
        state=PlanState.RETIRED,
        reason=f"{reason}; paid for, not downloaded: {away}" if away else reason,
        advice=_FETCH if away else "",
    )


def _not_stored(takes: Iterable[Take]) -> str:
    return ", ".join(_away(take) for take in takes if take.state in _AWAY)


_AWAY = {TakeState.SUBMITTED, TakeState.SUCCEEDED}
_FETCH = "`seedance collect` downloads it for free."

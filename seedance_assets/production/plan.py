"""What a run would do and roughly cost, and what the budget says. Free: it reads and fetches."""

import asyncio
import math
from collections.abc import Iterable, Sequence
from enum import StrEnum
from statistics import median

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.budget import Budget, total
from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.money import NoPrice, Tariff
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.shot import Shot, ShotList
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.allowance import CapStanding, Grant, Rehearsal, Wish
from seedance_assets.production.orders import Instructions, unknown_advice
from seedance_assets.production.requests import prepare_request
from seedance_assets.production.studio import Studio
from seedance_assets.production.tariffs import price_unknown

USUAL_SERVICE_TIME_S = 75.0  # 5 s at 720p on ByteDance's own service, as logged by third parties
USUAL_EMULATED_TIME_S = 6.0


class PlanState(StrEnum):
    """What a run would find."""

    NEW = "new"
    CHANGED = "changed"
    MORE_TAKES = "more takes"
    UP_TO_DATE = "up to date"
    IN_FLIGHT = "in flight"
    UNKNOWN = "unknown"
    FAILED = "failed"
    BLOCKED = "blocked"
    RETIRED = "retired"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Record):
    """One input of a request that is not as it was."""

    field: str
    old: str
    new: str


class PlanLine(_Record):
    """What a run would do for one shot."""

    shot: str
    state: PlanState
    reason: str = ""
    advice: str = ""
    changes: tuple[Change, ...] = ()
    takes_to_buy: int = 0
    takes_stopped: int = Field(default=0, description="Takes that the budget would not let pass.")
    estimate_usd: float = Field(default=0.0, description="Of all the takes to buy.")
    each_usd: float = Field(default=0.0, description="Of one take; 0 if the price is unknown.")
    fingerprint: str | None = None


class Plan(_Record):
    """What a run over a whole sheet would do."""

    scope: str
    emulated: bool
    lines: tuple[PlanLine, ...]
    expected_s: float = Field(description="Wall time at the service, from the ledger's history.")
    price: str = Field(description="Where estimates come from.")
    price_known: bool = True
    spent_usd: float = Field(default=0.0, description="So far, by the service's own word.")
    reserved_usd: float = Field(default=0.0, description="So far, for charges not told yet.")
    caps: tuple[CapStanding, ...] = ()

    @property
    def takes_to_buy(self) -> int:
        """How many takes a run would pay for."""
        return sum(line.takes_to_buy for line in self.lines)

    @property
    def takes_stopped(self) -> int:
        """How many takes the budget would not let pass."""
        return sum(line.takes_stopped for line in self.lines)

    @property
    def estimate_usd(self) -> float:
        """What they are likely to cost."""
        return sum(line.estimate_usd for line in self.lines)

    def count(self, state: PlanState) -> int:
        """How many shots are in `state`."""
        return sum(line.state is state for line in self.lines)


async def make_plan(
    studio: Studio,
    shot_list: ShotList,
    *,
    only: Iterable[str] | None = None,
    tariff: Tariff | None = None,
    instructions: Instructions | None = None,
) -> Plan:
    """The plan for a sheet, or for some of its shots; `tariff` None: the production's own table."""
    tariff = tariff or studio.settings.price
    instructions = instructions or Instructions()
    by_shot: dict[str, list[Take]] = {}
    for take in await asyncio.to_thread(studio.ledger.takes, scope=studio.scope.key):
        by_shot.setdefault(take.shot, []).append(take)
    shots = shot_list.shots if only is None else shot_list.only(only)
    gate = asyncio.Semaphore(studio.settings.concurrency.decoders * 2)

    async def look(shot: Shot) -> PlanLine:
        async with gate:
            earlier = by_shot.get(shot.key, [])
            return await _line(studio, shot_list, shot, earlier, tariff, instructions.retry_failed)

    lines = list(await asyncio.gather(*(look(shot) for shot in shots)))
    rehearsal = _rehearsal(studio, by_shot, instructions)
    lines = _allowed(rehearsal, shots, lines, tariff, instructions)
    if only is None:
        lines += _blocked_rows(shot_list)
        lines += _retired(shot_list, by_shot)
    buying = sum(line.takes_to_buy for line in lines)
    return Plan(
        scope=studio.scope.key,
        emulated=studio.scope.emulated,
        lines=tuple(lines),
        expected_s=_expected_s(studio, shot_list.model_id, buying),
        price=tariff.described,
        price_known=not isinstance(tariff, NoPrice),
        spent_usd=rehearsal.so_far.spent_usd,
        reserved_usd=rehearsal.so_far.reserved_usd,
        caps=rehearsal.caps(),
    )


def _rehearsal(
    studio: Studio, by_shot: dict[str, list[Take]], instructions: Instructions
) -> Rehearsal:
    def budget_of(shot: Shot | None) -> Budget:
        return studio.settings.budget.for_purchase(
            sheet_usd=shot.max_cost_usd if shot else None, run_usd=instructions.max_cost_usd
        )

    account = studio.ledger.account(studio.scope.key, shot=None, run_id=None)
    return Rehearsal(budget_of, account, {shot: total(takes) for shot, takes in by_shot.items()})


def _allowed(
    rehearsal: Rehearsal,
    shots: Sequence[Shot],
    lines: Sequence[PlanLine],
    tariff: Tariff,
    instructions: Instructions,
) -> list[PlanLine]:
    """The lines with what the budget, or an unknown price, would stop of them."""
    if isinstance(tariff, NoPrice) and not instructions.accept_unknown_cost:
        return [_stopped(line, Grant(0, price_unknown(line.shot, tariff))) for line in lines]
    wishes = [
        Wish(shot, line.takes_to_buy, None if isinstance(tariff, NoPrice) else line.each_usd)
        for shot, line in zip(shots, lines, strict=True)
    ]
    grants = rehearsal.grant(wishes)
    return [_stopped(line, grants[line.shot]) for line in lines]


def _stopped(line: PlanLine, grant: Grant) -> PlanLine:
    stopped = line.takes_to_buy - grant.takes
    if stopped <= 0 or grant.stop is None:
        return line
    return line.model_copy(
        update={
            "takes_to_buy": grant.takes,
            "takes_stopped": stopped,
            "estimate_usd": grant.takes * line.each_usd,
            "reason": "; ".join(filter(None, (line.reason, f"{grant.stop}."))),
            "advice": grant.stop.advice,
        }
    )


async def _line(
    studio: Studio,
    shot_list: ShotList,
    shot: Shot,
    earlier: Sequence[Take],
    tariff: Tariff,
    retry_failed: bool,
) -> PlanLine:
    try:
        request = await prepare_request(
            shot,
            model_id=shot_list.model_id,
            sheet=shot_list.place,
            frames=studio.frames,
        )
    except SeedanceError as exc:
        return PlanLine(shot=shot.key, state=PlanState.BLOCKED, reason=str(exc), advice=exc.advice)
    held = await asyncio.to_thread(
        studio.ledger.holders, studio.scope.key, request.fingerprint, shot.takes
    )
    missing = shot.takes - len(held)
    again = sum(take.state is TakeState.FAILED for take in held) if retry_failed else 0
    each_usd = tariff.estimate_usd(request) or 0.0
    line = PlanLine(
        shot=shot.key,
        state=_state(held, missing, earlier),
        changes=_changes(request, earlier) if missing and not held else (),
        takes_to_buy=missing + again,
        estimate_usd=(missing + again) * each_usd,
        each_usd=each_usd,
        fingerprint=request.fingerprint,
    )
    return line.model_copy(update=_explanation(line.state, held, retry_failed))


def _state(held: Sequence[Take], missing: int, earlier: Sequence[Take]) -> PlanState:
    states = {take.state for take in held}
    if TakeState.UNKNOWN in states:
        return PlanState.UNKNOWN
    if TakeState.FAILED in states:
        return PlanState.FAILED
    if missing and held:
        return PlanState.MORE_TAKES
    if missing:
        return PlanState.CHANGED if earlier else PlanState.NEW
    if any(not state.at_home for state in states):
        return PlanState.IN_FLIGHT
    return PlanState.UP_TO_DATE


def _explanation(state: PlanState, held: Sequence[Take], retry_failed: bool) -> dict[str, str]:
    if state is PlanState.UNKNOWN:
        take = next(t for t in held if t.state is TakeState.UNKNOWN)
        return {"reason": f"take {take.name} lost its answer", "advice": unknown_advice(take)}
    if state is PlanState.FAILED:
        take = next(t for t in held if t.state is TakeState.FAILED)
        return {
            "reason": f"take {take.name} failed: {take.error}",
            "advice": "It will be tried once more."
            if retry_failed
            else "Change the shot, or pay for another try with --retry-failed.",
        }
    if state is PlanState.IN_FLIGHT:
        names = ", ".join(t.name for t in held if not t.state.at_home)
        return {"reason": f"paid for, to be collected: {names}"}
    return {}


def _changes(request: GenerationRequest, earlier: Sequence[Take]) -> tuple[Change, ...]:
    """Which inputs differ from the shot's latest take."""
    if not earlier:
        return ()
    old, new = earlier[-1].request, request.canonical()["inputs"]
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
        PlanLine(shot=names[row], state=PlanState.BLOCKED, reason=" ".join(reasons))
        for row, reasons in rows.items()
    ]


def _retired(shot_list: ShotList, by_shot: dict[str, list[Take]]) -> list[PlanLine]:
    listed = {shot.key for shot in shot_list.shots}
    listed |= {problem.shot for problem in shot_list.problems if problem.shot}
    return [
        PlanLine(shot=key, state=PlanState.RETIRED, reason="no longer in the sheet; kept")
        for key in sorted(by_shot.keys() - listed)
    ]


def _expected_s(studio: Studio, model_id: str, takes: int) -> float:
    times = studio.ledger.service_times_s(studio.scope.key, model_id)
    first_guess_s = USUAL_EMULATED_TIME_S if studio.scope.emulated else USUAL_SERVICE_TIME_S
    usual_s = median(times) if times else first_guess_s
    return math.ceil(takes / studio.settings.concurrency.in_flight) * usual_s

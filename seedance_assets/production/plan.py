"""What a run would do and roughly cost. Free: it reads, fetches first frames, and asks nobody."""

import asyncio
import math
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from statistics import median

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.shot import Shot, ShotList
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.orders import unknown_advice
from seedance_assets.production.requests import prepare_request
from seedance_assets.production.studio import Studio

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
    estimate_usd: float = Field(default=0.0, description="Of all the takes to buy.")
    fingerprint: str | None = None


class Plan(_Record):
    """What a run over a whole sheet would do."""

    scope: str
    emulated: bool
    lines: tuple[PlanLine, ...]
    expected_s: float = Field(description="Wall time at the service, from the ledger's history.")

    @property
    def takes_to_buy(self) -> int:
        """How many takes a run would pay for."""
        return sum(line.takes_to_buy for line in self.lines)

    @property
    def estimate_usd(self) -> float:
        """What they are likely to cost."""
        return sum(line.estimate_usd for line in self.lines)

    def count(self, state: PlanState) -> int:
        """How many shots are in `state`."""
        return sum(line.state is state for line in self.lines)


async def make_plan(
    studio: Studio, shot_list: ShotList, *, only: Iterable[str] | None = None
) -> Plan:
    """The plan for a sheet, or for some of its shots."""
    by_shot: dict[str, list[Take]] = {}
    for take in await asyncio.to_thread(studio.ledger.takes, scope=studio.scope.key):
        by_shot.setdefault(take.shot, []).append(take)
    shots = shot_list.shots if only is None else shot_list.only(only)
    gate = asyncio.Semaphore(studio.settings.concurrency.decoders * 2)

    async def look(shot: Shot) -> PlanLine:
        async with gate:
            return await _line(studio, shot_list, shot, by_shot.get(shot.key, []))

    lines = list(await asyncio.gather(*(look(shot) for shot in shots)))
    if only is None:
        lines += _blocked_rows(shot_list)
        lines += _retired(shot_list, by_shot)
    buying = sum(line.takes_to_buy for line in lines)
    return Plan(
        scope=studio.scope.key,
        emulated=studio.scope.emulated,
        lines=tuple(lines),
        expected_s=_expected_s(studio, shot_list.model_id, buying),
    )


async def _line(
    studio: Studio, shot_list: ShotList, shot: Shot, earlier: Sequence[Take]
) -> PlanLine:
    try:
        request = await prepare_request(
            shot,
            model_id=shot_list.model_id,
            sheet=Path(shot_list.source),
            frames=studio.frames,
        )
    except SeedanceError as exc:
        return PlanLine(shot=shot.key, state=PlanState.BLOCKED, reason=str(exc), advice=exc.advice)
    held = await asyncio.to_thread(_held, studio, request, shot.takes)
    missing = shot.takes - len(held)
    line = PlanLine(
        shot=shot.key,
        state=_state(held, missing, earlier),
        changes=_changes(request, earlier) if missing and not held else (),
        takes_to_buy=missing,
        estimate_usd=missing * studio.settings.price.estimate_usd(request),
        fingerprint=request.fingerprint,
    )
    return line.model_copy(update=_explanation(line.state, held))


def _held(studio: Studio, request: GenerationRequest, takes: int) -> list[Take]:
    found = (
        studio.ledger.holder(studio.scope.key, request.fingerprint, ordinal + 1)
        for ordinal in range(takes)
    )
    return [take for take in found if take is not None]


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


def _explanation(state: PlanState, held: Sequence[Take]) -> dict[str, str]:
    if state is PlanState.UNKNOWN:
        take = next(t for t in held if t.state is TakeState.UNKNOWN)
        return {"reason": f"take {take.name} lost its answer", "advice": unknown_advice(take)}
    if state is PlanState.FAILED:
        take = next(t for t in held if t.state is TakeState.FAILED)
        return {
            "reason": f"take {take.name} failed: {take.error}",
            "advice": "Change the shot, or pay for another try with --retry-failed.",
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
        rows.setdefault(problem.row, []).append(f"{problem.reason}. {problem.fix}")
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

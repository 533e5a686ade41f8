"""Where a shot stands: what there is of it, what a run would buy, and what a person should do.

The plan, the run, the review page and the commands show an assessment; none of them decides by the
states of takes. It asks no clock, no database and no service. The ledger's `claim` still has the
last word on what is bought.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from seedance_assets.core.errors import SeedanceError
from seedance_assets.core.failed_takes import StandsFor, ToBuy, outcome_of
from seedance_assets.core.failures import FailureSettings, RetryOptions, kind_of
from seedance_assets.core.order_advice import being_ordered, unknown_advice, unknown_reason
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.shot import Shot
from seedance_assets.core.take import Take, TakeState
from seedance_assets.core.take_groups import IsAbandoned, TakeGroups, as_known, group_takes
from seedance_assets.core.wanted_takes import retakes_of, wanted_ordinals

_FETCH = "`seedance collect` downloads it for free."
_MEASURE = "`seedance collect` measures it for free."
_GONE = {
    TakeState.WITHDRAWN: "was never ordered",
    TakeState.CANCELLED: "was cancelled at the service",
    TakeState.WRITTEN_OFF: "was written off",
}


class ShotStatus(StrEnum):
    """Where a shot stands."""

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


@dataclass(frozen=True, slots=True)
class Assessment:
    """The one answer to where a shot stands."""

    status: ShotStatus
    reason: str = ""
    advice: str = ""
    """What a person should do; empty: nothing but what the status says."""
    went_wrong: bool = False
    """Whether an order, a download or a measurement failed, or nobody knows its outcome."""
    ordinals: tuple[int, ...] = ()
    """Which takes of the request are wanted."""
    current: tuple[Take, ...] = ()
    """The takes that stand for them; a silent one in place of one whose sound was refused."""
    stand_ins: tuple[Take, ...] = ()
    """The silent ones among them."""
    to_buy: tuple[ToBuy, ...] = ()
    at_service: tuple[Take, ...] = ()
    """Those of `current` that a run waits for."""
    to_collect: tuple[Take, ...] = ()
    """Paid for and not finished: of `current`, and of the shot's earlier requests."""
    doubtful: tuple[Take, ...] = ()
    """Only a person can adopt these or write them off; of earlier requests, too."""


@dataclass(frozen=True, slots=True)
class _Remark:
    """A part of the reason, and what to do about it."""

    reason: str
    advice: str = ""
    went_wrong: bool = False


def assess(
    shot: Shot,
    request: GenerationRequest | SeedanceError,
    takes: Sequence[Take],
    options: RunOptions,
    *,
    is_abandoned: IsAbandoned,
    failures: FailureSettings,
    unreported: Collection[tuple[str, int]] = (),
) -> Assessment:
    """Where a shot of the sheet stands.

    `request`: what it asks for, or why it cannot be asked for. `takes`: those of the shot, and
    those that hold its request or the same one without sound, oldest first. `unreported`: retakes
    (fingerprint and ordinal) that were bought for the same words and not reported yet.
    """
    known = [as_known(take, is_abandoned) for take in takes]
    own = [take for take in known if take.shot == shot.key]
    if isinstance(request, SeedanceError):
        return assess_blocked(request, own, is_abandoned)
    fingerprint, silent = request.fingerprint, request.silent()
    there = _active(known, fingerprint)
    quiet = _active(known, silent.fingerprint) if silent else {}
    instead = [take for take in quiet.values() if take.fallback_of == fingerprint]
    ordinals = wanted_ordinals(options, shot, there.values(), unreported, instead)
    retry = RetryOptions(
        failures if options.buy else FailureSettings(),
        shot.audio_fallback if options.buy else None,
        retry=options.retry_failed,
    )
    held = [outcome_of(there[n], request, quiet.get(n), retry) for n in ordinals if n in there]
    missing = [n for n in ordinals if n not in there]
    current = tuple(found.stands for found in held)
    to_buy = [ToBuy(request, fingerprint, n) for n in missing]
    to_buy += [found.buys for found in held if found.buys is not None]
    status = _status(fingerprint, current, bool(missing), own)
    remarks = [
        *_of_current(held, group_takes(current, is_abandoned)),
        *_of_missing(known, fingerprint, missing),
        *_of_retakes(retakes_of(options, there.values(), unreported)),
    ]
    result = Assessment(
        status,
        ordinals=ordinals,
        current=current,
        stand_ins=tuple(found.stands for found in held if found.is_silent),
        to_buy=tuple(to_buy) if options.buy else (),
    )
    considered = {take.id for take in current} | {found.held.id for found in held}
    earlier = [take for take in own if take.id not in considered]
    return _answer(result, remarks, earlier, is_abandoned)


def assess_blocked(
    why: SeedanceError, takes: Sequence[Take], is_abandoned: IsAbandoned
) -> Assessment:
    """Where a shot stands that cannot be asked for; `takes` are its own."""
    remarks = [_Remark(str(why), why.advice)]
    return _answer(Assessment(ShotStatus.BLOCKED), remarks, takes, is_abandoned)


def assess_retired(takes: Sequence[Take], is_abandoned: IsAbandoned) -> Assessment:
    """Where a shot stands that is no longer in the sheet."""
    remarks = [_Remark("no longer in the sheet; its takes are kept")]
    return _answer(Assessment(ShotStatus.RETIRED), remarks, takes, is_abandoned)


def take_advice(take: Take) -> str:
    """What a person should do about one take; `take` is as known. Often nothing."""
    if take.state is TakeState.UNKNOWN:
        return unknown_advice(take)
    if take.state is TakeState.INTENT:
        return being_ordered(take)
    return kind_of(take).advice if take.error_kind and take.state is not TakeState.MEASURED else ""


def is_bought(take: Take) -> bool:
    """Whether a take holds its purchase, so that a run buys it only if this one has failed."""
    return take.state.is_active and take.state is not TakeState.FAILED


def _active(takes: Iterable[Take], fingerprint: str) -> dict[int, Take]:
    """The takes that hold a request's places, by ordinal."""
    held = [take for take in takes if take.fingerprint == fingerprint and take.state.is_active]
    return {take.ordinal: take for take in sorted(held, key=lambda take: take.ordinal)}


def _status(
    fingerprint: str, current: Sequence[Take], incomplete: bool, own: Sequence[Take]
) -> ShotStatus:
    states = {take.state for take in current}
    if TakeState.UNKNOWN in states:
        return ShotStatus.UNKNOWN
    if TakeState.FAILED in states:
        return ShotStatus.FAILED
    if incomplete and current:
        return ShotStatus.MORE_TAKES
    if incomplete:
        changed = own and own[-1].fingerprint != fingerprint
        return ShotStatus.CHANGED if changed else ShotStatus.NEW
    if states <= {TakeState.MEASURED}:
        return ShotStatus.UP_TO_DATE
    return ShotStatus.PARKED if any(take.parked_at for take in current) else ShotStatus.IN_FLIGHT


# -- the reason, in parts, the most pressing first ---------------------------------------------


def _of_current(held: Sequence[StandsFor], groups: TakeGroups) -> Iterator[_Remark]:
    yield from map(_unknown, groups.unknown)
    for found in held:
        if found.failed:
            yield _Remark(found.reason, found.advice, went_wrong=True)
    for take in groups.to_collect:
        if take.error:
            yield _Remark(f"{take.name}: {_error(take)}", _advice(take), went_wrong=True)
    yield from _of_open(groups)
    for found in held:
        if found.is_silent and not found.failed:
            yield _Remark(found.reason)


def _of_open(groups: TakeGroups) -> Iterator[_Remark]:
    for take in groups.being_ordered:
        yield _Remark(f"take {take.name} is being ordered", being_ordered(take))
    if waiting := (*groups.at_service, *groups.to_download):
        yield _Remark(f"paid for, to be collected: {_names(waiting)}", _FETCH)
    if groups.to_measure:
        yield _Remark(f"downloaded, to be measured: {_names(groups.to_measure)}", _MEASURE)


def _of_missing(
    takes: Sequence[Take], fingerprint: str, missing: Sequence[int]
) -> Iterator[_Remark]:
    """Why takes that were ordered once are to be bought all the same."""
    last = {take.ordinal: take for take in takes if take.fingerprint == fingerprint}
    for ordinal in missing:
        take = last.get(ordinal)
        if take is None:
            continue
        if take.state is TakeState.WITHDRAWN and take.error:
            reason = f"{take.name} was not ordered: {_error(take)}"
            yield _Remark(reason, _advice(take), went_wrong=True)
        elif take.state in _GONE:
            yield _Remark(f"{take.name} {_GONE[take.state]}")


def _of_retakes(retakes: Sequence[Take]) -> Iterator[_Remark]:
    if retakes:
        yield _Remark(
            f"{retakes[-1].name} was bought for the same --retake and not reported yet",
            "This run reports it and buys no second one. Other words buy another retake.",
        )


def _answer(
    result: Assessment,
    remarks: Iterable[_Remark],
    earlier: Sequence[Take],
    is_abandoned: IsAbandoned,
) -> Assessment:
    """The whole answer: also what is left to do for takes that the row does not ask for now."""
    before, now = group_takes(earlier, is_abandoned), group_takes(result.current, is_abandoned)
    told = [*remarks, *map(_unknown, before.unknown)]
    if before.to_collect:
        changed = result.status is ShotStatus.CHANGED
        words = "paid for as the row was before" if changed else "paid for"
        told.append(_Remark(f"{words}, not downloaded: {_names(before.to_collect)}", _FETCH))
    return replace(
        result,
        reason="; ".join(remark.reason for remark in told),
        advice=" ".join(dict.fromkeys(remark.advice for remark in told if remark.advice)),
        went_wrong=any(remark.went_wrong for remark in told),
        at_service=now.at_service,
        to_collect=(*now.to_collect, *before.to_collect),
        doubtful=(*now.unknown, *before.unknown),
    )


def _unknown(take: Take) -> _Remark:
    return _Remark(unknown_reason(take), unknown_advice(take), went_wrong=True)


def _error(take: Take) -> str:
    label = f"{kind_of(take).label}: " if take.error_kind else ""
    return f"{label}{take.error}"


def _advice(take: Take) -> str:
    return kind_of(take).advice or "Run again: nothing is paid for twice."


def _names(takes: Iterable[Take]) -> str:
    return ", ".join(f"{t.name} ({t.remark})" if t.remark else t.name for t in takes)

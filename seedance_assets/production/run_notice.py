"""What people are told when a run has ended: its shots, what they cost, and what is to be done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seedance_assets.core.budget import may_cost
from seedance_assets.core.charges import too_high
from seedance_assets.core.notice import Notice, RunOutcome, one_line
from seedance_assets.core.sentences import counted
from seedance_assets.core.take import Take
from seedance_assets.core.take_groups import IsAbandoned, TakeGroups, group_takes


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run has ended, as far as Dagster knows."""

    run_id: str
    outcome: RunOutcome
    asked: int | None = None
    """Shots of the run; None if it ended before it could say."""
    done: int | None = None
    """None if it was broken off before it could count."""
    failed: int = 0
    reasons: tuple[tuple[str, str], ...] = ()
    """Failed shots, each with its reason and what to do; perhaps not all of them."""
    why: str = ""
    """Why the run as a whole failed, if it was not for its shots."""
    page: str = ""
    """The run's own page, if it is known where Dagster's pages are."""


@dataclass(frozen=True, slots=True)
class Production:
    """Which production the run belongs to."""

    title: str
    world: str
    """EMULATED or live."""
    report: str
    """Path or URL of the review page."""


def run_notice(
    production: Production,
    end: RunEnd,
    takes: Sequence[Take],
    shots_told: int,
    caps: Sequence[str] = (),
    *,
    is_abandoned: IsAbandoned,
) -> Notice:
    """The message about a run. `takes` are those that the run wrote down; `caps` are passed."""
    found = group_takes(takes, is_abandoned)
    facts = [
        *_failures(end, shots_told),
        ("bought", _bought(takes, production.world)),
        ("run", end.run_id),
        ("report", production.report),
    ]
    if production.world != "live":
        facts.insert(0, ("world", production.world))
    return Notice(
        title=one_line(f"{production.title}: {_headline(end)}", 150),
        sentence=" ".join([*_charges(takes, caps), *_next(end, found)]),
        facts=tuple((one_line(name, 80), one_line(value)) for name, value in facts),
        link=end.page,
    )


def _headline(end: RunEnd) -> str:
    if end.asked is None:
        return {
            RunOutcome.SUCCESS: "a run is done",
            RunOutcome.FAILURE: "a run failed before its first shot",
            RunOutcome.CANCELLED: "a run was stopped before its first shot",
        }[end.outcome]
    if end.done is None:
        return f"a run over {counted(end.asked, 'shot')} broke off"
    said = f"{end.done} of {counted(end.asked, 'shot')} done"
    if end.failed:
        said += f", {end.failed} failed"
    return f"{said}; stopped" if end.outcome is RunOutcome.CANCELLED else said


def _charges(takes: Sequence[Take], caps: Sequence[str]) -> Iterator[str]:
    """Charges that a person must look at before more is bought."""
    for take in takes:
        if why := too_high(take):
            yield f"{why[0].upper()}{why[1:]}: look at it before you order more."
    yield from (f"Charges have passed {cap}." for cap in caps)


def _next(end: RunEnd, found: TakeGroups) -> Iterator[str]:
    """What a person should do, most pressing first."""
    unresolved = list(_unresolved(found))
    yield from unresolved
    if end.why:
        yield end.why
    if end.failed:
        yield "Correct what the reasons below name, then materialize the failed shots again."
    left = 0 if end.done is None else (end.asked or 0) - end.done - end.failed
    if left > 0:
        were = "was" if left == 1 else "were"
        yield f"{counted(left, 'shot')} {were} not finished; materialize again when wanted."
    if end.outcome is RunOutcome.SUCCESS and not unresolved:
        yield "Look at the report."
    elif not (unresolved or end.why or end.failed or left > 0):
        yield "Look at the run's page; nothing is paid for twice if you start it again."


def _unresolved(found: TakeGroups) -> Iterator[str]:
    """What there is to do for takes that are not finished."""
    if found.unknown:
        yield (
            f"{_few(found.unknown)} lost the answer to an order: look at the service's "
            "Generations page, then `seedance ledger adopt` or `seedance ledger write-off`."
        )
    if found.being_ordered:
        yield (
            f"{_few(found.being_ordered)} may still be being ordered: `seedance plan` shows what "
            "became of it."
        )
    if going_on := len(found.at_service) + len(found.to_download):
        yield f"Paid for and not downloaded yet: {going_on}. This happens automatically."


def _failures(end: RunEnd, shots_told: int) -> Iterator[tuple[str, str]]:
    told = end.reasons[:shots_told]
    yield from ((f"failed {shot}", reason) for shot, reason in told)
    if end.failed > len(told) and told:
        yield "failed", f"and {end.failed - len(told)} more: see the run"


def _bought(takes: Sequence[Take], world: str) -> str:
    bought = [take for take in takes if may_cost(take)]
    if not bought:
        return "nothing"
    told = sum(take.cost_usd for take in bought if take.cost_usd is not None)
    guessed = [take.estimate_usd for take in bought if take.cost_usd is None]
    price = f"{told + sum(usd or 0.0 for usd in guessed):.2f} USD"
    if guessed:
        price = f"about {price}"
    if None in guessed:
        price += " and an unknown sum"
    takes_said = "1 take" if len(bought) == 1 else f"{len(bought)} takes"
    return f"{takes_said} for {price}" + ("" if world == "live" else " (nothing was paid)")


def _few(takes: Sequence[Take], most: int = 3) -> str:
    names = [take.name for take in takes]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

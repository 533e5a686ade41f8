"""The production on one page: what the rules say, what it cost, how long it took, what is next."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from seedance_assets.core.review import Review, ReviewShot, ReviewTake


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many clips a rule let pass, warned of and failed."""

    rule: str
    family: str
    passed: int
    warned: int
    failed: int


@dataclass(frozen=True, slots=True)
class Money:
    """USD. What is charged is known; what is estimated stands for charges still to be told."""

    charged_usd: float
    estimated_usd: float
    at_order_usd: float
    """What the same takes were estimated to cost when they were ordered."""
    on_failed_clips_usd: float
    """Of both: for clips that failed a rule."""
    by_sequence_usd: tuple[tuple[str, float], ...]

    @property
    def total_usd(self) -> float:
        """Charged and estimated."""
        return self.charged_usd + self.estimated_usd


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds of video, and of waiting for it; None where nothing is known."""

    video_s: float
    median_service_s: float | None
    longest_service_s: float | None
    first_order_to_last_delivery_s: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do, and for which shots; the most urgent comes first."""

    action: str
    shots: tuple[str, ...]
    urgency: str
    """`fail`, `warn` or `pending`."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything on the page."""

    outcomes: Counter[str]
    """Shots by their verdict if they are done, else by their status."""
    rules: tuple[RuleCount, ...]
    money: Money
    time: Time
    steps: tuple[Step, ...]


def summarise(review: Review) -> Summary:
    """The summary of a review; the rules speak of the takes that the sheet asks for now."""
    return Summary(
        outcomes=Counter(outcome(shot) for shot in review.shots),
        rules=_rules(review),
        money=_money(review),
        time=_time(review.takes),
        steps=tuple(_steps(review)),
    )


def outcome(shot: ReviewShot) -> str:
    """How a shot came out: its verdict, `unchecked`, or why there is no clip to judge."""
    return (shot.verdict or "unchecked") if shot.status == "done" else shot.status


def _current(review: Review) -> list[ReviewTake]:
    return [take for take in review.takes if take.current]


def _rules(review: Review) -> tuple[RuleCount, ...]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for take in _current(review):
        for finding in take.findings:
            counts.setdefault((finding.rule, finding.family), Counter())[finding.verdict] += 1
    rules = [
        RuleCount(rule, family, count["pass"], count["warn"], count["fail"])
        for (rule, family), count in counts.items()
    ]
    return tuple(sorted(rules, key=lambda count: (-count.failed, -count.warned)))


def _money(review: Review) -> Money:
    takes = review.takes
    by_sequence: dict[str, float] = {}
    for shot in review.shots:
        name = shot.sequence or "–"
        spent = sum(take.counts_usd for take in shot.own_takes)
        by_sequence[name] = by_sequence.get(name, 0.0) + spent
    return Money(
        charged_usd=sum(take.counts_usd for take in takes if take.cost_usd is not None),
        estimated_usd=sum(take.counts_usd for take in takes if take.cost_usd is None),
        at_order_usd=sum(take.estimate_usd or 0.0 for take in takes if take.counts_usd),
        on_failed_clips_usd=sum(take.counts_usd for take in takes if take.verdict == "fail"),
        by_sequence_usd=tuple(by_sequence.items()),
    )


def _time(takes: Iterable[ReviewTake]) -> Time:
    made = [take for take in takes if take.measurements is not None]
    waits = [take.service_time_s for take in made if take.service_time_s is not None]
    orders = [take.ordered_at for take in made if take.ordered_at is not None]
    deliveries = [take.delivered_at for take in made if take.delivered_at is not None]
    whole = (max(deliveries) - min(orders)).total_seconds() if orders and deliveries else None
    return Time(
        video_s=sum(take.measurements.video.duration_s for take in made if take.measurements),
        median_service_s=median(waits) if waits else None,
        longest_service_s=max(waits, default=None),
        first_order_to_last_delivery_s=whole,
    )


def _steps(review: Review) -> Iterable[Step]:
    """What stopped comes first, then what was judged badly, then what is on its way."""
    for status in ("failed", "blocked"):
        yield from _by_advice(review, status, "fail")
    told = {shot.key for shot in review.shots if shot.status == "blocked"}
    problems = {p.shot or f"row {p.row}" for p in review.problems if p.severity == "error"} - told
    if problems:
        action = "Correct the rows of the sheet that have errors."
        yield Step(action, tuple(sorted(problems)), "fail")
    yield from _by_rule(review, "fail", "failed: watch the clips and decide.")
    yield from _by_rule(review, "warn", "warns: check it.")
    yield from _by_advice(review, "pending", "pending")


def _by_advice(review: Review, status: str, urgency: str) -> Iterable[Step]:
    groups: dict[str, list[str]] = {}
    for shot in review.shots:
        if shot.status == status:
            groups.setdefault(shot.advice or "Check the shot.", []).append(shot.key)
    for advice, shots in groups.items():
        yield Step(advice, tuple(shots), urgency)


def _by_rule(review: Review, verdict: str, advice: str) -> Iterable[Step]:
    """One step for each rule; a shot stands under the first rule that it broke."""
    groups: dict[str, list[str]] = {}
    for shot in review.shots:
        if shot.status != "done" or shot.verdict != verdict:
            continue
        broken = [
            finding.rule
            for take in shot.takes
            if take.current
            for finding in take.findings
            if finding.verdict == verdict
        ]
        if broken:
            groups.setdefault(broken[0], []).append(shot.key)
    for rule, shots in sorted(groups.items(), key=lambda group: -len(group[1])):
        yield Step(f"{rule.replace('_', ' ').capitalize()} {advice}", tuple(shots), verdict)

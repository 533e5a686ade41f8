"""The data of the page, ready to display: checked links and formatted figures."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from seedance_assets.adapters.review.links import safe_link
from seedance_assets.adapters.review.take_data import Texts, filled, setting, take_data
from seedance_assets.core.review import Review, ReviewShot, ReviewTake
from seedance_assets.core.summary import outcome

LABELS = {
    "pass": "Pass",
    "warn": "Warning",
    "fail": "Fail",
    "failed": "Failed",
    "blocked": "Blocked",
    "pending": "Pending",
    "retired": "Retired",
    "unchecked": "Unchecked",
}
"""The label of the chip on a card, by kind: the verdict of a finished shot, else its status."""
KINDS = ("pass", "warn", "fail", "unchecked", "failed", "blocked", "pending", "retired")
_NEARLY_WIDE = (1.7, 1.85)  # 864×496, the model's 16:9 at 480p, is 1.74
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def as_inline_json(data: Any) -> str:
    """JSON that is safe inside a `<script>` element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_ESCAPES)


def label(kind: str) -> str:
    """The label of a chip of this kind."""
    return LABELS[kind]


def costs(takes: Iterable[ReviewTake]) -> tuple[float, float]:
    """Charged USD, and USD that is only estimated so far."""
    actual = sum(take.counts_usd for take in takes if take.cost_usd is not None)
    estimated = sum(take.counts_usd for take in takes if take.cost_usd is None)
    return actual, estimated


def length_s(take: ReviewTake | None) -> float | None:
    """Seconds of a take's clip, as measured."""
    return take.measurements.video.duration_s if take and take.measurements else None


def face(shot: ReviewShot) -> ReviewTake | None:
    """The take that represents its shot: with a clip if any, current, newest."""
    return max(shot.takes, key=lambda t: (t.video is not None, t.current, t.number), default=None)


def fills(take: ReviewTake | None) -> bool:
    """Whether a clip is so close to 16:9 that its card crops it instead of showing thin bars."""
    if take is None or take.measurements is None:
        return False
    video = take.measurements.video
    return _NEARLY_WIDE[0] < video.width_px / max(1, video.height_px) < _NEARLY_WIDE[1]


def totals(review: Review) -> dict[str, Any]:
    """The figures in the page's header."""
    takes = review.takes
    actual, estimated = costs(takes)
    return {
        "shots": len(review.in_sheet),
        "cards": len(review.shots),
        "status": Counter(shot.status for shot in review.shots),
        "chips": Counter(outcome(shot) for shot in review.shots),
        "takes": len(takes),
        "video_s": sum(length_s(take) or 0.0 for take in takes),
        "actual_usd": actual,
        "estimated_usd": estimated,
    }


def faults(shot: ReviewShot) -> list[str]:
    """The rules that a shot's clips did not pass, failures first."""
    found = [finding for take in shot.takes if take.current for finding in take.findings]
    return list(
        dict.fromkeys(
            finding.rule
            for verdict in ("fail", "warn")
            for finding in found
            if finding.verdict == verdict
        )
    )


def faults_by_rule(review: Review) -> Counter[str]:
    """For each rule, the number of shots with clips that did not pass it."""
    return Counter(rule for shot in review.shots for rule in faults(shot))


def review_data(review: Review) -> dict[str, Any]:
    """All data for the page's script."""
    texts = Texts()
    shots = [shot_data(shot, texts) for shot in review.shots]
    return {
        "emulated": review.emulated,
        "sheet": review.sheet,
        "model": review.model_id,
        "texts": texts.all,
        "shots": shots,
    }


def shot_data(shot: ReviewShot, texts: Texts) -> dict[str, Any]:
    """One shot for the page's script; empty values are left out."""
    chosen = face(shot)
    actual, estimated = costs(shot.own_takes)
    return filled(
        key=shot.key,
        sequence=shot.sequence,
        row=shot.row,
        status=shot.status,
        chip=outcome(shot),
        prompt=shot.prompt,
        notes=[
            [k, v] for k, v in shot.notes.items() if v and (k, v) != ("sequence", shot.sequence)
        ],
        settings=[[name, setting(value)] for name, value in shot.settings.items()],
        frame=safe_link(shot.first_frame),
        wanted=shot.takes_wanted,
        reason=shot.reason,
        advice=shot.advice,
        face=chosen and shot.takes.index(chosen),
        cost=round(actual + estimated, 6),
        length=length_s(chosen),
        faults=faults(shot),
        takes=[take_data(take, shot, texts) for take in shot.takes],
    )

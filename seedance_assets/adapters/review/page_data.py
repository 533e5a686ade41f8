"""What the page shows, ready to be shown: links checked, figures written out, nothing else."""

import json
from collections import Counter
from typing import Any

from seedance_assets.adapters.review.links import safe_link
from seedance_assets.adapters.review.wording import file_size, level, moment, money, seconds
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.review import Review, ReviewShot, ReviewTake
from seedance_assets.core.take import TakeState

_COSTS_NOTHING = {TakeState.WITHDRAWN, TakeState.CANCELLED}  # as in `Review.cost_usd`
_LABELS = {
    "pass": "Pass",
    "warn": "Warning",
    "fail": "Fail",
    "failed": "Failed",
    "blocked": "Blocked",
    "pending": "Pending",
    "unchecked": "Unchecked",
}
"""Of the chip on a card, by its kind: the verdict of what is done, else the status."""
KINDS = ("pass", "warn", "fail", "unchecked", "failed", "blocked", "pending")
_NEARLY_WIDE = (1.7, 1.85)  # 864×496, the model's 16:9 at 480p, is 1.74
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def as_inline_json(data: Any) -> str:
    """JSON that can stand in a `<script>` element: no character in it can end or change it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_ESCAPES)


def chip(shot: ReviewShot) -> str:
    """The one word for a shot: a key of the table of labels."""
    return (shot.verdict or "unchecked") if shot.status == "done" else shot.status


def label(kind: str) -> str:
    """How a chip of this kind reads."""
    return _LABELS[kind]


def costs(takes: list[ReviewTake]) -> tuple[float, float]:
    """USD that the service has charged, and USD that is only estimated so far."""
    paid = [take for take in takes if take.state not in _COSTS_NOTHING]
    actual = sum(take.cost_usd for take in paid if take.cost_usd is not None)
    estimated = sum(take.estimate_usd or 0.0 for take in paid if take.cost_usd is None)
    return actual, estimated


def length_s(take: ReviewTake | None) -> float | None:
    """Seconds of a take's clip, as measured."""
    return take.measurements.video.duration_s if take and take.measurements else None


def face(shot: ReviewShot) -> ReviewTake | None:
    """The take that stands for its shot: with a clip if any has one, current, newest."""
    return max(shot.takes, key=lambda t: (t.video is not None, t.current, t.number), default=None)


def fills(take: ReviewTake | None) -> bool:
    """Whether a clip is so near to 16:9 that its card trims it rather than show thin bars."""
    if take is None or take.measurements is None:
        return False
    video = take.measurements.video
    return _NEARLY_WIDE[0] < video.width_px / max(1, video.height_px) < _NEARLY_WIDE[1]


def totals(review: Review) -> dict[str, Any]:
    """The figures of the page's head."""
    takes = [take for shot in review.shots for take in shot.takes]
    actual, estimated = costs(takes)
    return {
        "shots": len(review.shots),
        "status": Counter(shot.status for shot in review.shots),
        "chips": Counter(chip(shot) for shot in review.shots),
        "takes": len(takes),
        "video_s": sum(length_s(take) or 0.0 for take in takes),
        "actual_usd": actual,
        "estimated_usd": estimated,
    }


def shot_data(shot: ReviewShot) -> dict[str, Any]:
    """One shot for the page's script; what is empty is left out."""
    chosen = face(shot)
    actual, estimated = costs(list(shot.takes))
    return _filled(
        key=shot.key,
        sequence=shot.sequence,
        row=shot.row,
        status=shot.status,
        chip=chip(shot),
        prompt=shot.prompt,
        notes=[
            [k, v] for k, v in shot.notes.items() if v and (k, v) != ("sequence", shot.sequence)
        ],
        settings=[[name, _setting(value)] for name, value in shot.settings.items()],
        frame=safe_link(shot.first_frame),
        wanted=shot.takes_wanted,
        reason=shot.reason,
        advice=shot.advice,
        face=chosen and shot.takes.index(chosen),
        cost=round(actual + estimated, 6),
        length=length_s(chosen),
        takes=[_take_data(take) for take in shot.takes],
    )


def _take_data(take: ReviewTake) -> dict[str, Any]:
    return _filled(
        name=take.name,
        number=take.number,
        state=take.state.value,
        old=not take.current,
        video=safe_link(take.video),
        poster=safe_link(take.poster),
        strip=safe_link(take.strip),
        verdict=take.verdict,
        findings=[[f.rule, f.verdict, f.measured, f.limit, f.sentence] for f in take.findings],
        fingerprint=take.fingerprint,
        request=take.request_id,
        ordered=take.ordered_at and moment(take.ordered_at),
        service=take.service_time_s and seconds(take.service_time_s),
        estimate=money(take.estimate_usd),
        cost=money(take.cost_usd),
        length=length_s(take),
        size=take.measurements
        and [take.measurements.video.width_px, take.measurements.video.height_px],
        file=take.measurements and _file_facts(take.measurements),
        error=take.error,
        silent=take.silent_by_fallback,
    )


def _file_facts(m: Measurements) -> list[tuple[str, str]]:
    v, a = m.video, m.audio
    facts = [
        ("Picture", f"{v.width_px} × {v.height_px}, {float(v.frame_rate):g} fps, {v.codec}"),
        ("Length", f"{v.duration_s:.3f} s, {v.frames_decoded} frames"),
        ("Sound", "none"),
        ("File", f"{file_size(m.container.size_bytes)}, SHA-256 {m.sha256[:12]}…"),
    ]
    if a:
        channels = {1: "mono", 2: "stereo"}.get(a.channels, f"{a.channels} channels")
        loud = f"peak {level(a.peak_dbfs)}, mean {level(a.rms_dbfs)}"
        facts[2] = ("Sound", f"{a.codec}, {a.sample_rate_hz / 1000:g} kHz {channels}, {loud}")
    if m.container.comment:
        facts.append(("Comment", m.container.comment))
    return facts


def _setting(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _filled(**values: Any) -> dict[str, Any]:
    return {
        name: value
        for name, value in values.items()
        if value is not None and value is not False and value not in ("", [])
    }

"""A take for the page's script: formatted figures, checked links, each text stored once."""

from typing import Any

from seedance_assets.adapters.review.curves import curves
from seedance_assets.adapters.review.links import safe_link
from seedance_assets.adapters.review.wording import file_size, level, moment, money, seconds
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.model_schema import InputValue
from seedance_assets.core.review import ReviewFinding, ReviewShot, ReviewTake

_MOST_SPANS = 12  # of one finding: constant flicker would otherwise fill the page


class Texts:
    """Texts that are stored once in the page's data and referenced by number.

    A thousand clips share rules, limits and sentences, which are most of their findings.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number of a text."""
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def all(self) -> list[str]:
        """The texts, by number."""
        return list(self._numbers)


def take_data(take: ReviewTake, shot: ReviewShot, texts: Texts) -> dict[str, Any]:
    """One take for the page's script; empty values are left out."""
    video = take.measurements.video if take.measurements else None
    return filled(
        name=take.name,
        number=take.number,
        state=take.state.value,
        old=not take.current,
        video=safe_link(take.video),
        missing=take.missing,
        poster=safe_link(take.poster),
        strip=safe_link(take.strip),
        verdict=take.verdict,
        findings=[_finding(finding, texts) for finding in take.findings],
        curves=curves(take.measurements) or None,
        length=video and video.duration_s,
        rate=video and float(video.frame_rate),
        size=video and [video.width_px, video.height_px],
        file=take.measurements and _file_facts(take.measurements),
        error=take.error,
        silent=take.silent_by_fallback,
        **_lineage(take, shot),
    )


def _lineage(take: ReviewTake, shot: ReviewShot) -> dict[str, Any]:
    return {
        "fingerprint": take.fingerprint,
        "asked": [
            [name, setting(value)]
            for name, value in take.inputs.items()
            if shot.settings.get(name) != value and value != shot.prompt
        ],
        "frame": take.frame_sha256,
        "run": take.run_id,
        "request": take.request_id,
        "ordered": take.ordered_at and moment(take.ordered_at),
        "delivered": take.delivered_at and moment(take.delivered_at),
        "service": take.service_time_s and seconds(take.service_time_s),
        "estimate": money(take.estimate_usd),
        "cost": money(take.cost_usd),
        "sha": take.video_sha256 or (take.measurements and take.measurements.sha256),
    }


def _finding(found: ReviewFinding, texts: Texts) -> list[Any]:
    """Numbers of rule, verdict, measured, limit, sentence, family; then where, in seconds."""
    words = (found.rule, found.verdict, found.measured, found.limit, found.sentence, found.family)
    spans = [[round(s.start_s, 3), round(s.end_s, 3)] for s in found.spans[:_MOST_SPANS]]
    numbers = [texts.number(word) for word in words]
    return [*numbers, spans] if spans else numbers


def _file_facts(m: Measurements) -> list[tuple[str, str]]:
    v, a = m.video, m.audio
    facts = [
        ("Picture", f"{v.width_px} × {v.height_px}, {float(v.frame_rate):g} fps, {v.codec}"),
        ("Length", f"{v.duration_s:.3f} s, {v.frames_decoded} frames"),
        ("Sound", "none"),
        ("File", file_size(m.container.size_bytes)),
    ]
    if a:
        channels = {1: "mono", 2: "stereo"}.get(a.channels, f"{a.channels} channels")
        loud = f"peak {level(a.peak_dbfs)}, mean {level(a.rms_dbfs)}"
        facts[2] = ("Sound", f"{a.codec}, {a.sample_rate_hz / 1000:g} kHz {channels}, {loud}")
    if m.heard and m.heard.loudness_lufs is not None:
        facts.append(("Loudness", f"{m.heard.loudness_lufs:.1f} LUFS"))
    if m.opening:
        facts.append(("Opening", f"SSIM {m.opening.similarity:.3f} to the first frame"))
    if m.container.comment:
        facts.append(("Comment", m.container.comment))
    return facts


def setting(value: InputValue) -> str:
    """A model's input, formatted."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def filled(**values: Any) -> dict[str, Any]:
    """The values that are not empty."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and value is not False and value not in ("", [])
    }

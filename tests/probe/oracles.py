"""Measurements by other tools, ffmpeg and MediaInfo, which share no code with us."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seedance_assets.adapters.probe import probe
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.quality import Expectation, QualityLimits, judge
from seedance_assets.core.quality.shot_changes import cut_scores
from tests.probe.clips import ClipSpec
from tests.probe.scenes import (
    big,
    blackened,
    brightness,
    panned,
    stopped,
    tone,
    two_scenes,
)

FRAME_S = 1 / 24
_FILTERS = {
    "video": "blackdetect=d=0.02:pix_th=0.10,freezedetect=n=-60dB:d=0.25,scdet=t=8",
    "audio": "silencedetect=n=-60dB:d=0.1,ebur128=peak=true",
}


@dataclass(frozen=True)
class Comparison:
    """One figure of one clip: ours, theirs, and how far apart they may be."""

    clip: str
    figure: str
    oracle: str
    ours: float
    theirs: float
    tolerance: float

    @property
    def agrees(self) -> bool:
        return abs(self.ours - self.theirs) <= self.tolerance


def clips() -> dict[str, ClipSpec]:
    """65 clips with different known faults."""
    found: dict[str, ClipSpec] = {"plain": big(frames=49)}
    for n in range(12):
        found[f"black {n}"] = big(blackened(4 + n, 8 + 3 * n), frames=49)
        found[f"freeze {n}"] = big(stopped(3 + n, 14 + 2 * n), frames=49)
    for n in range(10):
        found[f"cut {n}"] = big(two_scenes(1 if n < 7 else 4 * n), frames=25 + 2 * n)
    for n in range(4):
        found[f"pan {n}"] = big(panned(0.3 * (n + 1)), frames=37)
        found[f"light {n}"] = big(brightness(lambda k, n=n: 10 * n * np.sin(k / 3)), frames=37)
    for n in range(11):
        found[f"pause {n}"] = big(frames=49, play=_paused(0.2 + 0.1 * n))
        found[f"level {n}"] = big(frames=49, sound="stereo", play=_level(-4.0 * n - 3))
    return found


def _paused(length_s: float) -> Any:
    return lambda t: tone(t, 0.2) * ((t < 0.5) | (t > 0.5 + length_s))


def _level(decibels: float) -> Any:
    def play(times: Any) -> Any:
        noise = np.random.default_rng(3).normal(0, 0.15, (2, len(times)))
        return 10 ** (decibels / 20) * (0.7 * tone(times, 1.0, 997) + noise).clip(-1, 1)

    return play


def compare(name: str, clip: Path) -> Iterator[Comparison]:
    """Ours against theirs, figure by figure."""
    m = probe(clip).measurements
    said = _ffmpeg(clip)
    found = {
        f.rule: f
        for f in judge(m, Expectation(), QualityLimits(black_warn_s=0, freeze_warn_s=0.25))
    }

    def spans(rule: str) -> float:
        return sum(span.length_s for span in found[rule].spans)

    black = _sum(r"black_duration:([\d.]+)", said)
    yield Comparison(name, "black, s", "blackdetect", spans("black"), black, 1.1 * FRAME_S)
    frozen = _sum(r"freeze_duration: ([\d.]+)", said)
    yield Comparison(name, "frozen, s", "freezedetect", spans("freeze"), frozen, 2.1 * FRAME_S)
    ours = sum(score > 8 for score in cut_scores(m.seen.motion_levels)) if m.seen else 0
    theirs = len(re.findall(r"lavfi\.scd\.score: ", said))
    yield Comparison(name, "cuts", "scdet", ours, theirs, 0)
    yield from _heard(name, m, said)
    yield from _listed(name, m, clip)


def _heard(name: str, m: Measurements, said: str) -> Iterator[Comparison]:
    if m.heard is None:
        return
    silent_s = 0.05 * sum(level < -60 for level in m.heard.levels_dbfs)
    silence = _sum(r"silence_duration: ([\d.]+)", said)
    yield Comparison(name, "silence, s", "silencedetect", silent_s, silence, 0.12)
    for figure, pattern, ours, tolerance in (
        ("loudness, LUFS", r"I:\s+(-?[\d.]+) LUFS", m.heard.loudness_lufs, 0.11),
        ("true peak, dBTP", r"Peak:\s+(-?[\d.]+) dBFS", m.heard.true_peak_dbtp, 0.15),
    ):
        theirs = re.findall(pattern, said)
        if theirs and ours is not None:
            yield Comparison(name, figure, "ebur128", ours, float(theirs[-1]), tolerance)


def _listed(name: str, m: Measurements, clip: Path) -> Iterator[Comparison]:
    from pymediainfo import MediaInfo

    tracks = {track.track_type: track for track in MediaInfo.parse(clip).tracks}
    video, v = tracks["Video"], m.video
    for figure, ours, theirs, tolerance in (
        ("width, px", v.width_px, video.width, 0),
        ("height, px", v.height_px, video.height, 0),
        ("frames", v.frames_decoded, video.frame_count, 0),
        ("frames a second", float(v.frame_rate), video.frame_rate, 0.001),
        ("length, s", v.duration_s, float(video.duration) / 1000, 0.002),
        ("picture, kbit/s", v.bit_rate_bps / 1000, float(video.bit_rate) / 1000, 1),
    ):
        yield Comparison(name, figure, "MediaInfo", float(ours), float(theirs), tolerance)
    if m.audio and "Audio" in tracks:
        audio = tracks["Audio"]
        yield Comparison(
            name,
            "sample rate, Hz",
            "MediaInfo",
            m.audio.sample_rate_hz,
            float(audio.sampling_rate),
            0,
        )
        yield Comparison(name, "channels", "MediaInfo", m.audio.channels, float(audio.channel_s), 0)


def _ffmpeg(clip: Path) -> str:
    """The log of ffmpeg's filters for a clip."""
    done = subprocess.run(
        [
            "ffmpeg",
            "-hide_banner",
            "-nostats",
            "-i",
            str(clip),
            "-vf",
            _FILTERS["video"],
            "-af",
            _FILTERS["audio"],
            "-f",
            "null",
            "-",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stderr


def _sum(pattern: str, text: str) -> float:
    return sum(float(number) for number in re.findall(pattern, text))

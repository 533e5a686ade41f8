"""What a clip of the calibration set is: how it is drawn, and what the rules should say of it."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.calibration.pictures import SIZE, Frames, Pixels
from seedance_assets.core.picture import Size
from seedance_assets.core.quality import Expectation, Verdict
from tests.probe.clips import ClipSpec, Play, make_clip

BASIC: Mapping[str, Any] = {"size": Size(*SIZE), "frames_per_second": 24, "ordered": True}
"""What most of the clips were ordered to be."""
COMPLAINTS = frozenset({Verdict.WARN, Verdict.FAIL})


@dataclass(frozen=True)
class Footage:
    """Frames, sound and the way that they are stored."""

    frames: Frames
    sound: Play | None = None
    stored: Mapping[str, Any] = field(default_factory=dict)
    """Other fields of `ClipSpec`."""
    change: Callable[[bytes], bytes] | None = None
    """What happens to the finished file."""


Draw = Callable[..., Footage | Frames]
"""Draws from a seed, its only argument that has no default."""


@dataclass(frozen=True)
class CalibrationClip:
    """A clip with one fault of a stated size, or an innocent clip that resembles such a fault.

    `found_by` are the rules of which at least one must complain, with one of `verdicts`. It is
    empty for an innocent clip, on which no rule may complain.
    """

    name: str
    kind: str
    grade: str
    draw: Callable[[int], Footage]
    seed: int
    asked: Expectation
    found_by: frozenset[str] = frozenset()
    verdicts: frozenset[Verdict] = COMPLAINTS
    first_frame: Callable[[int], Pixels] | None = None
    still: bool = False
    """Whether the shot was asked to hardly move."""

    @property
    def innocent(self) -> bool:
        """Whether no rule should complain."""
        return not self.found_by

    def is_found(self, complaints: Mapping[str, Verdict]) -> bool:
        """Whether these complaints name the fault with the right verdict."""
        return any(
            rule in self.found_by and verdict in self.verdicts
            for rule, verdict in complaints.items()
        )


def seed_of(*words: str) -> int:
    """A seed of its own for each clip, the same on every machine."""
    return zlib.crc32(" ".join(words).encode()) % 10_000


def write(clip: CalibrationClip, path: Path) -> Path:
    """Draw the clip to `path`, and its first frame beside it if it has one."""
    footage = clip.draw(clip.seed)
    frames = footage.frames
    rows, width = frames[0].shape[:2]
    height = rows if frames[0].ndim > 2 else rows * 2 // 3
    facts: dict[str, Any] = {
        "width": width,
        "height": height,
        "rate": Fraction(24),
        "frames": len(frames),
        "paint": lambda number, _width, _height: frames[number],
        "sound": "stereo" if footage.sound else None,
        "play": footage.sound,
        "crf": 20,
        "preset": "veryfast",
    }
    make_clip(path, ClipSpec(**facts | dict(footage.stored)))
    if footage.change is not None:
        path.write_bytes(footage.change(path.read_bytes()))
    if clip.first_frame is not None:
        Image.fromarray(clip.first_frame(clip.seed)).save(path.with_suffix(".png"))
    return path

"""How far the probe goes with a file that nobody has vouched for."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from seedance_assets.core.errors import ClipRefused


@dataclass(frozen=True, slots=True)
class ProbeLimits:
    """Caps on one clip; what is beyond them is refused.

    The service's clips are 12 s of 720p at most, so every cap leaves room for years to come.
    """

    max_bytes: int = 1_000_000_000
    max_boxes: int = 10_000
    max_samples: int = 500_000
    """Frames and sound packets that the index may claim; FFmpeg takes 24 bytes of memory each."""
    max_pixels: int = 4096 * 2304
    """Of one frame."""
    max_frames: int = 2000
    max_audio_s: float = 120.0
    max_channels: int = 8
    max_errors: int = 100
    """Packets that cannot be decoded, until the rest of the file is given up."""
    wall_s: float = 60.0


DEFAULT_LIMITS = ProbeLimits()


class Deadline:
    """The moment after which a clip has taken too long."""

    def __init__(self, wall_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._wall_s = wall_s
        self._clock = clock
        self._ends_at = clock() + wall_s

    def check(self) -> None:
        """Raise `ClipRefused` once the time is over."""
        if self._clock() >= self._ends_at:
            raise ClipRefused(f"measuring it took longer than {self._wall_s:g} s")

"""The probe's limits for untrusted files."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from seedance_assets.core.errors import ClipRefused


@dataclass(frozen=True, slots=True)
class ProbeLimits:
    """Limits for one clip; a clip beyond them is refused.

    The service's clips are at most 12 s of 720p, so every limit leaves room for the future.
    """

    max_bytes: int = 1_000_000_000
    max_boxes: int = 10_000
    max_samples: int = 500_000
    """Frames and sound packets that the index may claim; FFmpeg needs 24 bytes for each."""
    max_pixels: int = 4096 * 2304
    """Pixels of one frame."""
    max_frames: int = 2000
    max_audio_s: float = 120.0
    max_channels: int = 8
    max_errors: int = 100
    """Packets that cannot be decoded before the rest of the file is skipped."""
    wall_s: float = 60.0


DEFAULT_LIMITS = ProbeLimits()


class Deadline:
    """The time limit for one clip."""

    def __init__(self, wall_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._wall_s = wall_s
        self._clock = clock
        self._ends_at = clock() + wall_s

    def check(self) -> None:
        """Raise `ClipRefused` once the time limit has passed."""
        if self._clock() >= self._ends_at:
            raise ClipRefused(f"measuring takes longer than the limit of {self._wall_s:g} s")

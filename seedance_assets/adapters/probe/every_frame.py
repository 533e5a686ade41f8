"""The figures that are kept for every frame, computed for several frames at a time.

Between two frames the decoder evicts everything else, our code included, from the processor's
caches. So each frame's pixels are only summed, and eight frames are processed together.
"""

import numpy as np

from seedance_assets.adapters.probe.camera import BorderBlocks, BorderSample
from seedance_assets.adapters.probe.luma import Fours, Stack

_TOGETHER = 8
_SAMPLED, _OF = (0, 2), 5  # not at a constant step: a shake may be back at each
_DARK = 38  # black within 10 % of the range, like ffmpeg's blackdetect
_THIN, _ENOUGH = 4, 27  # three for each row of a grid of 9


class EveryFrame:
    """Collects small pictures of one size; memory grows by 2 to 6 kB each."""

    def __init__(self, shape: tuple[int, int], blocks: BorderBlocks) -> None:
        """`blocks` are sampled in two of five pictures."""
        self._fours = np.empty((_TOGETHER, *shape), np.uint16)
        self._waiting = 0
        self._last: Stack | None = None
        self._thin: list[Stack] = []
        self._blocks = blocks
        self._frames = 0
        self.samples: list[BorderSample] = []
        self.sample_frames: list[int] = []
        self._steps = tuple(max(1, min(_THIN, side // _ENOUGH)) for side in shape)
        self.luma: list[float] = []
        """Mean grey levels."""
        self.dark: list[float] = []
        """Shares of pixels that are dark."""
        self.motion: list[float] = []
        """Mean absolute differences from the picture before; 0 for the first."""
        self.peaks: list[int] = []
        """Largest differences from the picture before."""

    def place(self) -> Fours:
        """The buffer for the next picture, as sums of four pixels."""
        if self._waiting == _TOGETHER:
            self._work_out()
        self._waiting += 1
        place: Fours = self._fours[self._waiting - 1]
        return place

    def thin(self) -> Stack:
        """All pictures, thinned; processes the waiting ones first.

        Every fourth pixel of every fourth row, if enough are left for a grid of 16 × 9.
        """
        if self._waiting:
            self._work_out()
        return np.concatenate(self._thin)

    def _work_out(self) -> None:
        fours = self._fours[: self._waiting]
        fours += 2
        fours >>= 2
        now = fours.astype(np.uint8)
        before = np.concatenate([now[:1] if self._last is None else self._last, now[:-1]])
        pixels = now[0].size
        apart = np.maximum(now, before)
        apart -= np.minimum(now, before)  # in bytes: larger minus smaller never wraps
        self.luma.extend(total / pixels for total in _totals(now))
        self.dark.extend(np.count_nonzero(dark) / pixels for dark in now <= _DARK)
        self.motion.extend(total / pixels for total in _totals(apart))
        self.peaks.extend(apart.max(axis=(1, 2)).tolist())
        self._thin.append(now[:, :: self._steps[0], :: self._steps[1]].copy())
        for number, picture in enumerate(now, start=self._frames):
            if number % _OF in _SAMPLED:
                self.samples.append(self._blocks.sample(picture))
                self.sample_frames.append(number)
        self._frames += len(now)
        self._last = now[-1:]
        self._waiting = 0


def _totals(stack: Stack) -> list[int]:
    totals: list[int] = np.add.reduce(stack, axis=(1, 2), dtype=np.uint32).tolist()
    return totals

"""The highest level between samples too, by 4 × oversampling where the sound is loudest.

Source: Rec. ITU-R BS.1770-5, annex 2, with a longer filter than its example.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

_TIMES = 4
_TAPS = 32  # samples that each value in between is made of
_LOUDEST = 12
_KAISER_BETA = 8.0

Floats = npt.NDArray[np.floating[Any]]


def _phases() -> npt.NDArray[np.float32]:
    """Filters of shape (taps, 3), for the three places between two samples."""
    at = np.arange(_TAPS) - (_TAPS / 2 - 1)
    offsets = np.arange(1, _TIMES) / _TIMES
    distance = at[:, None] - offsets[None, :]
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (distance / (_TAPS / 2)) ** 2, 0, 1)))
    filters = np.sinc(distance) * window
    scaled: npt.NDArray[np.float32] = (filters / filters.sum(axis=0)).astype(np.float32)
    return scaled


_PHASES = _phases()


def true_peak(samples: Floats, part: int) -> float:
    """The true peak of one channel, full scale 1.0; looked for in its loudest parts of `part`."""
    sample_peak = float(np.abs(samples).max(initial=0.0))
    whole = len(samples) // part
    if sample_peak == 0.0 or whole == 0 or len(samples) < _TAPS:
        return sample_peak
    peaks = np.abs(samples[: whole * part].reshape(whole, part)).max(axis=1)
    loudest = np.argsort(peaks)[-_LOUDEST:]
    starts = np.clip(loudest * part - _TAPS // 2, 0, max(0, len(samples) - part - _TAPS))
    places = starts[:, None] + np.arange(min(part + _TAPS, len(samples)))[None, :]
    windows = np.lib.stride_tricks.sliding_window_view(samples[places], _TAPS, axis=1)
    between = np.abs(windows.astype(np.float32) @ _PHASES).max()
    return max(sample_peak, float(between))

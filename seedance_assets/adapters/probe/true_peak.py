"""The highest level, also between samples, by 4 × oversampling of the loudest parts.

Source: Rec. ITU-R BS.1770-5, annex 2, with a longer filter than its example.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

_TIMES = 4
_TAPS = 32  # samples that contribute to each value in between
_BLOCK = 32  # values computed together, as one matrix product
_LOUDEST = 12
_KAISER_BETA = 8.0

Floats = npt.NDArray[np.floating[Any]]


def _phases() -> npt.NDArray[np.float32]:
    """Filters of shape (taps, 3), for the three positions between two samples."""
    at = np.arange(_TAPS) - (_TAPS / 2 - 1)
    offsets = np.arange(1, _TIMES) / _TIMES
    distance = at[:, None] - offsets[None, :]
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (distance / (_TAPS / 2)) ** 2, 0, 1)))
    filters = np.sinc(distance) * window
    scaled: npt.NDArray[np.float32] = (filters / filters.sum(axis=0)).astype(np.float32)
    return scaled


def _filters() -> npt.NDArray[np.float32]:
    """The phases for a block of values, of shape (samples, values)."""
    banded = np.zeros((_BLOCK + _TAPS - 1, _BLOCK, _TIMES - 1), np.float32)
    for value in range(_BLOCK):
        banded[value : value + _TAPS, value] = _phases()
    return banded.reshape(len(banded), -1)


_FILTERS = _filters()


def true_peak(samples: Floats, starts: npt.NDArray[np.int_], peaks: Floats) -> float:
    """The true peak of some channels, of shape (channels, samples); full scale is 1.0.

    Searches the loudest parts of each channel. The parts start at `starts`, and their
    sample peaks are `peaks`, of shape (channels, parts).
    """
    sample_peak = float(peaks.max())
    blocks = -(-(int(np.diff(starts).max(initial=0)) + _TAPS) // _BLOCK)
    length = blocks * _BLOCK + _TAPS - 1
    if sample_peak == 0.0 or samples.shape[1] < length:
        return sample_peak
    loudest = np.argsort(peaks, axis=1)[:, -_LOUDEST:]
    first = np.clip(starts[loudest] - _TAPS // 2, 0, samples.shape[1] - length)
    blocks_at = first[:, :, None] + np.arange(blocks) * _BLOCK
    places = blocks_at.reshape(len(samples), -1, 1) + np.arange(len(_FILTERS))
    windows = np.take_along_axis(samples[:, None, :], places, axis=2)
    small = windows.reshape(-1, blocks, len(_FILTERS))  # small enough that BLAS starts no threads
    return max(sample_peak, float(np.abs(small @ _FILTERS).max()))

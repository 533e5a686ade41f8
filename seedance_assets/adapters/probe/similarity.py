"""The similarity of two small grey pictures."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from seedance_assets.adapters.probe.luma import Luma

Sums = npt.NDArray[np.int32]

_WINDOW = 7
_PIXELS = _WINDOW**2
_K1, _K2, _RANGE = 0.01, 0.03, 255.0
_HASH = 8


def structural_similarity(a: Luma, b: Luma) -> float:
    """Mean SSIM of two pictures of one size: 1 means equal.

    A window of 7 × 7 and sample covariance, the defaults of scikit-image.
    Source: Wang et al., "Image quality assessment: from error visibility to structural
    similarity", 2004. Pictures smaller than the window raise `ValueError`.
    """
    if min(a.shape) < _WINDOW or a.shape != b.shape:
        raise ValueError("pictures must be of one size, 7 × 7 or larger")
    one, other = a.astype(np.int32), b.astype(np.int32)
    sum_a, sum_b = _sums(one), _sums(other)
    squares, both = sum_a * sum_a + sum_b * sum_b, 2 * sum_a * sum_b
    spread = _PIXELS * _sums(one * one + other * other) - squares
    common = 2 * _PIXELS * _sums(one * other) - both
    means = _ratio(both, squares, (_K1 * _RANGE * _PIXELS) ** 2)
    means *= _ratio(common, spread, (_K2 * _RANGE) ** 2 * _PIXELS * (_PIXELS - 1))
    return float(means.mean(dtype=np.float64))


def _ratio(top: Sums, bottom: Sums, steady: float) -> npt.NDArray[np.float32]:
    """Their ratio, with a constant that avoids 0 / 0."""
    over = np.add(top, steady, dtype=np.float32)
    over /= np.add(bottom, steady, dtype=np.float32)
    return over


def _sums(values: Sums) -> Sums:
    """The sum of every full window, over both axes; exact, since values stay below 2³¹."""
    return _sums_of_rows(_sums_of_rows(values).T).T


def _sums_of_rows(values: Sums) -> Sums:
    """The sums of 7 consecutive rows; as 4 + 2 + 1, which saves half of the additions."""
    count = len(values) - _WINDOW + 1
    two = values[:-1] + values[1:]
    seven = two[:count] + two[2 : 2 + count]
    seven += two[4 : 4 + count]
    seven += values[6:]
    return seven


def difference_hash(picture: Image.Image) -> int:
    """64 bits: for each of 8 × 8 positions, whether it gets darker to the right."""
    small = np.asarray(picture.resize((_HASH + 1, _HASH), Image.Resampling.BOX), np.int16)
    bits = (small[:, :-1] > small[:, 1:]).ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")

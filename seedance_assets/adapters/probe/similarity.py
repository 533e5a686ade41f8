"""How alike two small grey pictures are."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.floating[Any]]

_WINDOW = 7
_K1, _K2, _RANGE = 0.01, 0.03, 255.0
_HASH = 8


def structural_similarity(a: Floats, b: Floats) -> float:
    """Mean SSIM of two pictures of one size, levels 0 to 255: 1 is the same.

    A window of 7 × 7, sample covariance, as scikit-image has it by default.
    Source: Wang et al., "Image quality assessment: from error visibility to structural
    similarity", 2004. Pictures smaller than the window raise `ValueError`.
    """
    if min(a.shape) < _WINDOW or a.shape != b.shape:
        raise ValueError("pictures must be of one size, 7 × 7 or larger")
    a, b = a.astype(np.float64), b.astype(np.float64)
    mean_a, mean_b = _means(a), _means(b)
    sample = _WINDOW**2 / (_WINDOW**2 - 1)
    var_a = sample * (_means(a * a) - mean_a**2)
    var_b = sample * (_means(b * b) - mean_b**2)
    both = sample * (_means(a * b) - mean_a * mean_b)
    c1, c2 = (_K1 * _RANGE) ** 2, (_K2 * _RANGE) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return float((top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def _means(values: Floats) -> Floats:
    """The mean of every whole window."""
    for axis in (0, 1):
        length = values.shape[axis] - _WINDOW + 1
        values = sum(
            (np.take(values, range(at, at + length), axis=axis) for at in range(1, _WINDOW)),
            start=np.take(values, range(length), axis=axis),
        )
    return values / _WINDOW**2


def difference_hash(picture: Image.Image) -> int:
    """64 bits that tell of each of 8 × 8 places whether it gets darker to the right."""
    small = np.asarray(picture.resize((_HASH + 1, _HASH), Image.Resampling.BOX), np.int16)
    bits = (small[:, :-1] > small[:, 1:]).ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")

"""A clip's curves for the page, compact: one letter per point, for lanes of about sixty pixels."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from seedance_assets.core.measurement import Measurements, thinned

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_MOST_POINTS = 320  # more than the frames of the longest clip: thinning could hide a single frame
_WHITE = 255.0
_MOTION_KNEE = 0.15  # grey levels; below it the eye sees a still
_MOTION_TOP = 60.0  # a typical cut


def curves(measured: Measurements | None) -> dict[str, str]:
    """`luma` and `motion` of each frame, `sound` of equal parts; missing figures are left out.

    A letter means 0 (`A`) to 1 (`/`): luma over 255, motion on the page's logarithmic scale
    (`motion_height`), sound as the highest sample of its part.
    """
    drawn: dict[str, str] = {}
    if measured is not None and measured.seen is not None:
        drawn["luma"] = _written(measured.seen.luma_levels, lambda level: level / _WHITE)
        drawn["motion"] = _written(measured.seen.motion_levels, motion_height)
    if measured is not None and measured.heard is not None and measured.heard.waveform:
        drawn["sound"] = _written(measured.heard.waveform, float)
    return drawn


def motion_height(levels: float) -> float:
    """The height of a change in grey levels, 0 to 1; stillness and cuts are both visible."""
    return math.log1p(levels / _MOTION_KNEE) / math.log1p(_MOTION_TOP / _MOTION_KNEE)


def _written(values: Sequence[float], height: Callable[[Any], float]) -> str:
    top = len(_LETTERS) - 1
    return "".join(
        _LETTERS[round(min(max(height(value), 0.0), 1.0) * top)]
        for value in thinned(values, _MOST_POINTS)
    )

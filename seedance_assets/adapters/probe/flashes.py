"""Flashes that can cause seizures.

A general flash is a pair of opposing swings of relative luminance by 10 % of its maximum or more,
the darker one under 0.8, over a quarter of the picture or more. Source: WCAG 2.2, "general flash
and red flash thresholds"; Rec. ITU-R BT.1702. At most three are allowed in any second.
"""

from itertools import pairwise, product

import numpy as np
import numpy.typing as npt

from seedance_assets.adapters.probe.luma import Stack
from seedance_assets.core.measurement import Jump, SwingPair

_SWING = 0.10
_DARK_ENOUGH = 0.80
_AREA = 0.25
_WINDOW_FRAMES = 3  # the parts of the picture may swing one after the other
_SETTLED_FRAMES = 4  # after a swing back, the light is restored within these
_ALIKE = 8  # grey levels that are grouped
_BLACK, _WHITE, _GAMMA = 16.0, 235.0, 2.4  # Rec. ITU-R BT.1886

Grids = npt.NDArray[np.float32]


def swing_frames(grids: Grids) -> list[int]:
    """The frames at which enough of the picture has swung, alternately up and down.

    `grids` holds mean grey levels of shape (frames, parts of the picture).
    """
    luminance = (np.clip((grids - _BLACK) / (_WHITE - _BLACK), 0, 1) ** _GAMMA).astype(np.float32)
    swinging = np.ptp(luminance, axis=0) >= _SWING
    if swinging.mean() < _AREA:
        return []
    rises, falls = _swings(luminance[:, swinging], luminance.shape[1])
    return _by_turns(rises, falls)


def swing_pairs(grids: Grids, pictures: Stack, swings: list[int]) -> list[SwingPair]:
    """For each swing and the next: one picture in another light, or several pictures?

    Before and after are compared on the grids, because the camera may move in between.
    """
    flat = pictures.reshape(len(pictures), -1)
    return [_pair(grids, flat, first, second) for first, second in pairwise(swings)]


def _pair(grids: Grids, pictures: Stack, first: int, second: int) -> SwingPair:
    settling = grids[second : second + _SETTLED_FRAMES]
    # three frames before a flash there may be another flash
    start, after = min(
        product(range(max(0, first - _WINDOW_FRAMES), max(1, first)), settling),
        key=lambda pair: _difference(grids[pair[0]], pair[1]),
    )
    before = grids[start]
    elsewhere = np.random.default_rng(0).permutation(after)
    others = (_other(pictures[start], each) for each in pictures[first:second])
    return SwingPair(
        return_levels=round(_difference(before, after), 2),
        stranger_levels=round(_difference(before, elsewhere), 2),
        other_levels=round(max(others), 2),
    )


def _difference(one: Grids, other: Grids) -> float:
    return float(np.abs(one - other).mean())


def jumps(pictures: Stack, numbers: list[int]) -> list[Jump]:
    """For each of these frames and the one before: one picture in another light?"""
    flat = pictures.reshape(len(pictures), -1)
    return [_jump(number, flat[number - 1], flat[number]) for number in numbers]


def _jump(number: int, before: Stack, now: Stack) -> Jump:
    elsewhere = np.random.default_rng(0).permutation(now)
    return Jump(
        frame=number,
        other_levels=round(max(unlit(before, now), unlit(now, before)), 2),
        stranger_levels=round(max(unlit(before, elsewhere), unlit(elsewhere, before)), 2),
    )


def unlit(before: Stack, now: Stack) -> float:
    """Like `_other`, but no light makes a negative: brighter parts stay brighter overall."""
    apart = now - now.mean()
    if np.dot(before - before.mean(), apart) <= 0:
        return float(np.abs(apart).mean())
    return _other(before, now)


def _other(before: Stack, now: Stack) -> float:
    """How far pixels that were equal differ now: zero if only the light changed."""
    alike = before // _ALIKE
    means = np.bincount(alike, now) / np.maximum(np.bincount(alike), 1)
    return float(np.abs(now - means[alike]).mean())


def unlit_map(before: Stack, now: Stack) -> npt.NDArray[np.float64]:
    """How far each pixel differs from the value that a change of light explains."""
    alike = before // _ALIKE
    counts = np.bincount(alike)
    some = counts > 0
    from_levels = np.bincount(alike, before)[some] / counts[some]
    to_levels = np.bincount(alike, now)[some] / counts[some]
    away: npt.NDArray[np.float64] = np.abs(now - np.interp(before, from_levels, to_levels))
    return away


def _swings(luminance: Grids, parts: int) -> tuple[Grids, Grids]:
    """Shares of the picture that complete a rise and a fall at each frame."""
    frames = len(luminance)
    rises, falls = np.zeros(frames, np.float32), np.zeros(frames, np.float32)
    low, high = luminance[0].copy(), luminance[0].copy()
    last = np.zeros(luminance.shape[1], np.int8)  # 1 after a rise, -1 after a fall
    for number in range(1, frames):
        now = luminance[number]
        np.minimum(low, now, out=low)
        np.maximum(high, now, out=high)
        rise = (last != 1) & (now - low >= _SWING) & (low < _DARK_ENOUGH)
        fall = (last != -1) & (high - now >= _SWING) & (now < _DARK_ENOUGH)
        high[rise], low[fall] = now[rise], now[fall]
        last[rise], last[fall] = 1, -1
        rises[number], falls[number] = rise.sum() / parts, fall.sum() / parts
    return rises, falls


def _by_turns(rises: Grids, falls: Grids) -> list[int]:
    found: list[int] = []
    last = 0
    since = 1
    for number in range(1, len(rises)):
        start = max(since, number - _WINDOW_FRAMES + 1)
        up, down = (float(s[start : number + 1].sum()) for s in (rises, falls))
        way = 1 if up >= down else -1
        if max(up, down) >= _AREA and way != last:
            found.append(number)
            last, since = way, number + 1
    return found

"""Dissolves: for some frames one picture shows through another."""

import numpy as np
import numpy.typing as npt

from seedance_assets.adapters.probe.flashes import unlit
from seedance_assets.adapters.probe.luma import Stack
from seedance_assets.core.measurement import Dissolve

_LENGTHS = (4, 6, 8, 12, 16, 24)
_LEAST_LEVELS = 6.0
_MIXED = 0.25  # of the difference between both ends: the part that a mixture does not explain
_UNLIKE = 0.5
_FLAT = 4.0  # levels
_MOST = 10

Floats = npt.NDArray[np.float32]


def dissolves(thin: Stack) -> list[Dissolve]:
    """Stretches in which each frame is a mixture of the first and the last, which differ."""
    pictures = _halved(thin)
    found: list[Dissolve] = []
    for length in _LENGTHS:
        found.extend(_of_length(pictures, thin, length))
    best: list[Dissolve] = []
    for each in sorted(found, key=_clarity):
        if all(each.end < other.frame or each.frame > other.end for other in best):
            best.append(each)
    return sorted(best[:_MOST], key=lambda one: one.frame)


def _clarity(one: Dissolve) -> float:
    """Sort key, clearest first: the two pictures differ most and the mixture fits best."""
    return -one.apart_levels * (_MIXED - one.unmixed_share)


def _halved(thin: Stack) -> Floats:
    """Means of 2 × 2 pixels, of shape (frames, parts)."""
    rows, columns = thin.shape[1] // 2 * 2, thin.shape[2] // 2 * 2
    if not rows or not columns:
        return thin.reshape(len(thin), -1).astype(np.float32)
    whole = thin[:, :rows, :columns].astype(np.uint16)
    sums = whole[:, ::2, ::2] + whole[:, 1::2, ::2] + whole[:, ::2, 1::2] + whole[:, 1::2, 1::2]
    return (sums.reshape(len(thin), -1) / np.float32(4)).astype(np.float32)


def _of_length(pictures: Floats, thin: Stack, length: int) -> list[Dissolve]:
    if len(pictures) <= length + 1:
        return []
    starts, ends = pictures[:-length], pictures[length:]
    apart = np.abs(ends - starts).mean(axis=1)
    worst = np.zeros(len(starts), np.float32)
    for quarter in (1, 2, 3):
        at = length * quarter // 4
        share = np.float32(at / length)
        between = pictures[at : at + len(starts)]
        off = np.abs(between - (1 - share) * starts - share * ends).mean(axis=1)
        np.maximum(worst, off, out=worst)
    unmixed = worst / np.maximum(apart, np.float32(1e-3))
    return [
        Dissolve(
            frame=int(n),
            frames=length,
            unmixed_share=round(float(unmixed[n]), 3),
            apart_levels=round(float(apart[n]), 2),
            unlike_share=round(unlike, 3),
        )
        for n in np.flatnonzero((apart >= _LEAST_LEVELS) & (unmixed <= _MIXED))
        if (unlike := _unlike(thin[n].ravel(), thin[n + length].ravel())) >= _UNLIKE
    ]


def _unlike(one: Stack, other: Stack) -> float:
    """How far two pictures differ apart from light, relative to unrelated pictures."""
    if min(float(one.std()), float(other.std())) < _FLAT:
        return 0.0  # it fades to black or white
    elsewhere = np.random.default_rng(0).permutation(other)
    strangers = max(unlit(one, elsewhere), unlit(elsewhere, one))
    return max(unlit(one, other), unlit(other, one)) / strangers if strangers else 0.0

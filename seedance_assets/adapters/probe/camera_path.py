"""The camera's way through a clip, from few looks far apart and from many close together.

Looks half a second apart tell a slow move exactly, but a fast one leaves them nothing in common,
and a shake may be back where it was. Looks an eighth of a second apart tell both; their small
errors add up, so they only fill in the way between two looks that are far apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from seedance_assets.adapters.probe.camera import BorderBlocks, BorderLook, Step
from seedance_assets.core.measurement import CameraPath

_FAR = 0.03  # of the width: more is a move anyway
_FURTHER, _NOISE = 1.2, 0.4
_GRAIN = 2.4  # levels by which grain alone differs; in less nothing is to be found

_Place = tuple[float, float, float]
"""Shift to the right, shift down (shares of the width), growth as a factor."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What was looked at, and in which frames."""

    blocks: BorderBlocks
    looks: Sequence[BorderLook]
    frames: Sequence[int]


def camera_path(far: Looks, near: Looks, frames_per_second: float) -> CameraPath | None:
    """The way since the first frame, or None where nothing can be said of it."""
    far_steps = far.blocks.steps(list(far.looks))
    known = [step for step in far_steps if step is not None]
    frames, places = [far.frames[0]], [(0.0, 0.0, 1.0)]
    for step, (start, end) in zip(far_steps, pairwise(far.frames), strict=True):
        inside = [n for n, at in enumerate(near.frames[:-1]) if start <= at < end]
        steps = _near_steps(near, inside, step)
        known += [each for each in steps if each is not None]
        way, ends = _way(steps, step), [near.frames[n + 1] for n in inside]
        if not way:
            way, ends = [_moved((0.0, 0.0, 1.0), step)], [end]
        here = places[-1]
        places += [(here[0] + r, here[1] + d, here[2] * z) for r, d, z in way]
        frames += ends
    if not known:
        return None
    return CameraPath(
        times_s=tuple(round(n / frames_per_second, 3) for n in frames),
        right_share=tuple(round(place[0], 5) for place in places),
        down_share=tuple(round(place[1], 5) for place in places),
        zoom_share=tuple(round(place[2] - 1, 5) for place in places),
        trust=round(float(np.mean([step.trust for step in known])), 3),
    )


def _near_steps(near: Looks, inside: Sequence[int], far: Step | None) -> list[Step | None]:
    """The close steps within a far one, where they tell more: they take their time."""
    if not inside or (far and far.sure and max(abs(far.right), abs(far.down)) > _FAR):
        return []
    first = near.looks[inside[0]]
    away = [near.blocks.apart(first, near.looks[n + 1]) for n in inside]
    comes_back = max(away) > _FURTHER * away[-1] + _NOISE  # as in a shake
    if max(away) < _GRAIN or (far and far.sure and not comes_back):
        return []
    return near.blocks.steps(list(near.looks[inside[0] : inside[-1] + 2]))


def _way(near: Sequence[Step | None], far: Step | None) -> list[_Place]:
    """The way of the close looks, bent so that it ends where the far ones do, if those are sure."""
    if not any(step and step.sure for step in near):
        return []
    places: list[_Place] = [(0.0, 0.0, 1.0)]
    for step in near:
        places.append(_moved(places[-1], step))
    goal = _moved((0.0, 0.0, 1.0), far) if far and far.sure else places[-1]
    off = [goal[k] - places[-1][k] for k in range(3)]
    count = len(near)
    return [
        (p[0] + off[0] * n / count, p[1] + off[1] * n / count, p[2] + off[2] * n / count)
        for n, p in enumerate(places[1:], start=1)
    ]


def _moved(place: _Place, step: Step | None) -> _Place:
    if step is None or not step.sure:
        return place
    return place[0] + step.right, place[1] + step.down, place[2] * (1 + step.zoom)

"""The camera's path through a clip, from few samples far apart and many close together.

Samples half a second apart measure a slow move exactly, but after a fast move they have nothing in
common, and a shake may be back where it started. Samples an eighth of a second apart show both;
their small errors add up, so they only fill in the path between two samples that are far apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from seedance_assets.adapters.probe.camera import BorderBlocks, BorderSample, Step
from seedance_assets.core.measurement import CameraPath

_FAR = 0.03  # of the width: more is a move in any case
_FURTHER, _NOISE = 1.2, 0.4
_GRAIN = 2.4  # levels by which grain alone differs; below that there is nothing to measure

_Place = tuple[float, float, float]
"""Shift to the right, shift down (shares of the width), growth as a factor."""


@dataclass(frozen=True, slots=True)
class SampledBlocks:
    """Samples of the border blocks, and their frame numbers."""

    blocks: BorderBlocks
    samples: Sequence[BorderSample]
    frames: Sequence[int]


def camera_path(
    far: SampledBlocks, near: SampledBlocks, frames_per_second: float
) -> CameraPath | None:
    """The path since the first frame; None if it cannot be measured."""
    far_steps = far.blocks.steps(list(far.samples))
    known = [step for step in far_steps if step is not None]
    frames, places = [far.frames[0]], [(0.0, 0.0, 1.0)]
    for step, (start, end) in zip(far_steps, pairwise(far.frames), strict=True):
        inside = [n for n, at in enumerate(near.frames[:-1]) if start <= at < end]
        steps = _near_steps(near, inside, step)
        known += [each for each in steps if each is not None]
        way, ends = _path(steps, step), [near.frames[n + 1] for n in inside]
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


def _near_steps(near: SampledBlocks, inside: Sequence[int], far: Step | None) -> list[Step | None]:
    """The close steps within a far one, only where they add something: they are slow."""
    if not inside or (far and far.sure and max(abs(far.right), abs(far.down)) > _FAR):
        return []
    first = near.samples[inside[0]]
    away = [near.blocks.apart(first, near.samples[n + 1]) for n in inside]
    comes_back = max(away) > _FURTHER * away[-1] + _NOISE  # as in a shake
    if max(away) < _GRAIN or (far and far.sure and not comes_back):
        return []
    return near.blocks.steps(list(near.samples[inside[0] : inside[-1] + 2]))


def _path(near: Sequence[Step | None], far: Step | None) -> list[_Place]:
    """The path of the close samples, corrected to end where the far ones do if those are sure."""
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

"""The camera's way through a clip, from few looks far apart and from many close together.

Looks half a second apart tell a slow move exactly, but a fast one leaves them nothing in common,
and a shake may be back where it was. Looks an eighth of a second apart tell both; their small
errors add up, so between two looks far apart they only fill in the way, if those agree.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from seedance_assets.adapters.probe.camera import Step
from seedance_assets.core.measurement import CameraPath

_Place = tuple[float, float, float]
"""Shift to the right, shift down (shares of the width), growth as a factor."""


def camera_path(
    far: Sequence[Step | None],
    far_frames: Sequence[int],
    near: Sequence[Step | None],
    near_frames: Sequence[int],
    frames_per_second: float,
) -> CameraPath | None:
    """The way since the first frame, or None where nothing can be said of it.

    Steps lead from each of the frames to the next one.
    """
    known = [step for step in (*far, *near) if step is not None]
    if not known:
        return None
    frames, places = [far_frames[0]], [(0.0, 0.0, 1.0)]
    for step, (start, end) in zip(far, pairwise(far_frames), strict=True):
        inside = [n for n, at in enumerate(near_frames[:-1]) if start <= at < end]
        way = _way([near[n] for n in inside], step)
        ends = [near_frames[n + 1] for n in inside]
        if not way:
            way, ends = [_moved((0.0, 0.0, 1.0), step)], [end]
        here = places[-1]
        places += [(here[0] + r, here[1] + d, here[2] * z) for r, d, z in way]
        frames += ends
    return CameraPath(
        times_s=tuple(round(n / frames_per_second, 3) for n in frames),
        right_share=tuple(round(place[0], 5) for place in places),
        down_share=tuple(round(place[1], 5) for place in places),
        zoom_share=tuple(round(place[2] - 1, 5) for place in places),
        trust=round(float(np.mean([step.trust for step in known])), 3),
    )


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

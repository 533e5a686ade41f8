"""Takes without a fault: a ground, a camera's way over it, and figures that move in it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.calibration.pictures import (
    SIZE,
    Floats,
    Frames,
    Ground,
    Pixels,
    as_pixels,
    figure,
    put,
    seen,
    street,
)
from seedance_assets.emulator.drawing.scene import draw_frames
from seedance_assets.emulator.jobs.clip_plan import ClipPlan, final_plan
from seedance_assets.emulator.jobs.scenario import Defect

FRAMES = 73
Way = Callable[[int], tuple[float, float, float]]
"""Of a frame's number: how far right and down the camera is, in pixels, and its zoom."""
Light = Callable[[Floats, int], Floats]


@dataclass(frozen=True)
class Actor:
    """A figure and its way: where its left upper corner is, in pixels, at a frame."""

    width: int
    height: int
    way: Callable[[int], tuple[float, float]]
    colour: Any = None


def fixed(_number: int) -> tuple[float, float, float]:
    """A camera on a tripod."""
    return (0.0, 0.0, 1.0)


def pan(pixels_a_frame: float, down: float = 0.0) -> Way:
    """A steady pan to the right."""
    return lambda n: (pixels_a_frame * n, down * n, 1.0)


def push(most: float, frames: int = FRAMES) -> Way:
    """A steady push in, up to a zoom of `most`."""
    return lambda n: (0.0, 0.0, most ** (n / (frames - 1)))


def shake(pixels: float, seed: int = 5) -> Way:
    """A camera in a hand that trembles by so many pixels."""
    dice = np.random.default_rng(seed)
    phases = dice.uniform(0, 2 * math.pi, 4)

    def way(n: int) -> tuple[float, float, float]:
        x = math.sin(n / 2.3 + phases[0]) + 0.5 * math.sin(n / 0.9 + phases[1])
        y = math.sin(n / 1.9 + phases[2]) + 0.5 * math.sin(n / 1.1 + phases[3])
        start = math.sin(phases[0]) + 0.5 * math.sin(phases[1])
        return (pixels * (x - start), pixels * y, 1.0)

    return way


def wide(ground: Ground) -> Ground:
    """A ground of four times the width: itself and its mirror image by turns."""

    def draw(seed: int) -> Floats:
        one = ground(seed)
        return np.concatenate([one, one[:, ::-1], one, one[:, ::-1]], axis=1)

    return draw


def walker(speed: float = 2.2, start: float = 60.0) -> Actor:
    """Somebody who walks through the picture, with a slight bob."""
    return Actor(70, 150, lambda n: (start + speed * n, 90 + 3 * math.sin(n / 3)))


def dancer(swing: float = 24.0, period: float = 18.0) -> Actor:
    """Somebody who moves on the spot."""
    return Actor(
        80, 160, lambda n: (200 + swing * math.sin(2 * math.pi * n / period), 80 + n % 2 * 0.3)
    )


def film(
    seed: int,
    ground: Ground = street,
    camera: Way = fixed,
    actors: tuple[Actor, ...] = (),
    *,
    frames: int = FRAMES,
    size: tuple[int, int] = SIZE,
    grain: float = 1.0,
    light: Light | None = None,
) -> Frames:
    """A take: every frame with a little grain of its own."""
    place = ground(seed)
    dice = np.random.default_rng(seed + 1)
    noise = dice.normal(0, grain, (8, size[1], size[0], 1)).astype(np.float32)
    cast = [
        (actor, figure(seed + k, actor.width, actor.height, colour=actor.colour))
        for k, actor in enumerate(actors)
    ]
    found: Frames = []
    still: Floats | None = None
    for number in range(frames):
        right, down, zoom = camera(number)
        if camera is fixed and still is not None:
            picture = still.copy()
        else:
            picture = seen(place, (right, down), zoom, size)
            still = picture.copy()
        for actor, shape in cast:
            put(picture, shape, *actor.way(number))
        if light is not None:
            picture = light(picture, number)
        found.append(as_pixels(picture + noise[dice.integers(8)]))
    return found


def emulated(
    seed: int,
    *defects: Defect,
    camera_fixed: bool = True,
    frames: int = FRAMES,
    ground: Ground = street,
) -> Frames:
    """Frames as the emulator draws them, with its own defects: planes of yuv420p."""
    width, height = SIZE
    picture = Image.fromarray(opening_of(seed, ground))
    plan = ClipPlan(
        width=width,
        height=height,
        box=(0, 0, float(picture.width), float(picture.height)),
        frames=frames,
        frames_per_second=24,
        sound="none",
        camera_fixed=camera_fixed,
        seed=str(seed),
    )
    drawn = draw_frames(picture, final_plan(plan, defects, str(seed)))
    return [frame.reshape(-1, width).copy() for frame in drawn]


def opening_of(seed: int, ground: Ground = street) -> Pixels:
    """The picture that a take on this ground opens on, as a first frame."""
    return as_pixels(seen(ground(seed), (0.0, 0.0), 1.0, SIZE))

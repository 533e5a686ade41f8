"""Grounds and figures to film: drawn with NumPy from a seed, with the texture of real pictures."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from seedance_assets.emulator.drawing.unrelated_picture import draw_unrelated_picture

SIZE = (480, 270)
CANVAS = (960, 540)
"""A ground is larger than the frame, so that a camera can move over it and closer to it."""

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]
Frames = list[Pixels]
Ground = Callable[[int], Floats]
"""An RGB picture of `CANVAS`, as floats, from a seed."""


def texture(dice: np.random.Generator, width: int, height: int, slope: float = 1.2) -> Floats:
    """Noise as natural pictures have it: the finer, the weaker; mean 0, deviation 1."""
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    pitch = np.hypot(down, across)
    pitch[0, 0] = 1.0
    spectrum = np.exp(2j * np.pi * dice.random(pitch.shape)) / pitch**slope
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, s=(height, width))
    scaled: Floats = (noise / noise.std()).astype(np.float32)
    return scaled


def street(seed: int) -> Floats:
    """A facade with windows over a pavement."""
    dice = np.random.default_rng(seed)
    width, height = CANVAS
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = dice.uniform(95, 150, 3)
    for top in range(30, height - 190, 96):
        for left in range(24, width - 60, 84):
            picture[top : top + 60, left : left + 48] = dice.uniform(35, 200) * dice.uniform(
                0.85, 1.0, 3
            )
    picture[height - 130 :] = dice.uniform(80, 110, 3)
    return _textured(dice, picture, 14)


def hills(seed: int) -> Floats:
    """Hills under a sky, as the emulator draws a picture that nobody asked for."""
    dice = np.random.default_rng(seed)
    picture = np.asarray(draw_unrelated_picture(dice, CANVAS, 90.0), np.float32) * 0.8
    return _textured(dice, picture, 11)


def room(seed: int) -> Floats:
    """A room with furniture: a wall, a floor and some boxes."""
    dice = np.random.default_rng(seed)
    width, height = CANVAS
    across = np.linspace(0.75, 1.1, width, dtype=np.float32)[None, :, None]
    picture = dice.uniform(110, 165, 3).astype(np.float32) * across
    picture = np.repeat(picture, height, axis=0)
    picture[height * 7 // 10 :] *= np.float32(0.55)
    for _ in range(14):
        left, top = dice.integers(0, width - 150), dice.integers(60, height - 160)
        wide, high = dice.integers(40, 150), dice.integers(40, 150)
        picture[top : top + high, left : left + wide] = dice.uniform(30, 190, 3)
    return _textured(dice, picture, 9)


def night(seed: int) -> Floats:
    """A dark scene: hardly anything over luma 50 but a few lamps."""
    dice = np.random.default_rng(seed)
    width, height = CANVAS
    picture = np.clip(street(seed) * 0.16 + 6, 0, 60)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    for _ in range(16):
        middle = dice.uniform(0, width), dice.uniform(0, height * 0.7)
        glow = np.exp(-((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / (2 * 14**2))
        picture += glow[:, :, None] * np.array([150, 125, 70], np.float32)
    lit: Floats = picture
    return lit


def fog(seed: int) -> Floats:
    """A soft scene of little contrast, as in fog."""
    dice = np.random.default_rng(seed)
    width, height = CANVAS
    soft = texture(dice, width, height, 2.0)[:, :, None] * 9 + 150
    low: Floats = soft + np.array([0, 2, 5], np.float32)
    return low


def figure(seed: int, width: int, height: int, *, colour: Any = None) -> tuple[Floats, Floats]:
    """Somebody in patterned clothes, and the share of each pixel that is theirs."""
    dice = np.random.default_rng(seed + 7)
    own = np.asarray(colour if colour is not None else dice.uniform(40, 215, 3), np.float32)
    body = own + texture(dice, width, height, 1.0)[:, :, None] * 16
    y, x = np.mgrid[:height, :width].astype(np.float32)
    across, down = (x - width / 2) / (width / 2), (y - height / 2) / (height / 2)
    inside = np.clip((1 - (np.abs(across) ** 3 + np.abs(down) ** 3)) * 6, 0, 1)
    return body, inside[:, :, None].astype(np.float32)


def put(picture: Floats, what: tuple[Floats, Floats], left: float, top: float) -> None:
    """Draw a figure over a picture at a place, also between pixels; parts outside are left out."""
    body, share = (_shifted(part, left % 1, top % 1) for part in what)
    at_x, at_y = int(np.floor(left)), int(np.floor(top))
    height, width = picture.shape[:2]
    x0, x1 = max(at_x, 0), min(at_x + body.shape[1], width)
    y0, y1 = max(at_y, 0), min(at_y + body.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return
    part = np.s_[y0 - at_y : y1 - at_y, x0 - at_x : x1 - at_x]
    under = picture[y0:y1, x0:x1]
    picture[y0:y1, x0:x1] = under + (body[part] - under) * share[part]


def seen(ground: Floats, middle: tuple[float, float], zoom: float, size: tuple[int, int]) -> Floats:
    """What a camera sees of a ground; at zoom 1 and (0, 0) the middle of it, pixel for pixel."""
    height, width = ground.shape[:2]
    wide, high = size[0] / zoom, size[1] / zoom
    left = np.clip(width / 2 + middle[0] - wide / 2, 0, width - wide)
    top = np.clip(height / 2 + middle[1] - high / 2, 0, height - high)
    box = (left, top, left + wide, top + high)
    planes = [
        Image.fromarray(np.ascontiguousarray(ground[:, :, c], np.float32)).resize(
            size, Image.Resampling.BILINEAR, box=box
        )
        for c in range(3)
    ]
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)


def as_pixels(picture: Floats) -> Pixels:
    """Whole grey levels."""
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _textured(dice: np.random.Generator, picture: Any, levels: float) -> Floats:
    grain = texture(dice, CANVAS[0], CANVAS[1])[:, :, None] * levels
    textured: Floats = np.clip(picture + grain, 18, 232).astype(np.float32)
    return textured


def _shifted(part: Floats, right: float, down: float) -> Floats:
    """A part moved by less than a pixel, by linear interpolation."""
    if right:
        part = part * (1 - right) + np.roll(part, 1, axis=1) * right
    if down:
        part = part * (1 - down) + np.roll(part, 1, axis=0) * down
    return part

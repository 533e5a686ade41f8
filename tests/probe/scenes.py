"""Picture and sound of test clips: scenes with exactly one fault."""

from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from tests.probe.clips import ClipSpec, Paint, Pixels, Play, picture

WIDE, HIGH = 256, 144
Sound = np.ndarray[Any, np.dtype[np.floating[Any]]]

_DICE = np.random.default_rng(1)
GROUND = np.kron(_DICE.integers(40, 200, (40, 60)), np.ones((8, 8))).astype(np.float32)


def scene(number: int, width: int, height: int, *, right: float = 0.0, down: float = 0.0) -> Pixels:
    """A textured ground, moved by some pixels, with a bright ball that moves by itself."""
    left, top = 40 + right, 40 + down
    box = (left, top, left + width, top + height)
    ground = Image.fromarray(GROUND).resize((width, height), Image.Resampling.BILINEAR, box=box)
    grey = np.asarray(ground).copy()
    y, x = np.mgrid[:height, :width]
    ball = (x - width * (0.4 + 0.008 * number)) ** 2 + (y - height / 2) ** 2 < (height / 8) ** 2
    grey[ball] = 230
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def blackened(first: int, last: int) -> Paint:
    def paint(number: int, width: int, height: int) -> Pixels:
        pixels = picture(number, width, height)
        return np.zeros_like(pixels) if first <= number <= last else pixels

    return paint


def barred(frames: int) -> Paint:
    def paint(number: int, width: int, height: int) -> Pixels:
        pixels = scene(number, width, height)
        if number < frames:
            pixels[: height // 10] = pixels[-height // 10 :] = 0
        return pixels

    return paint


def spotlit(number: int, width: int, height: int) -> Pixels:
    """A person in a spotlight, black all around."""
    y, x = np.mgrid[:height, :width]
    lit = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2
    pixels: Pixels = scene(number, width, height) * lit[:, :, None].astype(np.uint8)
    return pixels


def under_a_night_sky(number: int, width: int, height: int) -> Pixels:
    """Land below, its horizon flat, and more than half of the picture black."""
    pixels = scene(number, width, height)
    pixels[: height * 6 // 10] = 0
    return pixels


def vignetted(number: int, width: int, height: int) -> Pixels:
    """A picture that goes black so gently to its left and right that no line is an edge."""
    x = np.abs(np.linspace(-1, 1, width))
    share = np.clip((0.95 - x) / 0.6, 0, 1)
    coarse = scene(number, width // 4, height // 4).repeat(4, axis=0).repeat(4, axis=1)
    pixels: Pixels = (coarse * share[None, :, None]).astype(np.uint8)
    return pixels


def captioned_bars(number: int, width: int, height: int) -> Pixels:
    """A letterbox of a tenth above and below, and a caption on the lower one."""
    pixels = barred(1000)(number, width, height)
    pixels[-height // 14 : -height // 40, width // 4 : -width // 4] = 235
    return pixels


def white_patch(luma: int) -> Paint:
    """Planes of yuv420p whose upper tenth has a luma that RGB cannot give."""

    def paint(number: int, width: int, height: int) -> Pixels:
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        planes[:height] = picture(number, width, height)[:, :, 0] // 2 + 40
        planes[: height // 10, :width] = luma
        return planes

    return paint


def softening(most: float) -> Paint:
    def paint(number: int, width: int, height: int) -> Pixels:
        sharp = Image.fromarray(scene(number, width, height))
        soft = sharp.filter(ImageFilter.GaussianBlur(most * number / 24))
        return np.asarray(soft)

    return paint


def stopped(first: int, last: int) -> Paint:
    def paint(number: int, width: int, height: int) -> Pixels:
        return scene(first if first <= number <= last else number, width, height)

    return paint


def blob(side: int) -> Paint:
    """Only a square of `side` pixels moves, by one pixel a frame."""

    def paint(number: int, width: int, height: int) -> Pixels:
        pixels = np.full((height, width, 3), 90, np.uint8)
        pixels[20 : 20 + side, 10 + 2 * number : 10 + 2 * number + side] = 140
        return pixels

    return paint


def two_scenes(over: int) -> Paint:
    """Another scene from the middle on; the change takes `over` frames."""

    def paint(number: int, width: int, height: int) -> Pixels:
        share = min(1.0, max(0.0, (number - 10) / over))
        one, other = scene(number, width, height), 255 - scene(number, width, height)
        mixed: Pixels = (one * (1 - share) + other * share).astype(np.uint8)
        return mixed

    return paint


def brightness(levels: Any) -> Paint:
    def paint(number: int, width: int, height: int) -> Pixels:
        lit: Pixels = np.clip(scene(number, width, height) * 0.6 + levels(number), 0, 255).astype(
            np.uint8
        )
        return lit

    return paint


def dim_then(levels: Any) -> Paint:
    """A dim picture whose light changes by up to `levels`."""

    def paint(number: int, width: int, height: int) -> Pixels:
        pixels = 30 + scene(number, width, height) * 0.45
        lit: Pixels = np.clip(pixels * (1 + levels(number) / 100), 0, 255).astype(np.uint8)
        return lit

    return paint


def two_dim_scenes(number: int, width: int, height: int) -> Pixels:
    """Another one from the tenth frame on, of the same grey levels elsewhere."""
    pixels = scene(number, width, height)
    shown: Pixels = pixels if number < 10 else pixels[::-1, ::-1]
    return (30 + shown * 0.45).astype(np.uint8)


def panned(pixels_a_frame: float) -> Paint:
    def paint(number: int, width: int, height: int) -> Pixels:
        return scene(number, width, height, right=pixels_a_frame * number)

    return paint


def walker(number: int, width: int, height: int) -> Pixels:
    """A person walks through a plain studio, from top to bottom of the picture."""
    pixels = np.full((height, width, 3), 180, np.uint8)
    figure = scene(0, width, height)[:, : width // 4]
    left = width // 8 + 2 * number
    pixels[:, left : left + width // 4] = figure
    return pixels


def clouded(number: int, width: int, height: int) -> Pixels:
    """Clouds drift across the upper three quarters; the land below stands still."""
    pixels, land = panned(0.6)(number, width, height), height * 3 // 4
    pixels[land:] = scene(0, width, height)[land:]
    return pixels


def tone(times: Sound, level: float = 0.1, hertz: float = 440) -> Sound:
    sound: Sound = level * np.sin(2 * np.pi * hertz * times)
    return sound


def holes(*starts_s: float, length_s: float = 0.06) -> Play:
    def play(times: Sound) -> Sound:
        sound = tone(times, 0.2)
        for start in starts_s:
            sound[(times >= start) & (times < start + length_s)] = 0
        return sound

    return play


def big(paint: Any = scene, **more: Any) -> ClipSpec:
    return ClipSpec(width=WIDE, height=HIGH, crf=18, paint=paint, **more)


def heard(play: Any, **more: Any) -> ClipSpec:
    return ClipSpec(play=play, **more)

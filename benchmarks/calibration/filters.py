"""What is done to the frames of a good take so that they have a fault, or seem to."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from benchmarks.calibration.pictures import Floats, Frames, Pixels, as_pixels


def each(frames: Frames, change: Callable[[Floats, int], Floats]) -> Frames:
    """Every frame changed."""
    return [as_pixels(change(frame.astype(np.float32), n)) for n, frame in enumerate(frames)]


def some(frames: Frames, first: int, count: int, change: Callable[[Floats, int], Floats]) -> Frames:
    """`count` frames from number `first` on changed."""
    return [
        as_pixels(change(frame.astype(np.float32), n)) if first <= n < first + count else frame
        for n, frame in enumerate(frames)
    ]


def held(frames: Frames, first: int, count: int, grain: float = 0.0) -> Frames:
    """Frame `first` stays for `count` further frames; then the take goes on where it would be."""
    dice = np.random.default_rng(first)

    def still() -> Pixels:
        noise = dice.normal(0, grain, (*frames[first].shape[:2], 1)) if grain else 0.0
        return as_pixels(frames[first] + noise)

    return [still() if first < n <= first + count else frame for n, frame in enumerate(frames)]


def repeated(frames: Frames, shown: int, of: int = 24) -> Frames:
    """As if made at `shown` frames a second and shown at `of`: the frame before is repeated."""
    return [frames[n * shown // of * of // shown] for n in range(len(frames))]


def stepped(frames: Frames, times: int) -> Frames:
    """Every picture `times` times, without a hurry: each is another step of the take."""
    return [frames[n // times] for n in range(len(frames))]


def joined(one: Frames, other: Frames, at: int, over: int = 0) -> Frames:
    """`one` until frame `at`, then `other`; dissolved over so many frames."""
    found = []
    for n, (a, b) in enumerate(zip(one, other, strict=True)):
        share = float(n >= at) if not over else min(1.0, max(0.0, (n - at + 1) / (over + 1)))
        found.append(as_pixels(a * np.float32(1 - share) + b * np.float32(share)))
    return found


def tinted(colour: tuple[float, float, float], share: float) -> Callable[[Floats, int], Floats]:
    """Blended towards a colour."""
    goal = np.array(colour, np.float32)
    return lambda picture, _n: picture + (goal - picture) * np.float32(share)


def blurred(frame: Pixels, radius: float) -> Pixels:
    """Out of focus."""
    return np.asarray(Image.fromarray(frame).filter(ImageFilter.GaussianBlur(radius)))


def torn(picture: Floats, shift: int, top: float = 0.4, bottom: float = 0.8) -> Floats:
    """A band of the picture slips to the side."""
    rows = slice(int(top * len(picture)), int(bottom * len(picture)))
    slipped = picture.copy()
    slipped[rows] = np.roll(picture[rows], shift, axis=1)
    return slipped


def garbled(picture: Floats, share: float, seed: int) -> Floats:
    """Blocks of 16 pixels that hold the wrong picture, as after a lost packet."""
    dice = np.random.default_rng(seed)
    broken = picture.copy()
    rows, columns = picture.shape[0] // 16, picture.shape[1] // 16
    for place in dice.permutation(rows * columns)[: int(share * rows * columns)]:
        top, left = place // columns * 16, place % columns * 16
        broken[top : top + 16, left : left + 16] = dice.uniform(0, 255, 3)
    return broken

"""An unrelated picture: hills under a sky, unlike the picture that it replaces."""

import numpy as np
import numpy.typing as npt
from PIL import Image

_MID_GREY = 126
_BRIGHT = ((232, 236, 240), (205, 214, 222), (188, 200, 186), (172, 188, 150), (196, 180, 130))
_DARK = ((18, 22, 40), (40, 34, 58), (24, 40, 44), (16, 30, 26), (12, 18, 14))
_RIDGES = (0.42, 0.58, 0.76)  # of the height, from the top


def draw_unrelated_picture(
    seed: np.random.Generator, size: tuple[int, int], level: float
) -> Image.Image:
    """A landscape of `size` in pixels, RGB; dark where `level`, a mean luma, is bright."""
    palette = np.array(_DARK if level > _MID_GREY else _BRIGHT, dtype=np.float32)
    width, height = size
    down = np.linspace(0, 1, height, dtype=np.float32)[:, np.newaxis]
    across = np.linspace(0, 1, width, dtype=np.float32)[np.newaxis, :]
    picture = palette[0] + (palette[1] - palette[0]) * np.repeat(down, width, axis=1)[..., None]
    for colour, place in zip(palette[2:], _RIDGES, strict=True):
        picture[down > place + _ridge(seed, across)] = colour
    return Image.fromarray(np.asarray(picture, dtype=np.uint8))


def _ridge(seed: np.random.Generator, across: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    ridge = np.zeros_like(across)
    for step in (1, 2, 5):
        ridge += 0.1 / step * np.sin(2 * np.pi * (step * across + seed.uniform(0, 1)))
    return ridge

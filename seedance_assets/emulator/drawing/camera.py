"""The camera's path over the picture: a slow zoom with some drift, from the full frame."""

from dataclasses import dataclass

import numpy as np

Box = tuple[float, float, float, float]

_FRACTION_A_SECOND = (0.022, 0.034)  # how much the picture is enlarged: visible but slow
_MOST_ZOOM = 0.30
_SWEEP_ZOOM = 0.25
_DRIFT = 0.75  # share of the margin around the zoomed frame that the camera may use


@dataclass(frozen=True, slots=True)
class CameraMove:
    """A move over `seconds`: `zoom` is the enlargement, `drift` the direction, -1 to 1 per axis."""

    seconds: float
    zoom: float
    drift: tuple[float, float]

    def box(self, at_s: float, width: int, height: int) -> Box:
        """The visible part of a `width` × `height` frame; all of it at the start."""
        way = _eased(at_s / self.seconds)
        scale = 1.0 / (1.0 + self.zoom * way)
        room_x, room_y = width * (1 - scale) / 2, height * (1 - scale) / 2
        left, top = room_x * (1 + self.drift[0] * way), room_y * (1 + self.drift[1] * way)
        return (left, top, left + width * scale, top + height * scale)


def choose_move(seed: np.random.Generator, seconds: float) -> CameraMove:
    """A move chosen by the seed."""
    zoom = min(seed.uniform(*_FRACTION_A_SECOND) * seconds, _MOST_ZOOM)
    angle = seed.uniform(0, 2 * np.pi)
    drift = (float(_DRIFT * np.cos(angle)), float(_DRIFT * np.sin(angle)))
    return CameraMove(seconds, float(zoom), drift)


def sweep(seed: np.random.Generator, seconds: float) -> CameraMove:
    """A wide, obvious move to one side."""
    return CameraMove(seconds, _SWEEP_ZOOM, (float(seed.choice((-1.0, 1.0))), 0.0))


def _eased(way: float) -> float:
    """Half linear, half smooth: it moves from the start, so that no opening looks frozen."""
    smooth = way * way * (3 - 2 * way)
    return 0.55 * way + 0.45 * smooth

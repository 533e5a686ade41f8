"""Apply the defects of a plan to its frames and their timing."""

import numpy as np

from seedance_assets.emulator.drawing.particles import Plane
from seedance_assets.emulator.jobs.clip_plan import ClipPlan
from seedance_assets.emulator.jobs.scenario import Defect

_BLACK, _WHITE, _NO_COLOUR = 16, 235, 128
_FADE_S = 0.25  # on both sides of a black stretch, so that it is not a cut
_BAR_SHARE = 0.125
_FLICKER_LEVELS = 7
_FLASH_FRAMES = 2  # two bright, two unchanged: six flashes a second at 24 fps
_FLASH_SHARE = 0.7  # of the way to white, or to black where the picture is bright
_MID_GREY = 126

Planes = tuple[Plane, Plane, Plane]


def scene_frame(number: int, plan: ClipPlan) -> tuple[str, int]:
    """The scene that a frame of the clip shows, and the number of the frame in that scene.

    A freeze stops the scene; after it the scene continues from there.
    """
    moment = number
    if freeze := plan.defect("freeze"):
        start, stop = _stretch(freeze, plan)
        moment -= max(0, min(number, stop) - start)
    cut = plan.defect("cut")
    unrelated = plan.defect("wrong_picture") or (cut and number >= _stretch(cut, plan)[0])
    return ("unrelated" if unrelated else "ordered"), moment


def apply_defects(planes: Planes, number: int, plan: ClipPlan) -> None:
    """Apply the plan's defects to the picture of a frame."""
    for defect in plan.defects:
        start, stop = _stretch(defect, plan)
        if defect.what == "black":
            _darken(planes, _brightness(number, start, stop, plan.frames_per_second))
        elif defect.what == "letterbox":
            _bar(planes)
        elif start <= number < stop and defect.what == "flicker":
            _shift(planes[0], _FLICKER_LEVELS if number % 2 else -_FLICKER_LEVELS)
        elif start <= number < stop and defect.what == "flash":
            _flash(planes, on=(number - start) // _FLASH_FRAMES % 2 == 0)


def _stretch(defect: Defect, plan: ClipPlan) -> tuple[int, int]:
    """The first frame of a defect, and the first frame after it."""
    rate = plan.frames_per_second
    return round(defect.at_s * rate), round((defect.at_s + defect.for_s) * rate)


def _brightness(number: int, start: int, stop: int, rate: int) -> float:
    """0 in the stretch, 1 outside it, with a ramp between."""
    away = max(start - number, number - stop + 1, 0)
    return min(away / (_FADE_S * rate), 1.0)


def _darken(planes: Planes, brightness: float) -> None:
    if brightness < 1:
        for plane, rest in zip(planes, (_BLACK, _NO_COLOUR, _NO_COLOUR), strict=True):
            plane[:] = rest + (plane.astype(np.float32) - rest) * np.float32(brightness)


def _bar(planes: Planes) -> None:
    height = round(planes[1].shape[0] * _BAR_SHARE)
    for plane, rest, rows in zip(
        planes, (_BLACK, _NO_COLOUR, _NO_COLOUR), (2 * height, height, height), strict=True
    ):
        plane[:rows] = plane[-rows:] = rest


def _shift(luma: Plane, levels: int) -> None:
    luma[:] = np.clip(luma.astype(np.int16) + levels, _BLACK, _WHITE)


def _flash(planes: Planes, *, on: bool) -> None:
    if on:
        goal = _WHITE if float(planes[0].mean()) < _MID_GREY else _BLACK
        planes[0][:] = planes[0] + (goal - planes[0].astype(np.float32)) * np.float32(_FLASH_SHARE)

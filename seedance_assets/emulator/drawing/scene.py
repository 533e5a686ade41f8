"""A scene: one picture, the camera's path over it, and the particles that drift in it."""

from collections.abc import Iterator

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from seedance_assets.emulator.drawing.camera import Box, CameraMove, choose_move, sweep
from seedance_assets.emulator.drawing.defects import apply_defects, scene_frame
from seedance_assets.emulator.drawing.particles import Plane, add_particles, choose_particles
from seedance_assets.emulator.drawing.unrelated_picture import draw_unrelated_picture
from seedance_assets.emulator.jobs.clip_plan import ClipPlan

Frame = npt.NDArray[np.uint8]  # all three planes in a row, as FFmpeg's yuv420p has them


class Scene:
    """Draws the frames of a scene into one array, so use a frame before drawing the next."""

    def __init__(self, first: Frame, plan: ClipPlan) -> None:
        self._plan = plan
        self._first = first
        self._frame = first.copy()
        ground = planes_of(first, plan)
        self._pictures = [Image.fromarray(plane) for plane in ground]
        self._move = _move(plan)
        self._particles = choose_particles(
            seed_for(plan, "motes"), ground[0], camera_moves=bool(self._move)
        )

    def draw(self, number: int) -> Frame:
        """The scene's frame `number`; frame 0 is its picture."""
        if number == 0 or self._move is None:
            self._frame[:] = self._first
        if number == 0:
            return self._frame
        at_s = number / self._plan.frames_per_second
        planes = planes_of(self._frame, self._plan)
        if self._move is not None:
            box = self._move.box(at_s, self._plan.width, self._plan.height)
            for plane, still in zip(planes, self._pictures, strict=True):
                plane[:] = _seen(still, box, self._plan.width)
        add_particles(planes, self._particles, at_s)
        return self._frame


def draw_frames(picture: Image.Image, plan: ClipPlan) -> Iterator[Frame]:
    """The clip's frames, one at a time; the array is reused for the next one.

    `picture` is upright RGB. The plan's defects of time and picture are applied here.
    """
    cropped = picture.resize((plan.width, plan.height), Image.Resampling.LANCZOS, box=plan.box)
    ordered = _converted(cropped)
    scenes = {"ordered": ordered} | _unrelated(ordered, plan)
    opened: dict[str, Scene] = {}
    for number in range(plan.frames):
        name, moment = scene_frame(number, plan)
        if name not in opened:
            opened[name] = Scene(scenes[name], plan)
        frame = opened[name].draw(moment)
        apply_defects(planes_of(frame, plan), number, plan)
        yield frame


def seed_for(plan: ClipPlan, purpose: str) -> np.random.Generator:
    """A random generator for one purpose, the same for the same take."""
    return np.random.default_rng(list(f"{plan.seed} {purpose}".encode()))


def planes_of(frame: Frame, plan: ClipPlan) -> tuple[Plane, Plane, Plane]:
    """Views of the frame's Y, U and V."""
    width, height = plan.width, plan.height
    luma, colour = width * height, width * height // 4
    return (
        frame[:luma].reshape(height, width),
        frame[luma : luma + colour].reshape(height // 2, width // 2),
        frame[luma + colour :].reshape(height // 2, width // 2),
    )


def _unrelated(ordered: Frame, plan: ClipPlan) -> dict[str, Frame]:
    """The unrelated scene, if a defect shows one."""
    if not (plan.defect("cut") or plan.defect("wrong_picture")):
        return {}
    level = float(planes_of(ordered, plan)[0].mean())
    size = (plan.width, plan.height)
    return {
        "unrelated": _converted(draw_unrelated_picture(seed_for(plan, "stranger"), size, level))
    }


def _move(plan: ClipPlan) -> CameraMove | None:
    if plan.defect("moving_camera"):
        return sweep(seed_for(plan, "camera"), plan.seconds)
    return None if plan.camera_fixed else choose_move(seed_for(plan, "camera"), plan.seconds)


def _seen(still: Image.Image, box: Box, full_width: int) -> Plane:
    share = still.width / full_width  # the colour planes are half the size
    left, top, right, bottom = (edge * share for edge in box)
    inside = (max(left, 0.0), max(top, 0.0), min(right, still.width), min(bottom, still.height))
    return np.asarray(still.resize(still.size, Image.Resampling.BILINEAR, box=inside))


def _converted(picture: Image.Image) -> Frame:
    frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
    converted = frame.reformat(
        format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
    )  # FFmpeg's default is BT.601, which would shift red
    return np.asarray(converted.to_ndarray(), dtype=np.uint8).reshape(-1)

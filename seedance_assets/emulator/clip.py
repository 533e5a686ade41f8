"""Drawing a clip: a real MP4 that starts on its first frame and says that it is emulated.

Frames are drawn one at a time on the Y, U and V planes, so memory does not grow with the length.
"""

import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image

from seedance_assets.emulator.camera import Box, choose_move
from seedance_assets.emulator.motes import Plane, add_motes, choose_motes
from seedance_assets.emulator.plan import ClipPlan
from seedance_assets.emulator.sound import RATE_HZ, ambience, silence

_BT709 = 1
_LIMITED_RANGE = 1
_SAYS_SO = {"title": "EMULATED", "comment": "EMULATED by seedance-assets; not made by the model"}
_X264 = {"preset": "ultrafast", "crf": "26", "threads": "1"}  # bytes depend on the thread count
_AUDIO_BLOCK = 1024

Frame = npt.NDArray[np.uint8]  # all three planes in a row, as FFmpeg's yuv420p has them
KeepOn = Callable[[int], bool]


class Abandoned(Exception):
    """The drawing was stopped before its end."""


def draw_clip(target: Path, picture: Image.Image, plan: ClipPlan, keep_on: KeepOn) -> None:
    """Draw `plan` from an upright RGB picture and put the file at `target`, whole or not at all.

    `keep_on` is asked before each frame, with its number; False ends it with `Abandoned`.
    """
    part = target.with_name(f"{target.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        _write(part, picture, plan, keep_on)
        with part.open("rb+") as file:
            os.fsync(file.fileno())  # else the rename may reach the disk before the bytes do
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _write(part: Path, picture: Image.Image, plan: ClipPlan, keep_on: KeepOn) -> None:
    options = {"movflags": "+faststart"}
    with av.open(str(part), "w", format="mp4", options=options) as container:
        container.metadata.update(_SAYS_SO)
        video = _video_stream(container, plan)
        audio = None if plan.sound == "none" else _audio_stream(container)
        for number, frame in enumerate(_frames(picture, plan)):
            if not keep_on(number):
                raise Abandoned
            _encode_frame(container, video, frame, number)
        container.mux(video.encode(None))
        if audio is not None:
            _encode_sound(container, audio, plan)


def _video_stream(container: OutputContainer, plan: ClipPlan) -> VideoStream:
    stream = container.add_stream("libx264", rate=plan.frames_per_second, options=dict(_X264))
    stream.width, stream.height, stream.pix_fmt = plan.width, plan.height, "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, plan.frames_per_second)
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED_RANGE
    return stream


def _audio_stream(container: OutputContainer) -> AudioStream:
    return container.add_stream("aac", rate=RATE_HZ, layout="mono", options={"aac_coder": "fast"})


def _encode_frame(
    container: OutputContainer, stream: VideoStream, planes: Frame, number: int
) -> None:
    frame = av.VideoFrame.from_ndarray(
        planes.reshape(stream.height * 3 // 2, stream.width), format="yuv420p"
    )
    frame.pts, frame.time_base = number, stream.codec_context.time_base
    container.mux(stream.encode(frame))


def _encode_sound(container: OutputContainer, stream: AudioStream, plan: ClipPlan) -> None:
    samples = (
        silence(plan.seconds)
        if plan.sound == "silence"
        else ambience(_seed(plan, "sound"), plan.seconds)
    )
    for start in range(0, len(samples), _AUDIO_BLOCK):
        block = samples[np.newaxis, start : start + _AUDIO_BLOCK]
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _frames(picture: Image.Image, plan: ClipPlan) -> Iterator[Frame]:
    """The frames' planes, one frame at a time; the array is used again for the next."""
    first = _first_frame(picture, plan)
    ground = _planes(first, plan)
    move = None if plan.camera_fixed else choose_move(_seed(plan, "camera"), plan.seconds)
    motes = choose_motes(_seed(plan, "motes"), ground[0], camera_moves=bool(move))
    pictures = [Image.fromarray(plane) for plane in ground]
    frame = first.copy()
    planes = _planes(frame, plan)
    yield frame
    for number in range(1, plan.frames):
        at_s = number / plan.frames_per_second
        if move is None:
            frame[:] = first
        else:
            box = move.box(at_s, plan.width, plan.height)
            for plane, still in zip(planes, pictures, strict=True):
                plane[:] = _seen(still, box, plan.width)
        add_motes(planes, motes, at_s)
        yield frame


def _seen(still: Image.Image, box: Box, full_width: int) -> Plane:
    share = still.width / full_width  # the colour planes have half the size
    left, top, right, bottom = (edge * share for edge in box)
    inside = (max(left, 0.0), max(top, 0.0), min(right, still.width), min(bottom, still.height))
    return np.asarray(still.resize(still.size, Image.Resampling.BILINEAR, box=inside))


def _first_frame(picture: Image.Image, plan: ClipPlan) -> Frame:
    size = (plan.width, plan.height)
    cropped = picture.resize(size, Image.Resampling.LANCZOS, box=plan.box)
    frame = av.VideoFrame.from_ndarray(np.asarray(cropped), format="rgb24")
    converted = frame.reformat(
        format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
    )  # FFmpeg would take BT.601, and red would shift
    return np.asarray(converted.to_ndarray(), dtype=np.uint8).reshape(-1)


def _planes(frame: Frame, plan: ClipPlan) -> tuple[Plane, Plane, Plane]:
    """Views of the frame's Y, U and V."""
    width, height = plan.width, plan.height
    luma, colour = width * height, width * height // 4
    return (
        frame[:luma].reshape(height, width),
        frame[luma : luma + colour].reshape(height // 2, width // 2),
        frame[luma + colour :].reshape(height // 2, width // 2),
    )


def _seed(plan: ClipPlan, purpose: str) -> np.random.Generator:
    return np.random.default_rng(list(f"{plan.seed} {purpose}".encode()))

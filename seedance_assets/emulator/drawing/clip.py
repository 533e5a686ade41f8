"""Draw a clip: a real MP4 that starts on its first frame and is labelled as emulated.

Frames are drawn one at a time on the Y, U and V planes, so memory does not grow with the length.
"""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image

from seedance_assets.emulator.drawing.scene import Frame, draw_frames, seed_for
from seedance_assets.emulator.drawing.sound import RATE_HZ, Samples, ambience, clipped, silence
from seedance_assets.emulator.jobs.clip_plan import ClipPlan

_BT709 = 1
_LIMITED_RANGE = 1
_METADATA = {"title": "EMULATED", "comment": "EMULATED by seedance-assets; not made by the model"}
_X264 = {"preset": "ultrafast", "crf": "26", "threads": "1"}  # bytes depend on the thread count
_AUDIO_BLOCK = 1024

ShouldContinue = Callable[[int], bool]


class DrawingStopped(Exception):
    """The drawing was stopped before the last frame."""


def draw_clip(
    target: Path, picture: Image.Image, plan: ClipPlan, should_continue: ShouldContinue
) -> None:
    """Draw `plan` from an upright RGB picture into the file `target`, whole or not at all.

    `should_continue` is called before each frame with its number; False raises `DrawingStopped`.
    """
    part = target.with_name(f"{target.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        _write(part, picture, plan, should_continue)
        with part.open("rb+") as file:
            os.fsync(file.fileno())  # else the rename may reach the disk before the data
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _write(
    part: Path, picture: Image.Image, plan: ClipPlan, should_continue: ShouldContinue
) -> None:
    options = {"movflags": "+faststart"}
    with av.open(str(part), "w", format="mp4", options=options) as container:
        container.metadata.update(_METADATA)
        video = _video_stream(container, plan)
        audio = None if plan.sound == "none" else _audio_stream(container)
        for number, frame in enumerate(draw_frames(picture, plan)):
            if not should_continue(number):
                raise DrawingStopped
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
    samples = _samples(plan)
    for start in range(0, len(samples), _AUDIO_BLOCK):
        block = samples[np.newaxis, start : start + _AUDIO_BLOCK]
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _samples(plan: ClipPlan) -> Samples:
    if plan.sound == "silence":
        return silence(plan.seconds)
    draw = clipped if plan.sound == "clipped" else ambience
    return draw(seed_for(plan, "sound"), plan.seconds)

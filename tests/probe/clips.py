"""Small clips with known facts, drawn and encoded on the spot."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np

RATE_HZ = 48_000
TICKS = 10
"""Of the picture's clock in one frame."""


Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Paint = Callable[[int, int, int], Pixels]
Play = Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]


@dataclass(frozen=True)
class ClipSpec:
    """The facts of a clip; the default is one second like the service's, only tiny."""

    width: int = 128
    height: int = 72
    rate: Fraction = Fraction(24)
    frames: int = 25
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    late_frames: float = 0.0
    """By how many frames the last third of the picture comes late."""
    at: "Callable[[int], int] | None" = None
    """The time of frame n, in frames; n if None."""
    sound: str | None = "stereo"
    """A channel layout, or None."""
    sound_s: float | None = None
    """As long as the picture if None."""
    sound_start_s: float = 0.0
    """How much later the sound starts than the picture."""
    level: float = 0.12
    faststart: bool = True
    comment: str = ""
    paint: "Paint | None" = None
    """Draws frame number n at a size: RGB, or the planes of yuv420p; the usual picture if None."""
    play: "Play | None" = None
    """Sound at some times in seconds, of shape (times,) or (2, times); a tone if None."""
    rate_hz: int = RATE_HZ
    crf: int = 28
    preset: str = "ultrafast"
    """Preset of x264; from `veryfast` on, frames are reordered."""
    pixel_aspect: Fraction | None = None
    matrix: int = 0
    """Colour tags after ITU-T H.273: 1 is BT.709; none if 0."""


def make_clip(path: Path, spec: ClipSpec | None = None) -> Path:
    """Write an MP4 file according to `spec`."""
    spec = spec or ClipSpec()
    options = {"movflags": "+faststart"} if spec.faststart else {}
    with av.open(path, "w", format="mp4", options=options) as container:
        if spec.comment:
            container.metadata["comment"] = spec.comment
        picture_stream = _picture_stream(container, spec)
        sound_stream = _sound_stream(container, spec.sound, spec.rate_hz) if spec.sound else None
        _draw(container, picture_stream, spec)
        if sound_stream:
            _sing(container, sound_stream, spec)
    return path


def _picture_stream(container: Any, spec: ClipSpec) -> Any:
    options = {"preset": spec.preset, "crf": str(spec.crf)} if spec.codec == "libx264" else {}
    stream = container.add_stream(spec.codec, rate=spec.rate, options=options)
    stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, spec.pixel_format
    stream.codec_context.thread_count = 1
    if spec.pixel_aspect:
        stream.codec_context.sample_aspect_ratio = spec.pixel_aspect
    if spec.matrix:
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = spec.matrix
        context.color_range = 1
    stream.codec_context.time_base = 1 / (spec.rate * TICKS)
    return stream


def _draw(container: Any, stream: Any, spec: ClipSpec) -> None:
    for number in range(spec.frames):
        late = spec.late_frames if number >= 2 * spec.frames // 3 else 0
        pixels = (spec.paint or picture)(number, spec.width, spec.height)
        planes = "yuv420p" if pixels.ndim == 2 else "rgb24"
        frame = av.VideoFrame.from_ndarray(pixels, format=planes)
        shown = spec.at(number) if spec.at else number + late
        frame.pts, frame.time_base = round(TICKS * shown), 1 / (spec.rate * TICKS)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def picture(number: int, width: int, height: int) -> Pixels:
    """A gradient with a white bar that moves by two pixels a frame."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    rgb = np.stack([x, y, 255 - x], axis=-1).astype(np.uint8)
    rgb[:, (2 * number) % width : (2 * number) % width + 6] = 255
    return rgb


def _sound_stream(container: Any, layout: str, rate_hz: int = RATE_HZ) -> Any:
    return container.add_stream("aac", rate=rate_hz, layout=layout)


def _sing(container: Any, stream: Any, spec: ClipSpec) -> None:
    seconds = spec.frames / spec.rate if spec.sound_s is None else spec.sound_s
    rate_hz = spec.rate_hz
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    layout = stream.codec_context.layout
    sound = spec.play(times) if spec.play else spec.level * np.sin(2 * np.pi * 440 * times)
    channels = np.broadcast_to(sound, (layout.nb_channels, len(times))).astype(np.float32)
    planar = av.AudioResampler(format="fltp")  # PyAV cannot fill eight planes, nor read them
    for start, end in pairwise([*range(0, len(times), 1024), len(times)]):
        block = np.ascontiguousarray(channels[:, start:end].T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout=layout)
        shown = start + round(spec.sound_start_s * rate_hz)
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, shown, Fraction(1, rate_hz)
        for part in planar.resample(frame):
            container.mux(stream.encode(part))
    container.mux(stream.encode())


def make_sound_only(path: Path) -> Path:
    """An MP4 file without a picture."""
    with av.open(path, "w", format="mp4") as container:
        _sing(container, _sound_stream(container, "mono"), ClipSpec())
    return path


def make_webm(path: Path) -> Path:
    """A WebM file, whatever its name."""
    with av.open(path, "w", format="webm") as container:
        spec = ClipSpec(codec="libvpx", frames=3)
        _draw(container, _picture_stream(container, spec), spec)
    return path


def make_size_change(path: Path) -> Path:
    """An MP4 file whose picture grows in the middle: the second half has its own headers."""
    with av.open(path, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 128, 72, "yuv420p"
        for number in range(6):
            container.mux(stream.encode(_timed(number, 128, 72)))
        container.mux(stream.encode())
        larger: Any = av.CodecContext.create("libx264", "w")
        larger.width, larger.height, larger.pix_fmt = 192, 108, "yuv420p"
        larger.time_base, larger.options = Fraction(1, 24), {"preset": "ultrafast"}
        frames = [_timed(number, 192, 108) for number in range(6, 12)]
        for packet in [p for frame in [*frames, None] for p in larger.encode(frame)]:
            packet.stream = stream
            container.mux(packet)
    return path


def _timed(number: int, width: int, height: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(picture(number, width, height))
    frame.pts, frame.time_base = number, Fraction(1, 24)
    return frame

"""The video stream of a clip, packet by packet: its facts and its picture statistics."""

from fractions import Fraction
from functools import cached_property
from typing import Any

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from seedance_assets.adapters.probe.colours import colour_tags, is_full_range
from seedance_assets.adapters.probe.files import exact
from seedance_assets.adapters.probe.limits import ProbeLimits
from seedance_assets.adapters.probe.picture_stats import PictureMeter
from seedance_assets.adapters.probe.stills import Stills
from seedance_assets.adapters.probe.timing import Timing, timing_of
from seedance_assets.core.errors import ClipRefused
from seedance_assets.core.measurement import VideoFacts

_DECODERS = "h264,hevc,libdav1d,av1,libvpx-vp9,vp9,mpeg4"


class PictureTrack:
    """Decodes a video stream and keeps only what the measurements need."""

    def __init__(self, stream: VideoStream, limits: ProbeLimits) -> None:
        self.stream = stream
        self._limits = limits
        self._size: tuple[int, int] | None = None
        self._pixel_format = self._colour = ""
        self.full_range = False
        self._rotation_deg = 0
        self._interlaced = self._bytes = self._hidden = 0
        self._times: list[int | None] = []
        self._last = (0, 0)
        self.errors = 0
        expected = min(self.frames_claimed, limits.max_frames)
        self.stills = Stills(expected)
        self.meter = PictureMeter(expected)
        context = stream.codec_context
        context.thread_count = 1  # clips are measured in parallel already
        context.options = {"max_pixels": str(limits.max_pixels), "codec_whitelist": _DECODERS}

    @property
    def frames_claimed(self) -> int:
        """The header's number of frames, or 0."""
        return max(0, self.stream.frames)

    def take(self, packet: "Packet[Any]") -> None:  # not generic at run time
        """Decode one packet. Raises `ClipRefused` for an error that later packets cannot repair."""
        self._bytes += packet.size
        self._hidden += bool(packet.is_discard)
        if packet.pts is not None:
            self._last = max(self._last, (packet.pts, packet.duration or 0))
        try:
            for frame in self.stream.decode(packet):
                self._add_frame(frame)
        except (FFmpegError, ValueError):
            self.errors += 1

    def _add_frame(self, frame: VideoFrame) -> None:
        size = (frame.width, frame.height)
        if self._size is None:
            self._size, self._pixel_format = size, frame.format.name
            self._colour, self.full_range = colour_tags(frame), is_full_range(frame)
            self._rotation_deg = round(frame.rotation)
        if size != self._size:
            raise ClipRefused("its picture changes size in the middle")
        if frame.width * frame.height > self._limits.max_pixels:
            raise ClipRefused(f"its picture has more than {self._limits.max_pixels} pixels")
        if len(self._times) >= self._limits.max_frames:
            raise ClipRefused(f"it has more than {self._limits.max_frames} frames")
        self.errors += bool(frame.is_corrupt)
        self._interlaced += bool(frame.interlaced_frame)
        self.meter.add(frame)
        self.stills.add(len(self._times), frame)
        self._times.append(frame.pts)

    def facts(self) -> VideoFacts:
        """The measured facts. Raises `ClipRefused` if there was no frame."""
        if self._size is None:
            raise ClipRefused("none of its frames can be decoded")
        width, height = self._size
        rate = self.rate
        base = exact(self.stream.time_base)
        length_s = float(len(self._times) / rate)
        stream = self.stream
        aspect = exact(stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio)
        return VideoFacts(
            codec=self.stream.codec_context.name,
            pixel_format=self._pixel_format,
            width_px=width,
            height_px=height,
            frames_per_second=f"{rate.numerator}/{rate.denominator}",
            frames_decoded=len(self._times),
            frames_claimed=max(0, self.frames_claimed - self._hidden),  # by an edit list
            duration_s=round(length_s, 6),
            decode_errors=self.errors,
            timestamp_gaps=self._timing.gaps,
            variable_rate=self._timing.varies,
            profile=str(self.stream.profile or ""),
            bit_rate_bps=round(8 * self._bytes / length_s),
            colour=self._colour,
            pixel_aspect=f"{aspect.numerator}/{aspect.denominator}" if aspect else "1/1",
            rotation_deg=self._rotation_deg,
            interlaced_frames=self._interlaced,
            start_s=round(float((self._times[0] or 0) * base), 6) if base else 0.0,
        )

    @cached_property
    def rate(self) -> Fraction:
        """Frames per second, after the end of the track. Raises `ClipRefused` if unknown."""
        return self._timing.rate

    @cached_property
    def _timing(self) -> Timing:
        stream = self.stream
        base, claimed = exact(stream.time_base), exact(stream.average_rate)
        return timing_of(self._times, base, claimed, self._last[1])


def open_picture(
    container: av.container.InputContainer,
    limits: ProbeLimits,
    claimed: tuple[int, int] = (0, 0),
) -> PictureTrack:
    """The track of the first moving picture. Raises `ClipRefused` if there is none.

    `claimed` is the size from the boxes: FFmpeg gives none for a picture over its limit.
    """
    for stream in container.streams.video:
        if stream.codec_context is None:  # FFmpeg has no decoder; PyAV's types do not declare it
            raise ClipRefused("its picture is in a codec that cannot be decoded here")
        context = stream.codec_context
        width, height = (context.width, context.height) if context.width else claimed
        if width * height > limits.max_pixels:
            raise ClipRefused(
                f"its picture has {width} × {height} pixels; {limits.max_pixels} are allowed"
            )
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return PictureTrack(stream, limits)
    raise ClipRefused("it has no video stream")

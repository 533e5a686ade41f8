"""The picture of a clip, packet by packet: what its stream is, and all that is to be seen."""

from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from statistics import median_low
from typing import Any

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from seedance_assets.adapters.probe.colours import colour_tags, is_full_range
from seedance_assets.adapters.probe.files import exact
from seedance_assets.adapters.probe.limits import ProbeLimits
from seedance_assets.adapters.probe.sight import Sight
from seedance_assets.adapters.probe.stills import Stills
from seedance_assets.core.errors import ClipRefused
from seedance_assets.core.measurement import VideoFacts

_DECODERS = "h264,hevc,libdav1d,av1,libvpx-vp9,vp9,mpeg4"
_MAX_RATE_DENOMINATOR = 1001  # 24000/1001 and its kind
_SLOWEST = Fraction(1, _MAX_RATE_DENOMINATOR)
_GAPS = 4


class PictureTrack:
    """Decodes a video stream and keeps what the measurements need; memory does not grow."""

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
        self.sight = Sight(expected)
        context = stream.codec_context
        context.thread_count = 1  # clips run side by side; FFmpeg's threads would only add to it
        context.options = {"max_pixels": str(limits.max_pixels), "codec_whitelist": _DECODERS}

    @property
    def frames_claimed(self) -> int:
        """What the header says, or 0."""
        return max(0, self.stream.frames)

    def take(self, packet: "Packet[Any]") -> None:  # at run time no generic
        """Decode one packet. Raises `ClipRefused` for what no later packet can mend."""
        self._bytes += packet.size
        self._hidden += bool(packet.is_discard)
        if packet.pts is not None:
            self._last = max(self._last, (packet.pts, packet.duration or 0))
        try:
            for frame in self.stream.decode(packet):
                self._see(frame)
        except (FFmpegError, ValueError):
            self.errors += 1

    def _see(self, frame: VideoFrame) -> None:
        size = (frame.width, frame.height)
        if self._size is None:
            self._size, self._pixel_format = size, frame.format.name
            self._colour, self.full_range = colour_tags(frame), is_full_range(frame)
            self._rotation_deg = round(frame.rotation)
        if size != self._size:
            raise ClipRefused("its picture changes size on the way")
        if frame.width * frame.height > self._limits.max_pixels:
            raise ClipRefused(f"its picture has more than {self._limits.max_pixels} pixels")
        if len(self._times) >= self._limits.max_frames:
            raise ClipRefused(f"it has more than {self._limits.max_frames} frames")
        self.errors += bool(frame.is_corrupt)
        self._interlaced += bool(frame.interlaced_frame)
        self.sight.see(frame)
        self.stills.see(len(self._times), frame)
        self._times.append(frame.pts)

    def facts(self) -> VideoFacts:
        """What was measured. Raises `ClipRefused` if there was nothing to see."""
        if self._size is None:
            raise ClipRefused("not one frame of it can be decoded")
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
            timestamp_gaps=0 if self._varies else count_gaps(self._times, base, rate),
            variable_rate=self._varies,
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
        """Frames a second, once the track has ended. Raises `ClipRefused` if nothing tells it."""
        base = exact(self.stream.time_base)
        if base and self._varies:
            return mean_rate(self._times, self._last[1], base)
        return frame_rate(self._times, base, exact(self.stream.average_rate))

    @cached_property
    def _varies(self) -> bool:
        return varies(self._times)


def open_picture(container: av.container.InputContainer, limits: ProbeLimits) -> PictureTrack:
    """The track of the first moving picture. Raises `ClipRefused` if there is none."""
    for stream in container.streams.video:
        if stream.codec_context is None:  # FFmpeg knows no decoder; PyAV's types do not say so
            raise ClipRefused("its picture is in a codec that cannot be decoded here")
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return PictureTrack(stream, limits)
    raise ClipRefused("it has no video stream")


def frame_rate(
    times: list[int | None], time_base: Fraction | None, claimed: Fraction | None
) -> Fraction:
    """Frames a second by the time stamps; the header's fraction where it agrees with them.

    The mean of the usual steps counts, so that a lost frame does not bend the rate. Time stamps
    are whole ticks: over n steps their rounding adds up to one tick at most.
    Raises `ClipRefused` if neither says anything.
    """
    usual, near = _usual_steps(_steps(times))
    if usual <= 0 or not time_base:
        if claimed is None or claimed <= 0:
            raise ClipRefused("it has no frame rate: neither its header nor its frames tell one")
        return claimed
    mean = Fraction(sum(near), len(near))
    if claimed and claimed > 0 and abs(1 / (claimed * time_base) - mean) <= Fraction(1, len(near)):
        return claimed
    return (1 / (mean * time_base)).limit_denominator(_MAX_RATE_DENOMINATOR) or _SLOWEST


def varies(times: list[int | None]) -> bool:
    """Whether frames come at no constant rate: more than a tenth of their steps are not the usual.

    Fewer are gaps in a constant one, and so are four at most, in a short clip.
    """
    steps = _steps(times)
    usual, near = _usual_steps(steps)
    return usual > 0 and len(steps) - len(near) > max(_GAPS, len(steps) / 10)


def mean_rate(times: list[int | None], last: int, time_base: Fraction) -> Fraction:
    """Frames a second where they vary: how many there are over the time that they are shown.

    `last` is how long the last one is shown, in ticks; 0 if nobody says: as long as the one before.
    """
    steps = _steps(times)
    ticks = sum(steps) + (last if last > 0 else steps[-1])
    return (len(times) / (ticks * time_base)).limit_denominator(_MAX_RATE_DENOMINATOR) or _SLOWEST


def count_gaps(times: list[int | None], time_base: Fraction | None, rate: Fraction) -> int:
    """Frames that come more than half a frame early or late after the one before; or timeless."""
    if not time_base:
        return max(0, len(times) - 1)
    interval = 1 / (rate * time_base)
    ticks, parts = interval.numerator, interval.denominator  # whole numbers: fractions are slow
    off = sum(2 * abs(step * parts - ticks) > ticks for step in _steps(times))
    return off + sum(time is None for time in times)


def _steps(times: list[int | None]) -> list[int]:
    known = [time for time in times if time is not None]
    return [later - earlier for earlier, later in pairwise(known)]


def _usual_steps(steps: list[int]) -> tuple[int, list[int]]:
    """The usual step, and those that are as long but for rounding."""
    usual = median_low(steps) if steps else 0
    return usual, [step for step in steps if abs(step - usual) <= max(1, usual / 50)]

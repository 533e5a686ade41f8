"""Raw quality figures of one video, stored so that limits can change without decoding again.

Figures that vary over time are stored frame by frame (for sound: every 50 ms). So the rules find
black, frozen or flashing stretches themselves, and a page can draw the same figures.
Levels are 8-bit grey levels as coded: 16 is black and 235 white in limited range.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

LEVEL_STEP_S = 0.05
"""Seconds of sound that one level covers."""
QUIETEST_DBFS = -120.0
"""Represents silence as a number: half a step of 20 bits."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Span(_Record):
    """A stretch of the clip, in seconds from its first frame."""

    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Seconds from start to end."""
        return self.end_s - self.start_s


class ContainerFacts(_Record):
    """The MP4 container."""

    brand: str = Field(description="Major brand of `ftyp`.")
    size_bytes: int
    faststart: bool = Field(description="Whether `moov` comes before `mdat`.")
    comment: str = Field(default="", description="The file's own comment.")
    tracks: int = Field(default=0, description="Streams of every kind; 0 if not counted.")
    files: int = Field(default=1, description="Complete MP4 files, one after the other.")


class VideoFacts(_Record):
    """The video stream, as decoded."""

    codec: str
    pixel_format: str
    width_px: int
    height_px: int
    frames_per_second: str = Field(description="A fraction, e.g. `24/1`.")
    frames_decoded: int
    frames_claimed: int = Field(description="The header's number; 0 if it has none.")
    duration_s: float = Field(description="Decoded frames over the frame rate.")
    decode_errors: int
    timestamp_gaps: int = Field(description="Frames whose time is off by more than half a frame.")
    variable_rate: bool = Field(
        default=False, description="Whether the frame rate is variable; the rate given is the mean."
    )
    profile: str = Field(default="", description="Codec profile, e.g. `High`.")
    bit_rate_bps: int = Field(default=0, description="Coded bits over the duration.")
    colour: str = Field(
        default="", description="Tags as primaries/transfer/matrix/range, `-` for a missing one."
    )
    pixel_aspect: str = Field(default="1/1", description="Width over height of one pixel.")
    rotation_deg: int = Field(default=0, description="Rotation by the player.")
    interlaced_frames: int = 0
    start_s: float = Field(default=0.0, description="Time stamp of the first frame.")

    @property
    def frame_rate(self) -> Fraction:
        """Frames per second."""
        return Fraction(self.frames_per_second)


class AudioFacts(_Record):
    """The audio stream, as decoded."""

    codec: str
    sample_rate_hz: int
    channels: int
    duration_s: float
    decode_errors: int
    peak_dbfs: float | None = Field(description="Highest sample; None if every sample is zero.")
    rms_dbfs: float | None = Field(description="Mean level; None if every sample is zero.")
    bit_rate_bps: int = 0
    start_s: float = Field(default=0.0, description="Time stamp of the first sample.")


class Bars(_Record):
    """Black borders that last for the whole clip, in pixels."""

    top_px: int = 0
    bottom_px: int = 0
    left_px: int = 0
    right_px: int = 0


class CameraPath(_Record):
    """How the whole picture has moved since the first frame, at some times.

    Measured at the borders of the picture, so that a moving actor does not count.
    """

    times_s: tuple[float, ...]
    right_share: tuple[float, ...] = Field(description="Shift to the right over the width.")
    down_share: tuple[float, ...] = Field(description="Shift downwards over the width.")
    zoom_share: tuple[float, ...] = Field(description="Growth: 0.02 is two per cent larger.")
    trust: float = Field(description="Share of the borders that agree with it, 0 to 1.")


class SwingPair(_Record):
    """Two consecutive swings of luminance: the pictures before, between and after them."""

    return_levels: float = Field(
        description="Smallest mean absolute difference between the pictures before and after."
    )
    stranger_levels: float = Field(
        description="The same difference for unrelated pictures with the same levels."
    )
    other_levels: float = Field(
        description="Part of the picture between that a change of light does not explain; mean "
        "absolute difference, of the frame with the most."
    )


class Jump(_Record):
    """A frame that differs greatly from the one before: another picture, or another light."""

    frame: int = Field(description="Its number.")
    other_levels: float = Field(
        description="Part of the difference that a change of light does not explain, for either "
        "picture; mean absolute difference."
    )
    stranger_levels: float = Field(
        description="The same difference for unrelated pictures with the same levels."
    )


class Glitch(_Record):
    """Frames that do not fit what is before and after them."""

    frame: int = Field(description="Number of the first frame.")
    frames: int
    share: float = Field(description="Foreign part of the picture; 1 if the frames are blank.")


class Dissolve(_Record):
    """Frames in which one picture fades into another."""

    frame: int = Field(description="Number of the first frame; it shows only the first picture.")
    frames: int = Field(description="Frames up to the last, which shows only the second picture.")
    unmixed_share: float = Field(
        description="Part that a mixture does not explain, over the difference of both pictures."
    )
    apart_levels: float = Field(description="Mean absolute difference of the two pictures.")
    unlike_share: float = Field(
        description="Difference apart from light, relative to unrelated pictures."
    )

    @property
    def end(self) -> int:
        """Number of the last frame."""
        return self.frame + self.frames


class TintPath(_Record):
    """How the colours have shifted since the first frame, independent of movement."""

    times_s: tuple[float, ...]
    blue_levels: tuple[float, ...] = Field(description="Shift of Cb, median over the picture.")
    red_levels: tuple[float, ...] = Field(description="Shift of Cr.")
    colourfulness: tuple[float, ...] = Field(description="Mean distance of the chroma from grey.")


class PictureStats(_Record):
    """Picture statistics, frame by frame and over the clip.

    Luma, darkness and motion are measured on a picture shrunk to about 240 pixels on its longer
    side: the mean of the four middle pixels of each block; for a frame at least three times as
    large, only every second row of blocks.
    """

    luma_levels: tuple[float, ...] = Field(description="Mean luma of each frame.")
    dark_shares: tuple[float, ...] = Field(
        default=(), description="Share of each frame's pixels that are dark: luma of 38 or less."
    )
    motion_levels: tuple[float, ...] = Field(
        description="Mean absolute difference from the frame before; 0 for the first."
    )
    motion_peak_levels: tuple[int, ...] = Field(
        default=(), description="Largest difference from the frame before, in the shrunk picture."
    )
    flash_times_s: tuple[float, ...] = Field(
        default=(),
        description="Times at which a quarter of the picture has swung in luminance, alternately "
        "up and down, as defined by WCAG 2.2 (general flash) and Rec. ITU-R BT.1702.",
    )
    swing_pairs: tuple[SwingPair, ...] = Field(
        default=(),
        description="For each time in `flash_times_s` and the next; empty in records of early "
        "versions, whose flashes count as cuts.",
    )
    jumps: tuple[Jump, ...] = Field(
        default=(),
        description="Frames that may be cuts, the 50 largest; empty in records of early versions, "
        "in which a light that is switched on counts as a cut.",
    )
    light_steps: tuple[float, ...] = Field(
        default=(),
        description="Change of light from the frame before that most parts of the picture share, "
        "in levels of the mean luma; empty in records of early versions.",
    )
    chroma_levels: tuple[float, ...] = Field(
        default=(), description="Mean absolute difference of the chroma from the frame before."
    )
    glitches: tuple[Glitch, ...] = Field(
        default=(), description="Frames that do not fit their neighbours, the 20 worst."
    )
    dissolves: tuple[Dissolve, ...] = ()
    tint: TintPath | None = Field(default=None, description="None in records of early versions.")
    sharpness: tuple[float, ...] = Field(
        default=(), description="Variance of the Laplacian of 8 frames, first and last included."
    )
    sharpest: tuple[float, ...] = Field(
        default=(), description="The same for the sharpest tenth of the whole picture's parts."
    )
    sharpness_times_s: tuple[float, ...] = Field(default=(), description="Times of both.")
    bars: Bars = Bars()
    below_black_share: float = Field(default=0.0, description="Luma under 16, of all pixels.")
    above_white_share: float = Field(default=0.0, description="Luma over 235, of all pixels.")
    out_of_gamut_share: float = Field(
        default=0.0, description="Luma under 5 or over 246 (EBU R 103), of all pixels."
    )
    camera: CameraPath | None = Field(default=None, description="None if it cannot be measured.")


class SoundStats(_Record):
    """Sound statistics."""

    levels_dbfs: tuple[float, ...] = Field(description="Mean level of every 50 ms.")
    waveform: tuple[float, ...] = Field(
        default=(), description="Peaks of up to 240 equal parts of the sound; 1 is full scale."
    )
    loudness_lufs: float | None = Field(
        default=None, description="Integrated, Rec. ITU-R BS.1770; None if all is gated."
    )
    loudness_range_lu: float | None = Field(default=None, description="EBU Tech 3342.")
    true_peak_dbtp: float | None = Field(
        default=None, description="Also between samples, by 4 × oversampling; None if silent."
    )
    clipped_samples: int = Field(default=0, description="In runs of 3 or more at full scale.")
    dc_offset_share: float = Field(
        default=0.0, description="Mean of the channel furthest from zero; 1 is full scale."
    )
    dropouts: tuple[Span, ...] = Field(
        default=(), description="Short sudden gaps in the middle of sound; the first 50."
    )
    channel_levels_dbfs: tuple[float, ...] = Field(
        default=(), description="Mean level of each channel."
    )
    correlation: float | None = Field(
        default=None, description="Between left and right, -1 to 1; None unless there are two."
    )


class OpeningFigures(_Record):
    """How similar frame 0 is to the ordered first frame, after the same crop."""

    picture_sha256: str = Field(description="Hash of the picture's file, as in the request.")
    similarity: float = Field(
        description="SSIM of the luma at 320 × 180, 1 means equal; at most 1 minus the difference "
        "of the mean levels over 128, so that flat pictures of different greys are not similar."
    )
    hash_distance_bits: int = Field(description="Hamming distance of 64-bit difference hashes.")
    colour_levels: float | None = Field(
        default=None,
        description="Mean distance of Cb and Cr; None in records of early versions.",
    )


class Measurements(_Record):
    """All measurements of one file, from one pass."""

    format_version: Literal[1] = Field(default=1, alias="schema", serialization_alias="schema")
    sha256: str = Field(description="Hash of the measured file.")
    container: ContainerFacts
    video: VideoFacts
    audio: AudioFacts | None = None
    seen: PictureStats | None = Field(
        default=None, description="None in records of early versions."
    )
    heard: SoundStats | None = Field(default=None, description="None without readable sound.")
    opening: OpeningFigures | None = Field(default=None, description="None without a picture.")

    def frame_at_s(self, index: int) -> float:
        """The time of frame `index`, in seconds from the first."""
        return round(index / float(self.video.frame_rate), 3)


def thinned(
    values: Sequence[float], points: int, pick: Callable[[Sequence[float]], float] = max
) -> list[float]:
    """At most `points` figures for drawing: `pick` chooses one from each equal part."""
    if len(values) <= points:
        return list(values)
    edges = [round(part * len(values) / points) for part in range(points + 1)]
    return [pick(values[a:b]) for a, b in pairwise(edges)]

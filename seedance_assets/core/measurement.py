"""Raw quality figures of one video, kept so that limits can change without decoding again.

What a rule may ask of a moment is kept frame by frame (of the sound: every 50 ms). So the rules
find black, frozen or flashing stretches themselves, and a page can draw the same figures.
Levels are grey levels of 8 bits, as coded: 16 is black and 235 white in the usual range.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

LEVEL_STEP_S = 0.05
"""Seconds of sound that one level stands for."""
QUIETEST_DBFS = -120.0
"""Stands for silence where a number is needed: half a step of 20 bits."""


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
    """The MP4 around the streams."""

    brand: str = Field(description="Major brand of `ftyp`.")
    size_bytes: int
    faststart: bool = Field(description="Whether `moov` comes before `mdat`.")
    comment: str = Field(default="", description="What the file says of itself.")
    tracks: int = Field(default=0, description="Streams of every kind; 0 if nobody counted.")
    files: int = Field(default=1, description="Whole MP4 files, one behind the other.")


class VideoFacts(_Record):
    """The picture's stream, as decoded."""

    codec: str
    pixel_format: str
    width_px: int
    height_px: int
    frames_per_second: str = Field(description="A fraction, e.g. `24/1`.")
    frames_decoded: int
    frames_claimed: int = Field(description="What the header says; 0 if it says nothing.")
    duration_s: float = Field(description="Decoded frames over the frame rate.")
    decode_errors: int
    timestamp_gaps: int = Field(description="Frames whose time is off by more than half a frame.")
    variable_rate: bool = Field(
        default=False, description="Whether frames come at no constant rate; theirs is the mean."
    )
    profile: str = Field(default="", description="Of the codec, e.g. `High`.")
    bit_rate_bps: int = Field(default=0, description="Coded bits over the duration.")
    colour: str = Field(
        default="", description="Tags as primaries/transfer/matrix/range, `-` for a missing one."
    )
    pixel_aspect: str = Field(default="1/1", description="Width over height of one pixel.")
    rotation_deg: int = Field(default=0, description="By which a player turns the picture.")
    interlaced_frames: int = 0
    start_s: float = Field(default=0.0, description="Time stamp of the first frame.")

    @property
    def frame_rate(self) -> Fraction:
        """Frames a second."""
        return Fraction(self.frames_per_second)


class AudioFacts(_Record):
    """The sound's stream, as decoded."""

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
    """Black borders that stay through the whole clip, in pixels."""

    top_px: int = 0
    bottom_px: int = 0
    left_px: int = 0
    right_px: int = 0


class CameraPath(_Record):
    """How the whole picture has moved since the first frame, at some moments of the clip.

    Found from the borders of the picture, so that a moving actor does not count.
    """

    times_s: tuple[float, ...]
    right_share: tuple[float, ...] = Field(description="Shift to the right over the width.")
    down_share: tuple[float, ...] = Field(description="Shift downwards over the width.")
    zoom_share: tuple[float, ...] = Field(description="Growth: 0.02 is two per cent larger.")
    trust: float = Field(description="Share of the borders that agree with it, 0 to 1.")


class SwingPair(_Record):
    """Two swings of luminance in a row: what comes before, between and after them."""

    return_levels: float = Field(
        description="Mean absolute difference of the picture after to the one before, at its least."
    )
    stranger_levels: float = Field(
        description="What that would be of two pictures with the same levels elsewhere."
    )
    other_levels: float = Field(
        description="Of what lies between, as much as no other light on the picture before "
        "explains; mean absolute difference of the frame that has most."
    )


class Jump(_Record):
    """A frame that differs from the one before by far: another picture, or another light on it?"""

    frame: int = Field(description="Its number.")
    other_levels: float = Field(
        description="As much of the difference as no other light on the one picture explains, of "
        "either of both; mean absolute difference."
    )
    stranger_levels: float = Field(
        description="What that would be of two pictures with the same levels elsewhere."
    )


class Glitch(_Record):
    """Some frames that are foreign to what is before and after them."""

    frame: int = Field(description="Number of the first.")
    frames: int
    share: float = Field(description="Of the picture that is foreign; 1 if nothing is to be seen.")


class Dissolve(_Record):
    """Some frames in which one picture shows through another one."""

    frame: int = Field(description="Number of the first; it shows only the first picture.")
    frames: int = Field(description="From the first to the last, which shows only the second.")
    unmixed_share: float = Field(
        description="What no mixture of both explains, over the difference of both."
    )
    apart_levels: float = Field(description="Mean absolute difference of both pictures.")
    unlike_share: float = Field(
        description="How far both differ but for their light, over what strangers would."
    )

    @property
    def end(self) -> int:
        """Number of the last frame."""
        return self.frame + self.frames


class TintPath(_Record):
    """How the colours of the picture have shifted since the first frame, whatever moves in it."""

    times_s: tuple[float, ...]
    blue_levels: tuple[float, ...] = Field(description="Shift of Cb, median over the picture.")
    red_levels: tuple[float, ...] = Field(description="Shift of Cr.")
    colourfulness: tuple[float, ...] = Field(description="Mean distance of the chroma from grey.")


class PictureStats(_Record):
    """What is to be seen, frame by frame and over the clip.

    Luma, darkness and motion are those of a picture shrunk to about 240 pixels on its longer side:
    of each block the mean of its four middle pixels; of a frame that is at least three times as
    large, every second row of blocks only.
    """

    luma_levels: tuple[float, ...] = Field(description="Mean luma of each frame.")
    dark_shares: tuple[float, ...] = Field(
        default=(), description="Share of each frame's pixels that are dark: luma of 38 or less."
    )
    motion_levels: tuple[float, ...] = Field(
        description="Mean absolute difference to the frame before; 0 for the first."
    )
    motion_peak_levels: tuple[int, ...] = Field(
        default=(), description="Largest difference to the frame before, of a shrunk picture."
    )
    flash_times_s: tuple[float, ...] = Field(
        default=(),
        description="Moments at which a quarter of the picture has swung in luminance, by turns "
        "up and down, as WCAG 2.2 (general flash) and Rec. ITU-R BT.1702 count them.",
    )
    swing_pairs: tuple[SwingPair, ...] = Field(
        default=(),
        description="Of each moment in `flash_times_s` and the next; none in records of early "
        "versions, whose flashes count as cuts.",
    )
    jumps: tuple[Jump, ...] = Field(
        default=(),
        description="Frames that may be cuts, the 50 that jump most; none in records of early "
        "versions, in which a light that goes on counts as a cut.",
    )
    light_steps: tuple[float, ...] = Field(
        default=(),
        description="Change of light to the frame before, in levels of the mean luma, as most "
        "parts of the picture show it together; none in records of early versions.",
    )
    chroma_levels: tuple[float, ...] = Field(
        default=(), description="Mean absolute difference of the chroma to the frame before."
    )
    glitches: tuple[Glitch, ...] = Field(
        default=(), description="Frames that belong to none around them, the 20 worst."
    )
    dissolves: tuple[Dissolve, ...] = ()
    tint: TintPath | None = Field(default=None, description="None in records of early versions.")
    sharpness: tuple[float, ...] = Field(
        default=(), description="Variance of the Laplacian of 8 frames, first and last included."
    )
    sharpest: tuple[float, ...] = Field(
        default=(), description="The same of the sharpest tenth of the whole picture's parts."
    )
    sharpness_times_s: tuple[float, ...] = Field(default=(), description="When both were taken.")
    bars: Bars = Bars()
    below_black_share: float = Field(default=0.0, description="Luma under 16, of all pixels.")
    above_white_share: float = Field(default=0.0, description="Luma over 235, of all pixels.")
    out_of_gamut_share: float = Field(
        default=0.0, description="Luma under 5 or over 246 (EBU R 103), of all pixels."
    )
    camera: CameraPath | None = Field(default=None, description="None where it cannot be found.")


class SoundStats(_Record):
    """What is to be heard."""

    levels_dbfs: tuple[float, ...] = Field(description="Mean level of every 50 ms.")
    waveform: tuple[float, ...] = Field(
        default=(), description="Peaks of up to 240 equal parts of the sound; 1 is full scale."
    )
    loudness_lufs: float | None = Field(
        default=None, description="Integrated, Rec. ITU-R BS.1770; None if all is gated."
    )
    loudness_range_lu: float | None = Field(default=None, description="EBU Tech 3342.")
    true_peak_dbtp: float | None = Field(
        default=None, description="Between samples too, by 4 × oversampling; None if silent."
    )
    clipped_samples: int = Field(default=0, description="In runs of 3 and more at full scale.")
    dc_offset_share: float = Field(
        default=0.0, description="Mean of the channel that is furthest from zero; 1 is full scale."
    )
    dropouts: tuple[Span, ...] = Field(
        default=(), description="Short sudden holes in the midst of sound; the first 50."
    )
    channel_levels_dbfs: tuple[float, ...] = Field(
        default=(), description="Mean level of each channel."
    )
    correlation: float | None = Field(
        default=None, description="Between left and right, -1 to 1; None unless there are two."
    )


class OpeningFigures(_Record):
    """How much frame 0 is the picture that the clip was to open on, after the same crop."""

    picture_sha256: str = Field(description="Of the picture's file, as the request names it.")
    similarity: float = Field(
        description="SSIM of the luma at 320 × 180, 1 is the same; at most 1 less the difference "
        "of the mean levels over 128, so that flat pictures of other greys are not alike."
    )
    hash_distance_bits: int = Field(description="Between difference hashes of 64 bits.")
    colour_levels: float | None = Field(
        default=None,
        description="Mean distance of Cb and Cr; None in records of early versions.",
    )


class Measurements(_Record):
    """Everything that was measured of one file, in one pass."""

    format_version: Literal[1] = Field(default=1, alias="schema", serialization_alias="schema")
    sha256: str = Field(description="Of the file that was measured.")
    container: ContainerFacts
    video: VideoFacts
    audio: AudioFacts | None = None
    seen: PictureStats | None = Field(
        default=None, description="None in records of early versions."
    )
    heard: SoundStats | None = Field(default=None, description="None without readable sound.")
    opening: OpeningFigures | None = Field(default=None, description="None without a picture.")

    def frame_at_s(self, index: int) -> float:
        """When frame number `index` is shown, in seconds from the first."""
        return round(index / float(self.video.frame_rate), 3)


def thinned(
    values: Sequence[float], points: int, pick: Callable[[Sequence[float]], float] = max
) -> list[float]:
    """At most `points` figures for drawing: of each equal part the one that `pick` picks."""
    if len(values) <= points:
        return list(values)
    edges = [round(part * len(values) / points) for part in range(points + 1)]
    return [pick(values[a:b]) for a, b in pairwise(edges)]

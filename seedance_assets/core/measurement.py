"""Raw quality figures of one video, kept so that limits can change without decoding again."""

from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ContainerFacts(_Record):
    """The MP4 around the streams."""

    brand: str = Field(description="Major brand of `ftyp`.")
    size_bytes: int
    faststart: bool = Field(description="Whether `moov` comes before `mdat`.")
    comment: str = Field(default="", description="What the file says of itself.")


class VideoFacts(_Record):
    """The picture, as decoded."""

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

    @property
    def frame_rate(self) -> Fraction:
        """Frames a second."""
        return Fraction(self.frames_per_second)


class AudioFacts(_Record):
    """The sound, as decoded."""

    codec: str
    sample_rate_hz: int
    channels: int
    duration_s: float
    decode_errors: int
    peak_dbfs: float | None = Field(description="Highest sample; None if every sample is zero.")
    rms_dbfs: float | None = Field(description="Mean level; None if every sample is zero.")


class Measurements(_Record):
    """Everything that was measured of one file, in one pass."""

    format_version: Literal[1] = Field(default=1, alias="schema", serialization_alias="schema")
    sha256: str = Field(description="Of the file that was measured.")
    container: ContainerFacts
    video: VideoFacts
    audio: AudioFacts | None = None

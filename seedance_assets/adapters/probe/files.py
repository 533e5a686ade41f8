"""Opening a file that nobody has vouched for, and saying in words why it cannot be."""

import stat
from fractions import Fraction
from io import BufferedReader
from pathlib import Path
from typing import Any, Protocol

import av
from av.container import InputContainer
from av.error import FFmpegError

from seedance_assets.adapters.probe.limits import ProbeLimits
from seedance_assets.core.errors import ClipRefused

_LOOKED_AT = 64 * 1024  # bytes of the media that are read to open it
# PyAV 19 always reads tags this way, and refuses the argument.
_TAGS: dict[str, Any] = (
    {"metadata_errors": "surrogateescape"} if int(av.__version__.split(".")[0]) < 19 else {}  # noqa: PLR2004
)


class Ratio(Protocol):
    """A `Fraction`, or the `AVRational` that PyAV 19 gives instead: its products may overflow."""

    @property
    def numerator(self) -> int:
        """Above the line."""

    @property
    def denominator(self) -> int:
        """Below it; FFmpeg says 0/1 or 0/0 for an unknown ratio."""


def exact(ratio: Ratio | None) -> Fraction | None:
    """The ratio as Python's own fraction; None if it is not known."""
    return Fraction(ratio.numerator, ratio.denominator) if ratio and ratio.denominator else None


def regular_file(path: Path, limits: ProbeLimits) -> BufferedReader:
    """The file, opened. Raises `ClipRefused` for a folder, a pipe, a file that is too large."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise ClipRefused("it is no regular file")
    if facts.st_size > limits.max_bytes:
        raise ClipRefused(f"it has {facts.st_size} bytes; {limits.max_bytes} are allowed")
    return path.open("rb")


def open_mp4(path: Path, limits: ProbeLimits) -> InputContainer:
    """Only as MP4, only from disk: FFmpeg would guess formats and follow references to others.

    Nothing is decoded yet: what FFmpeg would learn of a clip by that, the decoded frames tell.
    """
    container: InputContainer = av.open(
        f"file:{path.absolute()}",
        mode="r",
        format="mp4",
        options={
            "protocol_whitelist": "file",
            "max_pixels": str(limits.max_pixels),
            "skip_frame": "all",  # while it opens; a frame decoded twice is 2 % of a clip's time
            "probesize": str(_LOOKED_AT),
        },
        timeout=limits.wall_s,
        **_TAGS,
    )
    return container


def reason_of(exc: Exception) -> str:
    """What went wrong, in a few words."""
    if isinstance(exc, FFmpegError | OSError):
        return (exc.strerror or type(exc).__name__).lower()
    return str(exc) or type(exc).__name__

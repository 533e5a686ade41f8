"""Open an untrusted file, and explain why it cannot be opened."""

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

_PROBE_BYTES = 64 * 1024  # bytes of the media that are read to open it
# PyAV 19 always reads tags this way and rejects the argument.
_TAGS: dict[str, Any] = (
    {"metadata_errors": "surrogateescape"} if int(av.__version__.split(".")[0]) < 19 else {}  # noqa: PLR2004
)


class Ratio(Protocol):
    """A `Fraction`, or PyAV 19's `AVRational`, whose products may overflow."""

    @property
    def numerator(self) -> int:
        """As in `Fraction`."""

    @property
    def denominator(self) -> int:
        """FFmpeg gives 0/1 or 0/0 for an unknown ratio."""


def exact(ratio: Ratio | None) -> Fraction | None:
    """The ratio as a Python `Fraction`; None if it is unknown."""
    return Fraction(ratio.numerator, ratio.denominator) if ratio and ratio.denominator else None


def regular_file(path: Path, limits: ProbeLimits) -> BufferedReader:
    """Open the file. Raises `ClipRefused` for a folder, a pipe or a file that is too large."""
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise ClipRefused("it is not a regular file")
    if facts.st_size > limits.max_bytes:
        raise ClipRefused(f"it has {facts.st_size} bytes; {limits.max_bytes} are allowed")
    return path.open("rb")


def open_mp4(path: Path, limits: ProbeLimits) -> InputContainer:
    """Open as MP4 and from disk only: FFmpeg would guess formats and follow references.

    Nothing is decoded yet: the decoded frames give the same facts later.
    """
    container: InputContainer = av.open(
        f"file:{path.absolute()}",
        mode="r",
        format="mp4",
        options={
            "protocol_whitelist": "file",
            "max_pixels": str(limits.max_pixels),
            "skip_frame": "all",  # only while it opens; decoding a frame twice costs 2 %
            "probesize": str(_PROBE_BYTES),
        },
        timeout=limits.wall_s,
        **_TAGS,
    )
    return container


def reason_of(exc: Exception) -> str:
    """The error in a few words."""
    if isinstance(exc, FFmpegError | OSError):
        return (exc.strerror or type(exc).__name__).lower()
    return str(exc) or type(exc).__name__

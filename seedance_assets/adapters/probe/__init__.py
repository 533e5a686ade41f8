"""Measures one clip: a single decode of picture and sound, bounded against hostile files."""

import hashlib
import os
import stat
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError

from seedance_assets.adapters.probe.boxes import Boxes, walk_boxes
from seedance_assets.adapters.probe.limits import DEFAULT_LIMITS, Deadline, ProbeLimits
from seedance_assets.adapters.probe.picture_track import PictureTrack, open_picture
from seedance_assets.adapters.probe.sound_track import SoundTrack, open_sound
from seedance_assets.core.errors import ClipRefused
from seedance_assets.core.measurement import ContainerFacts, Measurements

__all__ = ["Probe", "ProbeLimits", "probe"]

_MAX_COMMENT = 500


@dataclass(frozen=True, slots=True)
class Probe:
    """What one pass over a clip gives: figures, and small pictures as JPEG."""

    measurements: Measurements
    poster: bytes
    """At most 640 pixels wide."""
    strip: bytes
    """6 frames side by side (fewer if the clip has fewer), under 25 kB."""
    strip_large: bytes
    """8 frames side by side (fewer if the clip has fewer), each up to 320 pixels wide."""


def probe(
    path: Path,
    limits: ProbeLimits = DEFAULT_LIMITS,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Probe:
    """Measure the MP4 file at `path` and take small pictures of it.

    Nothing that a header says is trusted, and whatever the bytes are, the only error is
    `ClipRefused`. Blocks for about the time of decoding (0.1 to 0.5 s for 5 s of video), so call
    it in a thread; FFmpeg lets go of the interpreter meanwhile.
    """
    try:
        deadline = Deadline(limits.wall_s, clock)
        with _regular_file(path, limits) as file:
            size_bytes = os.fstat(file.fileno()).st_size
            boxes = walk_boxes(file, size_bytes, limits)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with _open(path, limits) as container:
            picture, sound = open_picture(container, limits), open_sound(container, limits)
            heard = [sound] if isinstance(sound, SoundTrack) else []
            _decode(container, [picture, *heard], limits, deadline)
            return Probe(
                Measurements(
                    sha256=sha256,
                    container=_container_facts(boxes, size_bytes, container),
                    video=picture.facts(),
                    audio=sound.facts() if sound else None,
                ),
                poster=picture.stills.poster(),
                strip=picture.stills.strip(),
                strip_large=picture.stills.strip_large(),
            )
    except (ClipRefused, FFmpegError, OSError, ValueError) as exc:
        raise ClipRefused(f"{path.name} cannot be measured: {_reason(exc)}.") from exc


def _regular_file(path: Path, limits: ProbeLimits) -> BufferedReader:
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise ClipRefused("it is no regular file")
    if facts.st_size > limits.max_bytes:
        raise ClipRefused(f"it has {facts.st_size} bytes; {limits.max_bytes} are allowed")
    return path.open("rb")


def _open(path: Path, limits: ProbeLimits) -> InputContainer:
    """Only as MP4, only from disk: FFmpeg would guess formats and follow references to others."""
    return av.open(
        f"file:{path.absolute()}",
        mode="r",
        format="mp4",
        metadata_errors="replace",
        options={"protocol_whitelist": "file", "max_pixels": str(limits.max_pixels)},
        timeout=limits.wall_s,
    )


def _decode(
    container: InputContainer,
    tracks: list[PictureTrack | SoundTrack],
    limits: ProbeLimits,
    deadline: Deadline,
) -> None:
    """The one pass. A file that breaks off, or has too many errors, is read as far as it goes."""
    by_index = {track.stream.index: track for track in tracks}
    try:
        for packet in container.demux([track.stream for track in tracks]):
            deadline.check()
            by_index[packet.stream.index].take(packet)  # the flushing ones say 0 themselves
            if sum(track.errors for track in tracks) >= limits.max_errors:
                return
    except FFmpegError:
        tracks[0].errors += 1


def _container_facts(boxes: Boxes, size_bytes: int, container: InputContainer) -> ContainerFacts:
    return ContainerFacts(
        brand=boxes.brand,
        size_bytes=size_bytes,
        faststart=boxes.faststart,
        comment=_plain(container.metadata.get("comment", "")),
    )


def _plain(text: str) -> str:
    """One line of printable text; format characters (bidirectional overrides) are dropped too."""
    spaced = " ".join(text[: 4 * _MAX_COMMENT].split())
    kept = (c for c in spaced if not unicodedata.category(c).startswith("C"))
    return "".join(kept)[:_MAX_COMMENT]


def _reason(exc: Exception) -> str:
    if isinstance(exc, FFmpegError | OSError):
        return (exc.strerror or type(exc).__name__).lower()
    return str(exc) or type(exc).__name__

"""Measure one clip: a single decode of picture and sound, with limits against hostile files."""

import hashlib
import os
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError

from seedance_assets.adapters.probe.boxes import Boxes, walk_boxes
from seedance_assets.adapters.probe.files import open_mp4, reason_of, regular_file
from seedance_assets.adapters.probe.limits import DEFAULT_LIMITS, Deadline, ProbeLimits
from seedance_assets.adapters.probe.opening import InputPicture, compare_opening
from seedance_assets.adapters.probe.picture_track import PictureTrack, open_picture
from seedance_assets.adapters.probe.sound_track import SoundTrack, open_sound
from seedance_assets.core.errors import ClipRefused, FrameRefused
from seedance_assets.core.measurement import ContainerFacts, Measurements, OpeningFigures

_MAX_COMMENT = 500


@dataclass(frozen=True, slots=True)
class Probe:
    """The result of one pass over a clip: figures, and small pictures as JPEG."""

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
    opening: InputPicture | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Probe:
    """Measure the MP4 file at `path` and extract small pictures.

    `opening` is the picture that it should open on; one that cannot be read is not compared.
    Headers are not trusted, and whatever the bytes are, the only error is
    `ClipRefused`. Blocks for about the time of decoding (0.1 to 0.5 s for 5 s of video), so call
    it in a thread; PyAV releases the interpreter lock meanwhile.
    """
    try:
        deadline = Deadline(limits.wall_s, clock)
        with regular_file(path, limits) as file:
            size_bytes = os.fstat(file.fileno()).st_size
            boxes = walk_boxes(file, size_bytes, limits)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with open_mp4(path, limits) as container:
            picture, sound = (
                open_picture(container, limits, boxes.size),
                open_sound(container, limits),
            )
            decodable = [sound] if isinstance(sound, SoundTrack) else []
            _decode(container, [picture, *decodable], limits, deadline)
            return Probe(
                Measurements(
                    sha256=sha256,
                    container=_container_facts(boxes, size_bytes, container),
                    video=picture.facts(),
                    audio=sound.facts() if sound else None,
                    seen=picture.meter.figures(float(picture.rate)),
                    heard=sound.stats if sound else None,
                    opening=_opening(picture, opening) if opening else None,
                ),
                poster=picture.stills.poster(),
                strip=picture.stills.strip(),
                strip_large=picture.stills.strip_large(),
            )
    except (ClipRefused, FFmpegError, OSError, ValueError) as exc:
        raise ClipRefused(f"{path.name} cannot be measured: {reason_of(exc)}.") from exc


def _opening(track: PictureTrack, picture: InputPicture) -> OpeningFigures | None:
    if track.meter.first is None:
        return None
    with suppress(FrameRefused):
        return compare_opening(
            picture, track.meter.first, track.meter.first_chroma, full_range=track.full_range
        )
    return None


def _decode(
    container: InputContainer,
    tracks: list[PictureTrack | SoundTrack],
    limits: ProbeLimits,
    deadline: Deadline,
) -> None:
    """Decode once. A file that is truncated or has too many errors is read as far as possible."""
    by_index = {track.stream.index: track for track in tracks}
    try:
        for packet in container.demux([track.stream for track in tracks]):
            deadline.check()
            track = by_index[packet.stream.index]  # flush packets have `stream_index` 0
            track.take(packet)
            if track.errors and sum(each.errors for each in tracks) >= limits.max_errors:
                return
    except FFmpegError:
        tracks[0].errors += 1


def _container_facts(boxes: Boxes, size_bytes: int, container: InputContainer) -> ContainerFacts:
    return ContainerFacts(
        brand=boxes.brand,
        size_bytes=size_bytes,
        faststart=boxes.faststart,
        files=boxes.files,
        comment=_printable(container.metadata.get("comment", "")),
        tracks=len(container.streams),
    )


def _printable(text: str) -> str:
    """One line of printable text; format characters (bidirectional overrides) are dropped too."""
    readable = text[: 4 * _MAX_COMMENT].encode(errors="surrogateescape").decode(errors="replace")
    spaced = " ".join(readable.split())
    kept = (c for c in spaced if not unicodedata.category(c).startswith("C"))
    return "".join(kept)[:_MAX_COMMENT]

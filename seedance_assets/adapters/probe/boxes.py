"""The boxes of an MP4 file, checked before FFmpeg opens it.

FFmpeg reports neither the order of the boxes nor the memory that an index will need: a file of
42 kB that claims fifty million samples takes 1.8 GB and five seconds to open, and so does one of
6 kB with an edit list, because the index is copied for each edit. So we check first.
Source: ISO/IEC 14496-12, 4.2 (boxes), 8.6.6 (edit lists), 8.7.3 (sample sizes), 8.8.8 (track runs).
"""

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from seedance_assets.adapters.probe.limits import ProbeLimits
from seedance_assets.core.errors import ClipRefused

_CONTAINERS = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"}
    | {b"mvex", b"dinf", b"edts", b"tref", b"udta"}  # FFmpeg looks for the same boxes in these
    | {
        b"ilst",
        b"wave",
        b"schi",
        b"sinf",
        b"hoov",
    }  # and in these, where they are never found in practice
)
_SAMPLE_COUNT_AT = {b"stsz": 8, b"stz2": 8, b"trun": 4}
_PADDING, _MOST_PADDING = frozenset({b"free", b"skip", b"wide"}), 8
_COMPRESSED_INDEX = b"cmov"
_EDIT_LIST_HEADER = struct.Struct(">B3xI")  # version, flags, number of edits
_EDIT_BYTES = {1: 20}  # by the version of the box
_OLD_EDIT_BYTES = 16
_COUNTING = re.compile(rb"stsz|stz2|trun|elst|cmov|stsc|stco|co64")
_CHUNK_RUN = struct.Struct(">4xI4x")  # samples of each chunk of a run
_TRACK_SIZE = struct.Struct(">II")
_LEAST_BLOCK = 160  # fewest samples of uncompressed sound that FFmpeg counts as one
_BLOCK = 64 * 1024
_MAX_DESCRIPTION = 1024 * 1024  # bytes; of codecs or chunk lengths


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type, and the position of its content in the file, in bytes."""

    kind: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Boxes:
    """Facts about the file from its boxes."""

    brand: str
    faststart: bool
    files: int
    """MP4 files in this file: a second index means that another file follows the first."""
    size: tuple[int, int]
    """Width and height of the largest track, as its header claims."""


def walk_boxes(file: BinaryIO, size_bytes: int, limits: ProbeLimits) -> Boxes:
    """Check every box of an MP4 file of `size_bytes`.

    Raises `ClipRefused` if it is not an MP4, has no index, or claims more than `limits` allow.
    """
    brand = _brand(file, size_bytes)
    boxes = samples = edits = 0
    blocks = _Blocks()
    size = (0, 0)
    order: list[bytes] = []
    pending = [_children(file, 0, size_bytes)]
    while pending:
        box = next(pending[-1], None)
        if box is None:
            pending.pop()
            continue
        boxes += 1
        samples += _claimed_samples(file, box)
        edits = max(edits, _edits(file, box))
        size = max(size, _track_size(file, box), key=math.prod)
        blocks.count(file, box)
        _check(box, boxes, max(samples, blocks.claimed), limits)
        _check_edits(edits, samples, limits)
        if len(pending) == 1:
            order.append(box.kind)
        pending.append(_inside(file, box))
    first = _index_comes_first(order)
    files = max(order.count(b"ftyp"), order.count(b"moov"))
    return Boxes(brand, faststart=first, files=files, size=size)


class _Blocks:
    """Blocks of uncompressed sound, which FFmpeg counts by chunks and not by samples.

    Four kB can claim sixty million. Other tracks have at most about as many as chunks.
    """

    def __init__(self) -> None:
        self._chunks = self._each = self._before = 0

    @property
    def claimed(self) -> int:
        """An upper bound of the blocks in all tracks so far."""
        return self._before + self._chunks * self._each

    def count(self, file: BinaryIO, box: Box) -> None:
        """Count one box; call it in the order of the file."""
        if box.kind == b"trak":
            self._before, self._chunks, self._each = self.claimed, 0, 0
        elif box.kind in {b"stco", b"co64"}:
            self._chunks = max(self._chunks, _number(file, box, 4))
        elif box.kind == b"stsc":
            self._each = max(self._each, -(-_longest_run(file, box) // _LEAST_BLOCK))


def _longest_run(file: BinaryIO, box: Box) -> int:
    """The most samples in a chunk, from `stsc`."""
    length = max(0, box.end - box.start - 8)
    if length > _MAX_DESCRIPTION:
        raise ClipRefused(f"its chunk table has {length} bytes, which is too many")
    file.seek(box.start + 8)
    runs = file.read(length)
    whole = runs[: len(runs) // _CHUNK_RUN.size * _CHUNK_RUN.size]
    return max((samples for (samples,) in _CHUNK_RUN.iter_unpack(whole)), default=0)


def _brand(file: BinaryIO, size_bytes: int) -> str:
    """The major brand. `ftyp` must come first, after padding; FFmpeg would open any file."""
    if not size_bytes:
        raise ClipRefused("it is empty")
    boxes = islice(_children(file, 0, size_bytes), _MOST_PADDING)
    first = next((box for box in boxes if box.kind not in _PADDING), None)
    if first is None or first.kind != b"ftyp" or first.end - first.start < len(b"mp42"):
        raise ClipRefused("it is not an MP4 file: it does not start with an `ftyp` box")
    file.seek(first.start)
    brand = file.read(4).decode("ascii", "replace")
    return "".join(c if c.isprintable() else "?" for c in brand).strip()


def _children(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes from `start` to `end`; a truncated box ends there, a broken one ends the list."""
    at = start
    while at + 8 <= end:
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8).ljust(8, b"\0"))
        header = 8
        if size == 1:  # the real size follows, in 64 bits
            size, header = struct.unpack(">Q", file.read(8).ljust(8, b"\0"))[0], 16
        elif size == 0:  # up to the end
            size = end - at
        if size < header:
            return
        yield Box(kind, at + header, min(at + size, end))
        at += size


def _inside(file: BinaryIO, box: Box) -> Iterator[Box]:
    """The boxes inside `box` that FFmpeg finds; none in a box that it does not open."""
    if box.kind in _CONTAINERS:
        yield from _children(file, box.start, box.end)
    elif box.kind == b"meta":
        yield from _children(file, _first_of_meta(file, box), box.end)
    elif box.kind == b"stsd":
        yield from _described(file, box)


def _first_of_meta(file: BinaryIO, box: Box) -> int:
    """Where the boxes in a `meta` start: FFmpeg searches for `hdlr` in steps of four bytes."""
    for start in range(box.start, box.end, _BLOCK):
        file.seek(start)
        block = file.read(min(_BLOCK, box.end - start))
        found = [at for at in range(0, len(block), 4) if block.startswith(b"hdlr", at)]
        if found:
            return start + found[0] - 4
    return box.end


def _described(file: BinaryIO, box: Box) -> Iterator[Box]:
    """The boxes that count samples inside codec descriptions, which have various formats."""
    length = box.end - box.start
    if length > _MAX_DESCRIPTION:
        raise ClipRefused(f"its codec descriptions have {length} bytes, which is too many")
    file.seek(box.start)
    for hit in _COUNTING.finditer(file.read(length)):
        yield Box(hit[0], box.start + hit.end(), box.end)


def _claimed_samples(file: BinaryIO, box: Box) -> int:
    offset = _SAMPLE_COUNT_AT.get(box.kind)
    return 0 if offset is None else _number(file, box, offset)


def _track_size(file: BinaryIO, box: Box) -> tuple[int, int]:
    """Width and height, at the end of a track's header, in 16.16 fixed point."""
    if box.kind != b"tkhd" or box.end - box.start < _TRACK_SIZE.size:
        return 0, 0
    file.seek(box.end - _TRACK_SIZE.size)
    width, height = _TRACK_SIZE.unpack(file.read(_TRACK_SIZE.size).ljust(_TRACK_SIZE.size, b"\0"))
    return width >> 16, height >> 16


def _number(file: BinaryIO, box: Box, offset: int) -> int:
    if box.end - box.start < offset + 4:
        return 0
    file.seek(box.start + offset)
    return int.from_bytes(file.read(4), "big")


def _edits(file: BinaryIO, box: Box) -> int:
    """The entries of an edit list: the larger of the claimed number and what the box can hold.

    FFmpeg uses the size of the box if the two differ.
    """
    room = box.end - box.start - _EDIT_LIST_HEADER.size
    if box.kind != b"elst" or room < 0:
        return 0
    file.seek(box.start)
    head = file.read(_EDIT_LIST_HEADER.size).ljust(_EDIT_LIST_HEADER.size, b"\0")
    version, claimed = _EDIT_LIST_HEADER.unpack(head)
    return max(int(claimed), room // _EDIT_BYTES.get(version, _OLD_EDIT_BYTES))


def _check(box: Box, boxes: int, samples: int, limits: ProbeLimits) -> None:
    if box.kind == _COMPRESSED_INDEX:
        raise ClipRefused("its index is compressed, which is not supported")
    if boxes > limits.max_boxes:
        raise ClipRefused(f"it has more than {limits.max_boxes} boxes")
    if samples > limits.max_samples:
        raise ClipRefused(f"its index claims {samples} samples; {limits.max_samples} are allowed")


def _check_edits(edits: int, samples: int, limits: ProbeLimits) -> None:
    """Counts the samples of all tracks against the longest edit list."""
    if edits > 1 and edits * samples > limits.max_samples:
        raise ClipRefused(
            f"its edit list uses {samples} samples {edits} times; "
            f"{limits.max_samples} are allowed in total"
        )


def _index_comes_first(order: list[bytes]) -> bool:
    if b"moov" not in order:
        raise ClipRefused("it has no index (`moov` box): the file is truncated or incomplete")
    return b"mdat" not in order or order.index(b"moov") < order.index(b"mdat")

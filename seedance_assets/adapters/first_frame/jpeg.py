"""Check that a JPEG is complete.

Decoders silently fill what they cannot read with grey. simplejpeg reports libjpeg-turbo's warnings,
which Pillow ignores.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from seedance_assets.adapters.first_frame.formats import damaged
from seedance_assets.core.errors import FrameRefused

MAX_SCANS = 200
"""A progressive JPEG has about ten; each costs a pass over all pixels."""

_END = b"\xff\xd9"
_START_OF_SCAN, _TABLES = 0xDA, 0xC4
_AC = 0x10  # the class of a Huffman table
_ZEROS = 64
"""Bytes; more than one block, whose coefficients would all be equal and not zero."""
_MARKER = re.compile(rb"\xff[^\0\x01\xd0-\xd7\xff]")  # not those within coded pixels
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers with size and components
_PROGRESSIVE = {0xC2, 0xCA}
_HUFFMAN = {0xC0, 0xC1, 0xC2}
_COEFFICIENTS = 64
_CMYK_COMPONENTS = 4
_HARMLESS = re.compile(r"Invalid SOS parameters|unknown JFIF revision|Unknown Adobe color")


@dataclass(slots=True)
class _Outline:
    """What the markers of a JPEG declare."""

    ends: int | None = None
    """The position after its end marker; None if it has none."""
    scans: int = 0
    progressive: bool = False
    huffman: bool = False
    zeros_mean: dict[int, int] = field(default_factory=dict)
    """For each Huffman table, by class and number, the symbol of its all-zeros code."""
    has_strange_zeros: bool = False
    """Whether a long run of zeros codes implausible pixels."""
    bits_missing: dict[int, list[int]] = field(default_factory=dict)
    """For each component, how many bits of each coefficient no scan has delivered."""

    @property
    def is_complete(self) -> bool:
        """Whether the scans deliver every bit of every component."""
        return not any(any(missing) for missing in self.bits_missing.values())


def whole_jpeg(content: bytes, name: str) -> bytes:
    """`content`, with an end marker added if only that is missing.

    Raises `FrameRefused` (with `name` in the text) if the decoder warns, if scans are missing, or
    if there are too many.
    """
    outline = _outline(content)
    if outline.scans > MAX_SCANS:
        raise FrameRefused(f"first frame {name} is a JPEG in over {MAX_SCANS} scans")
    if not outline.is_complete:
        raise damaged(name, "it ends before all of its scans")
    if outline.has_strange_zeros:
        raise damaged(name, "pixels are replaced by zeros, as in an incomplete copy")
    cmyk = len(outline.bits_missing) == _CMYK_COMPONENTS
    warnings = []
    for form in _forms(content, outline.ends):
        warning = _warning(form, "CMYK" if cmyk else "GRAY")
        if not warning:
            return content if outline.ends else form
        warnings.append(warning)
    raise damaged(name, warnings[0])


def _outline(content: bytes) -> _Outline:
    outline = _Outline()
    for marker, body, after in _segments(content):
        if marker in _FRAMES and len(body) > 5:  # noqa: PLR2004  # precision, height, width
            outline.progressive = marker in _PROGRESSIVE
            outline.huffman = marker in _HUFFMAN
            components = body[6 : 6 + 3 * body[5] : 3]
            outline.bits_missing = {component: [1] * _COEFFICIENTS for component in components}
        elif marker == _TABLES:
            outline.zeros_mean.update(_codes_of_zeros(body))
        elif marker == _START_OF_SCAN:
            outline.scans += 1
            _check_scan(outline, body, content, after)
        elif marker == _END[1]:
            outline.ends = after
    return outline


def _segments(content: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Each marker up to the end marker, with its body and the position after it."""
    at = 2
    while found := _MARKER.search(content, at):
        marker, at = content[found.start() + 1], found.end()
        if marker == _END[1]:
            yield marker, b"", at
            return
        if marker != 0xD8:  # noqa: PLR2004  # a second start has no body
            length = max(int.from_bytes(content[at : at + 2]), 2)
            yield marker, content[at + 2 : at + length], at + length
            at += length


def _codes_of_zeros(body: bytes) -> Iterator[tuple[int, int]]:
    """For each Huffman table of a segment: its class and number, and its first symbol."""
    at = 0
    while at + 17 < len(body):
        yield body[at], body[at + 17]
        at += 17 + sum(body[at + 1 : at + 17])


def _check_scan(outline: _Outline, body: bytes, content: bytes, begins: int) -> None:
    count = body[0] if body else 0
    chosen, rest = body[1 : 1 + 2 * count], body[1 + 2 * count :]
    if len(rest) < 3:  # noqa: PLR2004  # first and last coefficient, bits: the decoder will complain
        return
    next_marker = _MARKER.search(content, begins)
    coded = content[begins : next_marker.start() if next_marker else None]
    if not coded:  # it delivers nothing
        return
    first, last, bits = rest[0], rest[1], rest[2]
    if not outline.progressive:
        first, last, bits = 0, _COEFFICIENTS - 1, 0
    for component in chosen[::2]:
        missing = outline.bits_missing.get(component, [])
        for coefficient in range(first, min(last + 1, len(missing))):
            missing[coefficient] = bits & 0xF
    refines = first == 0 and bits >> 4  # with bare bits, which may all be zero
    tables = [outline.zeros_mean.get(t) for t in _tables(chosen[1::2], outline, first)]
    if outline.huffman and not refines and any(map(_is_implausible, tables)):
        outline.has_strange_zeros |= bytes(_ZEROS) in coded.rstrip(b"\0")


def _tables(chosen: bytes, outline: _Outline, first: int) -> Iterator[int]:
    """The tables of a scan by class and number: those of DC, of AC, or both."""
    for numbers in chosen:
        if first == 0:
            yield numbers >> 4
        if first or not outline.progressive:
            yield _AC | numbers & 0xF


def _is_implausible(zeros_mean: int | None) -> bool:
    """Whether zeros code differing pixels: usually they mean that nothing more differs."""
    return zeros_mean is not None and bool(zeros_mean & 0xF)


def _forms(content: bytes, ends: int | None) -> Iterator[bytes]:
    """The picture as it is, then without zero padding before its end marker."""
    pixels = content[: ends - len(_END)] if ends else content
    yield pixels + _END
    if pixels.endswith(b"\0"):
        yield pixels.rstrip(b"\0") + _END
        yield pixels.rstrip(b"\0") + b"\0" + _END  # that zero may belong to the pixels


def _warning(content: bytes, colours: str) -> str:
    """The decoder's warning for a JPEG, or empty. Decodes at an eighth of the size."""
    import simplejpeg

    try:
        simplejpeg.decode_jpeg(content, colours, min_height=1, min_width=1, min_factor=1)
    except ValueError as exc:
        return "" if _HARMLESS.search(str(exc)) else str(exc)
    return ""

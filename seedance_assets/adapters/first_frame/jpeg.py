"""Whether a JPEG holds the whole picture that it announces.

Decoders fill what they cannot read with grey and say nothing unless asked. libjpeg-turbo's
warnings are asked for through simplejpeg, since Pillow passes over them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from seedance_assets.adapters.first_frame.formats import damaged
from seedance_assets.core.errors import FrameRefused

try:
    import simplejpeg
except ModuleNotFoundError:  # it has no wheel for every system: there Pillow's errors must do
    simplejpeg = None

MAX_SCANS = 200
"""A progressive JPEG has ten or so; each costs a pass over all pixels."""

_END = b"\xff\xd9"
_START_OF_SCAN = 0xDA
_MARKER = re.compile(rb"\xff[^\0\x01\xd0-\xd7\xff]")  # none that stands within coded pixels
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers that name size and components
_PROGRESSIVE = {0xC2, 0xCA}
_COEFFICIENTS = 64
_CMYK_COMPONENTS = 4
_HARMLESS = re.compile(r"Invalid SOS parameters|unknown JFIF revision|Unknown Adobe color")


@dataclass(slots=True)
class _Outline:
    """What the markers of a JPEG say, from its first to its last."""

    ends: int | None = None
    """Where its end marker ends; None if it has none."""
    scans: int = 0
    progressive: bool = False
    bits_missing: dict[int, list[int]] = field(default_factory=dict)
    """For each component, how many bits of each coefficient no scan has brought yet."""

    @property
    def is_complete(self) -> bool:
        """Whether the scans bring every bit of every component."""
        return not any(any(missing) for missing in self.bits_missing.values())


def whole_jpeg(content: bytes, name: str) -> bytes:
    """`content`, with an end marker if that alone is missing.

    Raises `FrameRefused`, which calls the picture `name`, for one that its decoder warns about,
    that lacks some of its scans, or that has too many.
    """
    outline = _outline(content)
    if outline.scans > MAX_SCANS:
        raise FrameRefused(f"first frame {name} is a JPEG in over {MAX_SCANS} scans")
    if not outline.is_complete:
        raise damaged(name, "it ends before all of its scans")
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
    for marker, body in _segments(content):
        if marker in _FRAMES and len(body) > 5:  # noqa: PLR2004  # precision, height, width
            outline.progressive = marker in _PROGRESSIVE
            components = body[6 : 6 + 3 * body[5] : 3]
            outline.bits_missing = {component: [1] * _COEFFICIENTS for component in components}
        elif marker == _START_OF_SCAN:
            outline.scans += 1
            _count_scan(outline, body)
        elif marker == _END[1]:
            outline.ends = len(content) - len(body)
    return outline


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each marker with its body; the end marker, the last, with what stands behind it."""
    at = 2
    while found := _MARKER.search(content, at):
        marker, at = content[found.start() + 1], found.end()
        if marker == _END[1]:
            yield marker, content[at:]
            return
        if marker != 0xD8:  # noqa: PLR2004  # a second start has no body
            length = int.from_bytes(content[at : at + 2])
            yield marker, content[at + 2 : at + length]
            at += max(length, 2)


def _count_scan(outline: _Outline, body: bytes) -> None:
    count = body[0] if body else 0
    chosen, rest = body[1 : 1 + 2 * count : 2], body[1 + 2 * count :]
    if len(rest) < 3:  # noqa: PLR2004  # first and last coefficient, bits: the decoder will complain
        return
    first, last, bits = rest[0], rest[1], rest[2] & 0xF
    if not outline.progressive:
        first, last, bits = 0, _COEFFICIENTS - 1, 0
    for component in chosen:
        missing = outline.bits_missing.get(component, [])
        for coefficient in range(first, min(last + 1, len(missing))):
            missing[coefficient] = bits


def _forms(content: bytes, ends: int | None) -> Iterator[bytes]:
    """The picture as it stands, then without zeros that pad it before its end marker."""
    pixels = content[: ends - len(_END)] if ends else content
    yield pixels + _END
    if pixels.endswith(b"\0"):
        yield pixels.rstrip(b"\0") + _END
        yield pixels.rstrip(b"\0") + b"\0" + _END  # that zero may belong to the pixels


def _warning(content: bytes, colours: str) -> str:
    """What the decoder says of a JPEG; empty if nothing. Pixels are made an eighth of the size."""
    if simplejpeg is None:
        return ""
    try:
        simplejpeg.decode_jpeg(content, colours, min_height=1, min_width=1, min_factor=1)
    except ValueError as exc:
        return "" if _HARMLESS.search(str(exc)) else str(exc)
    return ""

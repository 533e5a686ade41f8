"""The real type of a file, from its first bytes and never from its name.

A HEIC renamed to .jpg, a sign-in page saved as .png, a Git LFS pointer in place of a picture: each
gets its own name and a matching fix.
"""

import re
from dataclasses import dataclass

from seedance_assets.core.errors import FrameRefused

USABLE = "Save it as PNG, JPEG or WebP and run again; nothing was paid for."
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
HEAD_BYTES = 4096
"""How many bytes are examined."""

_HEIC = (
    "Export it as JPEG (Preview on a Mac: File, Export), and set the phone to Settings, Camera, "
    f"Formats, Most Compatible. {USABLE}"
)
_STILL = f"Take one frame of it as a still. {USABLE}"
_RAW = f"Develop it in a photo program. {USABLE}"
_SIGN_IN = (
    "The link leads to a page, perhaps to a login: give the picture's own address, or a file."
)
_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body)", re.IGNORECASE)
_BEFORE_PAGE = ((b"<!--", b"-->"), (b"<?xml", b"?>"))
_NAMED = re.compile(r"\.(png|jpe?g|jfif|webp)\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Foreign:
    """A kind of file that is not a first frame: its first bytes, its name, and the fix."""

    begins: bytes
    name: str
    fix: str = USABLE

    def fits(self, head: bytes) -> bool:
        return re.match(self.begins, head, re.DOTALL) is not None


_FOREIGN = (
    _Foreign(rb"II\*\0....CR|....ftypcrx|FUJIFILMCCD-RAW|IIRO|IIU\0|MMOR", "a camera's raw", _RAW),
    _Foreign(rb"GIF8", "a GIF", _STILL),
    _Foreign(rb"BM", "a BMP"),
    _Foreign(rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "a TIFF"),
    _Foreign(rb"....ftyp(hei|hev|mif|msf)", "a HEIC picture", _HEIC),
    _Foreign(rb"....ftypavi[fs]", "an AVIF picture"),
    _Foreign(rb"\xff\x0a|\0\0\0\x0cJXL ", "a JPEG XL picture"),
    _Foreign(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    _Foreign(rb"....(ftyp|moov|mdat)|\x1aE\xdf\xa3|RIFF....AVI |\0\0\x01\xba", "a video", _STILL),
    _Foreign(rb"RIFF....WAVE|ID3|OggS|fLaC", "sound"),
    _Foreign(rb"8BPS", "a Photoshop file", f"Export a flat picture of it. {USABLE}"),
    _Foreign(rb"\x76\x2f\x31\x01", "an OpenEXR picture"),
    _Foreign(rb"SDPX|XPDS", "a DPX picture"),
    _Foreign(rb"#\?(RADIANCE|RGBE)", "a Radiance HDR picture"),
    _Foreign(rb"DDS ", "a DDS texture"),
    _Foreign(rb"qoif", "a QOI picture"),
    _Foreign(rb"P[1-7]\s", "a Netpbm picture"),
    _Foreign(rb"\0\0[\x01\x02]\0", "an icon"),
    _Foreign(
        rb"[\x89\t]PNG",
        "a PNG whose bytes were changed, as by a transfer in text mode",
        f"Copy it again in binary mode. {USABLE}",
    ),
    _Foreign(rb"\x8aMNG|\x8bJNG", "an MNG"),
    _Foreign(rb"%PDF", "a PDF", f"Export the page as a picture. {USABLE}"),
    _Foreign(rb"PK\x03\x04|7z\xbc\xaf|Rar!|\x1f\x8b", "an archive", "Unpack it first."),
    _Foreign(
        rb"\0\x05\x16[\0\x07]",
        "a macOS companion file (`._`)",
        "Give the file of the same name without `._`.",
    ),
    _Foreign(
        rb"version https://git-lfs",
        "a Git LFS pointer, not the picture itself",
        "Fetch the picture with `git lfs pull`, then run again.",
    ),
    _Foreign(
        rb"\0{512}",
        "only zeros, as in an incomplete copy",
        "Copy or sync it again, then run again; nothing was paid for.",
    ),
)


def media_type(head: bytes, name: str) -> str:
    """The media type of a usable picture that starts with `head` (up to `HEAD_BYTES`).

    Raises `FrameRefused` for everything else, with the real type in the text.
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    what, fix = _true_name(head)
    spoken = _NAMED.search(name)
    though = f" (though its name ends in .{spoken[1]})" if spoken and head else ""
    raise FrameRefused(f"first frame {name} is {what}{though}, not PNG, JPEG or WebP", advice=fix)


def _is_page(head: bytes) -> bool:
    """Whether a file starts like a web page, after comments and the like."""
    rest = head.lstrip()
    while ends := next((end for begin, end in _BEFORE_PAGE if rest.startswith(begin)), b""):
        rest = rest.partition(ends)[2].lstrip()
    return _PAGE.match(rest) is not None


def damaged(name: str, why: str) -> FrameRefused:
    """The error for a picture of the right type that cannot be decoded completely."""
    return FrameRefused(
        f"first frame {name} is damaged or cut short: {why}",
        advice="Copy or export it again, and check it in a viewer; nothing was paid for.",
    )


def _true_name(head: bytes) -> tuple[str, str]:
    if not head:
        return "empty", "Copy or export it again; nothing was paid for."
    for kind in _FOREIGN:
        if kind.fits(head):
            return kind.name, kind.fix
    if _is_page(head):
        return "a web page", _SIGN_IN
    if head.lstrip()[:1] == b"<":
        return "a web page or SVG", f"Export an SVG as PNG. {_SIGN_IN}"
    return "not a picture", USABLE

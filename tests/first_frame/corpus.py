"""Realistic pictures, good and bad, each with the expected result."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageCms

from tests.first_frame.drawings import (
    BLUE,
    drawing,
    noise,
    png_claiming,
    png_of_16_bits,
    saved,
    turned_by_exif,
)

PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"
SIZE = (640, 480)
LARGE = "The uploaded image width and height must not exceed 6000 pixels."
SMALL = "The uploaded image width and height must not be less than 300 pixels."
RATIO = "The aspect ratio range should be between 0.4 and 2.5."
HEAVY = "File size must be less than 30 MB."
DAMAGED = r"damaged or cut short"


@dataclass(frozen=True)
class Taken:
    """It is kept: as what, at what size, and whether byte for byte."""

    media_type: str
    size: tuple[int, int] = SIZE
    as_given: bool = True


@dataclass(frozen=True)
class Refused:
    """It is not, and the message says this (a regular expression)."""

    says: str
    from_header: bool = True
    """Whether that can be told before a pixel is decoded."""


@dataclass(frozen=True)
class Specimen:
    """A file under a name, and what should become of it."""

    name: str
    file: str
    make: Callable[[], bytes]
    fate: Taken | Refused


CORPUS: list[Specimen] = []


def _one(name: str, fate: Taken | Refused, make: Callable[[], bytes], file: str = "a.png") -> None:
    CORPUS.append(Specimen(name, file, make, fate))


# -- how they are made ----------------------------------------------------------------------------

_LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 123456\n"


def _see_through(mode: str) -> Image.Image:
    image = drawing().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(SIZE))
    return image.convert(mode)


def _animated(kind: str) -> bytes:
    others = [Image.new("RGB", SIZE, BLUE), Image.new("RGB", SIZE)]
    return saved(drawing(), kind, save_all=True, append_images=others, duration=100)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _with_chunk(name: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk right behind its header."""
    whole = saved(drawing())
    return whole[:33] + _chunk(name, body) + whole[33:]


def _still_apng() -> bytes:
    whole = saved(drawing())
    control = _chunk(b"acTL", struct.pack(">II", 1, 0))
    control += _chunk(b"fcTL", struct.pack(">5I2H2B", 0, *SIZE, 0, 0, 1, 10, 0, 0))
    return whole[:33] + control + whole[33:]


def _late_exif() -> bytes:
    whole = saved(drawing())
    exif = turned_by_exif(6).tobytes().removeprefix(b"Exif\0\0")
    return whole[:-12] + _chunk(b"eXIf", exif) + whole[-12:]


def _interlaced(width: int, height: int) -> bytes:
    """A grey PNG in Adam7, which Pillow reads and cannot write."""
    lines = bytearray()
    for x, y, dx, dy in (
        *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
        *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
    ):
        line = b"\0" + b"\x80" * len(range(x, width, dx))
        lines += line * len(range(y, height, dy))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)
    body = zlib.compress(bytes(lines))
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _with_exif(exif: bytes) -> bytes:
    return saved(drawing(), "JPEG", exif=exif)


def _padded_jpeg() -> bytes:
    """Any number of 0xFF may stand before a marker."""
    whole = saved(drawing(), "JPEG")
    return whole[:2] + b"\xff\xff\xff" + whole[2:]


def _mpo() -> bytes:
    target = io.BytesIO()
    drawing().save(target, "MPO", save_all=True, append_images=[drawing(320, 240)])
    return target.getvalue()


def _srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def linear_profile(space: bytes = b"RGB ") -> bytes:
    """A profile of our own making: the colours of sRGB in linear numbers, or linear grey."""
    linear = b"curv" + bytes(4) + struct.pack(">I", 0)
    white = struct.pack(">3i", 63190, 65536, 54061)
    tags = {b"wtpt": b"XYZ " + bytes(4) + white}
    if space == b"RGB ":
        primaries = ((25239, 46976, 911), (28576, 14581, 6361), (9376, 3979, 46788))
        for name, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True):
            tags[name] = b"XYZ " + bytes(4) + struct.pack(">3i", *xyz)
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), linear)
    else:
        tags[b"kTRC"] = linear
    offset = 128 + 4 + 12 * len(tags)
    table, body = b"", b""
    for name, value in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(
        ">I4sI4s4s4s", offset + len(body), b"test", 0x02400000, b"mntr", space, b"XYZ "
    )
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.png", saved(drawing()))
    return target.getvalue()


def _cut(kind: str, percent: int) -> bytes:
    whole = saved(noise(320, 320), kind)
    return whole[: len(whole) * percent // 100]


def _bad_checksum() -> bytes:
    whole = bytearray(saved(drawing()))
    whole[30] ^= 0xFF  # within the checksum of IHDR
    return bytes(whole)


def _canvas(width: int, height: int) -> bytes:
    """A WebP of a few bytes that asks for a canvas."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes([2, 0, 0, 0]) + sides
    body += b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _huge_jpeg() -> bytes:
    whole = bytearray(saved(drawing(), "JPEG"))
    at = whole.index(b"\xff\xc0")
    whole[at + 5 : at + 9] = struct.pack(">HH", 65000, 65000)
    return bytes(whole)


def many_scans() -> bytes:
    """A progressive JPEG whose last scan comes 300 times."""
    whole = saved(drawing(), "JPEG", progressive=True)
    at = whole.rindex(b"\xff\xda")
    return whole[:at] + whole[at:-2] * 300 + whole[-2:]


def _text_bomb() -> bytes:
    return _with_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000)))


def _profile_bomb() -> bytes:
    return _with_chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(100_000_000)))


def _ftyp(brand: bytes) -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + b"mif1" + brand + bytes(500)


def _mp4() -> bytes:
    return _ftyp(b"isom")


def _grey() -> Image.Image:
    return drawing().convert("L")


def _palette() -> Image.Image:
    return drawing().quantize(16)


def _opaque(mode: str) -> Image.Image:
    return drawing().convert(mode)


# -- ordinary pictures, kept as they are ---------------------------------------------------------


_one("png", Taken(PNG), lambda: saved(drawing()))
_one("png of level 0", Taken(PNG), lambda: saved(drawing(), compress_level=0))
_one("png optimised", Taken(PNG), lambda: saved(drawing(), optimize=True))
_one("png grey", Taken(PNG), lambda: saved(_grey()))
_one("png of 1 bit", Taken(PNG), lambda: saved(drawing().convert("1")))
_one("png palette", Taken(PNG), lambda: saved(_palette()))
_one("png palette of 2 colours", Taken(PNG), lambda: saved(drawing().quantize(2), bits=1))
_one("png with an opaque alpha", Taken(PNG), lambda: saved(_opaque("RGBA")))
_one("png grey with an opaque alpha", Taken(PNG), lambda: saved(_opaque("LA")))
_one("png with a resolution", Taken(PNG), lambda: saved(drawing(), dpi=(300, 300)))
_one("png interlaced", Taken(PNG, (301, 301)), lambda: _interlaced(301, 301))
_one("png with trailing bytes", Taken(PNG), lambda: saved(drawing()) + b"trailer" * 99)
_one("png of one moving picture", Taken(PNG), _still_apng)
_one("png with text", Taken(PNG), lambda: _with_chunk(b"tEXt", b"Title\0The Borrowed Light"))
_one("png with an unknown chunk", Taken(PNG), lambda: _with_chunk(b"prVt", b"private"))
_one("png with a time", Taken(PNG), lambda: _with_chunk(b"tIME", bytes([7, 230, 1, 2, 3, 4, 5])))
_one("png called .jpg", Taken(PNG), lambda: saved(drawing()), "a.jpg")
_one("png with no suffix", Taken(PNG), lambda: saved(drawing()), "still")
_one("png with an umlaut and blanks", Taken(PNG), lambda: saved(drawing()), "Bühne 1 – neu.png")
_one("jpeg", Taken(JPEG), lambda: saved(drawing(), "JPEG"), "a.jpg")
_one("jpeg progressive", Taken(JPEG), lambda: saved(drawing(), "JPEG", progressive=True))
_one("jpeg grey", Taken(JPEG), lambda: saved(_grey(), "JPEG"))
_one("jpeg 4:4:4", Taken(JPEG), lambda: saved(drawing(), "JPEG", subsampling=0))
_one("jpeg of quality 1", Taken(JPEG), lambda: saved(drawing(), "JPEG", quality=1))
_one("jpeg with restarts", Taken(JPEG), lambda: saved(drawing(), "JPEG", restart_marker_rows=1))
_one("jpeg with a comment", Taken(JPEG), lambda: saved(drawing(), "JPEG", comment=b"take me"))
_one("jpeg upright by exif", Taken(JPEG), lambda: saved(drawing(), "JPEG", exif=turned_by_exif(1)))
_one("jpeg with exif of nonsense", Taken(JPEG), lambda: _with_exif(b"Exif\0\0nonsense"))
_one("jpeg with orientation 9", Taken(JPEG), lambda: _with_exif(turned_by_exif(9).tobytes()))
_one("jpeg with trailing bytes", Taken(JPEG), lambda: saved(drawing(), "JPEG") + bytes(999))
_one("jpeg with a film behind it", Taken(JPEG), lambda: saved(drawing(), "JPEG") + _mp4())
_one("jpeg with padding before a marker", Taken(JPEG), _padded_jpeg)
_one("jpeg of two pictures (MPO)", Taken(JPEG), _mpo)
_one("jpeg called .png", Taken(JPEG), lambda: saved(drawing(), "JPEG"))
_one("webp", Taken(WEBP), lambda: saved(drawing(), "WEBP"), "a.webp")
_one("webp lossless", Taken(WEBP), lambda: saved(drawing(), "WEBP", lossless=True))
_one("webp with an opaque alpha", Taken(WEBP), lambda: saved(_opaque("RGBA"), "WEBP"))
_one("webp of one moving picture", Taken(WEBP), lambda: saved(drawing(), "WEBP", save_all=True))
_one("sRGB profile", Taken(JPEG), lambda: saved(drawing(), "JPEG", icc_profile=_srgb()))
_one("profile of nonsense", Taken(JPEG), lambda: saved(drawing(), "JPEG", icc_profile=b"x" * 200))
_one(
    "profile for other pixels",
    Taken(JPEG),
    lambda: saved(drawing(), "JPEG", icc_profile=linear_profile(b"GRAY")),
)

# -- pictures that services read in different ways, kept as plain RGB -----------------------------

_REWRITTEN_PNG = Taken(PNG, as_given=False)
_REWRITTEN_JPEG = Taken(JPEG, as_given=False)

for _n in range(2, 9):
    _size = (480, 640) if _n >= 5 else SIZE
    for _kind, _type in (("JPEG", JPEG), ("PNG", PNG), ("WEBP", PNG)):
        _one(
            f"{_kind.lower()} turned by exif {_n}",
            Taken(_type, _size, as_given=False),
            lambda n=_n, kind=_kind: saved(drawing(), kind, exif=turned_by_exif(n)),  # type: ignore[misc]
        )

_one("png turned by exif behind its pixels", Taken(PNG, (480, 640), as_given=False), _late_exif)
_one("jpeg in cmyk", _REWRITTEN_JPEG, lambda: saved(drawing().convert("CMYK"), "JPEG"))
_one("png of 16 bits", _REWRITTEN_PNG, lambda: png_of_16_bits(*SIZE))
_one("png grey of 16 bits", _REWRITTEN_PNG, lambda: saved(Image.new("I;16", SIZE, 30000)))
_one("png see-through", _REWRITTEN_PNG, lambda: saved(_see_through("RGBA")))
_one("png grey see-through", _REWRITTEN_PNG, lambda: saved(_see_through("LA")))
_one("png palette see-through", _REWRITTEN_PNG, lambda: saved(_palette(), transparency=0))
_one(
    "png with a colour to see through", _REWRITTEN_PNG, lambda: saved(drawing(), transparency=BLUE)
)
_one("webp see-through", _REWRITTEN_PNG, lambda: saved(_see_through("RGBA"), "WEBP"))
_one(
    "jpeg in linear colours",
    _REWRITTEN_JPEG,
    lambda: saved(drawing(), "JPEG", icc_profile=linear_profile()),
)
_one(
    "png in linear colours", _REWRITTEN_PNG, lambda: saved(drawing(), icc_profile=linear_profile())
)

# -- against the model's rules --------------------------------------------------------------------

for _name, _width, _height, _sentences in (
    ("just large enough", 301, 301, ()),
    ("one pixel too small", 300, 301, (SMALL,)),
    ("a thumbnail", 120, 90, (SMALL,)),
    ("one pixel", 1, 1, (SMALL,)),
    ("just small enough", 5999, 2400, ()),
    ("one pixel too wide", 6000, 2500, (LARGE,)),
    ("one pixel too high", 2500, 6000, (LARGE,)),
    ("a banner", 1000, 400, (RATIO,)),
    ("just no banner", 999, 400, ()),
    ("a pole", 400, 1000, (RATIO,)),
    ("just no pole", 401, 1000, ()),
    ("everything at once", 299, 6001, (LARGE, SMALL, RATIO)),
):
    _one(
        f"rules: {_name}",
        Refused(" ".join(_sentences)) if _sentences else Taken(PNG, (_width, _height)),
        lambda size=(_width, _height): saved(Image.new("L", size)),  # type: ignore[misc]
    )
_one(
    "rules: a pole once it is turned",
    Refused(RATIO),
    lambda: saved(drawing(1000, 400), "JPEG", exif=turned_by_exif(6)),
)
_one("rules: more than 30 MB", Refused(HEAVY), lambda: saved(drawing()) + bytes(30_000_000))

# -- other files ----------------------------------------------------------------------------------


_HEIC = r"is a HEIC picture \(though its name ends in \.jpg\)"
_one("a HEIC renamed to .jpg", Refused(_HEIC), lambda: _ftyp(b"heic"), "IMG_0012.jpg")
_one("a HEIC of ten bits", Refused("is a HEIC picture"), lambda: _ftyp(b"heix"), "IMG.HEIC")
_one("a HEIF", Refused("is a HEIC picture"), lambda: _ftyp(b"mif1"))
_one("an AVIF", Refused("is an AVIF picture"), lambda: saved(drawing(), "AVIF"))
_one("a moving AVIF", Refused("is an AVIF picture"), lambda: _ftyp(b"avis"))
_one("a GIF", Refused("is a GIF"), lambda: saved(drawing(), "GIF"), "a.gif")
_one("a moving GIF called .png", Refused(r"is a GIF \(though"), lambda: _animated("GIF"))
_one("a moving APNG", Refused("is animated: it has 3 pictures"), lambda: _animated("PNG"))
_one("a moving WebP", Refused("is animated: it has 3 pictures"), lambda: _animated("WEBP"))
_one("a BMP", Refused("is a BMP"), lambda: saved(drawing(), "BMP"))
_one("a TIFF", Refused("is a TIFF"), lambda: saved(drawing(), "TIFF"), "a.tif")
_one("a big-endian TIFF", Refused("is a TIFF"), lambda: b"MM\0*" + bytes(99))
_one("a JPEG 2000", Refused("is a JPEG 2000 picture"), lambda: saved(drawing(), "JPEG2000"))
_one("a JPEG XL", Refused("is a JPEG XL picture"), lambda: b"\xff\x0a" + bytes(99))
_one("an icon", Refused("is an icon"), lambda: saved(drawing(), "ICO"))
_one("a Netpbm", Refused("is a Netpbm picture"), lambda: saved(drawing(), "PPM"))
_one("a DDS", Refused("is a DDS texture"), lambda: saved(drawing(), "DDS"))
_one("a QOI", Refused("is a QOI picture"), lambda: b"qoif" + bytes(99))
_one("a Photoshop file", Refused("is a Photoshop file"), lambda: b"8BPS\0\x01" + bytes(99))
_one("an OpenEXR", Refused("is an OpenEXR picture"), lambda: b"\x76\x2f\x31\x01" + bytes(99))
_one("a DPX", Refused("is a DPX picture"), lambda: b"SDPX" + bytes(99))
_one("a Radiance HDR", Refused("is a Radiance HDR"), lambda: b"#?RADIANCE\n" + bytes(99))
_one("a camera's raw", Refused("is a camera's raw"), lambda: b"II*\0\x10\0\0\0CR\x02\0" + bytes(99))
_one("a newer camera's raw", Refused("is a camera's raw"), lambda: _ftyp(b"crx "))
_one("a film", Refused(r"is a video \(though"), _mp4)
_one("a film from a Mac", Refused("is a video"), lambda: bytes(4) + b"moov" + bytes(99), "a.mov")
_one("a film of the web", Refused("is a video"), lambda: b"\x1aE\xdf\xa3" + bytes(99))
_one("sound", Refused("is sound"), lambda: b"RIFF\0\0\0\0WAVEfmt " + bytes(99))
_one("a PDF", Refused("is a PDF"), lambda: saved(drawing(), "PDF"))
_one("a PostScript", Refused("is not a picture"), lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n" + bytes(99))
_one("an SVG", Refused("is a web page or SVG"), lambda: b"<?xml version='1.0'?><svg/>")
_one("a sign-in page", Refused("is a web page"), lambda: b"\n<!DOCTYPE html><title>Sign in</title>")
_one("an archive", Refused("is an archive"), _zipped)
_one("a packed picture", Refused("is an archive"), lambda: gzip.compress(saved(drawing())))
_one("a pointer of Git LFS", Refused("is a Git LFS pointer"), _LFS.encode)
_one("macOS's companion", Refused("is a macOS companion"), lambda: b"\0\x05\x16\x07" + bytes(99))
_one("a copy never finished", Refused("only zeros"), lambda: bytes(100_000))
_one("a text", Refused("is not a picture"), lambda: b"frames/sq010_sh010.jpg\n")
_one("an empty file", Refused("is empty"), lambda: b"")
_one("one byte", Refused("is not a picture"), lambda: b"\xff")

# -- damaged, or made to harm ---------------------------------------------------------------------

for _kind in ("PNG", "JPEG", "WEBP"):
    for _percent in (1, 25, 60, 97):
        _one(
            f"{_kind.lower()} cut at {_percent} %",
            Refused(f"{DAMAGED}|not a picture", from_header=False),
            lambda kind=_kind, share=_percent: _cut(kind, share),  # type: ignore[misc]
        )
_one("png of its signature alone", Refused(DAMAGED), lambda: b"\x89PNG\r\n\x1a\n")
_one("png whose checksum is wrong", Refused(DAMAGED), _bad_checksum)
_one(
    "png with pixels of nonsense",
    Refused(DAMAGED, from_header=False),
    lambda: png_claiming(640, 480),
)
_one("png of no width", Refused(f"{DAMAGED}|300 pixels"), lambda: png_claiming(0, 480))
_one("jpeg with no picture in it", Refused(DAMAGED), lambda: b"\xff\xd8\xff\xd9")
_one("webp of its frame alone", Refused(DAMAGED), lambda: b"RIFF\x24\0\0\0WEBPVP8 ")
_one(
    "bomb: a png of 20000 × 20000", Refused("more than can be"), lambda: png_claiming(20000, 20000)
)
_one("bomb: a png of 2³¹ pixels", Refused(f"{DAMAGED}|more than"), lambda: png_claiming(2**31, 9))
_one("bomb: a webp canvas", Refused("more than can be decoded"), lambda: _canvas(16383, 16383))
_one("bomb: a jpeg of 65000 × 65000", Refused(f"more than|{DAMAGED}"), _huge_jpeg)
_one("bomb: a jpeg in 300 scans", Refused("scans", from_header=False), many_scans)
_one("bomb: text that unpacks to 100 MB", _REWRITTEN_PNG, _text_bomb)  # never unpacked
_one("bomb: a profile that unpacks to 100 MB", Refused(DAMAGED, from_header=False), _profile_bomb)

"""Incomplete pictures that a viewer opens, and complete ones that only look damaged."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from seedance_assets.adapters.first_frame.decoding import decode
from seedance_assets.adapters.first_frame.jpeg import whole_jpeg
from seedance_assets.adapters.probe.opening import _upright
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import model_schema
from seedance_assets.emulator.drawing.pictures import decode as emulated
from seedance_assets.emulator.drawing.pictures import examine
from seedance_assets.emulator.jobs.scenario import Habits
from tests.examples import at_least
from tests.first_frame.conftest import Fetch
from tests.first_frame.drawings import (
    drawing,
    loaded,
    noise,
    photograph,
    png_chunk,
    png_with,
    saved,
    turned_by_exif,
)

_FIELD = model_schema("bytedance/seedance-v1.5-pro/image-to-video").input_schema.properties[
    "first_frame_image_url"
]
DAMAGED = "damaged or cut short"
_END = b"\xff\xd9"
_PHOTOGRAPHS = {
    "baseline": saved(photograph(), "JPEG", quality=90),
    "optimised": saved(photograph(), "JPEG", quality=90, optimize=True),
    "progressive": saved(photograph(), "JPEG", quality=90, progressive=True),
    "with restarts": saved(photograph(), "JPEG", quality=90, restart_marker_rows=2),
    "4:4:4": saved(photograph(), "JPEG", quality=90, subsampling=0),
    "grey": saved(photograph().convert("L"), "JPEG", quality=90),
    "cmyk": saved(photograph().convert("CMYK"), "JPEG", quality=90),
}
_EACH = pytest.mark.parametrize("whole", _PHOTOGRAPHS.values(), ids=_PHOTOGRAPHS)


def _zeroed(content: bytes, begin: float, end: float) -> bytes:
    first, last = int(len(content) * begin), int(len(content) * end)
    return content[:first] + bytes(last - first) + content[last:]


def _refused(folder: Path, fetch: Fetch, content: bytes) -> None:
    (folder / "a.jpg").write_bytes(content)
    with pytest.raises(FrameRefused, match=DAMAGED) as refused:
        fetch("a.jpg")
    assert "'a.jpg'" in str(refused.value)


# -- JPEG --------------------------------------------------------------------------------------


@_EACH
@pytest.mark.parametrize("begin", [0.3, 0.75, 0.9])
def test_a_jpeg_with_zeros_in_it_is_refused(
    folder: Path, fetch: Fetch, whole: bytes, begin: float
) -> None:
    _refused(folder, fetch, _zeroed(whole, begin, begin + 0.05))


@pytest.mark.parametrize("kind", ["baseline", "with restarts", "4:4:4"])
@pytest.mark.parametrize("at", [0.21, 0.43, 0.55, 0.67, 0.89])
def test_a_few_zeros_are_found_although_the_decoder_recovers(
    folder: Path, fetch: Fetch, kind: str, at: float
) -> None:
    whole = _PHOTOGRAPHS[kind]
    begin = int(len(whole) * at)

    _refused(folder, fetch, whole[:begin] + bytes(80) + whole[begin + 80 :])


@_EACH
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
@pytest.mark.parametrize("ending", [b"", _END, bytes(4096), bytes(4096) + _END, b"\0\0"])
def test_a_jpeg_that_lacks_pixels_is_refused_however_it_ends(
    folder: Path, fetch: Fetch, whole: bytes, share: float, ending: bytes
) -> None:
    _refused(folder, fetch, whole[: int(len(whole) * share)] + ending)


@_EACH
@pytest.mark.parametrize(("old", "new"), [(b"\n", b"\r\n"), (b"\r", b"\n"), (b"\n", b"\r")])
def test_a_jpeg_that_was_sent_as_text_is_refused(
    folder: Path, fetch: Fetch, whole: bytes, old: bytes, new: bytes
) -> None:
    _refused(folder, fetch, whole.replace(old, new))


def test_a_jpeg_whose_line_breaks_were_made_shorter_is_refused(folder: Path, fetch: Fetch) -> None:
    whole = saved(noise(640, 480), "JPEG", quality=95)
    assert b"\r\n" in whole

    _refused(folder, fetch, whole.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize("kept_scans", [1, 2, 5, 9])
@pytest.mark.parametrize("ending", [b"", _END])
def test_a_progressive_jpeg_that_lacks_scans_is_refused(
    folder: Path, fetch: Fetch, kept_scans: int, ending: bytes
) -> None:
    whole = _PHOTOGRAPHS["progressive"]
    at = -1
    for _scan in range(kept_scans + 1):
        at = whole.index(b"\xff\xda", at + 1)
    tables = whole.rfind(b"\xff\xc4", 0, at)  # they stand between the scans

    _refused(folder, fetch, whole[:tables] + ending)


@_EACH
def test_a_jpeg_that_lacks_its_last_marker_alone_is_sent_with_one(
    folder: Path, fetch: Fetch, whole: bytes
) -> None:
    (folder / "a.jpg").write_bytes(whole)
    complete = fetch("a.jpg")
    for lacking in (whole[:-2], whole[:-1], whole[:-2] + bytes(4096)):
        (folder / "b.jpg").write_bytes(lacking)

        frame = fetch("b.jpg")

        assert frame.sha256 != complete.sha256  # known by the bytes as given
        kept = frame.path.read_bytes()
        assert kept.endswith(_END)
        assert np.array_equal(
            np.asarray(loaded(kept)), np.asarray(loaded(complete.path.read_bytes()))
        )


def test_zero_padding_of_a_jpeg_is_not_damage(folder: Path, fetch: Fetch) -> None:
    whole = _PHOTOGRAPHS["baseline"]
    for content in (whole[:-2] + bytes(14) + _END, whole + bytes(100_000)):
        (folder / "a.jpg").write_bytes(content)

        assert fetch("a.jpg").path.read_bytes() == content


def test_an_even_jpeg_of_zeros_alone_is_whole(folder: Path, fetch: Fetch) -> None:
    """With tables of its own, an even picture is coded in nothing but zeros."""
    content = saved(Image.new("L", (1280, 720), 128), "JPEG", optimize=True)
    assert bytes(500) in content
    (folder / "a.jpg").write_bytes(content)

    assert fetch("a.jpg").path.read_bytes() == content


def test_scans_are_counted_in_the_picture_alone(folder: Path, fetch: Fetch) -> None:
    content = _PHOTOGRAPHS["baseline"] + b"\xff\xda\0\0" * 5000  # a film behind it
    (folder / "a.jpg").write_bytes(content)

    assert fetch("a.jpg").path.read_bytes() == content


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"JFIF\0\1", b"JFIF\0\7"), (b"\0\x3f\0", b"\0\0\0")],
    ids=["a later JFIF", "a scan without its last coefficient"],
)
def test_decoder_warnings_about_metadata_are_not_damage(
    folder: Path, fetch: Fetch, before: bytes, after: bytes
) -> None:
    content = _PHOTOGRAPHS["baseline"].replace(before, after, 1)
    assert content != _PHOTOGRAPHS["baseline"]
    (folder / "a.jpg").write_bytes(content)

    assert fetch("a.jpg").path.read_bytes() == content


@at_least(300)
@given(st.sampled_from(list(_PHOTOGRAPHS.values())), st.binary(max_size=40), st.integers(2))
def test_any_bytes_at_the_end_of_a_cut_jpeg_are_refused_or_a_jpeg(
    whole: bytes, ending: bytes, cut: int
) -> None:
    content = whole[: 2 + cut % (len(whole) - 2)] + ending

    try:
        found = whole_jpeg(content, "'a.jpg'")
    except FrameRefused:
        return

    with Image.open(io.BytesIO(found), formats=["JPEG"]) as image:
        image.load()


def test_a_jpeg_without_any_pixels_is_refused() -> None:
    whole = _PHOTOGRAPHS["optimised"]
    header = whole.index(b"\xff\xda") + 2
    length = int.from_bytes(whole[header : header + 2])

    with pytest.raises(FrameRefused, match="ends before all of its scans"):
        whole_jpeg(whole[: header + length], "'a.jpg'")


# -- WebP --------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"quality": 85}, {"lossless": True}], ids=str)
@pytest.mark.parametrize(("begin", "end"), [(0.5, 1), (0.9, 1), (0.4, 0.6)])
def test_a_webp_with_zeros_in_it_is_refused(
    folder: Path, fetch: Fetch, options: dict[str, int], begin: float, end: float
) -> None:
    _refused(folder, fetch, _zeroed(saved(noise(640, 480), "WEBP", **options), begin, end))


def test_a_large_webp_that_lacks_its_end_is_refused(folder: Path, fetch: Fetch) -> None:
    whole = saved(photograph(1920, 1080), "WEBP", quality=90)

    _refused(folder, fetch, whole[:-4096] + bytes(4096))


@pytest.mark.parametrize("size", [(320, 320), (1920, 1080)], ids=str)
@pytest.mark.parametrize("method", [0, 2, 4])
def test_an_even_webp_is_whole(
    folder: Path, fetch: Fetch, size: tuple[int, int], method: int
) -> None:
    image = Image.new("RGB", size)
    image.paste(noise(size[0], 64))  # and below, nothing
    content = saved(image, "WEBP", method=method, exif=bytes(4000))
    (folder / "a.webp").write_bytes(content)

    assert fetch("a.webp").path.read_bytes() == content


@pytest.mark.parametrize(("old", "new"), [(b"\n", b"\r\n"), (b"\r", b"\n"), (b"\n", b"\r")])
def test_a_webp_that_was_sent_as_text_is_refused(
    folder: Path, fetch: Fetch, old: bytes, new: bytes
) -> None:
    whole = saved(noise(640, 480), "WEBP")

    _refused(folder, fetch, whole[:40] + whole[40:].replace(old, new))


# -- PNG ---------------------------------------------------------------------------------------

_PNG = saved(photograph())


@pytest.mark.parametrize(
    "content",
    [
        _zeroed(_PNG, 0.4, 0.6),
        _zeroed(_PNG, 0.5, 1),
        _PNG[: len(_PNG) // 2] + png_chunk(b"IEND", b""),
        _PNG[: len(_PNG) // 2] + bytes([_PNG[len(_PNG) // 2] ^ 1]) + _PNG[len(_PNG) // 2 + 1 :],
        _PNG[:8] + _PNG[8:].replace(b"\n", b"\r\n"),
        _PNG[:8] + _PNG[8:].replace(b"\r", b"\n"),
        png_with(_PNG, png_chunk(b"CgBI", b"\x50\0\x20\2")),
    ],
    ids=[
        "zeros",
        "zeros to the end",
        "cut and ended",
        "one bit",
        "as text",
        "as text 2",
        "Apple's",
    ],
)
def test_a_png_that_is_not_whole_is_refused(folder: Path, fetch: Fetch, content: bytes) -> None:
    _refused(folder, fetch, content)


def _wrong_checksum(name: bytes, body: bytes) -> bytes:
    return png_chunk(name, body)[:-4] + b"\0\1\2\3"


@pytest.mark.parametrize(
    "chunk",
    [
        _wrong_checksum(b"pHYs", struct.pack(">IIB", 2835, 2835, 1)),
        _wrong_checksum(b"tEXt", b"Title\0Harbour"),
        _wrong_checksum(b"tIME", bytes(7)),
        _wrong_checksum(b"gAMA", struct.pack(">I", 100_000)),
        _wrong_checksum(b"prVt", b"private"),
        png_chunk(b"zTXt", b"workflow\0\0" + zlib.compress(bytes(2_000_000))),
        png_chunk(b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress(bytes(2_000_000))),
        png_chunk(b"zTXt", b"workflow\0\0no zlib"),
        b"".join(png_chunk(b"zTXt", b"w\0\0" + zlib.compress(bytes(1_000_000))) for _ in range(80)),
    ],
    ids=[
        *("resolution", "text", "time", "gamma", "private", "long text", "long text in Unicode"),
        *("text of nonsense", "80 MB of texts"),
    ],
)
def test_png_chunks_without_pixels_are_removed(folder: Path, fetch: Fetch, chunk: bytes) -> None:
    (folder / "a.png").write_bytes(png_with(_PNG, chunk))

    kept = fetch("a.png").path.read_bytes()

    assert chunk[4:8] not in kept
    assert np.array_equal(np.asarray(loaded(kept)), np.asarray(photograph()))


def test_a_png_without_its_last_chunk_is_accepted(folder: Path, fetch: Fetch) -> None:
    (folder / "a.png").write_bytes(_PNG[:-12])

    kept = fetch("a.png").path.read_bytes()

    assert np.array_equal(np.asarray(loaded(kept)), np.asarray(photograph()))


def test_a_transparent_colour_whose_checksum_is_wrong_concerns_the_picture(
    folder: Path, fetch: Fetch
) -> None:
    _refused(folder, fetch, png_with(_PNG, _wrong_checksum(b"tRNS", bytes(6))))


# -- turning, warnings -------------------------------------------------------------------------

_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    b'tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_xmp_alone_does_not_rotate(folder: Path, fetch: Fetch, kind: str) -> None:
    if kind == "PNG":
        content = png_with(
            saved(drawing()), png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + _XMP)
        )
    else:
        content = saved(drawing(), kind, xmp=_XMP)
    (folder / "a").write_bytes(content)

    assert fetch("a").path.read_bytes() == content


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_no_other_reader_rotates_by_xmp(tmp_path: Path, kind: str) -> None:
    """Neither the emulated service nor the comparison of the clip with its first frame."""
    content = saved(drawing(), kind, xmp=_XMP)
    assert loaded(content).getexif()[0x0112] == 6  # as Pillow has it
    (tmp_path / "a").write_bytes(content)

    assert emulated(content).size == (640, 480)
    assert examine(content, _FIELD, Habits()) == (640, 480)
    assert _upright(tmp_path / "a", (640, 480)).size == (640, 480)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_exif_rotates_regardless_of_xmp(folder: Path, fetch: Fetch, kind: str) -> None:
    (folder / "a").write_bytes(saved(drawing(), kind, xmp=_XMP, exif=turned_by_exif(8)))

    assert fetch("a").size.width == 480


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [3, 4])
def test_an_orientation_is_read_in_either_order_of_bytes(
    folder: Path, fetch: Fetch, order: str, kind: int
) -> None:
    value = struct.pack(order + ("H2x" if kind == 3 else "I"), 6)
    exif = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}HIH", 42, 8, 1)
    exif += struct.pack(f"{order}HHI", 0x0112, kind, 1) + value + bytes(4)
    (folder / "a").write_bytes(saved(drawing(), "JPEG", exif=b"Exif\0\0" + exif))

    assert fetch("a").size.width == 480


def test_no_library_warning_is_printed() -> None:
    """In a process of its own, where nobody turns warnings into errors."""
    odd = [
        png_with(_PNG, png_chunk(b"acTL", bytes(8))),
        png_with(_PNG, *[png_chunk(b"acTL", struct.pack(">II", 1, 0))] * 2),
        saved(drawing(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x09\x01\x12\0\x03\0\0\0\x09\0\0"),
        saved(drawing().quantize(16), transparency=bytes([0, 255, 128])),
        saved(drawing(), "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff"),
    ]
    program = """
import sys
from seedance_assets.adapters.first_frame.decoding import decode
from seedance_assets.adapters.first_frame.formats import media_type
for picture in map(bytes.fromhex, sys.stdin.read().split()):
    decode(picture, media_type(picture, "a"), "a").as_rgb()
"""

    ran = subprocess.run(
        [sys.executable, "-W", "always", "-c", program],
        input="\n".join(picture.hex() for picture in odd),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@at_least(200)
@given(
    st.sampled_from([_PNG, _PHOTOGRAPHS["baseline"], saved(photograph(), "WEBP")]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=5),
)
def test_any_changed_byte_gives_a_picture_or_a_refusal(
    whole: bytes, changes: list[tuple[float, int]]
) -> None:
    damaged = bytearray(whole)
    for share, value in changes:
        damaged[12 + int(share * (len(whole) - 13))] = value
    media = {b"\x89": "image/png", b"\xff": "image/jpeg", b"R": "image/webp"}[bytes(damaged[:1])]

    try:
        found = decode(bytes(damaged), media, "'a'")
    except (FrameRefused, OSError, SyntaxError, ValueError):
        return
    assert found.as_rgb().mode == "RGB"

"""A PNG's colour space and transparency are applied to its pixels."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seedance_assets.core.errors import FrameRefused
from tests.first_frame.conftest import Fetch
from tests.first_frame.corpus import linear_profile
from tests.first_frame.drawings import drawing, loaded, near, png_chunk, png_with, raw_png, saved

_P3_RED = (230, 30, 30)


def _cicp(primaries: int, transfer: int, matrix: int = 0, full: int = 1) -> bytes:
    return png_chunk(b"cICP", bytes([primaries, transfer, matrix, full]))


def _gama(gamma: float) -> bytes:
    return png_chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000)))


def _chrm(*coordinates: float) -> bytes:
    return png_chunk(b"cHRM", struct.pack(">8I", *(round(c * 100_000) for c in coordinates)))


_CHRM_P3 = _chrm(0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
_CHRM_SRGB = _chrm(0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
_SRGB = png_chunk(b"sRGB", b"\0")


def _of_rec_2020(colour: tuple[int, int, int]) -> tuple[int, ...]:
    """Rec. 2020's primaries in sRGB's. Source: Rec. ITU-R BT.2087, the inverse of its matrix."""
    encoded = np.array(colour) / 255
    light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    matrix = [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
    seen = (np.array(matrix) @ light).clip(0, 1)
    written = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    return tuple(int(value) for value in (written * 255).round())


def _plain(colour: tuple[int, int, int], *chunks: bytes) -> bytes:
    return png_with(saved(Image.new("RGB", (640, 480), colour)), *chunks)


@pytest.mark.parametrize(
    ("chunks", "given", "seen"),
    [
        ([_cicp(12, 13)], _P3_RED, (251, 0, 0)),
        ([_cicp(12, 1)], _P3_RED, (251, 0, 0)),
        ([_cicp(9, 13)], (150, 160, 140), _of_rec_2020((150, 160, 140))),
        ([_cicp(1, 8)], (55, 55, 55), (128, 128, 128)),
        ([_CHRM_P3], _P3_RED, (251, 0, 0)),
        ([_CHRM_P3, _gama(0.45455)], _P3_RED, (251, 0, 0)),
        ([_gama(1.0)], (55, 55, 55), (128, 128, 128)),
        ([_gama(0.3)], (128, 128, 128), (94, 94, 94)),
        ([_SRGB, _cicp(12, 13)], _P3_RED, (251, 0, 0)),
    ],
    ids=[
        *("P3", "P3 of a video", "Rec. 2020", "linear", "P3 by primaries"),
        *("P3 by primaries and gamma", "linear by gamma", "dark by gamma", "cICP before sRGB"),
    ],
)
def test_colours_are_those_that_a_browser_shows(
    folder: Path,
    fetch: Fetch,
    chunks: list[bytes],
    given: tuple[int, int, int],
    seen: tuple[int, int, int],
) -> None:
    (folder / "a.png").write_bytes(_plain(given, *chunks))

    assert near(loaded(fetch("a.png").path.read_bytes()), (300, 200), seen)


@pytest.mark.parametrize(
    "chunks",
    [
        [_cicp(1, 13)],
        [_cicp(1, 1)],
        [_cicp(2, 2)],
        [_cicp(12, 13, matrix=1)],
        [_cicp(77, 13)],
        [png_chunk(b"cICP", b"\1")],
        [_gama(0.45455), _CHRM_SRGB],
        [_gama(0.51)],
        [_gama(0.55556)],
        [_gama(0)],
        [_SRGB, _gama(1.0), _CHRM_P3],
        [_chrm(0, 0, 0, 0, 0, 0, 0, 0)],
        [_chrm(*[0.3] * 8)],
        [_cicp(1, 13), _CHRM_P3],
    ],
)
def test_a_picture_in_srgb_or_with_an_invalid_profile_is_stored_unchanged(
    folder: Path, fetch: Fetch, chunks: list[bytes]
) -> None:
    content = _plain(_P3_RED, *chunks)
    (folder / "a.png").write_bytes(content)

    assert fetch("a.png").path.read_bytes() == content


def test_cicp_wins_over_a_profile(folder: Path, fetch: Fetch) -> None:
    whole = saved(Image.new("RGB", (640, 480), _P3_RED), icc_profile=linear_profile())
    (folder / "a.png").write_bytes(png_with(whole, _cicp(1, 13)))

    assert near(loaded(fetch("a.png").path.read_bytes()), (300, 200), _P3_RED)


@pytest.mark.parametrize(
    ("chunk", "says"),
    [
        (_cicp(9, 16), r"HDR picture \(PQ\)"),
        (_cicp(9, 18), r"HDR picture \(HLG\)"),
        (_cicp(1, 1, full=0), "video levels"),
    ],
)
def test_hdr_is_refused(folder: Path, fetch: Fetch, chunk: bytes, says: str) -> None:
    (folder / "a.png").write_bytes(_plain(_P3_RED, chunk))

    with pytest.raises(FrameRefused, match=says) as refused:
        fetch("a.png")

    assert refused.value.advice


def test_a_grey_picture_follows_its_gamma(folder: Path, fetch: Fetch) -> None:
    whole = saved(Image.new("L", (640, 480), 55))
    (folder / "a.png").write_bytes(png_with(whole, _gama(1.0)))

    assert near(loaded(fetch("a.png").path.read_bytes()), (300, 200), (128, 128, 128))


# -- transparency --------------------------------------------------------------------------------


def _halves(left: int, right: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    values = np.full((480, 640), right)
    values[:, :320] = left
    return values


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_the_hidden_grey_is_white_and_its_neighbour_is_not(
    folder: Path, fetch: Fetch, depth: int
) -> None:
    hidden = 0 if depth < 16 else 1000
    values = _halves(hidden, hidden + 1)
    if depth == 16:
        rows = values.astype(">u2").view(np.uint8)
    else:
        bits = (values[..., None] >> np.arange(depth - 1, -1, -1)) & 1
        rows = np.packbits(bits.reshape(480, -1).astype(np.uint8), axis=1)
    transparent = png_chunk(b"tRNS", struct.pack(">H", hidden))
    (folder / "a.png").write_bytes(raw_png(rows, depth, 0, transparent))

    kept = loaded(fetch("a.png").path.read_bytes())

    shown = round(255 * (hidden + 1) / ((1 << depth) - 1))
    assert near(kept, (100, 200), (255, 255, 255))
    assert near(kept, (500, 200), (shown, shown, shown))


@pytest.mark.parametrize("depth", [8, 16])
def test_the_hidden_colour_is_white_and_its_neighbour_is_not(
    folder: Path, fetch: Fetch, depth: int
) -> None:
    hidden = (200, 30, 31) if depth == 8 else (0xC812, 0x1E34, 0x1E56)
    values = np.empty((480, 640, 3), dtype=int)
    values[:] = hidden
    values[:, 320:, 2] += 1
    rows = values.astype(np.uint8 if depth == 8 else ">u2").reshape(480, -1).view(np.uint8)
    transparent = png_chunk(b"tRNS", struct.pack(">3H", *hidden))
    (folder / "a.png").write_bytes(raw_png(rows, depth, 2, transparent))

    kept = loaded(fetch("a.png").path.read_bytes())

    assert near(kept, (100, 200), (255, 255, 255))
    assert near(kept, (500, 200), (200, 30, 30))


def test_a_hidden_colour_that_no_pixel_has_changes_nothing(folder: Path, fetch: Fetch) -> None:
    content = png_with(saved(drawing()), png_chunk(b"tRNS", struct.pack(">3H", 1, 2, 3)))
    (folder / "a.png").write_bytes(content)

    assert fetch("a.png").path.read_bytes() == content


def test_a_transparent_palette_is_laid_on_white(folder: Path, fetch: Fetch) -> None:
    image = drawing().quantize(16)
    entry = np.asarray(image)[300, 100]
    alphas = bytes(0 if n == entry else 255 for n in range(16))
    (folder / "a.png").write_bytes(saved(image, transparency=alphas))

    kept = loaded(fetch("a.png").path.read_bytes())

    assert near(kept, (100, 300), (255, 255, 255))
    assert near(kept, (500, 300), (30, 60, 200))

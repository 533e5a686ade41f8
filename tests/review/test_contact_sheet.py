"""The contact sheet as one picture, small enough for an event."""

import io

import numpy as np
import pytest
from PIL import Image

from seedance_assets.adapters.review.contact_sheet import (
    MOST_TILES,
    Tile,
    build_contact_sheet,
    chosen_tiles,
)

RED, GREEN = (218, 54, 51), (46, 160, 67)


def jpeg(pixels: Image.Image) -> bytes:
    target = io.BytesIO()
    pixels.save(target, "JPEG", quality=90)
    return target.getvalue()


def noise(seed: int) -> bytes:
    """What compresses worst."""
    pixels = np.random.default_rng(seed).integers(0, 256, (496, 864, 3), dtype=np.uint8)
    return jpeg(Image.fromarray(pixels))


def near(pixel: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True))


def test_each_shot_has_a_tile_framed_in_the_colour_of_its_verdict() -> None:
    blue = jpeg(Image.new("RGB", (864, 496), (20, 60, 200)))

    content = build_contact_sheet(
        [Tile("sh010", "pass", blue), Tile("sh020", "fail", blue)], most_bytes=60_000
    )

    sheet = Image.open(io.BytesIO(content))
    middle = 4 + 48
    assert near(sheet.getpixel((5, middle)), GREEN)
    assert near(sheet.getpixel((80, middle)), (20, 60, 200))
    assert near(sheet.getpixel((sheet.width - 6, middle)), RED)


def test_many_busy_pictures_still_fit() -> None:
    posters = [noise(n) for n in range(4)]
    tiles = [Tile(f"sh{n:03}", "warn", posters[n % 4]) for n in range(MOST_TILES)]

    assert len(build_contact_sheet(tiles, most_bytes=60_000)) <= 60_000


def test_a_large_show_displays_shots_that_need_attention_in_order() -> None:
    tiles = [Tile(f"sh{n:03}", "fail" if n % 50 == 49 else "pass", None) for n in range(1000)]

    shown = chosen_tiles(tiles)

    assert len(shown) == MOST_TILES
    assert [t.shot for t in shown if t.verdict == "fail"] == [
        f"sh{n:03}" for n in range(49, 1000, 50)
    ]
    assert [t.shot for t in shown] == sorted(t.shot for t in shown)


@pytest.mark.parametrize("poster", [None, b"", b"no picture", b"\xff\xd8\xff\xe0 half a picture"])
def test_an_unreadable_poster_is_black(poster: bytes | None) -> None:
    sheet = Image.open(io.BytesIO(build_contact_sheet([Tile("a", None, poster)], most_bytes=9_000)))

    assert near(sheet.getpixel((80, 50)), (0, 0, 0))


def test_a_show_without_shots_has_a_sheet_all_the_same() -> None:
    assert build_contact_sheet([], most_bytes=9_000).startswith(b"\xff\xd8")

"""The contact sheet as one small picture: a tile per shot, framed in the colour of its verdict.

For places that cannot show a page, such as Dagster's metadata.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

MOST_TILES = 96
_SIZES = ((160, 70), (128, 60), (96, 50), (64, 40))  # width of a tile in pixels, JPEG quality
_ACROSS_PX = 960
_EDGE_PX, _GAP_PX, _LABEL_PX = 3, 4, 14
_BACKGROUND, _INK = (24, 26, 30), (225, 228, 232)
_COLOURS = {
    "pass": (46, 160, 67),
    "warn": (227, 160, 8),
    "fail": (218, 54, 51),
    None: (110, 118, 129),
}
_URGENCY = ("fail", "warn", None, "pass")


@dataclass(frozen=True, slots=True)
class Tile:
    """A shot on the sheet."""

    shot: str
    verdict: Literal["pass", "warn", "fail"] | None
    poster: bytes | None
    """A JPEG of its clip, if there is one."""


def chosen_tiles(tiles: Sequence[Tile]) -> list[Tile]:
    """The tiles to show, in order, at most 96: all, or those that need attention."""
    urgent = sorted(tiles, key=lambda tile: _URGENCY.index(tile.verdict))[:MOST_TILES]
    return [tile for tile in tiles if tile in urgent][:MOST_TILES]


def build_contact_sheet(tiles: Sequence[Tile], *, most_bytes: int) -> bytes:
    """A JPEG of the tiles, made smaller until it has at most `most_bytes` (or is the smallest)."""
    content = b""
    for width, quality in _SIZES:
        target = io.BytesIO()
        _draw(tiles, width).save(target, "JPEG", quality=quality)
        content = target.getvalue()
        if len(content) <= most_bytes:
            break
    return content


def _draw(tiles: Sequence[Tile], width: int) -> Image.Image:
    height = round(width * 9 / 16)
    cell = (width + 2 * _EDGE_PX + _GAP_PX, height + 2 * _EDGE_PX + _LABEL_PX + _GAP_PX)
    across = max(1, min(_ACROSS_PX // cell[0], len(tiles)))
    down = max(1, -(-len(tiles) // across))
    sheet = Image.new("RGB", (across * cell[0] + _GAP_PX, down * cell[1] + _GAP_PX), _BACKGROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=11)
    for place, tile in enumerate(tiles):
        left, top = (place % across) * cell[0] + _GAP_PX, (place // across) * cell[1] + _GAP_PX
        right, bottom = left + width + 2 * _EDGE_PX, top + height + 2 * _EDGE_PX
        pen.rectangle((left, top, right - 1, bottom - 1), fill=_COLOURS[tile.verdict])
        sheet.paste(_picture(tile, (width, height)), (left + _EDGE_PX, top + _EDGE_PX))
        pen.text((left, bottom), _fitting(tile.shot, font, width), fill=_INK, font=font)
    return sheet


def _picture(tile: Tile, size: tuple[int, int]) -> Image.Image:
    """The whole poster on black, whatever its ratio; black for a shot without one."""
    black = Image.new("RGB", size)
    if tile.poster is None:
        return black
    try:
        with Image.open(io.BytesIO(tile.poster), formats=("JPEG",)) as poster:
            poster.draft("RGB", size)
            small = poster.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError):  # the folder may have other files
        return black
    small.thumbnail(size)
    black.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
    return black


def _fitting(name: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: int) -> str:
    """The end of a name that is too long, where shots differ."""
    while len(name) > 1 and font.getlength(name) > width:
        name = name[1:]
    return name

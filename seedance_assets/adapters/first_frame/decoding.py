"""Decode a picture into pixels that every service reads in the same way."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from seedance_assets.adapters.first_frame.colours import has_other_colours, to_srgb
from seedance_assets.adapters.first_frame.header import exif_of, orientation
from seedance_assets.adapters.first_frame.jpeg import whole_jpeg
from seedance_assets.adapters.first_frame.png import GREY, Png, read_png
from seedance_assets.adapters.first_frame.profiles import profile_of_png

_SIXTEEN_BITS = 16
_OPAQUE = 255
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture's pixels, and what its file declares about them."""

    image: Image.Image
    """With 8 bits a channel."""
    content: bytes
    """The file to store, if it needs no rewriting."""
    profile: bytes | None
    """The ICC profile of its colours."""
    turn: Image.Transpose | None
    """The transposition that makes it upright."""
    was_deep: bool = False
    """Whether it had 16 bits a channel."""

    @property
    def needs_rewriting(self) -> bool:
        """Whether services read it in different ways."""
        if self.was_deep or self.image.mode == "CMYK" or self.turn is not None:
            return True
        return self._is_see_through or has_other_colours(self.image, self.profile)

    @property
    def _is_see_through(self) -> bool:
        if not self.image.has_transparency_data:
            return False
        least, _most = self.image.convert("RGBA").getchannel("A").getextrema()
        return isinstance(least, tuple) or least < _OPAQUE

    def as_rgb(self) -> Image.Image:
        """Upright 8-bit sRGB on a white background."""
        upright = self.image if self.turn is None else self.image.transpose(self.turn)
        if upright.has_transparency_data:
            layer = upright.convert("RGBA")
            white = Image.new("RGBA", layer.size, "white")
            flat = Image.alpha_composite(white, layer).convert("RGB")
            # A grey picture is converted as grey: its profile has one channel.
            upright = flat.convert("L") if self.image.mode == "LA" else flat
        return to_srgb(upright, self.profile)


def decode(content: bytes, media_type: str, name: str) -> Decoded:
    """The pixels of a picture whose header has been checked.

    Raises `FrameRefused` (with `name` in the text), or what Pillow raises for damage.
    """
    if media_type == "image/png":
        return _decoded_png(content, name)
    if media_type == "image/jpeg":
        content = whole_jpeg(content, name)
    kind = JpegImageFile if media_type == "image/jpeg" else WebPImageFile
    with kind(io.BytesIO(content)) as image:
        image.load()
        profile = image.info.get("icc_profile")
        return Decoded(
            image=image,
            content=content,
            profile=profile if isinstance(profile, bytes) else None,
            turn=_TURNS.get(orientation(exif_of(image))),
        )


def _decoded_png(content: bytes, name: str) -> Decoded:
    png = read_png(io.BytesIO(content), name)
    deep = png.header.depth == _SIXTEEN_BITS
    with PngImageFile(io.BytesIO(png.picture)) as image:
        image.load()
    eight_bits = _in_eight_bits(image)
    if png.hidden is not None:
        shown = _shown_by_colour(image, png, png.hidden)
        if not shown.all():
            alpha = Image.fromarray(shown.astype(np.uint8) * _OPAQUE)
            eight_bits = eight_bits.convert("L" if png.header.colours == GREY else "RGB")
            eight_bits.putalpha(alpha)
    grey = eight_bits.mode in {"1", "L", "LA"}
    return Decoded(
        image=eight_bits,
        content=content if png.plain else png.picture,
        profile=profile_of_png(png.colours, grey=grey, name=name),
        turn=_TURNS.get(orientation(png.header.exif)),
        was_deep=deep,
    )


def _in_eight_bits(image: Image.Image) -> Image.Image:
    if not image.mode.startswith("I"):
        return image.copy()
    grey = np.asarray(image.convert("I")).clip(0, 65535) >> 8
    return Image.fromarray(grey.astype(np.uint8))


def _shown_by_colour(image: Image.Image, png: Png, hidden: tuple[int, ...]) -> NDArray[np.bool_]:
    """The pixels of a grey or RGB PNG that are not its transparent colour, at full depth."""
    depth = png.header.depth
    most = (1 << depth) - 1
    colour = np.array(hidden) & most
    if png.header.colours == GREY:
        deep = depth == _SIXTEEN_BITS
        grey = np.asarray(image.convert("I" if deep else "L"))
        differs = grey != (colour if deep else colour * _OPAQUE // most)
        return np.asarray(differs, bool)
    differs = np.asarray(image) != (colour >> 8 if depth == _SIXTEEN_BITS else colour)
    if depth == _SIXTEEN_BITS:
        differs = differs | (_low_bytes(png.picture) != colour & 0xFF)
    return np.asarray(differs.any(axis=-1), bool)


def _low_bytes(picture: bytes) -> NDArray[np.uint8]:
    """The low bytes of a 16-bit RGB PNG, which Pillow drops."""
    with PngImageFile(io.BytesIO(picture)) as image:
        image.tile = [tile._replace(args="RGB;16L") for tile in image.tile]
        image.load()
        return np.asarray(image)

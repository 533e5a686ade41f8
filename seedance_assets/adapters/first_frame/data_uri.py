"""A stored first frame as a data URI, made smaller if the size limit requires it."""

import base64
import math
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from seedance_assets.adapters.first_frame.decoding import decode
from seedance_assets.adapters.first_frame.header import broken_rules, refusing_damage
from seedance_assets.adapters.first_frame.pictures import as_jpeg
from seedance_assets.adapters.first_frame.sources import described
from seedance_assets.adapters.whole_files import storage_errors
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.picture import Size
from seedance_assets.core.request import FirstFrame

QUALITIES = (95, 90, 85, 80, 75, 70)
"""JPEG qualities, tried in order; after the last one the picture gets fewer pixels instead."""

_STEP = 0.9  # the largest scale factor of each step


@dataclass(frozen=True, slots=True)
class Inlined:
    """A picture for inclusion in a request."""

    uri: str
    note: str = ""
    """What the user should know; empty if the picture is sent unchanged."""


def as_data_uri(frame: FirstFrame, max_bytes: int, schema: ModelSchema) -> Inlined:
    """`frame` as `data:image/…;base64,…` with at most `max_bytes` decoded bytes.

    A larger file is sent as the best JPEG that fits: first lower quality, then fewer pixels, down
    to the model's minimum. The stored file and the fingerprint do not change. Slow for a large
    picture: call it in a thread. Raises `FrameRefused` if nothing fits, `StorageError` if
    the file cannot be read.
    """
    with storage_errors(f"cannot read {frame.path}"):
        content = frame.path.read_bytes()
    if len(content) <= max_bytes:
        return Inlined(_uri(frame.media_type, content))
    with refusing_damage(described(frame.source)):
        image = decode(content, frame.media_type, described(frame.source)).as_rgb()
    for smaller, jpeg, quality in _ever_smaller(image, max_bytes, schema):
        if len(jpeg) <= max_bytes:
            return Inlined(_uri("image/jpeg", jpeg), _note(frame, smaller, jpeg, quality))
    raise FrameRefused(
        f"first frame {described(frame.source)} ({frame.size} pixels) does not fit into "
        f"{max_bytes} bytes, not even as the smallest JPEG that the model accepts",
        advice="Make the picture smaller, raise first_frames.max_data_uri_bytes in "
        "production.toml, or set another first_frames.delivery there.",
    )


def _ever_smaller(
    image: Image.Image, max_bytes: int, schema: ModelSchema
) -> Iterator[tuple[Size, bytes, int]]:
    """The picture as JPEGs, each smaller than the one before: size, bytes, quality."""
    jpeg = b""
    for quality in QUALITIES:
        jpeg = as_jpeg(image, quality)
        yield Size(*image.size), jpeg, quality
    scale = 1.0
    while True:
        scale *= min(_STEP, math.sqrt(max_bytes / len(jpeg)))
        size = Size(round(image.width * scale), round(image.height * scale))
        if min(size.width, size.height) < 1 or broken_rules(size, 0, schema):
            return
        smaller = image.resize((size.width, size.height), Image.Resampling.LANCZOS)
        jpeg = as_jpeg(smaller, QUALITIES[-1])
        yield size, jpeg, QUALITIES[-1]


def _note(frame: FirstFrame, size: Size, jpeg: bytes, quality: int) -> str:
    pixels = "" if size == frame.size else f" and {size} pixels instead of {frame.size}"
    return (
        f"first frame {described(frame.source)} is sent as a JPEG of quality {quality}{pixels}: "
        f"{len(jpeg) / 1e6:.1f} MB instead of {frame.size_bytes / 1e6:.1f} MB"
    )


def _uri(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"

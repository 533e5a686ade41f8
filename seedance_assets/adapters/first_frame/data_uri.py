"""A kept first frame as a data URI, made smaller if the service's way in is narrow."""

import base64

from seedance_assets.adapters.first_frame.pictures import QUALITIES, Picture, jpeg_within
from seedance_assets.adapters.first_frame.sources import described
from seedance_assets.adapters.whole_files import storage_errors
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.request import FirstFrame


def as_data_uri(frame: FirstFrame, max_bytes: int) -> str:
    """`frame` as `data:image/…;base64,…` with at most `max_bytes` decoded bytes.

    A larger file is sent as the best JPEG that fits; the kept file and the fingerprint stay as
    they are. Takes a moment for a large picture: call it in a thread. Raises `FrameRefused` if
    no quality from 70 up fits, `StorageError` if the file cannot be read.
    """
    with storage_errors(f"cannot read {frame.path}"):
        content = frame.path.read_bytes()
    if len(content) <= max_bytes:
        return _uri(frame.media_type, content)
    smaller = jpeg_within(Picture(content, frame.media_type, frame.size), max_bytes)
    if smaller is not None:
        return _uri("image/jpeg", smaller)
    raise FrameRefused(
        f"first frame {described(frame.source)} ({frame.size} pixels) does not fit into "
        f"{max_bytes} bytes, not even as a JPEG of quality {QUALITIES[-1]}",
        advice="Make the picture smaller, or raise first_frames.max_data_uri_bytes in "
        "production.toml.",
    )


def _uri(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"

"""Preview of a first frame: what the service crops away is dimmed."""

import io

from PIL import ImageDraw

from seedance_assets.adapters.first_frame.header import READERS, refusing_damage
from seedance_assets.adapters.first_frame.sources import described
from seedance_assets.adapters.whole_files import storage_errors
from seedance_assets.core.picture import Crop
from seedance_assets.core.request import FirstFrame

_DIMMED = 0.25  # brightness outside the crop
_QUALITY = 80
_FRAME, _LINE = (255, 196, 0), 2


def crop_preview(frame: FirstFrame, crop: Crop, *, longest_side: int = 320) -> bytes:
    """A stored frame as a small JPEG, dark outside `crop` (in the frame's own pixels).

    If anything is cropped, a line marks the edge. Raises `FrameRefused` for a damaged frame,
    `StorageError` for one that cannot be read.
    """
    with storage_errors(f"cannot read {frame.path}"):
        content = frame.path.read_bytes()
    with (
        refusing_damage(described(frame.source)),
        READERS[frame.media_type](io.BytesIO(content)) as image,
    ):
        image.draft("RGB", (longest_side, longest_side))  # decodes a JPEG at a small size
        small = image.convert("RGB")
    small.thumbnail((longest_side, longest_side))
    across, down = small.width / frame.size.width, small.height / frame.size.height
    box = (
        round(crop.left * across),
        round(crop.top * down),
        max(round((crop.left + crop.width) * across), 1),
        max(round((crop.top + crop.height) * down), 1),
    )
    shown = small.point([int(level * _DIMMED) for level in range(256)] * 3)
    shown.paste(small.crop(box), box[:2])
    if box != (0, 0, *small.size):
        right, bottom = box[2] - 1, box[3] - 1
        ImageDraw.Draw(shown).rectangle((*box[:2], right, bottom), outline=_FRAME, width=_LINE)
    target = io.BytesIO()
    shown.save(target, "JPEG", quality=_QUALITY)
    return target.getvalue()

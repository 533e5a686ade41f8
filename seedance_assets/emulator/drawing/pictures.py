"""Decode first frames from untrusted sources and check them against the model's rules."""

import io
import warnings

from PIL import Image, ImageOps

from seedance_assets.core.model_schema import InputField, PictureRule
from seedance_assets.emulator.api.order import Problem
from seedance_assets.emulator.jobs.scenario import Habits

_FORMATS = ("PNG", "JPEG", "WEBP")  # with all formats allowed, an EPS would start Ghostscript
_MOST_PIXELS = 40_000_000
warnings.filterwarnings("ignore", module=r"PIL\.")  # about odd metadata
_UNREADABLE = "The image could not be read: it must be a PNG, JPEG or WebP picture."


class PictureRefused(Exception):
    """A picture cannot be fetched, cannot be read, or breaks rules of the model."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences

    def problems(self, name: str) -> tuple[Problem, ...]:
        """The same as problems of the input `name`."""
        return tuple(Problem(name, sentence, own_words=True) for sentence in self.sentences)


def examine(data: bytes, field: InputField, habits: Habits) -> tuple[int, int]:
    """The upright size of a picture that passes all rules of `field`. Raises `PictureRefused`."""
    size = _size_of(data)
    inclusive = habits.picture_edges == "inclusive"
    broken = [r.validation_error for r in field.validations if _breaks(r, size, data, inclusive)]
    if broken:
        raise PictureRefused(*dict.fromkeys(broken))
    decode(data)
    return size


def decode(data: bytes) -> Image.Image:
    """The picture upright, as RGB. Raises `PictureRefused`."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise PictureRefused(_UNREADABLE)
            opened.load()
            _drop_xmp(opened)
            return ImageOps.exif_transpose(opened).convert("RGB")
    except _PILLOW_ERRORS as exc:
        raise PictureRefused(_UNREADABLE) from exc


# What Pillow's decoders raise for damaged or hostile files; they do raise SyntaxError.
_PILLOW_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    MemoryError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def _size_of(data: bytes) -> tuple[int, int]:
    """Width and height as displayed, from the header alone."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            if opened.format == "PNG" and opened.width * opened.height <= _MOST_PIXELS:
                opened.load()  # EXIF and XMP may follow the pixels
            _drop_xmp(opened)
            turned = opened.getexif().get(0x0112, 1) in {5, 6, 7, 8}
            return (opened.height, opened.width) if turned else (opened.width, opened.height)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return (10_000, 10_000)  # too large to decode, and too large for any rule
    except _PILLOW_ERRORS as exc:
        raise PictureRefused(_UNREADABLE) from exc


def _drop_xmp(opened: Image.Image) -> None:
    """Ignore XMP: viewers rotate a picture by EXIF alone, but Pillow also reads XMP."""
    for name in ("xmp", "XML:com.adobe.xmp"):
        opened.info.pop(name, None)


def _breaks(rule: PictureRule, size: tuple[int, int], data: bytes, inclusive: bool) -> bool:
    width, height = size
    measured = {
        "width_pixels": float(width),
        "height_pixels": float(height),
        "width/height": width / height,
        "file_size_mb": len(data) / 1e6,
    }[rule.validation_rule[:-1]]
    limit = rule.validation_value
    if inclusive and measured == limit:
        return False
    return measured >= limit if rule.validation_rule.endswith("<") else measured <= limit

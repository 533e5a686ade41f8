"""Convert pictures with a colour profile to sRGB pixels.

The service reads pixels and ignores their profile. Display P3 from a phone or Adobe RGB from a
camera would look pale, CMYK from a printer completely wrong.
"""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # the profile's colour space → Pillow's mode
_VISIBLE = 6
"""Steps of 255: how far a profile must move a colour to count as different from sRGB."""
_MAX_PROFILE_BYTES = 4 * 1024 * 1024
_LCMS_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError)


def has_other_colours(image: Image.Image, profile: bytes | None) -> bool:
    """Whether a picture's profile differs visibly from sRGB."""
    if profile is None or not 0 < len(profile) <= _MAX_PROFILE_BYTES:
        return False
    transform = _transform(profile)
    if transform is None or transform.input_mode != _form(image):
        return False
    return _shift(profile) > _VISIBLE


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An image without transparency as 8-bit sRGB."""
    if profile is not None and has_other_colours(image, profile):
        transform = _transform(profile)
        if transform is not None and (found := _applied(transform, image)) is not None:
            return found
    return image.convert("RGB")


def _form(image: Image.Image) -> str:
    """The mode that a profile for such pixels must have."""
    if image.mode in {"L", "LA", "1"}:
        return "L"
    return "CMYK" if image.mode == "CMYK" else "RGB"


@lru_cache(maxsize=64)
def _transform(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """From a profile to sRGB; None if the profile is unusable. Cached: a show has few profiles."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES[source.profile.xcolor_space.strip()]
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (*_LCMS_ERRORS, KeyError):
        return None


@lru_cache(maxsize=64)
def _shift(profile: bytes) -> int:
    """The largest change of some test colours by the profile, in steps of 255."""
    transform = _transform(profile)
    if transform is None:
        return 0
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    if transform.input_mode == "CMYK":
        return 255  # CMYK has no default to compare with
    if transform.input_mode == "L":
        patch = Image.fromarray(steps[None, :])
    else:
        cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
        patch = Image.fromarray(np.ascontiguousarray(cube))
    moved = _applied(transform, patch)
    if moved is None:
        return 0
    naive = np.asarray(patch.convert("RGB"), dtype=int)
    return int(np.abs(np.asarray(moved, dtype=int) - naive).max())


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image | None:
    mode = transform.input_mode
    form = image if image.mode == mode else image.convert(mode)
    try:
        return ImageCms.applyTransform(form, transform)
    except _LCMS_ERRORS:
        return None

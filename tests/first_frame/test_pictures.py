"""Which pictures are accepted, how they are stored, and which are refused."""

import asyncio
import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from seedance_assets.adapters.first_frame import FrameStore
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.picture import Size
from tests.first_frame.conftest import Fetch
from tests.first_frame.corpus import linear_profile, many_scans
from tests.first_frame.drawings import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    drawing,
    loaded,
    near,
    noise,
    png_claiming,
    png_of_16_bits,
    saved,
    turned_by_exif,
)

_LARGE = "The uploaded image width and height must not exceed 6000 pixels."
_SMALL = "The uploaded image width and height must not be less than 300 pixels."
_RATIO = "The aspect ratio range should be between 0.4 and 2.5."
_BYTES = "File size must be less than 30 MB."


def _opaque() -> Image.Image:
    image = drawing()
    image.putalpha(255)
    return image


def _see_through() -> Image.Image:
    """The left half cannot be seen."""
    image = drawing()
    mask = Image.new("L", image.size, 255)
    mask.paste(0, (0, 0, 320, 480))
    image.putalpha(mask)
    return image


@pytest.mark.parametrize(
    ("content", "media_type", "extension"),
    [
        (saved(drawing()), "image/png", "png"),
        (saved(drawing(), "JPEG"), "image/jpeg", "jpg"),
        (saved(drawing(), "WEBP"), "image/webp", "webp"),
        (saved(drawing().convert("L")), "image/png", "png"),
        (saved(drawing().quantize(16)), "image/png", "png"),
        (saved(drawing().convert("L"), "JPEG"), "image/jpeg", "jpg"),
        (saved(drawing(), "JPEG", progressive=True), "image/jpeg", "jpg"),
        (saved(drawing(), "JPEG", exif=turned_by_exif(1)), "image/jpeg", "jpg"),
        (saved(_opaque()), "image/png", "png"),
        (saved(drawing(), "JPEG") + b"\0" * 99, "image/jpeg", "jpg"),
    ],
    ids=[
        *("png", "jpeg", "webp", "grey", "palette", "grey jpeg", "progressive", "upright"),
        *("opaque", "trailing bytes"),
    ],
)
def test_an_ordinary_picture_is_stored_unchanged(
    folder: Path, root: Path, fetch: Fetch, content: bytes, media_type: str, extension: str
) -> None:
    (folder / "a.xyz").write_bytes(content)  # the content decides, not the name

    frame = fetch("a.xyz")

    sha256 = hashlib.sha256(content).hexdigest()
    assert frame.path == root / f"{sha256}.{extension}"
    assert frame.path.read_bytes() == content
    assert (frame.sha256, frame.media_type) == (sha256, media_type)
    assert (frame.size, frame.size_bytes) == (Size(640, 480), len(content))
    assert frame.source == "a.xyz"


_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,  # the camera was held so; EXIF says how to undo it
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", _UPRIGHT)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_rotated_by_exif_is_stored_upright_under_its_own_hash(
    folder: Path, fetch: Fetch, orientation: int, kind: str
) -> None:
    lying = drawing().transpose(_UPRIGHT[orientation])
    content = saved(lying, kind, exif=turned_by_exif(orientation), quality=95)
    (folder / "a.jpg").write_bytes(content)

    frame = fetch("a.jpg")

    kept = loaded(frame.path.read_bytes())
    assert frame.size == Size(640, 480) == Size(*kept.size)
    assert kept.getexif().get(0x0112, 1) == 1
    assert near(kept, (100, 300), RED)
    assert near(kept, (500, 300), BLUE)
    assert near(kept, (320, 20), GREEN)
    pillows = ImageOps.exif_transpose(loaded(content)).convert("RGB")
    assert np.abs(np.asarray(kept, int) - np.asarray(pillows, int)).max() < 16
    assert frame.sha256 == hashlib.sha256(content).hexdigest() == frame.path.stem
    assert frame.size_bytes == frame.path.stat().st_size


@pytest.mark.parametrize(
    ("content", "media_type", "left"),
    [
        (saved(drawing().convert("CMYK"), "JPEG", quality=95), "image/jpeg", RED),
        (saved(_see_through()), "image/png", WHITE),
        (saved(_see_through(), "WEBP", lossless=True), "image/png", WHITE),
        (png_of_16_bits(640, 480), "image/png", RED),
        (saved(Image.new("I;16", (640, 480), 0x1E77)), "image/png", (30, 30, 30)),
    ],
    ids=["cmyk", "see-through png", "see-through webp", "16-bit colour", "16-bit grey"],
)
def test_ambiguous_pictures_are_stored_as_plain_rgb(
    folder: Path, fetch: Fetch, content: bytes, media_type: str, left: tuple[int, int, int]
) -> None:
    (folder / "a").write_bytes(content)

    frame = fetch("a")

    kept = loaded(frame.path.read_bytes())
    assert (kept.mode, frame.media_type) == ("RGB", media_type)
    assert frame.path.read_bytes()[24] == 8 or media_type != "image/png"
    assert near(kept, (100, 300), left)
    assert frame.sha256 == hashlib.sha256(content).hexdigest()


def test_a_colour_profile_is_applied_to_the_pixels(folder: Path, fetch: Fetch) -> None:
    """The same light, written down once in sRGB and once in linear numbers with a profile."""
    ramp = Image.linear_gradient("L").resize((640, 480)).convert("RGB")
    as_seen = np.asarray(ramp, dtype=float) / 255
    linear = np.where(as_seen <= 0.04045, as_seen / 12.92, ((as_seen + 0.055) / 1.055) ** 2.4)
    written = Image.fromarray((linear * 255).round().astype(np.uint8))
    (folder / "a.png").write_bytes(saved(written, icc_profile=linear_profile()))

    kept = loaded(fetch("a.png").path.read_bytes())

    assert "icc_profile" not in kept.info
    light = np.asarray(kept, dtype=float)[200:]  # in the dark, 8 linear bits hold too few steps
    assert np.abs(light - np.asarray(ramp, dtype=float)[200:]).max() < 8
    assert np.abs(np.asarray(written, dtype=float)[200:] - light).max() > 40


def test_a_cmyk_picture_without_a_profile_keeps_its_colours(folder: Path, fetch: Fetch) -> None:
    (folder / "a.jpg").write_bytes(saved(drawing().convert("CMYK"), "JPEG", quality=95))

    kept = loaded(fetch("a.jpg").path.read_bytes())

    assert near(kept, (100, 300), RED)
    assert near(kept, (500, 300), BLUE)


@pytest.mark.parametrize(
    ("size", "sentences"),
    [
        ((300, 400), [_SMALL]),
        ((301, 301), []),
        ((6000, 3000), [_LARGE]),
        ((5999, 2401), []),
        ((1000, 400), [_RATIO]),
        ((999, 400), []),
        ((400, 1000), [_RATIO]),
        ((100, 600), [_SMALL, _RATIO]),
    ],
)
def test_the_models_rules_are_reported_with_the_services_sentences(
    folder: Path, fetch: Fetch, size: tuple[int, int], sentences: list[str]
) -> None:
    (folder / "a.png").write_bytes(saved(Image.new("RGB", size)))

    if not sentences:
        assert fetch("a.png").size == Size(*size)
        return
    with pytest.raises(FrameRefused) as refused:
        fetch("a.png")

    assert " ".join(sentences) in str(refused.value)
    assert "'a.png'" in str(refused.value)
    assert f"{size[0]}×{size[1]}" in str(refused.value)


def test_the_rules_apply_to_the_rotated_picture(folder: Path, fetch: Fetch) -> None:
    turned = saved(drawing(1000, 401), "JPEG", exif=turned_by_exif(6))
    (folder / "a.jpg").write_bytes(turned)

    assert fetch("a.jpg").size == Size(401, 1000)


def test_a_file_of_30_mb_is_refused_before_it_is_read(folder: Path, fetch: Fetch) -> None:
    with (folder / "a.png").open("wb") as file:
        file.write(saved(drawing()))
        file.truncate(30_000_001)

    with pytest.raises(FrameRefused, match=_BYTES):
        fetch("a.png")


def test_a_model_without_rules_for_pictures_takes_any_size(
    folder: Path, root: Path, schema: ModelSchema
) -> None:
    field = schema.input_schema.properties["first_frame_image_url"]
    free = schema.model_copy(
        update={
            "model_id": "maker/free",
            "input_schema": schema.input_schema.model_copy(
                update={
                    "properties": {
                        "first_frame_image_url": field.model_copy(update={"validations": ()})
                    }
                }
            ),
        }
    )
    (folder / "a.png").write_bytes(saved(drawing(32, 16)))

    frame = asyncio.run(FrameStore(root).fetch("a.png", beside=folder, schema=free))

    assert frame.size == Size(32, 16)


def _animated(kind: str) -> bytes:
    others = [Image.new("RGB", (640, 480), BLUE)]
    return saved(drawing(), kind, save_all=True, append_images=others, duration=100)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"no picture at all", "is not a picture"),
        (saved(drawing(), "GIF"), "is a GIF"),
        (saved(drawing(), "TIFF"), "is a TIFF"),
        (saved(drawing(), "BMP"), "is a BMP"),
        (b"\0\0\0\x18ftypheic" + bytes(99), "is a HEIC picture"),
        (b"\0\0\0\x18ftypavif" + bytes(99), "is an AVIF picture"),
        (b"\0\0\0\x18ftypisom" + bytes(99), "is a video"),
        (b"<!doctype html><title>Please sign in</title>", "is a web page"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "is not a picture"),
        (b"\x89PNG\r\n\x1a\n", "damaged or cut short"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "damaged or cut short"),
        (_animated("PNG"), "is animated: it has 2 pictures"),
        (_animated("WEBP"), "is animated: it has 2 pictures"),
        (png_claiming(20_000, 20_000), "pixels, more than can be decoded"),
        (png_claiming(5000, 5000), "damaged or cut short"),
        (many_scans(), "over 200 scans"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_other_files_are_refused_with_their_real_type(
    folder: Path, root: Path, fetch: Fetch, content: bytes, says: str
) -> None:
    (folder / "shot.jpg").write_bytes(content)

    with pytest.raises(FrameRefused, match=says) as refused:
        fetch("shot.jpg")

    assert "'shot.jpg'" in str(refused.value)
    assert refused.value.advice
    assert not root.exists()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_that_is_cut_short_is_refused(folder: Path, fetch: Fetch, kind: str) -> None:
    whole = saved(noise(320, 320), kind)

    for percent in (1, 10, 50, 90, 98):
        (folder / "a.png").write_bytes(whole[: len(whole) * percent // 100])
        with pytest.raises(FrameRefused, match=r"damaged or cut short|not a picture"):
            fetch("a.png")


def test_any_damage_gives_a_picture_or_a_refusal_and_nothing_else(
    folder: Path, fetch: Fetch
) -> None:
    for kind in ("PNG", "JPEG", "WEBP"):
        whole = saved(drawing(400, 320), kind, exif=turned_by_exif(6))
        for at in range(0, min(len(whole), 400), 5):
            for nasty in (0x00, 0xFF, whole[at] ^ 0x80):
                damaged = whole[:at] + bytes([nasty]) + whole[at + 1 :]
                (folder / "a").write_bytes(damaged)
                try:
                    frame = fetch("a")
                except FrameRefused:
                    continue
                with Image.open(io.BytesIO(frame.path.read_bytes())) as kept:
                    assert Size(*kept.size) == frame.size

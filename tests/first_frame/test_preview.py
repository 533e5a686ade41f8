"""The preview of a first frame: the used part is bright, the lost part is dark."""

from pathlib import Path

import pytest

from seedance_assets.adapters.first_frame import crop_preview
from seedance_assets.core.errors import StorageError
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.picture import Crop, Size, centre_crop, expected_crop
from seedance_assets.emulator.drawing.framing import frame_picture
from tests.first_frame.conftest import Fetch
from tests.first_frame.drawings import BLUE, RED, drawing, loaded, near, saved, turned_by_exif


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_is_lost_is_dimmed_and_what_is_filmed_is_not(
    folder: Path, fetch: Fetch, kind: str
) -> None:
    (folder / "a").write_bytes(saved(drawing(1280, 720), kind, quality=95))
    frame = fetch("a")

    shown = loaded(crop_preview(frame, centre_crop(frame.size, 1.0), longest_side=320))

    assert shown.size == (320, 180)
    assert near(shown, (130, 120), RED)
    assert near(shown, (190, 120), BLUE)
    assert near(shown, (20, 120), tuple(c // 4 for c in RED))  # type: ignore[arg-type]
    assert near(shown, (300, 120), tuple(c // 4 for c in BLUE))  # type: ignore[arg-type]


def test_an_uncropped_picture_is_shown_unchanged(folder: Path, fetch: Fetch) -> None:
    (folder / "a.png").write_bytes(saved(drawing()))
    frame = fetch("a.png")

    shown = loaded(crop_preview(frame, Crop(0, 0, 640, 480)))

    assert near(shown, (1, 200), RED)
    assert near(shown, (318, 200), BLUE)


def test_a_turned_picture_is_shown_upright(folder: Path, fetch: Fetch) -> None:
    (folder / "a.jpg").write_bytes(saved(drawing(640, 480), "JPEG", exif=turned_by_exif(6)))
    frame = fetch("a.jpg")

    shown = loaded(crop_preview(frame, centre_crop(frame.size, 1.0)))

    assert shown.size == (240, 320)


def test_a_preview_is_small_enough_for_dagsters_event_log(folder: Path, fetch: Fetch) -> None:
    (folder / "a.jpg").write_bytes(saved(drawing(3000, 2000), "JPEG", quality=95))
    frame = fetch("a.jpg")

    assert len(crop_preview(frame, centre_crop(frame.size, 1.0))) < 25_000


def test_a_deleted_frame_is_a_storage_error(folder: Path, fetch: Fetch) -> None:
    (folder / "a.png").write_bytes(saved(drawing()))
    frame = fetch("a.png")
    frame.path.unlink()

    with pytest.raises(StorageError):
        crop_preview(frame, Crop(0, 0, 640, 480))


@pytest.mark.parametrize("ratio", ["16:9", "1:1", "9:16", "21:9", "adaptive"])
@pytest.mark.parametrize("size", [(1600, 900), (1500, 1000), (700, 1000), (999, 400)], ids=str)
def test_the_crop_is_the_one_that_the_emulated_service_makes(
    schema: ModelSchema, ratio: str, size: tuple[int, int]
) -> None:
    picture = Size(*size)

    crop = expected_crop(schema.video, "720p", ratio, picture)

    made = frame_picture(schema.video, "720p", ratio, size).box
    ours = (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
    assert ours == pytest.approx(made)


@pytest.mark.parametrize(
    ("picture", "ratio", "lost"),
    [(Size(1600, 900), 1.0, 0.4375), (Size(900, 1600), 1.0, 0.4375), (Size(1600, 900), 16 / 9, 0)],
)
def test_how_much_is_lost_is_a_share_of_the_picture(
    picture: Size, ratio: float, lost: float
) -> None:
    assert centre_crop(picture, ratio).share_lost(picture) == pytest.approx(lost)

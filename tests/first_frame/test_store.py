"""The store of first frames: each content once and whole, for any number of callers."""

import asyncio
import base64
import shutil
from pathlib import Path

import pytest
from PIL import ImageFile

from seedance_assets.adapters.first_frame import FrameStore, as_data_uri
from seedance_assets.core.errors import FrameRefused, StorageError
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.request import FirstFrame, sha256_hex
from tests.first_frame.conftest import Fetch
from tests.first_frame.drawings import drawing, loaded, noise, saved


def _fetch_all(
    store: FrameStore, sources: list[str], folder: Path, schema: ModelSchema
) -> list[FirstFrame]:
    async def all_at_once() -> list[FirstFrame]:
        fetches = (store.fetch(source, beside=folder, schema=schema) for source in sources)
        return await asyncio.gather(*fetches)

    return asyncio.run(all_at_once())


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The sizes of all pictures that Pillow has decoded since, in pixels."""
    sizes: list[tuple[int, int]] = []
    prepare = ImageFile.ImageFile.load_prepare

    def note(image: ImageFile.ImageFile) -> None:
        sizes.append(image.size)
        prepare(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", note)
    return sizes


def test_copies_of_one_picture_are_decoded_and_stored_once(
    folder: Path, root: Path, schema: ModelSchema, decoded: list[tuple[int, int]]
) -> None:
    (folder / "0.png").write_bytes(saved(drawing(5000, 5000)))
    for n in range(1, 30):
        shutil.copy(folder / "0.png", folder / f"{n}.png")

    frames = _fetch_all(FrameStore(root), [f"{n}.png" for n in range(30)], folder, schema)

    assert decoded == [(5000, 5000)]
    assert len({frame.path for frame in frames}) == 1
    assert [frame.source for frame in frames] == [f"{n}.png" for n in range(30)]
    assert len(list(root.glob("*.png"))) == 1


def test_one_store_serves_two_event_loops_one_after_the_other(
    folder: Path, root: Path, schema: ModelSchema
) -> None:
    for n in range(8):
        (folder / f"{n}.png").write_bytes(saved(drawing(640 + n, 480)))
    store = FrameStore(root, decoders=1)
    sources = [f"{n}.png" for n in range(4)] * 3

    first = _fetch_all(store, sources, folder, schema)
    second = _fetch_all(store, [*sources, *(f"{n}.png" for n in range(4, 8))] * 3, folder, schema)

    assert second[:12] == first


def test_a_cancelled_caller_does_not_affect_the_others(
    folder: Path, root: Path, schema: ModelSchema
) -> None:
    (folder / "a.png").write_bytes(saved(drawing(3000, 3000)))
    store = FrameStore(root)

    async def one_gives_up() -> FirstFrame:
        first = asyncio.create_task(store.fetch("a.png", beside=folder, schema=schema))
        second = asyncio.create_task(store.fetch("a.png", beside=folder, schema=schema))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(one_gives_up()).path.exists()


def test_a_file_that_changed_is_another_picture(
    folder: Path, root: Path, schema: ModelSchema
) -> None:
    store = FrameStore(root)
    (folder / "a.png").write_bytes(b"not yet")
    with pytest.raises(FrameRefused):
        _fetch_all(store, ["a.png"], folder, schema)

    (folder / "a.png").write_bytes(saved(drawing()))
    (first,) = _fetch_all(store, ["a.png"], folder, schema)
    (folder / "a.png").write_bytes(saved(drawing(800, 600)))
    (second,) = _fetch_all(store, ["a.png"], folder, schema)

    assert first.sha256 != second.sha256
    assert first.path.exists()


def test_a_damaged_stored_file_is_written_again(folder: Path, fetch: Fetch) -> None:
    content = saved(drawing())
    (folder / "a.png").write_bytes(content)
    kept = fetch("a.png").path
    kept.write_bytes(b"x" * len(content))

    assert fetch("a.png").path.read_bytes() == content


def test_unchanged_content_is_not_decoded_again(
    folder: Path, fetch: Fetch, decoded: list[tuple[int, int]]
) -> None:
    (folder / "a.png").write_bytes(saved(drawing()))
    first = fetch("a.png")
    decoded.clear()

    assert fetch("a.png") == first
    assert decoded == []


def test_a_picture_of_an_earlier_version_is_checked_again(
    folder: Path, root: Path, fetch: Fetch
) -> None:
    """It knew no JPEG whose lower half is grey."""
    content = saved(noise(320, 320), "JPEG")
    content = content[: len(content) // 2] + content[-2:]
    (folder / "a.jpg").write_bytes(content)
    root.mkdir()
    (root / f"{sha256_hex(content)}.jpg").write_bytes(content)

    with pytest.raises(FrameRefused, match="damaged or cut short"):
        fetch("a.jpg")


def test_the_sheet_can_be_given_instead_of_its_folder(
    folder: Path, root: Path, schema: ModelSchema
) -> None:
    (folder / "shots.csv").touch()
    (folder / "a.png").write_bytes(saved(drawing()))

    fetched = FrameStore(root).fetch("a.png", beside=folder / "shots.csv", schema=schema)

    assert asyncio.run(fetched).path.exists()


def test_a_store_that_cannot_be_written_is_our_trouble_and_not_the_pictures(
    folder: Path, root: Path, fetch: Fetch
) -> None:
    (folder / "a.png").write_bytes(saved(drawing()))
    root.touch()  # a file where the folder should be

    with pytest.raises(StorageError):
        fetch("a.png")


def _decoded(uri: str) -> tuple[str, bytes]:
    head, _, payload = uri.partition(",")
    return head, base64.b64decode(payload, validate=True)


def test_a_small_picture_becomes_a_data_uri_unchanged(
    folder: Path, fetch: Fetch, schema: ModelSchema
) -> None:
    content = saved(drawing())
    (folder / "a.png").write_bytes(content)

    uri = as_data_uri(fetch("a.png"), len(content), schema).uri

    assert _decoded(uri) == ("data:image/png;base64", content)


def test_a_large_picture_becomes_the_best_jpeg_that_fits(
    folder: Path, fetch: Fetch, schema: ModelSchema
) -> None:
    (folder / "a.png").write_bytes(saved(noise(800, 600)))
    frame = fetch("a.png")

    caps = (1_200_000, 700_000)
    inlined = {cap: as_data_uri(frame, cap, schema) for cap in caps}

    sizes = {cap: len(_decoded(inlined[cap].uri)[1]) for cap in caps}
    head, content = _decoded(inlined[700_000].uri)
    assert head == "data:image/jpeg;base64"
    assert loaded(content).size == (800, 600)
    assert all(size <= cap for cap, size in sizes.items())
    assert sizes[700_000] < sizes[1_200_000]
    assert "is sent as a JPEG of quality 80: 0.7 MB instead of 1.4 MB" in inlined[700_000].note
    assert frame == fetch("a.png")  # what was asked for has not changed, so nor has its hash


def test_a_picture_that_still_does_not_fit_loses_pixels_down_to_what_the_model_takes(
    folder: Path, fetch: Fetch, schema: ModelSchema
) -> None:
    (folder / "a.png").write_bytes(saved(noise(1200, 900)))
    frame = fetch("a.png")

    inlined = as_data_uri(frame, 200_000, schema)

    sent = loaded(_decoded(inlined.uri)[1])
    assert min(sent.size) > 300
    assert sent.width / sent.height == pytest.approx(4 / 3, abs=0.01)
    assert f"{sent.width}×{sent.height} pixels instead of 1200×900" in inlined.note
    assert not as_data_uri(frame, frame.size_bytes, schema).note


def test_a_picture_that_cannot_be_made_to_fit_is_refused(
    folder: Path, fetch: Fetch, schema: ModelSchema
) -> None:
    (folder / "a.png").write_bytes(saved(noise(800, 600)))

    with pytest.raises(FrameRefused, match="does not fit into 50000 bytes") as refused:
        as_data_uri(fetch("a.png"), 50_000, schema)

    assert "max_data_uri_bytes" in refused.value.advice


def test_a_deleted_stored_file_is_a_storage_error(
    folder: Path, fetch: Fetch, schema: ModelSchema
) -> None:
    (folder / "a.png").write_bytes(saved(drawing()))
    frame = fetch("a.png")
    frame.path.unlink()

    with pytest.raises(StorageError):
        as_data_uri(frame, 1_000_000, schema)

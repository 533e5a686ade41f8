"""Every picture of the corpus is stored or refused with its real type."""

import hashlib
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError

from seedance_assets.adapters.first_frame import FrameStore
from seedance_assets.adapters.first_frame.header import read_header
from seedance_assets.adapters.first_frame.png import read_png
from seedance_assets.core.errors import FrameRefused
from seedance_assets.core.model_schema import ModelSchema, model_schema
from seedance_assets.core.picture import Size
from seedance_assets.emulator.drawing.pictures import examine
from seedance_assets.emulator.jobs.scenario import Habits
from tests.examples import at_least
from tests.first_frame.conftest import Fetch
from tests.first_frame.corpus import CORPUS, Refused, Specimen, Taken

SCHEMA = model_schema("bytedance/seedance-v1.5-pro/image-to-video")
FIELD = SCHEMA.input_schema.properties["first_frame_image_url"]


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    assert len({specimen.name for specimen in CORPUS}) == len(CORPUS) >= 80


@pytest.mark.parametrize("specimen", CORPUS, ids=lambda specimen: specimen.name)
def test_a_picture_is_stored_or_refused_with_its_real_type(
    specimen: Specimen, folder: Path, root: Path, fetch: Fetch
) -> None:
    content = specimen.make()
    (folder / specimen.file).write_bytes(content)

    if isinstance(specimen.fate, Refused):
        with pytest.raises(FrameRefused, match=specimen.fate.says) as refused:
            fetch(specimen.file)
        assert refused.value.advice
        assert repr(specimen.file) in str(refused.value)
        assert len(str(refused.value)) < 500
        assert not root.exists()
        return

    frame = fetch(specimen.file)
    kept = frame.path.read_bytes()
    assert (frame.media_type, frame.size) == (specimen.fate.media_type, Size(*specimen.fate.size))
    assert (kept == content) is specimen.fate.as_given
    assert frame.sha256 == hashlib.sha256(content).hexdigest()
    assert examine(kept, FIELD, Habits()) == specimen.fate.size  # a reader of another house


@pytest.mark.parametrize("specimen", CORPUS, ids=lambda specimen: specimen.name)
def test_the_header_check_agrees_with_the_full_check(
    specimen: Specimen, folder: Path, root: Path, schema: ModelSchema
) -> None:
    (folder / specimen.file).write_bytes(specimen.make())
    store = FrameStore(root)

    try:
        header = store.header(specimen.file, beside=folder, schema=schema)
    except FrameRefused as refused:
        assert isinstance(specimen.fate, Refused), refused
        assert re.search(specimen.fate.says, str(refused))
        return

    assert header is not None
    if isinstance(specimen.fate, Taken):
        assert header.size == Size(*specimen.fate.size)
    else:
        assert not specimen.fate.from_header
    assert not root.exists()


def _whole_ones() -> list[bytes]:
    names = {"png", "jpeg", "webp", "jpeg turned by exif 6", "webp see-through", "png palette"}
    return [specimen.make() for specimen in CORPUS if specimen.name in names]


_WHOLE = _whole_ones()


@at_least(300)
@given(st.binary(max_size=300), st.sampled_from([b"", *(w[:64] for w in _WHOLE)]))
def test_any_bytes_at_all_have_a_header_or_are_refused(noise: bytes, beginning: bytes) -> None:
    content = beginning + noise

    try:
        header = read_header(io.BytesIO(content), len(content), SCHEMA, "'a.png'")
    except FrameRefused as refused:
        assert "'a.png'" in str(refused)  # either outcome is good
    else:
        assert not SCHEMA.broken_picture_rules(
            width=header.size.width, height=header.size.height, size_bytes=len(content)
        )


@at_least(400)
@given(
    st.sampled_from(_WHOLE),
    st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=6),
    st.integers(0, 700),
    st.integers(0, 40),
)
def test_a_header_with_any_damage_is_read_or_refused(
    whole: bytes, changes: list[tuple[int, int]], cut_at: int, cut: int
) -> None:
    damaged = bytearray(whole)
    for at, value in changes:
        if at < len(damaged):
            damaged[at] = value
    del damaged[cut_at : cut_at + cut]

    try:
        header = read_header(io.BytesIO(damaged), len(damaged), SCHEMA, "'a.png'")
    except FrameRefused:
        return

    try:
        with Image.open(io.BytesIO(damaged), formats=["PNG", "JPEG", "WEBP"]) as image:
            assert sorted(image.size) == sorted((header.stored.width, header.stored.height))
    except UnidentifiedImageError:  # a broken palette, say: the chunks are checked after the header
        with pytest.raises(FrameRefused):
            read_png(io.BytesIO(damaged), "'a.png'")

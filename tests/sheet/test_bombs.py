"""A workbook that would fill the memory is refused before it does."""

import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from seedance_assets.adapters.shot_sheet import Document, read_shots
from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.model_schema import ModelSchema
from tests.sheet.conftest import Read
from tests.sheet.workbooks import packed, with_a_lie, workbook

MIB = 1024 * 1024
BOOK = workbook([["shot", "prompt", "first_frame"], ["a", "Bells", "a.png"]])


@pytest.mark.parametrize(
    "part", ["xl/theme/theme1.xml", "xl/styles.xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"]
)
def test_a_part_that_gives_more_than_it_declares_is_refused_without_the_memory(
    schema: ModelSchema, part: str
) -> None:
    good = Document("/shots.xlsx", "shots.xlsx", Path("/"), BOOK)
    bomb = replace(good, content=with_a_lie(BOOK, part, padding=64 * MIB))
    read_shots(good, schema, {})  # whatever is imported lies in memory now

    tracemalloc.start()
    try:
        with pytest.raises(SheetRefused, match=f"more than it declares, in '{part}'"):
            read_shots(bomb, schema, {})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 8 * MIB


@pytest.mark.parametrize("padding", [1, 5000])
def test_a_lie_of_a_few_bytes_is_refused_too(read: Read, padding: int) -> None:
    with pytest.raises(SheetRefused, match=r"more than it declares|cannot be read"):
        read(with_a_lie(BOOK, "xl/styles.xml", padding))


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_packing_that_cannot_be_undone_in_pieces_is_refused(read: Read, how: int) -> None:
    with pytest.raises(SheetRefused, match="packed in a way"):
        read(packed(BOOK, how))


def test_a_workbook_that_is_stored_unpacked_is_read(read: Read) -> None:
    assert read(packed(BOOK, zipfile.ZIP_STORED)).shots[0].prompt == "Bells"

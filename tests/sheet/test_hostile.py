"""For any cell or workbook: no row takes long, nothing ends the run or controls the terminal.

`pytest --hypothesis-profile=long` tries 50 000 of each.
"""

import io
import time
import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from seedance_assets.adapters.shot_sheet import (
    Document,
    header_test,
    read_shots,
    returned_csv,
    returned_workbook,
)
from seedance_assets.cli.output import show_problems, show_reading
from seedance_assets.cli.terminal import Terminal
from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.model_schema import model_schema
from tests.sheet.conftest import SEEDANCE
from tests.sheet.workbooks import exchanged, part_of, workbook

SCHEMA = model_schema(SEEDANCE)
LIMIT_S = 1.0
COLUMNS = (
    *("shot", "prompt", "first_frame", "duration", "ratio", "Sound", "takes", "max_cost_usd"),
    *("Nb Frames", "FPS", "Frame Start", "Frame End", "Status", "dialogue", "sequence", "Notes"),
)
GOOD = {"shot": "a", "prompt": "Rain and bells", "first_frame": "a.png"}
UNITS = st.one_of(
    st.sampled_from(
        [
            *("«", '"', "\n", " ", "-- ", "--a ", "(", "[", "“", "1,", "1 ", ":", "a:", "/", "\\"),
            *("\u202e", "\u200f", "é", "漢", "\x1b[31m", "\x07", "\x9b", "<lora:", "::", "{shot}"),
            *("#", "#REF!", "0:", "s", "fps", "'", "-", "_x0041_", "\ud83c\udfac", "é́", "٣"),
        ]
    ),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=4),
)
PUMPED = st.builds(
    lambda before, unit, times, after: before + unit * times + after,
    st.text(st.characters(codec="utf-8"), max_size=6),
    UNITS,
    st.sampled_from([1, 3, 40, 2_000, 40_000]),
    st.text(st.characters(codec="utf-8"), max_size=6),
)


def _outcome(content: bytes, rows: int) -> None:
    document = Document("/sheets/x.csv", "x.csv", Path("/sheets"), content)
    out = io.StringIO()
    console = Terminal()
    console.file = out
    start = time.process_time()
    try:
        listed = read_shots(document, SCHEMA, {})
    except SheetRefused as refused:
        console.write(str(refused))
        console.write(refused.advice)
    else:
        show_reading(console, listed)
        show_problems(console, listed.problems)
        returned_csv(document, header_test(SCHEMA), listed.problems)
        returned_workbook(document, header_test(SCHEMA), listed.problems)
    spent_s = time.process_time() - start
    assert spent_s < LIMIT_S * (rows + 1)
    steering = {"Cc", "Cf", "Zl", "Zp"}
    shown = out.getvalue().replace("\n", "").replace("\u200d", "").replace("\u200c", "")
    assert not [c for c in shown if unicodedata.category(c) in steering]


@given(st.dictionaries(st.sampled_from(COLUMNS), PUMPED, min_size=1, max_size=3))
def test_no_cell_takes_long_or_ends_the_run(cells: dict[str, str]) -> None:
    row = GOOD | cells
    lines = (row.keys(), row.values())
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)

    _outcome("\n".join(quoted).encode(errors="replace"), rows=1)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=1, max_size=40))
def test_no_header_takes_long_or_ends_the_run(headers: list[str]) -> None:
    names = ",".join('"' + name.replace('"', '""') + '"' for name in (*GOOD, *headers))

    _outcome(f"{names}\na,Rain,a.png{',5' * len(headers)}\n".encode(), rows=1)


BOOK = workbook([["shot", "prompt", "first_frame"], ["a", "Rain and bells", "a.png"]])
PARTS = st.sampled_from(
    [
        *("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"),
        *("xl/_rels/workbook.xml.rels", "_rels/.rels", "[Content_Types].xml"),
    ]
)
XML = st.sampled_from(
    [
        *(b"<c/>", b"<c r='A9' t='s'><v>99</v></c>", b"<row r='-1'>", b"</row>", b"<v>1e999</v>"),
        *(b"<col min='1' max='16384' hidden='1'/>", b"<mergeCell ref='A1:XFD1048576'/>", b"<f>"),
        *(b"<c s='99999999999'><v>5</v></c>", b"<hyperlink ref='A1' r:id='x'/>", b"<!-- -->"),
        *(b"<drawing r:id='rId9'/>", b"<sheet name='\xff' r:id='rId1'/>", b"&#0;", b"&#x1b;"),
        *(b"<c t='b'><v>maybe</v></c>", b"<c t='d'><v>never</v></c>", b"<si><r><rPr><strike/>"),
        *(b"<xf numFmtId='x'/>", b"<numFmt numFmtId='14' formatCode='[h'/>", b"]]>", b"\x00"),
    ]
)


@given(PARTS, st.lists(st.tuples(st.integers(0, 4_000), XML), min_size=1, max_size=4))
def test_no_workbook_takes_long_or_ends_the_run(
    part: str, inserted: list[tuple[int, bytes]]
) -> None:
    xml = part_of(BOOK, part)
    for at, piece in inserted:
        place = xml.find(b"<", at % max(1, len(xml)))
        xml = xml[:place] + piece + xml[place:]

    _outcome(exchanged(BOOK, {part: xml}), rows=1)

"""Hidden and struck-through cells are reported; what Excel opens is read or named correctly."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.drawing.image import Image as Embedded
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image

from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.shot import ShotList
from tests.sheet.conftest import Read
from tests.sheet.workbooks import exchanged, part_of, with_parts, workbook

ROWS: list[list[Any]] = [
    ["shot", "prompt", "first_frame", "duration"],
    ["a", "Rain and bells", "a.png", 5],
    ["b", "Wind and bells", "b.png", 6],
    ["c", "Snow and bells", "c.png", 7],
]
SHEET = "xl/worksheets/sheet1.xml"


def made(change: Callable[[Worksheet], object]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(workbook(ROWS)))
    change(book["Shots"])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def edited(part: str, old: bytes, new: bytes) -> bytes:
    """The workbook with a part of its XML exchanged; lxml writes no blank before `/>`."""
    content = workbook(ROWS)
    before = part_of(content, part).replace(b" />", b"/>")
    assert old in before
    spelling = part.replace("/", "__").replace(".", "_x_")
    return with_parts(content, **{spelling: before.replace(old, new)})


def told(listed: ShotList) -> list[tuple[int | None, str | None, str]]:
    return [(problem.row, problem.column, problem.rule) for problem in listed.problems]


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        (b' hidden="1"', "is hidden"),
        (b' hidden="true"', "is hidden"),
        (b' hidden="1" outlineLevel="1"', "is folded away"),
        (b' ht="0" customHeight="1"', "is hidden"),
    ],
)
def test_a_hidden_row_is_reported(read: Read, attributes: bytes, why: str) -> None:
    listed = read(edited(SHEET, b'<row r="3"', b'<row r="3"' + attributes))

    assert told(listed) == [(3, None, "row_hidden")]
    assert why in listed.problems[0].reason
    assert len(listed.shots) == 3


def test_a_filtered_row_is_reported_as_filtered(read: Read) -> None:
    def filter_out(page: Worksheet) -> None:
        page.auto_filter.ref = "A1:D4"
        page.auto_filter.add_filter_column(0, ["a", "c"])
        page.row_dimensions[3].hidden = True

    (problem,) = read(made(filter_out)).problems

    assert (problem.row, problem.rule) == (3, "row_hidden")
    assert "filtered out" in problem.reason


def test_a_hidden_column_that_is_used_is_reported(read: Read) -> None:
    listed = read(made(lambda page: setattr(page.column_dimensions["D"], "hidden", True)))

    assert told(listed) == [(None, "duration", "column_hidden")]


def test_a_struck_through_row_is_reported(read: Read) -> None:
    def strike(page: Worksheet) -> None:
        for cell in page[3]:
            cell.font = Font(strike=True)

    assert told(read(made(strike))) == [(3, None, "row_struck")]


def test_struck_through_words_are_reported(read: Read) -> None:
    words = CellRichText("Rain", TextBlock(InlineFont(strike=True), " and a fire"), ".")

    listed = read(made(lambda page: setattr(page["B2"], "value", words)))

    assert told(listed) == [(2, "prompt", "cell_struck")]
    assert "'and a fire'" in listed.problems[0].reason
    assert listed.shots[0].prompt == "Rain and a fire."


def test_a_merged_cell_counts_for_all_its_rows(read: Read) -> None:
    def merge(page: Worksheet) -> None:
        page["D2"].value = 8
        page.merge_cells("D2:D4")

    shots = read(made(merge)).shots

    assert [shot.settings["duration"] for shot in shots] == [8, 8, 8]


def test_a_scene_that_is_merged_over_its_shots_names_them_all(read: Read) -> None:
    content = workbook(
        [
            ["sequence", "shot", "prompt", "first_frame"],
            ["sq1", "a", "Rain and bells", "a.png"],
            [None, "b", "Wind and bells", "b.png"],
            ["sq2", "a", "Snow and bells", "c.png"],
        ]
    )
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["Shots"].merge_cells("A2:A3")
    saved = io.BytesIO()
    book.save(saved)

    assert [shot.key for shot in read(saved.getvalue()).shots] == ["sq1_a", "sq1_b", "sq2_a"]


def test_a_header_in_two_lines_is_one(read: Read) -> None:
    content = workbook([["shot", "Settings", None], [None, "prompt", "first_frame"], *_short()])
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["Shots"].merge_cells("A1:A2")
    book["Shots"].merge_cells("B1:C1")
    saved = io.BytesIO()
    book.save(saved)

    assert [shot.key for shot in read(saved.getvalue()).shots] == ["a", "b", "c"]


def _short() -> list[list[Any]]:
    return [row[:3] for row in ROWS[1:]]


def test_other_worksheets_with_shots_are_reported(read: Read) -> None:
    listed = read(workbook(ROWS, others={"Shots v2": ROWS, "Crew": [["Name", "Role"]]}))

    assert told(listed) == [(None, None, "worksheet_not_read")]
    assert "'Shots'" in listed.problems[0].reason
    assert "Crew" not in listed.problems[0].reason


def test_a_hyperlink_of_a_cell_is_reported(read: Read) -> None:
    listed = read(
        made(lambda page: setattr(page["C2"], "hyperlink", "https://example.com/frames/a.jpg"))
    )

    assert told(listed) == [(2, "first_frame", "cell_link")]
    assert "https://example.com/frames/a.jpg" in listed.problems[0].reason


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        (b'<c r="C2" t="e" vm="1"><v>#VALUE!</v></c>', "cell_picture"),
        (b'<c r="C2" t="str"><f>_xlfn.IMAGE("http://x/a.png")</f></c>', "cell_picture"),
        (b'<c r="C2" t="str"><f>_xlfn.DISPIMG("ID_1",1)</f><v>=DISPIMG()</v></c>', "cell_picture"),
        (b'<c r="C2" t="str"><f>A1&amp;"x"</f></c>', "cell_error"),
        (b'<c r="C2" t="e"><v>#REF!</v></c>', "cell_error"),
    ],
)
def test_a_cell_that_holds_no_text_is_named_as_what_it_is(
    read: Read, cell: bytes, rule: str
) -> None:
    content = workbook(ROWS)
    page = re.sub(rb'<c r="C2".*?</c>', cell, part_of(content, SHEET))

    listed = read(with_parts(content, xl__worksheets__sheet1_x_xml=page))

    assert told(listed) == [(2, "first_frame", rule)]


def test_a_picture_over_an_empty_cell_is_reported(read: Read) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8)).save(drawn, "PNG")

    def illustrate(page: Worksheet) -> None:
        page["C2"].value = None
        page.add_image(Embedded(drawn), "C2")

    assert told(read(made(illustrate))) == [
        (2, "first_frame", "cell_picture"),
        (2, "first_frame", "first_frame_missing"),
    ]


def test_rounding_noise_of_a_formula_is_removed(read: Read) -> None:
    listed = read(made(lambda page: setattr(page["D2"], "value", 5.000000000000004)))

    assert listed.shots[0].settings["duration"] == 5


def strict() -> bytes:
    content = workbook(ROWS)
    spelled = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": (
            b"http://purl.oclc.org/ooxml/spreadsheetml/main"
        ),
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
            b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        ),
    }

    def spell(part: bytes) -> bytes:
        for old, new in spelled.items():
            part = part.replace(old, new)
        return part

    return rewritten(content, spell, lambda name: name)


def rewritten(
    content: bytes, change: Callable[[bytes], bytes], rename: Callable[[str], str]
) -> bytes:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in source.namelist():
            info = zipfile.ZipInfo("x")
            info.filename = rename(name)
            packed.writestr(info, change(source.read(name)))
    return target.getvalue()


ODD = {
    "strict": strict,
    "backslashes": lambda: rewritten(
        workbook(ROWS), lambda part: part, lambda name: name.replace("/", "\\")
    ),
    "capitals": lambda: rewritten(workbook(ROWS), lambda part: part, str.upper),
    "a leading slash": lambda: rewritten(workbook(ROWS), lambda part: part, lambda n: f"/{n}"),
    "a bad colour": lambda: edited(
        "xl/styles.xml", b'<color theme="1"', b'<color rgb="red" theme="no"'
    ),
    "an empty fill": lambda: edited("xl/styles.xml", b"<patternFill/>", b""),
    "no styles": lambda: with_parts(workbook(ROWS), xl__styles_x_xml=b"<styleSheet/>"),
    "a bad dimension": lambda: edited(SHEET, b'<dimension ref="A1:D4"', b'<dimension ref="?"'),
    "no references": lambda: rewritten(
        workbook(ROWS), lambda part: re.sub(rb' r="[A-Z]?\d+"', b"", part), lambda name: name
    ),
    "prefixes": lambda: edited(
        SHEET, b"<worksheet xmlns=", b'<worksheet xmlns:q="x" mc:Ignorable="q" xmlns='
    ),
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_what_odd_writers_save_is_read(read: Read, content: Callable[[], bytes]) -> None:
    listed = read(content())

    assert listed.problems == ()
    assert [(s.key, s.prompt, s.settings["duration"]) for s in listed.shots] == [
        ("a", "Rain and bells", 5),
        ("b", "Wind and bells", 6),
        ("c", "Snow and bells", 7),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lambda: workbook(ROWS)[:-200], "damaged or incomplete"),
        (
            lambda: edited(SHEET, b"</sheetData>", b"</sheet>"),
            "'xl/worksheets/sheet1.xml' is broken",
        ),
    ],
)
def test_an_unreadable_workbook_is_reported_without_library_errors(
    read: Read, content: Callable[[], bytes], says: str
) -> None:
    with pytest.raises(SheetRefused, match=says) as refused:
        read(content())

    assert not re.search("None|<class|openpyxl|Exception", f"{refused.value}{refused.value.advice}")


STRINGS = (
    '<?xml version="1.0" encoding="UTF-8"?><sst xmlns="http://schemas.openxmlformats.org/'
    'spreadsheetml/2006/main" count="9" uniqueCount="9">'
    "<si><t>shot</t></si><si><t>prompt</t></si><si><t>first_frame</t></si>"
    '<si><r><t>Rain</t></r><r><rPr><strike/></rPr><t xml:space="preserve"> and fire</t></r></si>'
    "<si><t>雨と鐘</t><rPh sb='0' eb='1'><t>アメ</t></rPh><phoneticPr fontId='1'/></si></sst>"
).encode()
SHARED = (
    b"<worksheet><sheetData>"
    b'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>'
    b'<c r="C1" t="s"><v>2</v></c></row>'
    b'<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="s"><v>3</v></c>'
    b'<c r="C2" t="str"><v>a.png</v></c></row>'
    b'<row r="3"><c r="A3"><v>2</v></c><c r="B3" t="s"><v>4</v></c>'
    b'<c r="C3" t="inlineStr"><is><t>b.png</t></is></c></row>'
    b'<row r="4"><c r="A4"><v>3</v></c><c r="B4" t="s"><v>99</v></c>'
    b'<c r="C4" t="str"><v>c.png</v></c></row></sheetData></worksheet>'
)


def test_shared_texts_are_read_without_their_readings(read: Read) -> None:
    relations = part_of(workbook(ROWS), "xl/_rels/workbook.xml.rels").replace(
        b"</Relationships>",
        b'<Relationship Id="rId77" Target="sharedStrings.xml" Type="http://schemas.openxmlformats.'
        b'org/officeDocument/2006/relationships/sharedStrings"/></Relationships>',
    )
    parts = {
        "xl/_rels/workbook.xml.rels": relations,
        "xl/sharedStrings.xml": STRINGS,
        SHEET: SHARED,
    }

    listed = read(exchanged(workbook(ROWS), parts))

    assert [(s.key, s.prompt) for s in listed.shots] == [("1", "Rain and fire"), ("2", "雨と鐘")]
    assert told(listed) == [(2, "prompt", "cell_struck"), (4, "prompt", "prompt_missing")]

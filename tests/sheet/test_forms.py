"""Formats of sheets: encodings, separators, line ends, blanks."""

import cProfile
import hashlib
from pathlib import Path

import pytest

from seedance_assets.adapters.shot_sheet import read_sheet
from seedance_assets.core.errors import InputError, InputMissing, SheetRefused
from seedance_assets.core.model_schema import ModelSchema
from tests.sheet.conftest import Read

ROWS = (
    ("shot", "prompt", "first_frame", "duration", "notes"),
    ("sh010", "Ein Mädchen sagt: „Hallo, Welt; oder?“", "frames/a.png", "5", "früh"),
    ("sh020", "Regen | Wind", "frames/b.png", "8", ""),
)


def _text(separator: str, line_end: str = "\n") -> str:
    return line_end.join(separator.join(f'"{cell}"' for cell in row) for row in ROWS) + line_end


@pytest.mark.parametrize(
    ("separator", "word"),
    [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "vertical bar")],
    ids=["comma", "semicolon", "tab", "bar"],
)
@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with byte order mark"),
        ("utf-16", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_the_same_sheet_reads_the_same_in_every_form(
    read: Read, separator: str, word: str, encoding: str, said: str, line_end: str
) -> None:
    plain = read(_text(","))

    listed = read(_text(separator, line_end).encode(encoding))

    assert listed.shots == plain.shots
    assert [shot.key for shot in listed.shots] == ["sh010", "sh020"]
    assert listed.detected == {"encoding": said, "separator": word, "header_row": "1"}


def test_big_endian_utf_16_is_read(read: Read) -> None:
    listed = read(b"\xfe\xff" + _text("\t").encode("utf-16-be"))

    assert listed.shots[0].notes == {"notes": "früh"}


def test_the_separator_line_that_excel_hides_is_obeyed(read: Read) -> None:
    listed = read("sep=;\nshot;prompt;first_frame\nsh010;Rain, wind;a.png\n")

    assert listed.shots[0].prompt == "Rain, wind"
    assert listed.shots[0].row == 2


def test_rows_are_numbered_as_a_spreadsheet_shows_them(read: Read) -> None:
    listed = read(
        "shot,prompt,first_frame\r\n"
        'a,"two\r\nlines",a.png\r\n'
        "\r\n"
        ",,\r\n"
        "b,one line,b.png\r\n"
        '"bad name",x,c.png\r\n'
    )

    assert [(shot.key, shot.row) for shot in listed.shots] == [("a", 2), ("b", 5)]
    assert [problem.row for problem in listed.problems] == [6]
    assert listed.rows == 3


def test_blank_lines_above_the_header_are_skipped_and_counted(read: Read) -> None:
    listed = read("\n\nshot,prompt,first_frame\na,x,a.png\n")

    assert listed.detected["header_row"] == "3"
    assert listed.shots[0].row == 4


def test_trailing_empty_columns_are_skipped(read: Read) -> None:
    listed = read("shot,prompt,first_frame,,,\na,x,a.png,,,\nb,y,b.png,,,,,,,\nc,z,c.png\n")

    assert [shot.key for shot in listed.shots] == ["a", "b", "c"]
    assert listed.problems == ()


def test_invisible_spaces_around_cells_do_not_matter(read: Read) -> None:
    listed = read("\u200bShot ,\xa0Prompt, First\xa0frame\n\xa0a\u200b, x ,\xa0a.png \n")

    assert (listed.shots[0].key, listed.shots[0].first_frame) == ("a", "a.png")


def test_names_and_notes_that_look_like_placeholders_or_numbers_stay_text(read: Read) -> None:
    listed = read("shot,prompt,first_frame,notes\nNA,Rain,a.png,None\n0010,1e5 drops,1e5,TRUE\n")

    assert [(s.key, s.prompt, s.first_frame, s.notes["notes"]) for s in listed.shots] == [
        ("NA", "Rain", "a.png", "None"),
        ("0010", "1e5 drops", "1e5", "TRUE"),
    ]


def test_the_list_records_its_source(read: Read, tmp_path: Path) -> None:
    listed = read("shot,prompt,first_frame\na,x,a.png\n")

    assert listed.source == str(tmp_path / "shots.csv")
    assert listed.sha256 == hashlib.sha256((tmp_path / "shots.csv").read_bytes()).hexdigest()
    assert listed.model_id == "bytedance/seedance-v1.5-pro/image-to-video"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \r\n\r\n", "is empty"),
        (b'""\n""\n', "has no column names"),
        (b"shot,prompt,first_frame\n\n,,\n", "header but no rows"),
        (b"shot,prompt\0,first_frame\na,b,c\n", "NUL"),
        (b"PK\x03\x04\x14\0", "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\x81\x8d\x8f\x90", "is not UTF-8"),
        (b"\xff\xfea", "not valid UTF-16"),
        (b"\x01\x02,\x03\nx,y\n", "not a table"),
        (b'shot,prompt,first_frame\na,"x,a.png\nb,y,b.png\n', "row 2 is not closed"),
        (b"shot,prompt,first_frame\n" + b"a," * 1001 + b"\n", "over 1000 columns"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_a_file_that_is_not_a_sheet_gets_one_clear_error(
    read: Read, content: bytes, says: str
) -> None:
    with pytest.raises(SheetRefused, match=says) as refused:
        read(content)

    assert "shots.csv" in str(refused.value)
    assert refused.value.advice


def test_a_sheet_over_64_mib_is_refused_unread(tmp_path: Path, schema: ModelSchema) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)

    with pytest.raises(SheetRefused, match="larger than 64 MiB"):
        read_sheet(path, schema, {})


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("absent.csv", "is not there"),
        (".", "is a folder"),
        ("x" * 300, "cannot be read|is not there"),
        ("a\0b", "is not there|cannot be read"),
    ],
    ids=["absent", "folder", "too long", "nul"],
)
def test_a_path_that_is_not_a_file_is_missing(
    tmp_path: Path, schema: ModelSchema, name: str, says: str
) -> None:
    with pytest.raises(InputMissing, match=says):
        read_sheet(tmp_path / name, schema, {})


def test_a_broken_sheet_gives_rows_or_a_clear_error_and_nothing_else(read: Read) -> None:
    """Every prefix of a good sheet, and every one of its bytes turned into a nasty one."""
    good = _text(";").encode("cp1252")
    broken = [good[:end] for end in range(len(good))]
    broken += [
        good[:at] + nasty + good[at + 1 :]
        for at in range(0, len(good), 2)
        for nasty in (b'"', b"\0", b"\n", b"\xff", b";")
    ]

    for content in broken:
        try:
            listed = read(content)
        except InputError as refused:
            assert "shots.csv" in str(refused)
        else:
            assert listed.rows >= len(listed.shots)


def test_the_work_of_a_sheet_grows_with_its_rows_and_no_faster(read: Read) -> None:
    def calls(rows: int) -> int:
        """How many functions are called to read so many rows: work that needs no clock."""
        lines = (
            f'sq{n // 50:03d}_{n:05d},"Rain, {n}",frames/a.png,5,16:9,yes' for n in range(rows)
        )
        sheet = "shot,prompt,first_frame,duration,ratio,audio\n" + "\n".join(lines)
        with cProfile.Profile() as profile:
            assert len(read(sheet).shots) == rows
        return sum(entry.callcount for entry in profile.getstats())

    calls(10)  # what is imported and compiled once is there by now

    assert calls(2_000) < 2.2 * calls(1_000)

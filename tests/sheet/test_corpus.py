"""Realistic sheets, good and bad, each with the expected result. None gives a traceback.

A case is a sheet's bytes and its outcome: the keys of its shots and the rules of its problems
(`~rule` warns), or a word of the sentence with which the whole sheet is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from seedance_assets.adapters.shot_sheet import read_sheet
from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.shot import Severity, ShotList
from tests.sheet.workbooks import with_parts, workbook

PROMPT = "Rain falls, thunder rolls."


@dataclass(frozen=True)
class Case:
    """A sheet and what should come of it."""

    content: bytes
    keys: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    refused: str = ""
    settings: tuple[tuple[str, object], ...] = ()
    """Of the first shot."""


def _row(shot: str = "a", prompt: str = PROMPT, frame: str = "a.png", *more: str) -> list[str]:
    return [shot, prompt, frame, *more]


def _text(*rows: list[str], separator: str = ",", line_end: str = "\n") -> str:
    def cell(text: str) -> str:
        risky = any(c in text for c in f'{separator}"\r\n')
        return '"' + text.replace('"', '""') + '"' if risky else text

    return "".join(separator.join(map(cell, row)) + line_end for row in rows)


HEADER = ["shot", "prompt", "first_frame"]


def _column(header: str, cell: str) -> bytes:
    """A sheet of one shot with one more column."""
    return _text([*HEADER, header], _row("a", PROMPT, "a.png", cell), separator=";").encode()


def _forms() -> Iterator[tuple[str, Case]]:
    table = (HEADER, _row("a"), _row("b", 'Rain; "wind", snow | hail\tand fog, bells'))
    encodings = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252")
    for encoding, separator in product(encodings, (",", ";", "\t", "|")):
        content = _text(*table, separator=separator).encode(encoding)
        yield f"{encoding} {separator!r}", Case(content, ("a", "b"))
    for end in ("\r\n", "\r"):
        yield f"lines end with {end!r}", Case(_text(*table, line_end=end).encode(), ("a", "b"))
    blank = _text(HEADER, ["", "", ""], _row("a"), [], ["", " ", "\xa0"], _row("b")).encode()
    yield "blank lines", Case(blank, ("a", "b"))
    yield (
        "trailing empty columns",
        Case(_text([*HEADER, "", ""], [*_row("a"), "", "", ""]).encode(), ("a",)),
    )
    yield "quoted line break", Case(_text(HEADER, _row("a", "Rain\r\nand bells")).encode(), ("a",))
    yield "no last line end", Case(_text(HEADER, _row("a")).rstrip().encode(), ("a",))
    yield "sep line", Case(b"sep=;\r\n" + _text(HEADER, _row(), separator=";").encode(), ("a",))
    yield "spaces behind commas", Case(b"shot, prompt, first_frame\na, Rain, a.png", ("a",))
    yield "non-breaking spaces", Case(_text(HEADER, _row("\xa0a\xa0")).encode(), ("a",))
    yield "smart quotes round a path", Case(_text(HEADER, _row("a", PROMPT, "“a.png”")).encode())
    yield "header in capitals", Case(_text([h.upper() for h in HEADER], _row()).encode(), ("a",))
    odd = _text(["Shot  Name", "PROMPT:", "first-frame"], _row()).encode()
    yield "spelling of headers", Case(odd, ("a",))


def _titles() -> Iterator[tuple[str, Case]]:
    for above in (
        [["The Borrowed Light"]],
        [["The Borrowed Light", "", ""], [], ["Version 3", "12.03.2026", ""]],
        [["Shot list"], ["for", "Image", "and sound"]],
        [["Director", "A. Example"], ["Shot", "on", "film"], ["", "", ""]],
    ):
        for separator in (",", ";", "\t"):
            content = _text(*above, HEADER, _row(), separator=separator).encode()
            yield f"title lines {len(above)} {separator!r} {above[0][0]}", Case(content, ("a",))


BOOLEANS = {
    True: (
        "TRUE",
        "true",
        "yes",
        "Y",
        "ja",
        "WAHR",
        "oui",
        "vrai",
        "sí",
        "1",
        "1.0",
        "1,0",
        "x",
        "✓",
    ),
    False: ("FALSE", "no", "N", "nein", "Falsch", "non", "FAUX", "0", "0.0", "off", "aus", "ohne"),
}
DURATIONS = {
    "5": 5,
    "5.0": 5,
    "5,0": 5,
    "5,00": 5,
    " 5 ": 5,
    "5\xa0s": 5,
    "5 sec": 5,
    "5 Sekunden": 5,
    "12s": 12,
    "05.01.1900": 5,
    "1/5/1900": 5,
    "1900-01-05": 5,
    "1900-01-05 00:00:00": 5,
    "0:05": 5,
    "00:00:05": 5,
    "00:00:05:00": 5,
    "nan": 5,
    "n/a": 5,
    "-": 5,
    "": 5,
}
RATIOS = {
    "16:9": "16:9",
    "16x9": "16:9",
    "16 / 9": "16:9",
    "16∶9": "16:9",
    "16:09": "16:9",
    "16:09:00": "16:9",
    "4:09 PM": "16:9",
    "04:03:00": "4:3",
    "09:16:00": "9:16",
    "9:09:00 pm": "21:9",
    "Adaptive": "adaptive",
    "auto": "adaptive",
}
RESOLUTIONS = {
    "720p": "720p",
    "720": "720p",
    "720P": "720p",
    "1280x720": "720p",
    "864 × 480": "480p",
}


def _understood() -> Iterator[tuple[str, Case]]:
    for value, words in BOOLEANS.items():
        for word in words:
            case = Case(_column("Ton", word), ("a",), settings=(("generate_audio", value),))
            yield f"audio {word}", case
    for name, column, table in (
        ("duration", "Dauer (s)", DURATIONS),
        ("ratio", "Seitenverhältnis", RATIOS),
        ("resolution", "Auflösung", RESOLUTIONS),
    ):
        for cell, meant in table.items():
            yield f"{name} {cell!r}", Case(_column(column, cell), ("a",), settings=((name, meant),))


REFUSED_CELLS = {
    "duration": (
        "3",
        "13",
        "5.5",
        "5,5",
        "five",
        "01.05.2026",
        "5. Mai",
        "2026-05-01",
        "1E+05",
        "1:30",
    ),
    "ratio": ("2:1", "2,39:1", "wide", "17:9", "5:00 PM", "1.85"),
    "resolution": ("1080p", "4k", "1920x1080", "720i", "full"),
    "generate_audio": ("maybe", "2", "vielleicht", "TRUEISH"),
    "camera_fixed": ("sometimes", "3"),
}
REFUSED_OWN = {
    "takes": ("0", "100", "1.5", "two", "-1", "03.02.2026"),
    "priority": ("high", "1.5"),
    "cuts": ("-1", "51", "some", "1.5"),
    "max_cost_usd": ("-1", "3 €", "1,234", "lots", "1. Mai", "inf", "nan USD"),
}


def _refused_cells() -> Iterator[tuple[str, Case]]:
    for column, cells in REFUSED_CELLS.items():
        for cell in cells:
            yield f"{column} {cell}", Case(_column(column, cell), (), ("input_value",))
    for column, cells in REFUSED_OWN.items():
        for cell in cells:
            yield f"{column} {cell}", Case(_column(column, cell), (), (f"{column}_value",))
    for cell in ("#REF!", "#BEZUG!", "#N/A", "#DIV/0!", "#NAME?", "#VALEUR!"):
        yield f"formula error {cell}", Case(_column("duration", cell), (), ("cell_error",))


NAMES = {
    "sh 010": "shot_name",
    "sq/010": "shot_name",
    "küche": "shot_name",
    "a:b": "shot_name",
    "-a": "shot_name",
    "con": "shot_name",
    "a...b": "shot_name",
    "s" * 81: "shot_name",
    "3. Mrz": "shot_name",
    "1.00E+05": "shot_name",
    "=A1": "shot_name",
    "": "shot_missing",
}


def _names() -> Iterator[tuple[str, Case]]:
    for name, rule in NAMES.items():
        yield f"name {name[:20]!r}", Case(_text(HEADER, _row(name)).encode(), (), (rule,))
    dated = _text(HEADER, _row("10-Mar")).encode()
    yield "a name that may be a date", Case(dated, ("10-Mar",), ("~shot_date",))
    double = _text(HEADER, _row("A"), _row("b"), _row("a")).encode()
    yield "the same name twice", Case(double, ("A", "b"), ("shot_duplicate",))
    floats = _text(HEADER, _row("10.0"), _row("20.0")).encode()
    yield "names as floats", Case(floats, ("10", "20"))
    mixed = _text(HEADER, _row("1.0"), _row("1.1")).encode()
    yield "names as versions", Case(mixed, ("1.0", "1.1"))


def _sequences() -> Iterator[tuple[str, Case]]:
    header = ["sequence", *HEADER]
    for sequence, shot, key in (
        ("sq010", "sh010", "sq010_sh010"),
        ("sq010", "sq010_sh010", "sq010_sh010"),
        ("SQ010", "sq010-sh010", "sq010-sh010"),
        ("sq01", "sq010_sh010", "sq01_sq010_sh010"),
        ("", "sh010", "sh010"),
        ("10", "20", "10_20"),
    ):
        content = _text(header, [sequence, *_row(shot)]).encode()
        yield f"sequence {sequence} {shot}", Case(content, (key,))
    bad = _text(header, ["sq 010", *_row("sh010")]).encode()
    yield "a bad sequence", Case(bad, (), ("shot_name",))
    same = _text(header, ["sq1", *_row("a")], ["sq2", *_row("a")], ["SQ1", *_row("a")]).encode()
    yield "one shot in two sequences", Case(same, ("sq1_a", "sq2_a"), ("shot_duplicate",))
    for path, key in (
        ("/shots/sq010/sh010", "sq010_sh010"),
        ("/episodes/ep01/sq010/sh010", "sq010_sh010"),
        ("/shots/sh010", "sh010"),
        ("shots\\sq010\\sq010_sh010", "sq010_sh010"),
        ("/sq010/sh010/", "sq010_sh010"),
    ):
        content = _text(["Folder Path", *HEADER[1:]], _row(path)).encode()
        yield f"folder path {path}", Case(content, (key,))
    broken = _text(["Folder Path", *HEADER[1:]], _row("/shots/sq 1/sh1"), _row("/")).encode()
    yield "a bad folder path", Case(broken, (), ("shot_name", "shot_missing"))


def _frames() -> Iterator[tuple[str, Case]]:
    header = [*HEADER, "Nb Frames", "FPS"]
    for frames, rate, seconds in (
        ("120", "24", 5),
        ("121", "", 5),
        ("122", "24", 6),
        ("125", "25", 5),
        ("126", "25 fps", 5),
        ("127", "25", 6),
        ("240,0", "47,952", 5),
        ("120", "24000/1001", 5),
        ("96", "nan", 4),
    ):
        content = _text(header, [*_row(), frames, rate]).encode()
        case = Case(content, ("a",), settings=(("duration", seconds),))
        yield f"{frames} frames at {rate}", case
    for frames, rate, rules in (
        ("48", "24", ("~frames_short",)),
        ("400", "24", ("frames_long",)),
        ("many", "24", ("frames_value",)),
        ("0", "24", ("frames_value",)),
        ("120", "fast", ("fps_value",)),
        ("120", "0", ("fps_value",)),
        ("120", "1/0", ("fps_value",)),
    ):
        content = _text(header, [*_row(), frames, rate]).encode()
        good = ("a",) if rules[0].startswith("~") else ()
        yield f"{frames} frames at {rate}", Case(content, good, rules)
    ranged = [*HEADER, "Frame Start", "Frame End"]
    content = _text(ranged, [*_row("a"), "1001", "1120"], [*_row("b"), "", "1120"]).encode()
    unused = ("~columns_unused",)  # an end without a start says nothing
    yield "a range of frames", Case(content, ("a", "b"), unused, settings=(("duration", 5),))
    back = _text(ranged, [*_row("a"), "1120", "1001"]).encode()
    yield "a range that runs back", Case(back, (), ("frames_value",))
    both = _text([*HEADER, "Frames", "duration"], [*_row("a"), "240", "5"]).encode()
    case = Case(both, ("a",), ("~columns_unused",), settings=(("duration", 5),))
    yield "seconds go before frames", case


PROMPTS = {
    "x" * 501: "~prompt_long",
    "Rain --dur 5, bells": "~prompt_suffix",
    'He says "Hello.': "~prompt_quotes",
    "Er sagt „Hallo.": "~prompt_quotes",
    "Il dit « Bonjour.": "~prompt_quotes",
    "彼は言う「こんにちは": "~prompt_quotes",
    "Ein MÃ¤dchen singt": "~prompt_letters",
    "Ein M�dchen singt": "~prompt_letters",
    'She says: "' + "one two three four five " * 8 + '"': "~dialogue_long",
    "彼女は言う：「" + "あかりをもってふねにのってみなとへかえろう" * 3 + "」": "~dialogue_long",
    "": "prompt_missing",
    "--rs 720p": "prompt_missing",
    "Bell\x07s": "prompt_characters",
    "x" * 10_001: "prompt_too_long",
    "#REF!": "cell_error",
}


def _prompts() -> Iterator[tuple[str, Case]]:
    for prompt, rule in PROMPTS.items():
        good = ("a",) if rule.startswith("~") else ()
        also = ("~prompt_suffix",) if prompt.startswith("--") else ()
        content = _text(HEADER, _row("a", prompt)).encode()
        yield f"prompt {prompt[:20]!r} {rule}", Case(content, good, (rule, *also))
    for prompt, rules in (
        ("A boat crosses the bay.", ("~audio_without_sound",)),
        ("Ein Boot quert die Bucht.", ("~audio_without_sound",)),
        ("Лодка пересекает залив.", ()),
        ("A boat crosses; gulls cry.", ()),
        ("Ein Boot; Möwen rufen.", ()),
        ("Un bateau; le vent souffle.", ()),
        ('A boat. "Ahoy!"', ()),
        ("一艘船驶过海湾", ("~audio_without_sound",)),
        ("一艘船驶过海湾，海浪声", ()),
    ):
        content = _text([*HEADER, "sound"], [*_row("a", prompt), "yes"]).encode()
        yield f"sound asked for: {prompt}", Case(content, ("a",), rules)
    silent = _text([*HEADER, "sound"], [*_row("a", "A boat."), "no"]).encode()
    yield "silence asked for", Case(silent, ("a",))


def _tables() -> Iterator[tuple[str, Case]]:
    notes = _text([*HEADER, "Notes", "Notes", "notes"], [*_row(), "1", "2", "3"]).encode()
    yield "free headers twice", Case(notes, ("a",), ("~columns_unused",))
    empty = _text([*HEADER, "Prompt"], [*_row(), ""]).encode()
    yield "a second prompt column, empty", Case(empty, ("a",), ("~column_unused",))
    same = _text([*HEADER, "Prompt"], [*_row(), PROMPT]).encode()
    yield "a second prompt column, the same", Case(same, ("a",), ("~column_unused",))
    other = _text([*HEADER, "Prompt"], [*_row(), "Snow"]).encode()
    yield "a second prompt column, another", Case(other, refused="could each be `prompt`")
    yield "no prompt", Case(b"shot,first_frame\na,a.png\n", refused="no column `prompt`")
    yield "a misspelt header", Case(b"shot,promt,first_frame\na,b,c\n", refused="`prompt`")
    shifted = b"shot,prompt,first_frame\na,rain, wind,a.png\nb,bells,b.png\n"
    yield "a comma without quotes", Case(shifted, ("b",), ("row_too_wide",))
    open_quote = b'shot,prompt,first_frame\na,"x,a.png\n'
    yield "a quotation mark that never closes", Case(open_quote, refused="is not closed")
    yield "nothing", Case(b"", refused="is empty")
    yield "blank", Case(b" \r\n\xc2\xa0", refused="is empty")
    yield "a header alone", Case(_text(HEADER).encode(), refused="no rows")
    yield "a web page", Case(b"<!DOCTYPE html><html>Hello</html>", refused="web page")
    login = b"<html><title>Sign in - Accounts</title></html>"
    yield "a login page", Case(login, refused="login page")
    yield "an old workbook", Case(b"\xd0\xcf\x11\xe0" + bytes(99), refused="old Excel")
    yield "a PDF", Case(b"%PDF-1.7", refused="PDF")
    yield "a picture", Case(b"\x89PNG\r\n\x1a\n", refused="picture")
    yield "gzip", Case(b"\x1f\x8b\x08", refused="gzip")
    yield "NUL", Case(b"shot,pro\0mpt,first_frame\na,b,c", refused="NUL")
    yield "no text", Case(b"\x81\x8d\x8f\x90,", refused="is not UTF-8")
    wide = b",".join([b"shot,prompt,first_frame"] + [b"x"] * 1200) + b"\na,b,c\n"
    yield "too many columns", Case(wide, refused="over 1000 columns")


GOOD_BOOK = workbook([HEADER, _row()])
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _workbooks() -> Iterator[tuple[str, Case]]:
    yield "workbook", Case(GOOD_BOOK, ("a",))
    titled = workbook([["The Borrowed Light"], [], HEADER, _row()])
    yield "workbook with a title", Case(titled, ("a",))
    many = workbook([HEADER, _row()], others={"Crew": [["Name", "Role"], ["A", "B"]]})
    yield "workbook with other worksheets", Case(many, ("a",))
    for cell, meant in ((5, 5), (5.0, 5), ("5,0", 5), (None, 5)):
        book = workbook([[*HEADER, "duration"], [*_row(), cell]])
        yield f"workbook duration {cell!r}", Case(book, ("a",), settings=(("duration", meant),))
    dated = workbook([[*HEADER, "duration"], [*_row(), 5]], formats={"D2": "dd.mm.yyyy"})
    yield "workbook duration as a date", Case(dated, ("a",), settings=(("duration", 5),))
    time = workbook([[*HEADER, "ratio"], [*_row(), 16.15 / 24]], formats={"D2": "hh:mm:ss"})
    yield "workbook ratio as a time", Case(time, ("a",), settings=(("ratio", "16:9"),))
    numbered = workbook([HEADER, [10, PROMPT, "a.png"]], formats={"A2": "000"})
    yield "workbook name as a number", Case(numbered, ("010",))
    formula = workbook([[*HEADER, "duration"], [*_row(), "=2+3"]])
    yield "workbook formula never saved", Case(formula, (), ("cell_error",))
    broken = workbook([[*HEADER, "duration"], [*_row(), "#REF!"]])
    yield "workbook formula error", Case(broken, (), ("cell_error",))
    yield "workbook cut short", Case(GOOD_BOOK[:2000], refused="cannot be read")
    yield "workbook of nothing", Case(workbook([]), refused="has no column names")
    doctype = with_parts(
        GOOD_BOOK,
        xl__workbook_x_xml=b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
    )
    yield "workbook with entities", Case(doctype, refused="document type")
    damaged = with_parts(GOOD_BOOK, xl__worksheets__sheet1_x_xml=b"<worksheet><sheetData><row")
    yield "workbook with broken XML", Case(damaged, refused="cannot be read")
    bomb = with_parts(GOOD_BOOK, xl__media__x_x_bin=bytes(300 * 1024 * 1024))
    yield "workbook that is a bomb", Case(bomb, refused="unpacks to")
    far = GOOD_ROWS.replace(b"A1", b"A99999999", 1).replace(b'r="1"', b'r="99999999"', 1)
    yield (
        "workbook with a row far below",
        Case(with_parts(GOOD_BOOK, xl__worksheets__sheet1_x_xml=far), refused="too many rows"),
    )
    plain = with_parts(GOOD_BOOK, xl__workbook_x_xml=b"<x/>")
    yield "workbook without worksheets", Case(plain, refused="workbook|worksheet")


GOOD_ROWS = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1">'
    b'<c r="A1" t="inlineStr"><is><t>shot</t></is></c></row></sheetData></worksheet>'
)

CORPUS = dict(
    case
    for cases in (
        *(_forms(), _titles(), _understood(), _refused_cells(), _names(), _sequences()),
        *(_frames(), _prompts(), _tables(), _workbooks()),
    )
    for case in cases
)


def test_the_corpus_is_large_and_good_and_bad() -> None:
    refused = [case for case in CORPUS.values() if case.refused]
    troubled = [case for case in CORPUS.values() if case.rules]

    assert len(CORPUS) >= 200
    assert len(refused) >= 20
    assert len(troubled) >= 60


@pytest.mark.parametrize("case", CORPUS.values(), ids=CORPUS)
def test_a_sheet_gives_shots_and_problems_or_one_clear_refusal(
    tmp_path: Path, schema: ModelSchema, case: Case
) -> None:
    sheet = tmp_path / "shots.csv"
    sheet.write_bytes(case.content)
    if case.refused:
        with pytest.raises(SheetRefused, match=case.refused) as refused:
            read_sheet(sheet, schema, {})
        assert "shots.csv" in str(refused.value)
        assert refused.value.advice
        return

    listed = read_sheet(sheet, schema, {})

    assert _rules(listed) == sorted(case.rules)
    if case.keys:
        assert tuple(shot.key for shot in listed.shots) == case.keys
    for name, meant in case.settings:
        found = listed.shots[0].settings[name]
        assert (type(found), found) == (type(meant), meant)
    assert all(p.fix and p.reason for p in listed.problems)
    assert {p.row for p in listed.errors} == {row.row for row in listed.refused}


def _rules(listed: ShotList) -> list[str]:
    mark = {Severity.ERROR: "", Severity.WARNING: "~"}
    return sorted(f"{mark[p.severity]}{p.rule}" for p in listed.problems)

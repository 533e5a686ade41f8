"""For any sheet: unused cells are named, and sent values come from it."""

import csv
import io
import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from seedance_assets.adapters.shot_sheet import Document, read_shots
from seedance_assets.adapters.shot_sheet.placeholders import is_nothing
from seedance_assets.adapters.shot_sheet.table import bare
from seedance_assets.adapters.shot_sheet.words import AIDS
from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.model_schema import model_schema
from seedance_assets.core.shot import ShotList
from tests.sheet.conftest import SEEDANCE
from tests.sheet.workbooks import workbook

SCHEMA = model_schema(SEEDANCE)
HEADERS = st.one_of(
    st.sampled_from(
        [
            *(
                "duration",
                "Dauer (s)",
                "Nb Frames",
                "FPS",
                "Frame Start",
                "Frame End",
                "Min",
                "Sec",
            ),
            *("ratio", "Ratio (16:9)", "Sound", "generate_audio", "takes", "Versions", "Status"),
            *("sequence", "episode", "dialogue", "description", "Text", "last_frame", "seed", ""),
            *(
                "Resoluton",
                "Prompt",
                "Image",
                "Notes",
                "Notes",
                "Lens (mm)",
                "max_cost_usd",
                "cuts",
            ),
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12),
)
CELLS = st.one_of(
    st.sampled_from(
        [
            *("", "", "5", "8", "120", "24", "16:9", "yes", "no", "none", "3", "omit", "1,000"),
            *("Rain and bells", "Rain --ar 16:9", "Wind --no fog, mist", "TBD", "-", "0", "00:05"),
        ]
    ),
    st.text(st.characters(codec="utf-8"), max_size=12),
)
PROMPTS = st.one_of(
    st.sampled_from(["Rain and bells", "Rain --dur 5 and bells", "Fog --ar 16:9 --v 6", "Ja «so»"]),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40),
)


def _read(table: list[list[str]], *, as_workbook: bool) -> ShotList | None:
    if as_workbook:
        content = workbook([[_writable(cell) for cell in row] for row in table])
    else:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(table)
        content = text.getvalue().encode()
    document = Document("/sheets/x", "x", Path("/sheets"), content)
    try:
        return read_shots(document, SCHEMA, {"duration_s": 11})  # what no cell gives
    except SheetRefused:
        return None


def _writable(text: str) -> str:
    """As a cell that is a text, of characters that XML can hold."""
    plain = "".join(c for c in text if c.isprintable())
    return f"'{plain}" if plain.startswith("=") else plain


def _letter(place: int) -> str:
    return chr(ord("A") + place)


@given(
    st.lists(HEADERS, max_size=7),
    st.lists(st.tuples(PROMPTS, st.lists(CELLS, min_size=7, max_size=7)), min_size=1, max_size=3),
    st.booleans(),
)
def test_unused_cells_are_named_and_sent_values_are_in_the_sheet(
    more: list[str], rows: list[tuple[str, list[str]]], as_workbook: bool
) -> None:
    header = ["shot", "prompt", "first_frame", *more]
    body = [
        [f"s{n}", prompt, "a.png", *cells[: len(more)]] for n, (prompt, cells) in enumerate(rows)
    ]

    listed = _read([header, *body], as_workbook=as_workbook)

    if listed is None:
        return
    used = {header for word, header in listed.columns.items() if word not in AIDS}
    told = " ".join(f"{problem.column or ''} {problem.reason}" for problem in listed.problems)
    for place, name in enumerate(header):
        plain = bare(" ".join((_writable(name) if as_workbook else name).split()))
        cells = [bare(_writable(row[place]) if as_workbook else row[place]) for row in body]
        if plain in listed.columns.values():  # helps others: a word for nothing is no help
            cells = [cell for cell in cells if not is_nothing(cell)]
        if plain in used or not any(cells):
            continue
        named = plain in told or repr(plain[:60]) in told or f"column {_letter(place)} " in told
        assert named or _matters(header, body, place, listed, as_workbook=as_workbook)
    for shot in listed.shots:
        cell = body[shot.row - 2][1]
        assert _stands_in(shot.prompt, _writable(cell) if as_workbook else cell)


def _matters(
    header: list[str], body: list[list[str]], place: int, listed: ShotList, *, as_workbook: bool
) -> bool:
    """Whether a column that helps to understand others changes what is ordered."""
    without = [[c for i, c in enumerate(row) if i != place] for row in (header, *body)]
    other = _read(without, as_workbook=as_workbook)
    if other is None:
        return True
    left, right = (
        ([(s.key, s.settings) for s in one.shots], [row.shot for row in one.refused])
        for one in (listed, other)
    )
    return left != right or len(listed.problems) != len(other.problems)


def _stands_in(prompt: str, cell: str) -> bool:
    words = iter(unicodedata.normalize("NFC", cell).replace("\xa0", " ").split())
    return all(word in words for word in prompt.split())

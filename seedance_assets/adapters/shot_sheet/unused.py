"""Columns that hold something and change nothing: each is named, so that nobody waits for it."""

import difflib
from collections.abc import Collection, Iterator, Mapping

from seedance_assets.adapters.shot_sheet.columns import (
    Columns,
    column_remark,
    letters,
    meanings,
    plain_name,
)
from seedance_assets.adapters.shot_sheet.words import (
    AIDS,
    FOREIGN_INPUTS,
    LOOKALIKES,
    header_words,
    words_of,
)
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.shot import Problem

_CLOSE = 0.82  # how much of a header must be the same to be taken for a slip
_SHORTEST = 4  # letters of a word that a slip can be seen in
_SHOWN = 60  # characters of a header
_REST = "If that is right, do nothing; else rename the column to one of our names."
_FOREIGN = words_of(FOREIGN_INPUTS)


def remarks_on_unused(
    columns: Columns,
    schema: ModelSchema,
    unread: Collection[int],
    *,
    needed: Collection[int] = (),
) -> Iterator[Problem]:
    """One remark for all columns that are not used; and one each for those that seem meant."""
    rest = []
    words = _inputs(schema)
    used = set(columns.places.values())
    told_before = {problem.column for problem in columns.warnings}
    for place, header in enumerate(columns.headers):
        told = _doubled(columns, schema, place) if header and place not in used else None
        if header in told_before:
            continue
        if place in unread and header and place not in used:
            told = told or _foreign(header) or _nearly(header, words)
        if told:
            yield column_remark(header, "column_unused", *told)
        elif place in unread:
            name = repr(header[:_SHOWN]) if header else f"column {letters(place)} (no header)"
            rest.append(f"{name} (in some rows)" if place in needed else name)
    if rest:
        what = "column is" if len(rest) == 1 else "columns are"
        yield column_remark(
            None,
            "columns_unused",
            f"{len(rest)} {what} copied to the report and not sent to the model: "
            + ", ".join(rest),
            _REST,
        )


def _inputs(schema: ModelSchema) -> dict[str, str]:
    """Headers that mean something that is ordered, and our word for it; what only helps is none."""
    found: dict[str, str] = {}
    for meaning in meanings(schema):
        if meaning.name not in AIDS and meaning.name != "shot":
            name = plain_name(meaning.name, schema)
            lookalikes = words_of(LOOKALIKES.get(name, ""))
            for known in (*meaning.exact, *meaning.usual, *meaning.guessed, *lookalikes):
                found.setdefault(known, name)
    return found


def _doubled(columns: Columns, schema: ModelSchema, place: int) -> tuple[str, str] | None:
    """If another column already gives what this one would."""
    spellings = header_words(columns.headers[place])
    for meaning in meanings(schema):
        if meaning.name in AIDS or meaning.name == "shot" or meaning.name not in columns.places:
            continue
        if (meaning.exact | meaning.usual).intersection(spellings):
            first = columns.places[meaning.name]
            if first != place:
                return (
                    f"in column {letters(place)} is only copied to the report, because "
                    f"{columns.headers[first]!r} in {letters(first)} is used",
                    "Rename it if it means something else; otherwise delete one of the two.",
                )
    return None


def _foreign(header: str) -> tuple[str, str] | None:
    if _FOREIGN.intersection(header_words(header)):
        return (
            "is not sent: this model has no such input",
            "Describe it in the prompt if it matters, or delete the column.",
        )
    return None


def _nearly(header: str, inputs: Mapping[str, str]) -> tuple[str, str] | None:
    """If a header is nearly one that means something, or means it in other tools."""
    for spelling in header_words(header):
        near = [spelling] if spelling in inputs else []
        if not near and len(spelling) >= _SHORTEST:
            near = difflib.get_close_matches(spelling[:_SHOWN], inputs, n=1, cutoff=_CLOSE)
        if not near:
            near = [known for known in inputs if len(known) > _SHORTEST and known in spelling][:1]
        if near:
            name = inputs[near[0]]
            return (
                f"is not used, although it resembles `{name}`",
                f"Rename it to `{name}` if that is meant; otherwise rename or delete it.",
            )
    return None

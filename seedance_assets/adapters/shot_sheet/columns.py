"""Which column of a sheet means what: our own words, the model's inputs, or free notes."""

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seedance_assets.adapters.shot_sheet.table import Record, bare
from seedance_assets.adapters.shot_sheet.words import (
    AIDS,
    OWN,
    STAND_INS,
    plain,
    synonyms,
    word,
)
from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.shot import Problem, Severity

_SHOWN = 40  # columns that a message lists
_QUIET = {"shot", *AIDS}  # a sheet often has names and numbers beside its shots: no need to remark

Rows = Sequence[tuple[int, Record]]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one sheet."""

    headers: tuple[str, ...]
    """As the user named them."""
    places: Mapping[str, int]
    """Our own words, and the service's input names → place of the column."""
    free: tuple[tuple[str, int], ...]
    """The columns that are carried along as notes: their names, each once, and places."""
    warnings: tuple[Problem, ...] = ()

    def header(self, meaning: str) -> str | None:
        """What the user calls the column, or None if the sheet has none such."""
        return self.headers[self.places[meaning]] if meaning in self.places else None

    def named(self, schema: ModelSchema) -> dict[str, str]:
        """How the user calls each column that means something, by our own word for it."""
        return {plain_name(meaning, schema): self.headers[i] for meaning, i in self.places.items()}


@dataclass(frozen=True, slots=True)
class _Meaning:
    name: str
    exact: frozenset[str]
    usual: frozenset[str]


def header_test(
    schema: ModelSchema, mapped: Mapping[str, str] | None = None
) -> Callable[[str], str | None]:
    """Which meaning a column of some name would have for this model; None: none."""
    known = {w: m.name for m in _meanings(schema) for w in (*m.usual, *m.exact)}
    known |= {word(header): meaning for meaning, header in (mapped or {}).items()}
    return lambda header: known.get(word(header))


def find_columns(
    headers: Sequence[str],
    schema: ModelSchema,
    sheet: str,
    *,
    given: Collection[str] = (),
    mapped: Mapping[str, str] | None = None,
    rows: Rows = (),
) -> Columns:
    """Tell the columns apart. Inputs in `given` have a default, so no column is needed for them.

    What `mapped` (our own word → header) says goes first, then an exact name (ours, the role's or
    the service's), then a usual synonym, then a column that can stand in. Of two columns with the
    same contents the first is used. Raises `SheetRefused` if two could be meant, or if one is
    missing.
    """
    mapping = {input_name(name, schema): header for name, header in (mapped or {}).items()}
    places = _mapped_places(headers, mapping)
    _find_places(places, headers, schema, sheet, rows)
    _stand_in(places, schema)
    _refuse_missing(places, headers, schema, sheet, given)
    meant = {place for name, place in places.items() if name not in AIDS}
    free = tuple(_distinct((h, i) for i, h in enumerate(headers) if h and i not in meant))
    columns = Columns(tuple(headers), places, free)
    warnings = (*_not_there(mapping, places, schema), *_passed_over(columns, schema))
    return Columns(columns.headers, places, free, warnings)


def known_columns(schema: ModelSchema) -> list[str]:
    """Our own words for all columns that are understood."""
    return [*OWN, *(plain_name(name, schema) for name in schema.input_schema.properties), *AIDS]


def input_name(name: str, schema: ModelSchema) -> str:
    """The service's name for one of our words, if it is one of the model's inputs."""
    roles: Mapping[str, str] = {str(role): target for role, target in schema.roles.items()}
    return roles.get(name) or roles.get(f"{name}_s", name)


def plain_name(name: str, schema: ModelSchema) -> str:
    """How we call a meaning when we talk to people: by its role, if it has one."""
    return next((str(role) for role, target in schema.roles.items() if target == name), name)


def _mapped_places(headers: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    by_name = {plain(header): place for place, header in reversed(list(enumerate(headers)))}
    found = {meaning: by_name.get(plain(header)) for meaning, header in mapping.items()}
    return {meaning: place for meaning, place in found.items() if place is not None}


def _find_places(
    places: dict[str, int], headers: Sequence[str], schema: ModelSchema, sheet: str, rows: Rows
) -> None:
    words = [word(header) for header in headers]
    for rank in ("exact", "usual"):
        for meaning in _meanings(schema):
            names: frozenset[str] = getattr(meaning, rank)
            hits = [i for i, w in enumerate(words) if w in names and i not in places.values()]
            if meaning.name in places or not hits:
                continue
            hits = _differing(hits, rows)
            if len(hits) > 1 and meaning.name not in AIDS:
                raise SheetRefused(
                    f"sheet {sheet}: columns {_placed(headers, hits)} "
                    f"could each be `{plain_name(meaning.name, schema)}`",
                    advice=f"Call the right one `{plain_name(meaning.name, schema)}` and rename "
                    "or delete the other; or name it in [sheet.columns] of production.toml.",
                )
            places[meaning.name] = hits[0]


def _differing(hits: list[int], rows: Rows) -> list[int]:
    """Those of some columns that hold anything that the one before does not."""
    if len(hits) == 1:
        return hits
    filled = [i for i in hits if any(bare(cells[i]) for _, cells in rows if i < len(cells))]
    first = (filled or hits)[0]
    return [first] + [
        i for i in filled if any(bare(cells[i]) != bare(cells[first]) for _, cells in rows)
    ]


def _stand_in(places: dict[str, int], schema: ModelSchema) -> None:
    """Take a column for what nothing else in the sheet gives."""
    for name, others in STAND_INS.items():
        if name not in {*OWN, *schema.roles}:
            continue  # the model has no such input
        meaning = input_name(name, schema)
        for other in others:
            if meaning not in places and other in places:
                places[meaning] = places[other]


def _meanings(schema: ModelSchema) -> list[_Meaning]:
    own = [_Meaning(name, frozenset({word(name)}), synonyms(name)) for name in OWN]
    roles = {target: str(role) for role, target in schema.roles.items()}
    inputs = [
        _Meaning(
            name,
            frozenset({word(name), word(roles.get(name, name))}),
            synonyms(roles.get(name, "")) | {word(field.title)},
        )
        for name, field in schema.input_schema.properties.items()
    ]
    aids = [_Meaning(name, frozenset({word(name)}), synonyms(name)) for name in AIDS]
    return own + inputs + aids


def _refuse_missing(
    places: Mapping[str, int],
    headers: Sequence[str],
    schema: ModelSchema,
    sheet: str,
    given: Collection[str],
) -> None:
    wanted = {"shot": "shot"}
    wanted |= {
        role: schema.roles[role] for role in ("prompt", "first_frame") if role in schema.roles
    }
    missing = [name for name, meaning in wanted.items() if meaning not in {*places, *given}]
    if missing:
        found = _quoted(headers[:_SHOWN]) + (" and more" if len(headers) > _SHOWN else "")
        raise SheetRefused(
            f"sheet {sheet} has no column {', '.join(f'`{m}`' for m in missing)}; "
            f"its columns: {found}",
            advice=_nearest(missing, headers)
            + "Name the columns in the sheet's header line, or in [sheet.columns] of "
            "production.toml; see the README for their names.",
        )


def _nearest(missing: Sequence[str], headers: Sequence[str]) -> str:
    """Which of the headers may be meant."""
    by_word = {word(header): header for header in headers if header}
    for name in missing:
        for usual in (word(name), *sorted(synonyms(name))):
            if near := difflib.get_close_matches(usual, by_word, n=1, cutoff=0.75):
                return f"Is {by_word[near[0]]!r} the `{name}`? "
    return ""


def _distinct(free: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Free columns with names of their own: `Notes`, `Notes (2)`."""
    seen: dict[str, int] = {}
    for header, place in free:
        seen[header] = seen.get(header, 0) + 1
        yield header if seen[header] == 1 else f"{header} ({seen[header]})", place


def _not_there(
    mapping: Mapping[str, str], places: Mapping[str, int], schema: ModelSchema
) -> Iterator[Problem]:
    for meaning, header in mapping.items():
        if meaning not in places:
            yield _warning(
                header,
                "column_not_there",
                f"stands in [sheet.columns] as `{plain_name(meaning, schema)}`, "
                "and the sheet has no such column",
                "Correct production.toml, or the header of the sheet.",
            )


def _passed_over(columns: Columns, schema: ModelSchema) -> Iterator[Problem]:
    """Warnings for columns that look like an input which another column already gives."""
    used_places = set(columns.places.values())
    others = [(i, h) for i, h in enumerate(columns.headers) if h and i not in used_places]
    for meaning in _meanings(schema):
        used = None if meaning.name in _QUIET else columns.header(meaning.name)
        for place, header in others if used else ():
            if word(header) in meaning.exact | meaning.usual:
                first = columns.places[meaning.name]
                here, there = _letters(place), _letters(first)
                yield _warning(
                    header,
                    "column_unused",
                    f"in column {here} is only carried along, since {used!r} in {there} is used",
                    "Rename it if it means something else; else delete one of the two.",
                )


def _warning(column: str, rule: str, reason: str, fix: str) -> Problem:
    return Problem(
        row=None,
        shot=None,
        column=column,
        value="",
        rule=rule,
        reason=reason,
        fix=fix,
        severity=Severity.WARNING,
    )


def _placed(headers: Sequence[str], places: Iterable[int]) -> str:
    """Columns as a person finds them, even if two have the same header: `'Prompt' (column C)`."""
    return ", ".join(f"{headers[i][:60]!r} (column {_letters(i)})" for i in places)


def _letters(place: int) -> str:
    """How a spreadsheet calls the column at a place from 0: A to Z, AA and so on."""
    before, letter = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + letter)


def _quoted(headers: Iterable[str]) -> str:
    return ", ".join(repr(header[:60]) for header in headers)

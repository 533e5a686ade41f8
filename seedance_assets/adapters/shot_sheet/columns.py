"""Which column of a sheet means what: our own words, the model's inputs, or free notes."""

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seedance_assets.adapters.shot_sheet.cells import is_silence, is_switch
from seedance_assets.adapters.shot_sheet.placeholders import is_nothing
from seedance_assets.adapters.shot_sheet.table import Record, bare, visible
from seedance_assets.adapters.shot_sheet.words import (
    AIDS,
    GUESSES,
    OWN,
    RIVALS,
    STAND_INS,
    header_words,
    plain,
    synonyms,
    word,
    words_of,
)
from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.shot import Problem, Severity

AUDIO = "audio"
_SHOWN = 40  # columns that a message lists

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
        """What the user calls the column, or None if the sheet has no such column."""
        return self.headers[self.places[meaning]] if meaning in self.places else None

    def named(self, schema: ModelSchema) -> dict[str, str]:
        """How the user calls each column that means something, by our own word for it."""
        return {plain_name(meaning, schema): self.headers[i] for meaning, i in self.places.items()}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column may mean, and the headers that say so, as `word` makes them."""

    name: str
    exact: frozenset[str]
    usual: frozenset[str]
    guessed: frozenset[str] = frozenset()


def header_test(
    schema: ModelSchema, mapped: Mapping[str, str] | None = None
) -> Callable[[str], str | None]:
    """Which meaning a column of some name would have for this model; None: none."""
    known = {w: m.name for m in meanings(schema) for w in (*m.guessed, *m.usual, *m.exact)}
    known |= {word(header): meaning for meaning, header in (mapped or {}).items()}

    def meaning_of(header: str) -> str | None:
        return next((known[w] for w in header_words(header) if w in known), None)

    return meaning_of


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
    remarks = [*_described_sound(places, headers, schema, rows)]
    remarks += _guess(places, headers, schema, sheet, rows)
    _stand_in(places, schema)
    _refuse_missing(places, headers, schema, sheet, given)
    meant = {place for name, place in places.items() if name not in AIDS}
    free = tuple(_distinct((h, i) for i, h in enumerate(headers) if h and i not in meant))
    remarks += _not_there(mapping, places, schema)
    return Columns(tuple(headers), places, free, tuple(remarks))


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
    spellings = [header_words(header) for header in headers]
    known = [(m, names) for m in meanings(schema) for names in (m.exact, m.usual)]
    for hinted in (False, True):  # a header that needs no reading goes first
        for meaning, names in sorted(known, key=lambda pair: pair[1] is pair[0].usual):
            words = (found if hinted else found[:1] for found in spellings)
            hits = [i for i, found in enumerate(words) if names.intersection(found)]
            hits = [i for i in hits if i not in places.values()]
            if meaning.name in places or not hits:
                continue
            hits = _differing(hits, rows)
            if len(hits) > 1 and meaning.name not in AIDS:
                raise _ambiguous(headers, hits, meaning.name, schema, sheet)
            places[meaning.name] = hits[0]


def _ambiguous(
    headers: Sequence[str], hits: Sequence[int], meaning: str, schema: ModelSchema, sheet: str
) -> SheetRefused:
    name = plain_name(meaning, schema)
    return SheetRefused(
        f"sheet {sheet}: columns {_placed(headers, hits)} could each be `{name}`",
        advice=f"Rename the right one to `{name}` and rename or delete the other; or set it in "
        "[sheet.columns] of production.toml.",
    )


def _guess(
    places: dict[str, int], headers: Sequence[str], schema: ModelSchema, sheet: str, rows: Rows
) -> Iterator[Problem]:
    """Take a column whose header may mean an input, if nothing else could; and say so."""
    for meaning in meanings(schema):
        if meaning.name in places:
            continue
        words = [word(header) for header in headers]
        free = [i for i in range(len(headers)) if i not in places.values()]
        hits = [i for i in free if words[i] in meaning.guessed]
        rivals = words_of(RIVALS.get(plain_name(meaning.name, schema), ""))
        others = [i for i, w in enumerate(words) if w in rivals and _is_filled(i, rows)]
        if not hits:
            continue
        hits = _differing(hits, rows)
        if len(hits) > 1 or others:
            raise _ambiguous(headers, [*hits, *others], meaning.name, schema, sheet)
        places[meaning.name] = hits[0]
        name = plain_name(meaning.name, schema)
        yield column_remark(
            headers[hits[0]],
            "column_guessed",
            f"is used as `{name}`, which may be wrong",
            f"Rename the column to `{name}` if that is right; else rename the right one.",
        )


def _described_sound(
    places: dict[str, int], headers: Sequence[str], schema: ModelSchema, rows: Rows
) -> Iterator[Problem]:
    """Set aside a sound column that says what is heard: it is no switch."""
    meaning = schema.roles.get("audio", "")
    place = places.get(meaning)
    if place is None or header_words(headers[place])[-1] == word(meaning):
        return
    texts = {text for _, cells in rows if (text := visible(cells[place]))}
    told = [t for t in texts if not (is_switch(t) or is_silence(t) or is_nothing(t))]
    in_words = any(not text.isalnum() or not text.isascii() for text in told) or len(told) > 1
    in_words = in_words or word(headers[place]) != word(AUDIO)
    if told and in_words and not any(map(is_switch, texts)):
        del places[meaning]
        yield column_remark(
            headers[place],
            "column_described",
            "describes the sound, so it cannot switch sound on or off; it is not used",
            f"Put the sounds into the prompt; switch sound on and off in `{meaning}`.",
        )


def _is_filled(place: int, rows: Rows) -> bool:
    return any(place < len(cells) and bare(cells[place]) for _, cells in rows)


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


def meanings(schema: ModelSchema) -> list[Meaning]:
    """Everything that a column may mean: our own words, the model's inputs, and what helps."""
    own = [Meaning(name, frozenset({word(name)}), synonyms(name)) for name in OWN]
    roles = {target: str(role) for role, target in schema.roles.items()}
    inputs = [
        Meaning(
            name,
            frozenset({word(name), word(roles.get(name, name))}),
            synonyms(roles.get(name, "")) | {word(field.title)},
            words_of(GUESSES.get(roles.get(name, ""), "")),
        )
        for name, field in schema.input_schema.properties.items()
    ]
    aids = [Meaning(name, frozenset({word(name)}), synonyms(name)) for name in AIDS]
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
            + "Name the columns in the sheet's header line, or in [sheet.columns] in "
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
            yield column_remark(
                header,
                "column_not_there",
                f"is set in [sheet.columns] as `{plain_name(meaning, schema)}`, "
                "but the sheet has no such column",
                "Correct production.toml, or the header of the sheet.",
            )


def column_remark(column: str | None, rule: str, reason: str, fix: str) -> Problem:
    """A remark on a column, or on the sheet as a whole."""
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
    return ", ".join(f"{headers[i][:60]!r} (column {letters(i)})" for i in places)


def letters(place: int) -> str:
    """How a spreadsheet calls the column at a place from 0: A to Z, AA and so on."""
    before, letter = divmod(place, 26)
    return (letters(before - 1) if before else "") + chr(ord("A") + letter)


def _quoted(headers: Iterable[str]) -> str:
    return ", ".join(repr(header[:60]) for header in headers)

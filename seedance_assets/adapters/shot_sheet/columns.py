"""Which column of a sheet means what: our own words, the model's inputs, or free notes."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seedance_assets.core.errors import SheetRefused
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.shot import Problem, Severity

OWN = ("shot", "takes", "priority", "max_cost_usd", "audio_fallback")

_SYNONYMS: Mapping[str, str] = {
    "shot": "shot name, shot id, shot key, shot code, shot no, shot number, id, name, code",
    "takes": "take count, number of takes, no of takes, versions, variants",
    "priority": "prio",
    "max_cost_usd": "max cost, max cost in usd, cost limit, max usd, budget, budget usd",
    "audio_fallback": "silent fallback, fallback silent, sound fallback",
    "prompt": "text, text prompt, prompt text, video prompt, motion prompt, image prompt",
    "first_frame": (
        "image, start image, start frame, first image, first frame url, first frame path, "
        "first frame image, image url, image path, input image, picture, still, start still"
    ),
    "resolution": "res, video resolution, output resolution",
    "ratio": "aspect ratio, aspect, video ratio, format ratio",
    "duration_s": (
        "duration, length, length s, duration sec, duration seconds, duration in seconds, "
        "length sec, length seconds, length in seconds, seconds, secs, sec"
    ),
    "audio": "sound, with audio, with sound, audio on, sound on, generate sound",
    "camera_fixed": "fixed camera, camera lock, camera locked, locked camera, static camera",
}
_SHOWN = 40  # columns that a message lists
_QUIET = {"shot"}  # a sheet often has names and numbers beside its shots: no need to remark on it


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one sheet."""

    headers: tuple[str, ...]
    """As the user named them."""
    places: Mapping[str, int]
    """Our own words, and the service's input names → place of the column."""
    free: tuple[int, ...]
    """Places of the columns that are carried along as notes."""
    warnings: tuple[Problem, ...] = ()

    def header(self, meaning: str) -> str | None:
        """What the user calls the column, or None if the sheet has none such."""
        return self.headers[self.places[meaning]] if meaning in self.places else None


@dataclass(frozen=True, slots=True)
class _Meaning:
    name: str
    exact: frozenset[str]
    usual: frozenset[str]


def header_test(schema: ModelSchema) -> Callable[[str], bool]:
    """A test whether a column of some name would mean something for this model."""
    known = frozenset().union(*(m.exact | m.usual for m in _meanings(schema)))
    return lambda header: _word(header) in known


def find_columns(
    headers: Sequence[str], schema: ModelSchema, path: Path, *, given: Collection[str] = ()
) -> Columns:
    """Tell the columns apart. Inputs in `given` have a default, so no column is needed for them.

    An exact name (ours, the role's or the service's) goes before a usual synonym. Raises
    `SheetRefused` if two columns are the same, if two could be meant, or if one is missing.
    """
    _refuse_doubles(headers, path)
    places = _places(headers, schema, path)
    _refuse_missing(places, headers, schema, path, given)
    free = tuple(i for i, h in enumerate(headers) if h and i not in places.values())
    columns = Columns(tuple(headers), places, free)
    return Columns(columns.headers, places, free, tuple(_passed_over(columns, schema)))


def _places(headers: Sequence[str], schema: ModelSchema, path: Path) -> dict[str, int]:
    words = [_word(header) for header in headers]
    places: dict[str, int] = {}
    for rank in ("exact", "usual"):
        for meaning in _meanings(schema):
            names: frozenset[str] = getattr(meaning, rank)
            hits = [i for i, w in enumerate(words) if w in names and i not in places.values()]
            if meaning.name in places or not hits:
                continue
            if len(hits) > 1:
                raise SheetRefused(
                    f"sheet {path}: columns {_quoted(headers[i] for i in hits)} "
                    f"could each be `{_plain_name(meaning.name, schema)}`",
                    advice=f"Call the right one `{_plain_name(meaning.name, schema)}`.",
                )
            places[meaning.name] = hits[0]
    return places


def _meanings(schema: ModelSchema) -> list[_Meaning]:
    own = [_Meaning(name, frozenset({_word(name)}), _synonyms(name)) for name in OWN]
    roles = {target: str(role) for role, target in schema.roles.items()}
    inputs = [
        _Meaning(
            name,
            frozenset({_word(name), _word(roles.get(name, name))}),
            _synonyms(roles.get(name, "")) | {_word(field.title)},
        )
        for name, field in schema.input_schema.properties.items()
    ]
    return own + inputs


def _synonyms(name: str) -> frozenset[str]:
    return frozenset(_word(synonym) for synonym in _SYNONYMS.get(name, "").split(",") if synonym)


def _word(header: str) -> str:
    """A header for comparing: letters and digits alone, so `Duration (s)` is `durations`."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", header).casefold())


def _plain(header: str) -> str:
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFKC", header).casefold())


def _plain_name(name: str, schema: ModelSchema) -> str:
    """How we call a meaning when we talk to people: by its role, if it has one."""
    return next((str(role) for role, target in schema.roles.items() if target == name), name)


def _refuse_doubles(headers: Sequence[str], path: Path) -> None:
    seen: dict[str, int] = {}
    for place, header in enumerate(headers):
        if (word := _plain(header)) in seen:
            first = seen[word]
            raise SheetRefused(
                f"sheet {path}: columns {first + 1} and {place + 1} have the same name: "
                f"{_quoted((headers[first], header))}",
                advice="Rename or delete one of them (case, spaces, _ and - do not count).",
            )
        if word:
            seen[word] = place


def _refuse_missing(
    places: Mapping[str, int],
    headers: Sequence[str],
    schema: ModelSchema,
    path: Path,
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
            f"sheet {path} has no column {', '.join(f'`{m}`' for m in missing)}; "
            f"its columns: {found}",
            advice="Name the columns in the sheet's first line; see the README for their names.",
        )


def _passed_over(columns: Columns, schema: ModelSchema) -> Iterator[Problem]:
    """Warnings for free columns that look like an input which another column already gives."""
    for meaning in _meanings(schema):
        used = None if meaning.name in _QUIET else columns.header(meaning.name)
        alike = (columns.headers[i] for i in columns.free if used)
        for header in alike:
            if _word(header) in meaning.usual:
                yield Problem(
                    row=None,
                    shot=None,
                    column=header,
                    value="",
                    rule="column_unused",
                    reason=f"is only carried along, since {used!r} is used",
                    fix="Rename it if it means something else; else delete one of the two.",
                    severity=Severity.WARNING,
                )


def _quoted(headers: Iterable[str]) -> str:
    return ", ".join(repr(header[:60]) for header in headers)

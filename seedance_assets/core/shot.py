"""Shots, the sheet that lists them, and what is wrong with it."""

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.cuts import Cuts
from seedance_assets.core.model_schema import InputValue

MAX_TAKES = 99
"""Of one request; more is a slip of the pen."""

LONGEST_REASON = 200
"""Characters of what a person says of a retake."""

STANDARD_INPUT = "-"
"""What a sheet is called that comes through standard input."""

_KEY = re.compile(r"(?<=/)([\w-]{4})[\w-]{16,}(?=/|$)")
_SHORT = r"\1…"


class Severity(StrEnum):
    """An error keeps its shot from being made; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(_Record):
    """Something that a person should mend: where it is, why it is wrong, what to do."""

    row: int | None = Field(description="Row of the sheet as a spreadsheet counts it; header = 1.")
    shot: str | None
    column: str | None = Field(description="The column as the user named it.")
    value: str
    rule: str = Field(description="Short name of the rule, stable for scripts.")
    reason: str
    fix: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = ", ".join(
            part
            for part in (
                f"row {self.row}" if self.row else "",
                f"shot {self.shot}" if self.shot else "",
                f"column {self.column}" if self.column else "",
            )
            if part
        )
        value = f" (here: {self.value!r})" if self.value else ""
        return (
            f"{where}: {self.reason}{value}. {self.fix}" if where else f"{self.reason}. {self.fix}"
        )


class Shot(_Record):
    """One row of the sheet: what the film needs. Its key is the partition key."""

    key: str
    row: int
    prompt: str
    first_frame: str = Field(
        description="As the sheet names it: a path beside the sheet, or a URL."
    )
    settings: dict[str, InputValue] = Field(
        description="The model's other inputs, by the service's names, defaults filled in."
    )
    takes: int = 1
    priority: int = 0
    max_cost_usd: float | None = None
    audio_fallback: bool | None = Field(
        default=None,
        description="Whether a take whose sound was refused may be ordered silent; "
        "None: the production decides.",
    )
    cuts: Cuts | None = Field(
        default=None,
        description="How many cuts the clip shall have; None: the prompt is read for it. Not part "
        "of the request.",
    )
    notes: dict[str, str] = Field(
        default_factory=dict, description="Free columns (sequence, description, …), carried along."
    )

    @property
    def sequence(self) -> str:
        """The sequence that the shot belongs to, or an empty text."""
        named = (value for name, value in self.notes.items() if name.casefold() == "sequence")
        return next(named, "")


class RefusedRow(_Record):
    """A row of the sheet that has become no shot; its picture can be looked at all the same."""

    row: int
    shot: str
    first_frame: str


class ShotList(_Record):
    """A sheet, read: the good shots in the sheet's order, and every problem of every row."""

    format_version: int = Field(default=1, alias="schema", serialization_alias="schema")
    source: str = Field(description="The sheet's absolute path, its https link, or `-`.")
    show: str | None = Field(
        default=None, description="Whose list it is; empty: the nameless show's; None: not told."
    )
    folder: str = Field(
        default="", description="Where paths in the sheet begin; empty: the sheet's own folder."
    )
    settings_file: str = Field(
        default="", description="The `production.toml` that was beside it; empty: there was none."
    )
    settings_sha256: str | None = Field(
        default=None, description="Of that file's bytes; empty: there was none; None: not told."
    )
    model_id: str
    sha256: str = Field(description="Of the sheet's bytes.")
    detected: dict[str, str] = Field(default_factory=dict, description="Encoding, separator, …")
    columns: dict[str, str] = Field(
        default_factory=dict, description="Our own words, and the column as the user named it."
    )
    shots: tuple[Shot, ...]
    problems: tuple[Problem, ...] = ()
    refused: tuple[RefusedRow, ...] = Field(
        default=(), description="Rows with errors, in the sheet's order."
    )
    rows: int = Field(description="Rows that hold anything, good and bad.")

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @property
    def place(self) -> Path:
        """Where the sheet lies, or would lie: its pictures and `production.toml` are beside it."""
        return Path(self.folder) / Path(self.source).name if self.folder else Path(self.source)

    @property
    def name(self) -> str:
        """The sheet in a word for people: a file's name, or a link without what may be secret."""
        return sheet_name(self.source)

    @property
    def read_as(self) -> str:
        """One line: what the sheet was taken for."""
        form = ", ".join(
            f"header in row {text}" if name == "header_row" else text
            for name, text in self.detected.items()
            if text
        )
        return f"{self.name}: {form}; {self.rows} {'row' if self.rows == 1 else 'rows'}"

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep shots from being made."""
        return tuple(p for p in self.problems if p.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that do not."""
        return tuple(p for p in self.problems if p.severity is Severity.WARNING)

    def only(self, keys: Iterable[str]) -> tuple[Shot, ...]:
        """The shots with these keys, in the sheet's order."""
        wanted = set(keys)
        return tuple(shot for shot in self.shots if shot.key in wanted)

    def absent(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Those of the keys that no good row has."""
        listed = {shot.key for shot in self.shots}
        return tuple(key for key in dict.fromkeys(keys) if key not in listed)


def sheet_name(source: str) -> str:
    """A sheet's path, link or `-` in a word for people, with no key that a link may hold.

    Of a sheet that is shared with whoever has its link, a part of the path is the key.
    """
    if source == STANDARD_INPUT:
        return "standard input"
    if "://" in source:
        link = urlsplit(source)
        return f"{link.hostname}{_KEY.sub(_SHORT, link.path)}" if link.hostname else "a link"
    return Path(source).name

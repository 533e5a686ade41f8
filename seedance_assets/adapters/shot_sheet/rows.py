"""From a row to a shot, or to everything that is wrong with the row."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seedance_assets.adapters.shot_sheet import cells as typed
from seedance_assets.adapters.shot_sheet.columns import Columns
from seedance_assets.adapters.shot_sheet.fixes import fix_for_input, fix_for_number
from seedance_assets.adapters.shot_sheet.identity import Identity, Naming
from seedance_assets.adapters.shot_sheet.placeholders import is_nothing, is_word_for_none
from seedance_assets.adapters.shot_sheet.prompts import Prompt, objections_to, read_prompt
from seedance_assets.adapters.shot_sheet.row import Objection, Row
from seedance_assets.adapters.shot_sheet.shot_keys import objections_to_key
from seedance_assets.adapters.shot_sheet.speech import objections_to_sound
from seedance_assets.adapters.shot_sheet.status import StatusColumns
from seedance_assets.adapters.shot_sheet.table import CellRemark, Record
from seedance_assets.adapters.shot_sheet.timing import (
    Length,
    length_in_frames,
    longer_than_needed,
    spoilt_time,
    whole_seconds,
    written_length,
)
from seedance_assets.core.cuts import ANY_CUTS, MAX_CUTS, Cuts
from seedance_assets.core.model_schema import InputField, InputValue, ModelSchema
from seedance_assets.core.shot import MAX_TAKES, Problem, RefusedRow, Severity, Shot

MAX_PRIORITY = 1_000_000
_REMEMBERED = 10_000  # different texts of cells
_SHOWN = 150  # characters of a reason that repeats a cell

Settings = dict[str, InputValue]


@dataclass(frozen=True, slots=True)
class _Unread:
    reason: str


class RowReader:
    """Reads the rows of one sheet, in its order; it remembers the names that it has seen."""

    def __init__(
        self,
        columns: Columns,
        schema: ModelSchema,
        defaults: Mapping[str, InputValue],
        naming: Naming,
        remarks: Sequence[CellRemark] = (),
    ) -> None:
        self._columns = columns
        self._status = StatusColumns(columns)
        self._defaults = defaults
        self._schema = schema
        self._naming = naming
        self._remarks: dict[int, list[CellRemark]] = defaultdict(list)
        for remark in remarks:
            if remark.row is not None:
                self._remarks[remark.row].append(remark)
        self._prompt_name = schema.roles.get("prompt")
        self._frame_name = schema.roles.get("first_frame")
        self._duration_name = schema.roles.get("duration_s")
        self._audio_name = schema.roles.get("audio")
        self._setting_fields = {
            name: input_field
            for name, input_field in schema.input_schema.properties.items()
            if name not in (self._prompt_name, self._frame_name)
        }
        self._rows_by_name: dict[str, int] = {}
        self.refused: list[RefusedRow] = []
        """The rows that have become no shot."""
        self.unread: set[int] = set()
        """Places of columns that hold something which a row did not need."""
        self.needed: set[int] = set()
        """Places of columns that a row needed."""
        self._seen: dict[tuple[str, str], InputValue | _Unread] = {}

    def read(self, number: int, cells: Record) -> tuple[Shot | None, list[Problem]]:
        """The shot of a row, or None if the row has errors; and every problem of the row."""
        row = Row(number, cells, self._columns)
        named = self._naming.identity(row)
        row.key = named.key
        row.find_broken_cells(self._remarks.get(number, ()))
        _check_width(row)
        for objection in self._status.objections(row):
            row.object_to_all("", objection)
        self._check_key(row, named)
        prompt = self._prompt(row)
        first_frame = self._first_frame(row)
        given = self._given(row)
        settings = self._filled(given)
        self._check_sound(row, prompt, given, settings)
        takes = _whole(row, "takes", 1, least=1, most=MAX_TAKES)
        priority = _whole(row, "priority", 0, least=-MAX_PRIORITY, most=MAX_PRIORITY)
        max_cost_usd = _usd(row, "max_cost_usd")
        audio_fallback = _flag(row, "audio_fallback")
        cuts = _cuts(row)
        self.unread |= row.unread
        self.needed |= row.read
        if row.refused:
            self.refused.append(RefusedRow(row=number, shot=row.key, first_frame=first_frame))
            return None, row.problems
        shot = Shot(
            key=row.key,
            row=number,
            prompt=prompt.text,
            first_frame=first_frame,
            settings=settings,
            takes=takes,
            priority=priority,
            max_cost_usd=max_cost_usd,
            audio_fallback=audio_fallback,
            cuts=cuts,
            notes=row.notes,
        )
        return shot, row.problems

    def _check_key(self, row: Row, named: Identity) -> None:
        if not row.key:
            row.object_to("shot", Objection("shot_missing", "is empty", "Give the shot a name."))
            return
        for meaning, objection in objections_to_key(named):
            row.object_to(meaning, objection)
        first = self._rows_by_name.setdefault(row.key.casefold(), row.number)
        if first != row.number:
            reason = (
                f"row {first} and row {row.number} both have the name {row.key!r} "
                "(case does not matter)"
            )
            fix = "Rename one of them; for more takes of a shot, use the column `takes`."
            row.object_to("shot", Objection("shot_duplicate", reason, fix))

    def _prompt(self, row: Row) -> Prompt:
        if (name := self._prompt_name) is None:
            return Prompt("")
        prompt = read_prompt(row.prose(name) or str(self._defaults.get(name, "")))
        for objection in objections_to(prompt):
            row.object_to(name, objection)
        return prompt

    def _first_frame(self, row: Row) -> str:
        if (name := self._frame_name) is None:
            return ""
        first_frame = typed.unquoted(self._text(row, name))
        if is_word_for_none(first_frame):
            fix = "Give the path of a picture beside the sheet, or an https link."
            reason = "is a placeholder, not a picture" if first_frame else "is empty"
            row.object_to(name, Objection("first_frame_missing", reason, fix))
        return first_frame

    def _text(self, row: Row, name: str) -> str:
        return row.text(name) or str(self._defaults.get(name, ""))

    def _given(self, row: Row) -> Settings:
        """The model's other inputs as the row has them, else as the production's defaults do."""
        given: Settings = {}
        for name, input_field in self._setting_fields.items():
            text = row.text(name)
            value = self._value(row, name, input_field, text)
            if value is not None:
                given[name] = value
                if name == self._duration_name:
                    _check_minutes(row, name)
            elif is_nothing(text) and name in self._schema.input_schema.required:
                fix = fix_for_input(input_field, "")
                row.object_to(name, Objection("input_missing", "is empty", fix))
        return given

    def _value(self, row: Row, name: str, input_field: InputField, text: str) -> InputValue | None:
        """The value of one input, or None if neither the row nor a default gives one."""
        if name == self._audio_name and typed.is_silence(text):
            return False
        if not is_nothing(text):
            return self._input(row, name, input_field, text)
        if name == self._duration_name:
            return self._from_frames(row, name, input_field)
        if text and name == self._audio_name:
            row.object_to(name, _no_word_on_sound())
        return self._defaults.get(name)

    def _filled(self, given: Settings) -> Settings:
        filled = self._schema.with_defaults(given)
        return {name: filled[name] for name in filled if name in self._setting_fields}

    def _input(self, row: Row, name: str, input_field: InputField, text: str) -> InputValue | None:
        """The value of a cell; the same text is understood once."""
        found = self._seen.get((name, text))
        if found is None:
            try:
                found = typed.read_input(input_field, text, seconds=name == self._duration_name)
            except ValueError as exc:
                found = _Unread(str(exc))
            if len(self._seen) < _REMEMBERED:
                self._seen[name, text] = found
        if not isinstance(found, _Unread):
            return found
        if name == self._duration_name:
            return self._written_length(row, name, input_field, found.reason)
        objection = Objection("input_value", found.reason, fix_for_input(input_field, text))
        row.object_to(name, objection)
        return None

    def _written_length(
        self, row: Row, name: str, input_field: InputField, reason: str
    ) -> InputValue | None:
        """The length in a cell that does not give it in seconds."""
        text = row.text(name)
        rate = float(self._schema.video.frames_per_second)
        length = written_length(text, row, rate)
        if length is not None:
            return self._seconds(row, replace(length, column=name), input_field, rate)
        fix = fix_for_input(input_field, text)
        if spoilt := spoilt_time(text):
            reason, fix = spoilt, "Write the seconds as a plain number, such as 5."
        row.object_to(name, Objection("input_value", reason, fix))
        return None

    def _from_frames(self, row: Row, name: str, input_field: InputField) -> InputValue | None:
        """The length from the sheet's frames, else the production's default."""
        rate = float(self._schema.video.frames_per_second)
        length = length_in_frames(row, rate)
        if length is None:
            return self._defaults.get(name)
        return self._seconds(row, length, input_field, rate)

    def _seconds(
        self, row: Row, length: Length, input_field: InputField, rate: float
    ) -> InputValue | None:
        """The seconds to ask for, so that a length fits in."""
        try:
            seconds, note = whole_seconds(length, input_field, rate)
        except ValueError as exc:
            fix = "Split the shot in two, or shorten it."
            row.object_to(length.column, Objection("frames_long", str(exc), fix))
            return None
        if note:
            row.object_to(length.column, longer_than_needed(note))
        return str(seconds) if input_field.type == "string" else seconds

    def _check_sound(self, row: Row, prompt: Prompt, given: Settings, settings: Settings) -> None:
        audio, length = (
            settings.get(self._audio_name or ""),
            settings.get(self._duration_name or ""),
        )
        if self._prompt_name is None or not audio or not prompt.text or prompt.is_too_long:
            return
        asked_for = self._audio_name in given
        dialogue = row.peek("dialogue")  # not sent
        for objection in objections_to_sound(
            prompt.text, dialogue, float(length or 0), asked_for=asked_for
        ):
            row.object_to(self._prompt_name, objection)


def _no_word_on_sound() -> Objection:
    reason = "counts as an empty cell, so the default applies, which may be sound"
    fix = "Write TRUE or FALSE; sound costs twice as much."
    return Objection("input_placeholder", reason, fix, Severity.WARNING)


def _check_minutes(row: Row, name: str) -> None:
    """Object to a length in two columns: seconds are not the whole of it."""
    minutes = row.peek("minutes")
    if row.text(name) and not is_nothing(minutes) and minutes.strip("0.,:") != "":
        reason = f"is not the complete length: {row.columns.header('minutes')!r} says {minutes!r}"
        fix = "Write the complete length in seconds in one column."
        row.object_to(name, Objection("input_value", reason[:_SHOWN], fix))


def _check_width(row: Row) -> None:
    if strays := row.stray_cells:
        reason = f"the row has more cells than the header's {len(row.columns.headers)} columns"
        fix = "Put cells that contain the separator in double quotes, or name the extra column."
        row.object_to_all(strays[0], Objection("row_too_wide", reason, fix))


def _whole(row: Row, name: str, default: int, *, least: int, most: int) -> int:
    if is_nothing(text := row.text(name)):
        return default
    try:
        return typed.read_whole(text, least=least, most=most)
    except ValueError as exc:
        fix = f"Use a whole number from {least} to {most}, or leave the cell empty for {default}."
        row.object_to(name, Objection(f"{name}_value", str(exc), fix_for_number(text, fix)))
        return default


def _flag(row: Row, name: str) -> bool | None:
    if is_nothing(text := row.text(name)):
        return None
    try:
        return typed.read_flag(text)
    except ValueError as exc:
        fix = "Write TRUE or FALSE, or leave the cell empty for the production's setting."
        row.object_to(name, Objection(f"{name}_value", str(exc), fix))
        return None


def _cuts(row: Row) -> Cuts | None:
    if is_nothing(text := row.text("cuts")):
        return None
    if text.casefold() == ANY_CUTS:
        return ANY_CUTS
    try:
        return typed.read_whole(text, least=0, most=MAX_CUTS)
    except ValueError as exc:
        fix = f"Write a number from 0 to {MAX_CUTS}, or `any`; or leave it empty."
        row.object_to("cuts", Objection("cuts_value", str(exc), fix_for_number(text, fix)))
        return None


def _usd(row: Row, name: str) -> float | None:
    if is_nothing(text := row.text(name)):
        return None
    try:
        return typed.read_usd(text)
    except ValueError as exc:
        fix = "Write it like 1.50, or leave the cell empty for no limit."
        row.object_to(name, Objection(f"{name}_value", str(exc), fix_for_number(text, fix)))
        return None

"""From a row to a shot, or to everything that is wrong with the row."""

from collections.abc import Mapping

from seedance_assets.adapters.shot_sheet import cells as typed
from seedance_assets.adapters.shot_sheet.columns import Columns
from seedance_assets.adapters.shot_sheet.prompts import objections_to, read_prompt
from seedance_assets.adapters.shot_sheet.row import Objection, Row
from seedance_assets.adapters.shot_sheet.shot_keys import problem_with_key, proposed_key
from seedance_assets.adapters.shot_sheet.table import Record
from seedance_assets.core.model_schema import InputField, InputValue, ModelSchema
from seedance_assets.core.shot import Problem, Shot

MAX_TAKES = 99
MAX_PRIORITY = 1_000_000


class RowReader:
    """Reads the rows of one sheet, in its order; it remembers the names that it has seen."""

    def __init__(
        self, columns: Columns, schema: ModelSchema, defaults: Mapping[str, InputValue]
    ) -> None:
        self._columns = columns
        self._defaults = defaults
        self._schema = schema
        self._prompt_name = schema.roles.get("prompt")
        self._frame_name = schema.roles.get("first_frame")
        self._setting_fields = {
            name: input_field
            for name, input_field in schema.input_schema.properties.items()
            if name not in (self._prompt_name, self._frame_name)
        }
        self._rows_by_name: dict[str, int] = {}

    def read(self, number: int, cells: Record) -> tuple[Shot | None, list[Problem]]:
        """The shot of a row, or None if the row has errors; and every problem of the row."""
        row = Row(number, cells, self._columns)
        _check_width(row)
        self._check_key(row)
        prompt = self._prompt(row)
        first_frame = self._first_frame(row)
        settings = self._settings(row)
        takes = _whole(row, "takes", 1, least=1, most=MAX_TAKES)
        priority = _whole(row, "priority", 0, least=-MAX_PRIORITY, most=MAX_PRIORITY)
        max_cost_usd = _usd(row, "max_cost_usd")
        audio_fallback = _flag(row, "audio_fallback")
        if row.refused:
            return None, row.problems
        shot = Shot(
            key=row.text("shot"),
            row=number,
            prompt=prompt,
            first_frame=first_frame,
            settings=settings,
            takes=takes,
            priority=priority,
            max_cost_usd=max_cost_usd,
            audio_fallback=audio_fallback,
            notes=row.notes,
        )
        return shot, row.problems

    def _check_key(self, row: Row) -> None:
        key = row.text("shot")
        if not key:
            row.object_to("shot", Objection("shot_missing", "is empty", "Give the shot a name."))
            return
        if reason := problem_with_key(key):
            fix = f"Call it {proposed_key(key)!r}, for example."
            row.object_to("shot", Objection("shot_name", reason, fix))
        first = self._rows_by_name.setdefault(key.casefold(), row.number)
        if first != row.number:
            reason = f"is the name of row {first} already (upper and lower case count as one)"
            fix = "Rename one of them; for more takes of one shot use the column `takes`."
            row.object_to("shot", Objection("shot_duplicate", reason, fix))

    def _prompt(self, row: Row) -> str:
        if (name := self._prompt_name) is None:
            return ""
        prompt = read_prompt(self._text(row, name))
        for objection in objections_to(prompt):
            row.object_to(name, objection)
        return prompt.text

    def _first_frame(self, row: Row) -> str:
        if (name := self._frame_name) is None:
            return ""
        first_frame = self._text(row, name)
        if not first_frame:
            fix = "Give the path of a picture beside the sheet, or an https link."
            row.object_to(name, Objection("first_frame_missing", "is empty", fix))
        return first_frame

    def _text(self, row: Row, name: str) -> str:
        return row.text(name) or str(self._defaults.get(name, ""))

    def _settings(self, row: Row) -> dict[str, InputValue]:
        """The model's other inputs: the cell, else the production's default, else the schema's."""
        given: dict[str, InputValue] = {}
        for name, input_field in self._setting_fields.items():
            if text := row.text(name):
                value = self._input(row, name, input_field, text)
            else:
                value = self._defaults.get(name)
                if value is None and name in self._schema.input_schema.required:
                    row.object_to(name, Objection("input_missing", "is empty", _fix(input_field)))
            if value is not None:
                given[name] = value
        filled = self._schema.with_defaults(given)
        return {name: filled[name] for name in filled if name in self._setting_fields}

    def _input(self, row: Row, name: str, input_field: InputField, text: str) -> InputValue | None:
        seconds = name == self._schema.roles.get("duration_s")
        try:
            return typed.read_input(input_field, text, seconds=seconds)
        except ValueError as exc:
            row.object_to(name, Objection("input_value", str(exc), _fix(input_field)))
            return None


def _fix(input_field: InputField) -> str:
    if input_field.enum:
        return "Choose one of these values."
    if input_field.type == "boolean":
        return "Write TRUE or FALSE."
    return "Correct the cell."


def _check_width(row: Row) -> None:
    if strays := row.stray_cells:
        reason = f"the row has cells beyond the header's {len(row.columns.headers)} columns"
        fix = "Put a cell that holds the separator in double quotes, or name the column."
        row.object_to_all(strays[0], Objection("row_too_wide", reason, fix))


def _whole(row: Row, name: str, default: int, *, least: int, most: int) -> int:
    if not (text := row.text(name)):
        return default
    try:
        return typed.read_whole(text, least=least, most=most)
    except ValueError as exc:
        fix = f"Use a whole number from {least} to {most}, or leave the cell empty for {default}."
        row.object_to(name, Objection(f"{name}_value", str(exc), fix))
        return default


def _flag(row: Row, name: str) -> bool | None:
    if not (text := row.text(name)):
        return None
    try:
        return typed.read_flag(text)
    except ValueError as exc:
        fix = "Write TRUE or FALSE, or leave the cell empty for the production's own rule."
        row.object_to(name, Objection(f"{name}_value", str(exc), fix))
        return None


def _usd(row: Row, name: str) -> float | None:
    if not (text := row.text(name)):
        return None
    try:
        return typed.read_usd(text)
    except ValueError as exc:
        fix = "Write it like 1.50, or leave the cell empty for no limit of its own."
        row.object_to(name, Objection(f"{name}_value", str(exc), fix))
        return None

"""The reading of a sheet from file to shots, in one pass over its rows."""

from collections.abc import Mapping
from pathlib import Path

from seedance_assets.adapters.shot_sheet.columns import find_columns, header_test
from seedance_assets.adapters.shot_sheet.defaults import checked_defaults
from seedance_assets.adapters.shot_sheet.rows import RowReader
from seedance_assets.adapters.shot_sheet.sheet_text import decode, read_bytes
from seedance_assets.adapters.shot_sheet.table import read_table
from seedance_assets.core.model_schema import InputValue, ModelSchema
from seedance_assets.core.request import sha256_hex
from seedance_assets.core.shot import Problem, Shot, ShotList


def read_sheet(path: Path, schema: ModelSchema, defaults: Mapping[str, InputValue]) -> ShotList:
    """Read the shot sheet at `path` for the model of `schema`.

    An empty cell means the value in `defaults` (by role or by the service's input name), else the
    schema's own default. Rows are numbered as a spreadsheet shows them: records are counted from
    the top of the file, the header of a usual sheet being row 1; a blank line counts, a line break
    inside quotes does not. A row with an error gives problems and no shot; the others go on.

    Raises `InputMissing` if there is no such file, `SheetRefused` if it is no sheet of shots,
    `SettingsRefused` if `defaults` do not fit the model.
    """
    given = checked_defaults(schema, defaults)
    content = read_bytes(path)
    sheet = decode(content, path)
    table = read_table(sheet.text, path, header_test(schema))
    columns = find_columns(table.headers, schema, path, given=given)
    reader = RowReader(columns, schema, given)
    shots: list[Shot] = []
    problems: list[Problem] = list(columns.warnings)
    for number, cells in table.rows:
        shot, found = reader.read(number, cells)
        problems += found
        if shot is not None:
            shots.append(shot)
    return ShotList(
        source=str(path.absolute()),
        model_id=schema.model_id,
        sha256=sha256_hex(content),
        detected={
            "encoding": sheet.encoding,
            "separator": table.separator,
            "header_row": str(table.header_row),
        },
        shots=tuple(shots),
        problems=tuple(problems),
        rows=len(table.rows),
    )

"""The reading of a sheet from file to shots, in one pass over its rows."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from seedance_assets.adapters.shot_sheet.columns import (
    Columns,
    column_remark,
    find_columns,
    header_test,
    input_name,
)
from seedance_assets.adapters.shot_sheet.defaults import checked_defaults
from seedance_assets.adapters.shot_sheet.document import Document, read_document
from seedance_assets.adapters.shot_sheet.identity import Naming, are_floats
from seedance_assets.adapters.shot_sheet.returning import as_they_were, our_columns
from seedance_assets.adapters.shot_sheet.rows import RowReader
from seedance_assets.adapters.shot_sheet.separated import (
    find_separator,
    read_records,
    separator_name,
)
from seedance_assets.adapters.shot_sheet.sheet_text import decode
from seedance_assets.adapters.shot_sheet.table import MeaningOf, Table, bare, table_of
from seedance_assets.adapters.shot_sheet.unused import remarks_on_unused
from seedance_assets.adapters.shot_sheet.words import dialect
from seedance_assets.adapters.shot_sheet.workbook import is_workbook, read_workbook
from seedance_assets.core.model_schema import InputValue, ModelSchema
from seedance_assets.core.settings import SheetSettings
from seedance_assets.core.shot import Problem, Shot, ShotList

_USUAL = SheetSettings()


def read_sheet(
    named: str | Path,
    schema: ModelSchema,
    defaults: Mapping[str, InputValue],
    settings: SheetSettings = _USUAL,
) -> ShotList:
    """Read the shot sheet at a path, behind a link, or from standard input (`-`).

    See `read_document` and `read_shots` for what is read and what is raised.
    """
    document = read_document(named, allow_private=settings.private_hosts)
    return read_shots(document, schema, defaults, settings)


def read_shots(
    document: Document,
    schema: ModelSchema,
    defaults: Mapping[str, InputValue],
    settings: SheetSettings = _USUAL,
) -> ShotList:
    """The shots in a sheet for the model of `schema`, and every problem of every row.

    An empty cell means the value in `defaults` (by role or by the service's input name), else the
    schema's own default. Rows are numbered as a spreadsheet shows them: records are counted from
    the top of the file, the header of a usual sheet being row 1; a blank line counts, a line break
    inside quotes does not. A row with an error gives problems and no shot; the others go on.

    Raises `SheetRefused` if it is no sheet of shots, `SettingsRefused` if `defaults` do not fit
    the model.
    """
    given = checked_defaults(schema, defaults)
    mapped = {input_name(name, schema): header for name, header in settings.columns.items()}
    table = read_table(document, header_test(schema, mapped), settings.worksheet)
    columns = find_columns(
        table.headers, schema, document.name, given=given, mapped=settings.columns, rows=table.rows
    )
    place = columns.places["shot"]
    names = [bare(cells[place]) for _, cells in table.rows]
    naming = Naming(settings.shot_name, whole_numbers=are_floats(names))
    reader = RowReader(columns, schema, given, naming, table.remarks)
    shots: list[Shot] = []
    problems: list[Problem] = []
    for number, cells in table.rows:
        shot, found = reader.read(number, cells)
        problems += found
        if shot is not None:
            shots.append(shot)
    theirs = range(len(table.headers) - len(our_columns(table.headers)))
    remarks = (
        *columns.warnings,
        *remarks_on_the_form(columns, table),
        *remarks_on_unused(
            columns, schema, reader.unread.intersection(theirs), needed=reader.needed
        ),
    )
    return ShotList(
        source=document.source,
        folder=str(document.folder),
        model_id=schema.model_id,
        sha256=document.sha256,
        detected=table.detected,
        columns=columns.named(schema),
        shots=tuple(shots),
        problems=(*remarks, *problems),
        refused=tuple(reader.refused),
        rows=len(table.rows),
    )


def remarks_on_the_form(columns: Columns, table: Table) -> Iterator[Problem]:
    """What the form of the sheet says of the whole of it, or of a column that is used."""
    used = set(columns.places.values())
    for remark in table.remarks:
        if remark.row is None and (remark.place is None or remark.place in used):
            header = None if remark.place is None else columns.headers[remark.place]
            yield column_remark(header, remark.rule, remark.reason, remark.fix)


def read_table(document: Document, meaning_of: MeaningOf, worksheet: str = "") -> Table:
    """The table in a sheet, whatever form it comes in. Raises `SheetRefused`."""
    if is_workbook(document.content):
        read = read_workbook(document.content, document.name, meaning_of, worksheet)
        records, remarks = read.records, read.remarks
        detected = {"format": "Excel workbook", "worksheet": f"worksheet {read.title!r}"}
    else:
        text = decode(document.content, document.name)
        separator, rest = find_separator(text.text, meaning_of)
        records, remarks = read_records(rest, separator, document.name, meaning_of)
        detected = {"encoding": text.encoding, "separator": separator_name(separator)}
    table = table_of(records, document.name, meaning_of, detected=detected, remarks=remarks)
    detected["header_row"] = str(table.header_row)
    if tool := dialect(table.headers):
        detected["dialect"] = tool
    return as_they_were(_of_one_width(table))


def _of_one_width(table: Table) -> Table:
    """A workbook's rows are as wide as they are filled; cells that are not there are empty."""
    width = max([len(table.headers), *(len(cells) for _, cells in table.rows)])
    for _, cells in table.rows:
        cells.extend([""] * (width - len(cells)))
    return table

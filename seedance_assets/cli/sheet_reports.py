"""`--problems FILE`: all problems of a sheet, in the format of the file extension."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from seedance_assets.adapters.sheet_page import as_json, build_sheet_page
from seedance_assets.adapters.shot_sheet import (
    header_test,
    input_name,
    returned_csv,
    returned_workbook,
)
from seedance_assets.adapters.whole_files import write_whole
from seedance_assets.core.errors import SheetRefused, UsageError
from seedance_assets.core.model_schema import model_schema
from seedance_assets.core.settings import ProductionSettings
from seedance_assets.core.sheet_report import SheetReport, report_on
from seedance_assets.core.shot import Problem, sheet_name
from seedance_assets.wiring import Intake

_PAGES = {".html", ".htm"}
_SHEETS = {".csv", ".tsv", ".xlsx"}
_KNOWN = ".html, .json, .csv, .tsv or .xlsx"


def check_reports(files: Sequence[Path], sheet: str) -> None:
    """Refuse unknown formats and the sheet itself. Raises `UsageError`."""
    for file in files:
        if file.suffix.lower() not in {*_PAGES, *_SHEETS, ".json"}:
            raise UsageError(
                f"--problems {file}: the file extension sets the format; this one is unknown",
                advice=f"Use one of {_KNOWN}.",
            )
        if file.absolute() == Path(sheet).absolute() or _same_file(file, Path(sheet)):
            raise UsageError(
                f"--problems {file} is the sheet itself, which is never overwritten",
                advice="Give the file another name.",
            )


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


def write_reports(files: Sequence[Path], taken: Intake, problems: Sequence[Problem]) -> None:
    """Write each file. Raises `StorageError`."""
    if not files:
        return
    report = report_on(
        taken.shot_list, problems, title=taken.settings.title, made_at=datetime.now(UTC)
    )
    for file in files:
        write_whole(file, _content(file.suffix.lower(), report, taken, problems))


def write_refusal(
    files: Sequence[Path], sheet: str, settings: ProductionSettings, refusal: SheetRefused
) -> None:
    """Write the pages for a sheet that cannot be used at all."""
    name = sheet_name(sheet)
    report = SheetReport(
        title=settings.title,
        sheet=name,
        read_as=f"{name}: not read",
        detected={},
        model_id=settings.model,
        made_at=datetime.now(UTC),
        rows=0,
        refused=True,
        problems=(refused_as_problem(refusal),),
    )
    for file in files:
        if file.suffix.lower() in _PAGES:
            write_whole(file, build_sheet_page(report).encode())
        elif file.suffix.lower() == ".json":
            write_whole(file, as_json(report))


def refused_as_problem(refusal: SheetRefused) -> Problem:
    """The one problem of a sheet that cannot be used at all."""
    return Problem(
        row=None,
        shot=None,
        column=None,
        value="",
        rule="sheet",
        reason=str(refusal),
        fix=refusal.advice,
    )


def _content(suffix: str, report: SheetReport, taken: Intake, problems: Sequence[Problem]) -> bytes:
    if suffix in _PAGES:
        return build_sheet_page(report).encode()
    if suffix == ".json":
        return as_json(report)
    schema = model_schema(taken.settings.model)
    sheet = taken.settings.sheet
    mapped = {input_name(name, schema): header for name, header in sheet.columns.items()}
    meaning_of = header_test(schema, mapped)
    if suffix == ".xlsx":
        return returned_workbook(taken.document, meaning_of, problems, worksheet=sheet.worksheet)
    return returned_csv(
        taken.document,
        meaning_of,
        problems,
        worksheet=sheet.worksheet,
        separator="\t" if suffix == ".tsv" else "",
    )

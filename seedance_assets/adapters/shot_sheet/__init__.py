"""The shot sheet: a table as people have it becomes checked shots, and everything to mend in it."""

from seedance_assets.adapters.shot_sheet.columns import header_test, input_name, known_columns
from seedance_assets.adapters.shot_sheet.defaults import checked_defaults
from seedance_assets.adapters.shot_sheet.document import (
    Document,
    folder_of,
    is_file_here,
    is_link,
    read_document,
)
from seedance_assets.adapters.shot_sheet.reader import read_sheet, read_shots
from seedance_assets.adapters.shot_sheet.returning import returned_csv, returned_workbook
from seedance_assets.adapters.shot_sheet.shot_keys import is_safe_shot_key

__all__ = [
    "Document",
    "checked_defaults",
    "folder_of",
    "header_test",
    "input_name",
    "is_file_here",
    "is_link",
    "is_safe_shot_key",
    "known_columns",
    "read_document",
    "read_sheet",
    "read_shots",
    "returned_csv",
    "returned_workbook",
]

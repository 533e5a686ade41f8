"""Everything in `defs/`, loaded."""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of both shows."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)

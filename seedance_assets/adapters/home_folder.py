"""Where a production lies if nobody says it. Imports little: every call of the command asks."""

import os
from pathlib import Path

from seedance_assets.core.errors import SettingsRefused

USUAL_NAME = "storage"
_MADE_BY_US = ("ledger.db", "orders.jsonl", "shot_list.json", "dagster/dagster.yaml")


def find_home(sheet_folder: Path | None = None) -> Path:
    """Where a production lies if SEEDANCE_HOME does not say it. `sheet_folder` None: of no file.

    The nearest `storage/` that we have made, from the sheet's folder upwards, or else from the
    current one; so it does not matter from where a command is called. A new one is made in the
    current folder if the sheet lies in it or below, else beside the sheet. Raises `SettingsRefused`
    if the sheet and the current folder have different ones.
    """
    current = Path.cwd()
    if sheet_folder is None:
        return _nearest(current) or current / USUAL_NAME
    named = Path(os.path.abspath(sheet_folder))  # noqa: PTH100  # without `..`, links as they are
    of_sheet = _nearest(named) or _nearest(sheet_folder.resolve())
    here = current / USUAL_NAME
    if not _is_stored(here):
        below = sheet_folder.resolve().is_relative_to(current.resolve())
        return of_sheet or (here if below else named / USUAL_NAME)
    if of_sheet is not None and not of_sheet.samefile(here):
        raise SettingsRefused(
            f"two productions could be meant: {of_sheet} and {here}",
            advice="Set SEEDANCE_HOME to the folder that holds this sheet's takes; what the other "
            "one has paid for would be bought again.",
        )
    return here


def _nearest(folder: Path) -> Path | None:
    places = (place / USUAL_NAME for place in (folder, *folder.parents))
    return next((place for place in places if _is_stored(place)), None)


def _is_stored(folder: Path) -> bool:
    """Whether it is one of ours, and neither just of that name nor closed to us."""
    try:
        return any((folder / name).exists() for name in _MADE_BY_US)
    except OSError:
        return False

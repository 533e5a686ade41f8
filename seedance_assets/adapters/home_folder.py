"""The default folder of a production. Few imports, because every command needs it."""

import os
from pathlib import Path

from seedance_assets.core.errors import SettingsRefused

USUAL_NAME = "storage"
_MADE_BY_US = ("ledger.db", "orders.jsonl", "shot_list.json", "dagster/dagster.yaml")


def find_home(sheet_folder: Path | None = None) -> Path:
    """The production's folder without SEEDANCE_HOME. `sheet_folder` is None if there is no file.

    It is the nearest `storage/` that we created, from the sheet's folder upwards, else from the
    current folder; so a command works from any folder. A new one is created in the current folder
    if the sheet is in it or below, else beside the sheet. Raises `SettingsRefused` if the sheet and
    the current folder have different ones.
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
            advice="Set SEEDANCE_HOME to the folder with this sheet's takes; with the other one, "
            "paid takes would be bought again.",
        )
    return here


def _nearest(folder: Path) -> Path | None:
    places = (place / USUAL_NAME for place in (folder, *folder.parents))
    return next((place for place in places if _is_stored(place)), None)


def _is_stored(folder: Path) -> bool:
    """Whether it is one of our folders, not just one of that name, and readable."""
    try:
        return any((folder / name).exists() for name in _MADE_BY_US)
    except OSError:
        return False

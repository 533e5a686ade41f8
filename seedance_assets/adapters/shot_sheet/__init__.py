"""The shot sheet: a CSV as people have it becomes checked shots, and everything to mend in it."""

from seedance_assets.adapters.shot_sheet.defaults import checked_defaults
from seedance_assets.adapters.shot_sheet.reader import read_sheet
from seedance_assets.adapters.shot_sheet.shot_keys import is_safe_shot_key

__all__ = ["checked_defaults", "is_safe_shot_key", "read_sheet"]

"""What to write instead: the nearest value that the model takes, and what a spreadsheet spoilt."""

import difflib
import math
import re

from seedance_assets.adapters.shot_sheet.spreadsheet_dates import looks_like_date, looks_scientific
from seedance_assets.core.model_schema import InputField

AS_TEXT = "Format the column as text in the spreadsheet, then type the value again."
_FAR = 1.5  # a number that many times another is not meant for it


def fix_for_input(field: InputField, text: str) -> str:
    """What to do about a cell that is no value of an input."""
    if spoilt := _spoilt(text):
        return spoilt
    if field.type == "boolean":
        return "Write TRUE or FALSE."
    if not field.enum:
        return "Correct the cell."
    near = nearest(field, text)
    return f"Write {near}, the nearest." if near else "Choose one of these values."


def fix_for_number(text: str, fix: str) -> str:
    """`fix`, unless a spreadsheet has made a date of the number."""
    return _spoilt(text) or fix


def nearest(field: InputField, text: str) -> str:
    """The value of an input that a text comes nearest to, or an empty text."""
    choices = [str(choice) for choice in field.enum]
    if close := difflib.get_close_matches(text.casefold(), choices, n=1, cutoff=0.8):
        return close[0]
    wanted = _size(text)
    sizes = {choice: size for choice in choices if (size := _size(choice)) is not None}
    if wanted is None or not sizes:
        return ""
    best = min(sizes, key=lambda choice: abs(math.log(sizes[choice] / wanted)))
    far = max(sizes[best] / wanted, wanted / sizes[best])
    return best if far < _FAR or field.type == "integer" else ""


def _size(text: str) -> float | None:
    """`16:9`, `2.39:1`, `1080p`, `3` as a number."""
    plain = text.strip().replace(",", ".")
    if ratio := re.fullmatch(
        r"(\d{1,5}(?:\.\d{1,6})?)\s{0,3}[:/x×]\s{0,3}(\d{1,5}(?:\.\d{1,6})?)", plain
    ):
        return float(ratio[1]) / float(ratio[2]) if float(ratio[1]) and float(ratio[2]) else None
    number = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)\s?(?:s|sec|seconds|p|i|k|K)?", plain)
    return float(number[1]) if number and float(number[1]) else None


def _spoilt(text: str) -> str:
    if looks_like_date(text):
        return f"A spreadsheet has turned it into a date. {AS_TEXT}"
    return f"A spreadsheet has shortened the number. {AS_TEXT}" if looks_scientific(text) else ""

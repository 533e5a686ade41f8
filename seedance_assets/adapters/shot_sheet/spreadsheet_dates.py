"""What spreadsheets make of numbers and names: `5` as 5 January 1900, `3-10` as 10 March."""

import re

_MONTHS = (
    r"jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|"
    r"janv|févr|fevr|mars|avr|juin|juil|août|aout|déc|ene|abr|ago|dic"
)
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\d{4}-\d{2}-\d{2}([ T]\d{1,2}:\d{2}(:\d{2})?)?",
        r"\d{1,2}([./-])\d{1,2}\1(\d{4}|\d{2})( \d{1,2}:\d{2}(:\d{2})?)?",
        rf"\d{{1,2}}\.?[ -]({_MONTHS})[a-zäéû]*\.?([ -]\d{{2,4}})?",
        rf"({_MONTHS})[a-zäéû]*\.?[ -]\d{{2,4}}",
    )
)
_EARLY = re.compile(r"(\d{4})-(\d{2})-(\d{2})|(\d{1,2})([./-])(\d{1,2})\5(1900|00)")
_DAYS = 31
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?E[+-]?\d{1,3}", re.IGNORECASE)


def serial_number(text: str) -> int | None:
    """The number from 1 to 31 that a spreadsheet shows as this day of January 1900, or None."""
    found = _EARLY.fullmatch(text.removesuffix(" 00:00:00"))
    if found is None:
        return None
    if found[1]:
        year, month, day = int(found[1]), int(found[2]), int(found[3])
        return day if (year, month) == (1900, 1) and 1 <= day <= _DAYS else None
    one, other = int(found[4]), int(found[6])
    if 1 not in (one, other):
        return None
    day = other if one == 1 else one  # 1/5 in the United States, 5/1 and 5.1. elsewhere
    return day if 1 <= day <= _DAYS else None


def looks_like_date(text: str) -> bool:
    """Whether a spreadsheet may have made this of something else."""
    return any(pattern.fullmatch(text) for pattern in _DATES)


def looks_scientific(text: str) -> bool:
    """`1.00E+05`: what a spreadsheet makes of a long number, or of a name such as 1E5."""
    return _SCIENTIFIC.fullmatch(text) is not None

"""Numbers of a workbook as a CSV export would show them: dates, times, leading zeros."""

import math
import re
from datetime import date, datetime, timedelta

_BUILT_IN = {
    **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((18, 20, 32, 34, 55), "h:mm"),
    **dict.fromkeys((19, 21, 33, 35, 45, 47, 56), "h:mm:ss"),
    22: "yyyy-mm-dd h:mm",
    46: "[h]:mm:ss",
}
"""Codes that stand in no file, those of East Asian Excel too."""

_LITERAL = re.compile(r'"[^"]{0,255}"|\\.|[_*].|\[(?!h+\]|m+\]|s+\])[^\]]{0,255}\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_CODE_LENGTH = 255  # Excel's own limit
_EPOCH = date(1899, 12, 30)
_EPOCH_1904 = date(1904, 1, 1)
_LEAP_BUG = 60  # Excel counts a 29 February 1900 that never was
_JANUARY = 31
_LAST_DAY = 2_958_465  # 31 December 9999
_DAY_S = 86_400


def format_code(number: int, own: dict[int, str]) -> str:
    """The code of a number format; `own` are those that the file defines."""
    return own.get(number, _BUILT_IN.get(number, ""))[:_CODE_LENGTH]


def shown_number(value: float, code: str, *, from_1904: bool = False) -> str:
    """`5`, `0.6`; `010` or `1900-01-05` or `00:05` where the format shows it so."""
    if not math.isfinite(value):
        return str(value)
    plain = _LITERAL.sub("", code.partition(";")[0])
    if _ELAPSED.search(plain):
        return _clock(round(value * _DAY_S)) if value >= 0 else _number(value, "")
    is_moment = re.search("[dmyhs]", plain, re.IGNORECASE) and plain.casefold() != "general"
    if is_moment and 0 <= value <= _LAST_DAY:
        return _moment(value, plain.casefold(), from_1904)
    return _number(value, plain)


def _number(value: float, plain: str) -> str:
    """Excel shows 15 digits, so what follows them is noise."""
    value = float(f"{value:.15g}")
    if not value.is_integer():
        return repr(value)
    digits = len(plain) if re.fullmatch("0{1,255}", plain) else 0
    return str(int(value)).zfill(digits)


def _moment(value: float, plain: str, from_1904: bool) -> str:
    days, seconds = divmod(round(value * _DAY_S), _DAY_S)
    if value < 1:
        return _clock(seconds if days == 0 else _DAY_S - 1, seconds_too="s" in plain)
    epoch = _EPOCH_1904 if from_1904 and days > _JANUARY else _EPOCH
    if epoch == _EPOCH and days < _LEAP_BUG:
        days += 1
    try:
        day = epoch + timedelta(days=days)
    except OverflowError:
        return _number(value, "")
    if not seconds:
        return day.isoformat()
    moment = datetime.combine(day, datetime.min.time()) + timedelta(seconds=seconds)
    return moment.isoformat(sep=" ")


def _clock(seconds: int, *, seconds_too: bool = True) -> str:
    minutes, rest = divmod(seconds, 60)
    clock = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{clock}:{rest:02d}" if seconds_too or rest else clock

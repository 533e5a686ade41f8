"""Format figures for display: money, lengths, times, sizes."""

import re
from datetime import UTC, datetime

from markupsafe import Markup, escape

_MINUTE_S = 60
_KILO = 1000


def money(usd: float | None) -> str:
    """`$0.12`; more digits below ten cents; a dash if unknown."""
    if usd is None:
        return "–"
    return f"${usd:.2f}" if usd == 0 or usd >= 0.1 else f"${usd:.4f}"  # noqa: PLR2004  # ten cents


def seconds(duration_s: float | None) -> str:
    """`5.0 s`, and `2 min 05 s` from a minute on."""
    if duration_s is None:
        return "–"
    if duration_s < _MINUTE_S:
        return f"{duration_s:.1f} s"
    minutes, rest = divmod(round(duration_s), _MINUTE_S)
    return f"{minutes} min {rest:02d} s"


def moment(at: datetime | None) -> str:
    """`2026-03-14 09:12 UTC`; times without a zone are UTC in this project."""
    if at is None:
        return "–"
    utc = at.astimezone(UTC) if at.tzinfo else at
    return f"{utc:%Y-%m-%d %H:%M} UTC"


def file_size(size_bytes: int) -> str:
    """`1.4 MB`; a megabyte is 10⁶ bytes."""
    if size_bytes < _KILO * _KILO:
        return f"{size_bytes / _KILO:.0f} kB"
    return f"{size_bytes / _KILO / _KILO:.1f} MB"


def level(dbfs: float | None) -> str:
    """`-6.0 dBFS`, or silence."""
    return "silence" if dbfs is None else f"{dbfs:.1f} dBFS"


def counted(count: int, noun: str) -> str:
    """`1 take`, `3 takes`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def spaced(name: str) -> str:
    """An identifier for display: `frame_rate` becomes "frame rate"."""
    return name.replace("_", " ")


def ticked(text: str) -> Markup:
    """Our text as HTML: text in backticks becomes code, everything else is escaped."""
    escaped = str(escape(text))  # a Markup would escape inserted text
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped))  # noqa: S704  # as it says

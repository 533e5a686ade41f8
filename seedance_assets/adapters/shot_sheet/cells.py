"""What people type into cells, as values: `ja`, `5.0`, `5 s`, `16x9`, `1,50 $`."""

import math
import re
from collections.abc import Iterator

from seedance_assets.adapters.shot_sheet.spreadsheet_dates import serial_number
from seedance_assets.core.model_schema import InputField, InputValue

_WORDS = {
    **dict.fromkeys(("y", "t", "x", "✓", "✔", "✅", "☑", "1.0", "1,0", "with", "checked"), "true"),
    **dict.fromkeys(("n", "f", "✗", "✘", "❌", "☐", "0.0", "0,0", "without", "unchecked"), "false"),
    **dict.fromkeys(("ja", "wahr", "an", "mit", "oui", "vrai", "avec", "o"), "true"),
    **dict.fromkeys(("nein", "falsch", "aus", "ohne", "non", "faux", "sans"), "false"),
    **dict.fromkeys(("si", "sí", "sì", "verdadero", "vero", "sim", "verdadeiro"), "true"),
    **dict.fromkeys(("falso", "não", "nee", "onwaar"), "false"),
    **dict.fromkeys(("waar", "tak", "prawda", "да", "是", "はい"), "true"),
    **dict.fromkeys(("nie", "fałsz", "нет", "否", "いいえ"), "false"),
}
_NOTHING = {"nan", "none", "null", "nil", "n/a", "na", "-", "–", "—", "#n/a", "<na>", "nat"}
_ADAPTIVE = {"auto", "automatic", "automatisch", "automatique", "adaptiv", "adaptatif"}
_SECONDS = re.compile(r"\s*(s|secs?|seconds?|sek|sekunden?)\.?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,15})?")
_CLOCK = re.compile(r"0?(\d{1,2}):0?(\d{1,2})(?::00)?(?:\s*([AP])M)?", re.IGNORECASE)
_TIME = re.compile(r"(?:(?:0{1,2}:)?0{1,2}:(\d{1,2})|(?:0{1,2}:){2}(\d{2}):00)(?:[.,]0+)?")
_NOON = 12
MAX_RATE = 1000
_QUOTED = re.compile(r"[\"'“”„‟‘’‚«»‹›](.*)[\"'“”„‟‘’‚«»‹›]", re.DOTALL)
_CURRENCY = re.compile(r"US\$|USD|\$", re.IGNORECASE)


def read_input(field: InputField, text: str, *, seconds: bool = False) -> InputValue:
    """The value for one of the model's inputs; with `seconds` a unit may follow the number.

    Raises `ValueError` with the reason, as a phrase that begins with "must".
    """
    reason = ""
    for spelling in dict.fromkeys(_spellings(field, text, seconds=seconds)):
        try:
            value = field.read(spelling)
        except ValueError as exc:
            reason = str(exc)
        else:
            if math.isfinite(value) if isinstance(value, float) else True:
                return value
    raise ValueError("must be a number" if field.type == "number" else reason)


def _spellings(field: InputField, text: str, *, seconds: bool) -> Iterator[str]:
    """Ways to write what `text` may stand for, ending with the most regular one."""
    yield text
    if field.type == "boolean":
        yield _WORDS.get(text.casefold(), text)
        return
    if field.type == "string" and not field.enum:
        return
    plain = _without_unit(text) if seconds else text
    yield plain
    if _NUMBER.fullmatch(plain):
        number = re.sub(r"\.0+$", "", plain.replace(",", "."))
        yield f"{number}p" if field.type == "string" else number  # 720 for 720p
        yield number
    elif (serial := serial_number(plain)) is not None:
        yield str(serial)
    elif seconds and (time := _TIME.fullmatch(plain)):
        yield str(int(time[1] or time[2]))
    elif field.type == "string":
        yield from _ratios(plain)
        yield from _lines(plain)
        yield "adaptive" if plain.casefold() in _ADAPTIVE else plain


def _ratios(text: str) -> Iterator[str]:
    """`16 x 9` and `16/9`; and what a spreadsheet makes of `4:3`: the time 04:03:00."""
    colons = re.sub(r"\s*[:/x×∶]\s*", ":", text, flags=re.IGNORECASE)
    if clock := _CLOCK.fullmatch(colons):
        hour = int(clock[1])
        if clock[3] and hour != _NOON:
            hour += _NOON if clock[3] in "pP" else 0
        yield f"{hour}:{int(clock[2])}"
    elif re.fullmatch(r"\d+:\d+", colons):
        yield colons


def _lines(text: str) -> Iterator[str]:
    """`1280 x 720` as the resolution that has so many lines: `720p`."""
    if size := re.fullmatch(r"(\d{3,4})\s*[x×*]\s*(\d{3,4})", text, re.IGNORECASE):
        yield f"{min(int(size[1]), int(size[2]))}p"


def is_nothing(text: str) -> bool:
    """Whether a cell says that it is empty, as programs and people write it: `nan`, `n/a`, `-`."""
    return not text or text.casefold() in _NOTHING


def unquoted(text: str) -> str:
    """A cell without quotation marks around the whole of it."""
    found = _QUOTED.fullmatch(text)
    return found[1].strip() if found else text


def _without_unit(text: str) -> str:
    number = _NUMBER.match(text)
    unit = number and _SECONDS.fullmatch(text, number.end())
    return number[0] if number and unit else text


def read_whole(text: str, *, least: int, most: int) -> int:
    """A whole number from `least` to `most`; `3.0` is 3. Raises `ValueError` with the reason."""
    if (serial := serial_number(text)) is not None:
        text = str(serial)
    if not re.fullmatch(r"[+-]?\d{1,15}([.,]0+)?", text):
        raise ValueError("must be a whole number")
    value = int(re.split("[.,]", text)[0])
    if not least <= value <= most:
        raise ValueError(f"must be from {least} to {most}")
    return value


def read_rate(text: str) -> float:
    """Frames a second: `24`, `23,976`, `24000/1001`, `25 fps`. Raises `ValueError`."""
    plain = re.sub(r"\s*(fps|f/s|frames/s|p)$", "", text.strip().lower()).replace(",", ".")
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)(?:\s*/\s*(\d{1,5}))?", plain)
    rate = float(found[1]) / (float(found[2] or 1) or math.inf) if found else 0.0
    if not 1 <= rate <= MAX_RATE:
        raise ValueError(f"must be a number of frames a second from 1 to {MAX_RATE}")
    return rate


_FLAG = InputField(title="", description="", type="boolean")


def read_flag(text: str) -> bool:
    """Yes or no, as people write it. Raises `ValueError`."""
    return bool(read_input(_FLAG, text))


def read_usd(text: str) -> float:
    """An amount in USD, from 0 up: `1.50`, `1,50`, `$ 1.234,50`. Raises `ValueError`.

    `1,234` may be one dollar and a bit or over a thousand, so it is refused rather than guessed.
    """
    plain = re.sub(r"[\s'’]", "", _CURRENCY.sub("", text))
    if re.fullmatch(r"[1-9]\d{0,2},\d{3}", plain):
        raise ValueError("can be read as two amounts")
    for group, point in (",.", ".,"):
        grouped = re.fullmatch(rf"\d{{1,3}}(\{group}\d{{3}})+(\{point}\d*)?", plain)
        if grouped and (point in plain or plain.count(group) > 1):
            plain = plain.replace(group, "")
    plain = plain.replace(",", ".")
    if not re.fullmatch(r"\+?(\d{1,12}(\.\d*)?|\.\d+)", plain):
        raise ValueError("must be an amount in USD, 0 or more")
    return float(plain)

"""What people type into cells, as values: `ja`, `5.0`, `5 s`, `16x9`, `1,50 $`."""

import math
import re
from collections.abc import Iterator

from seedance_assets.core.model_schema import InputField, InputValue

_WORDS = {
    **dict.fromkeys(("y", "t", "ja", "wahr", "oui", "vrai", "si", "sí", "x", "✓", "✔"), "true"),
    **dict.fromkeys(("n", "f", "nein", "falsch", "non", "faux", "✗", "✘"), "false"),
    **dict.fromkeys(("1.0", "1,0"), "true"),
    **dict.fromkeys(("0.0", "0,0"), "false"),
}
_SECONDS = re.compile(r"\s*(s|secs?|seconds?|sek|sekunden?)\.?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,15})?")
_CLOCK = re.compile(r"0?(\d{1,2}):0?(\d{1,2})(?::00)?(?: [AP]M)?")
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
        yield re.sub(r"\.0+$", "", plain.replace(",", "."))
    elif field.type == "string":
        yield from _ratios(plain)


def _ratios(text: str) -> Iterator[str]:
    """`16 x 9` and `16/9`; and what a spreadsheet makes of `4:3`: the time 04:03:00."""
    colons = re.sub(r"\s*[:/x×∶]\s*", ":", text, flags=re.IGNORECASE)
    if clock := _CLOCK.fullmatch(colons):
        yield f"{clock[1]}:{clock[2]}"
    elif re.fullmatch(r"\d+:\d+", colons):
        yield colons


def _without_unit(text: str) -> str:
    number = _NUMBER.match(text)
    unit = number and _SECONDS.fullmatch(text, number.end())
    return number[0] if number and unit else text


def read_whole(text: str, *, least: int, most: int) -> int:
    """A whole number from `least` to `most`; `3.0` is 3. Raises `ValueError` with the reason."""
    if not re.fullmatch(r"[+-]?\d{1,15}([.,]0+)?", text):
        raise ValueError("must be a whole number")
    value = int(re.split("[.,]", text)[0])
    if not least <= value <= most:
        raise ValueError(f"must be from {least} to {most}")
    return value


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

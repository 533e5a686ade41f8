"""What people type into cells, as values: `ja`, `5.0`, `5 s`, `16x9`, `1,50 $`."""

import math
import re
import unicodedata
from collections.abc import Iterator

from seedance_assets.adapters.shot_sheet.spreadsheet_dates import serial_number
from seedance_assets.adapters.shot_sheet.table import visible
from seedance_assets.core.model_schema import InputField, InputValue

_WORDS = {
    **dict.fromkeys(
        ("y", "t", "x", "✓", "✔", "✅", "☑", "1.0", "1,0", "with", "sync", "checked"), "true"
    ),
    **dict.fromkeys(("n", "f", "✗", "✘", "❌", "☐", "0.0", "0,0", "without", "unchecked"), "false"),
    **dict.fromkeys(("ja", "wahr", "an", "mit", "oui", "vrai", "avec", "o"), "true"),
    **dict.fromkeys(("nein", "falsch", "aus", "ohne", "non", "faux", "sans"), "false"),
    **dict.fromkeys(("si", "sí", "sì", "verdadero", "vero", "sim", "verdadeiro"), "true"),
    **dict.fromkeys(("falso", "não", "nee", "onwaar"), "false"),
    **dict.fromkeys(("waar", "tak", "prawda", "да", "是", "はい"), "true"),
    **dict.fromkeys(("nie", "fałsz", "нет", "否", "いいえ"), "false"),
}
_SILENT = frozenset(
    word
    for words in (
        "none, no sound, no audio, without sound, without audio, silent, silence, mute, muted, "
        "mos, m.o.s.",
        "kein, keiner, keine, kein ton, ohne ton, stumm, stille, aucun, aucune, sans son, muet, "
        "muette",
        "silencio, ninguno, ninguna, sin sonido, sin audio, mudo, nessuno, nessun suono, muto, "
        "senza audio",
        "nenhum, sem som, sem áudio, geen, geen geluid, stil, brak, bez dźwięku, ingen, inget, "
        "ljudlös, stum",
        "без звука, нет звука, тихо, немой, 无, 無, 无声, 無聲, 静音, 靜音, 没有, なし, 無音, "
        "サイレント, 없음, 무음, yok, sessiz",
    )
    for word in words.split(", ")
)
_FOLLOWS_PICTURE = ("adaptive", "auto")
"""What the models call a ratio that follows the first frame."""
_ADAPTIVE = {"adaptive", "auto", "automatic", "automatisch", "automatique", "adaptiv", "adaptatif"}
_SECONDS = re.compile(
    r"\s?(?:s|secs?|seconds?|sek|sekunden?|secondes?|segundos?|secondi|\"|\'\'|″|”|秒|초|сек)\.?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,20})?")
_NOISE = re.compile(r"[+-]?\d{1,9}[.,]\d{9,20}")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:[ '’]\d{3}){1,4}")
_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2}(?:[.,]\d{3}){1,4}")
_WHOLE = re.compile(r"[+-]?\d{1,15}(?:[.,]0{1,20})?")
_RATE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) ?(?:/ ?(\d{1,5}))?")
_RATE_UNITS = ("fps", "f/s", "frames/s", "p")
_FOLDED = {"<wide>", "<narrow>", "<small>", "<noBreak>"}
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
    if field.type != "string" or field.enum:
        text = plain_value(text)
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
        number = _without_noise(plain)
        yield f"{number}p" if field.type == "string" else number  # 720 for 720p
        yield number
    elif (serial := serial_number(plain)) is not None:
        yield str(serial)
    elif seconds and (time := _TIME.fullmatch(plain)):
        yield str(int(time[1] or time[2]))
    elif field.type == "string":
        yield from _ratios(plain)
        yield from _lines(plain)
        yield from _FOLLOWS_PICTURE if plain.casefold() in _ADAPTIVE else (plain,)


def plain_value(text: str) -> str:
    """A value with the signs that a Latin keyboard has: `１６：９` is `16:9`.

    Only signs that are the same to the eye, but for their width, are exchanged: `5²` is not 52.
    """
    text = visible(text)
    if text.isascii():
        return text
    return "".join(map(_plain_sign, text)).replace("\N{MINUS SIGN}", "-").strip()


def _plain_sign(char: str) -> str:
    kind = unicodedata.decomposition(char).partition(" ")[0]
    return unicodedata.normalize("NFKC", char) if kind in _FOLDED else char


def _without_noise(number: str) -> str:
    """A number as a spreadsheet shows it: `5.0` and `5.000000000000004` are 5."""
    plain = number.replace(",", ".")
    if _NOISE.fullmatch(number):
        plain = f"{float(plain):.6f}"
    whole, _, decimals = plain.partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


def _ratios(text: str) -> Iterator[str]:
    """`16 x 9` and `16/9`; and what a spreadsheet makes of `4:3`: the time 04:03:00."""
    parts = re.split(r"[:/x×∶]", text, flags=re.IGNORECASE)
    colons = ":".join(part.strip() for part in parts)
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


def is_silence(text: str) -> bool:
    """Whether a cell for sound says that there is none: `none`, `MOS`, `ohne Ton`."""
    plain = plain_value(text).casefold()
    return plain in _SILENT or plain.rstrip(".!") in _SILENT


def is_switch(text: str) -> bool:
    """Whether a cell says yes or no."""
    try:
        read_flag(text)
    except ValueError:
        return False
    return True


def unquoted(text: str) -> str:
    """A cell without quotation marks around the whole of it."""
    found = _QUOTED.fullmatch(text)
    return found[1].strip() if found else text


def _without_unit(text: str) -> str:
    number = _NUMBER.match(text)
    unit = number and _SECONDS.fullmatch(text, number.end())
    return number[0] if number and unit else text


def read_whole(text: str, *, least: int, most: int) -> int:
    """A whole number from `least` to `most`; `3.0` is 3. Raises `ValueError` with the reason.

    `1,000` is one or a thousand, by the country, so it is refused rather than guessed.
    """
    text = plain_value(text)
    if (serial := serial_number(text)) is not None:
        text = str(serial)
    if _TWO_WAYS.fullmatch(text):
        raise ValueError("can be read as two numbers")
    if _GROUPED.fullmatch(text):
        text = re.sub("[ '’]", "", text)
    if _NOISE.fullmatch(text):
        text = _without_noise(text)
    if not _WHOLE.fullmatch(text):
        raise ValueError("must be a whole number")
    value = int(re.split("[.,]", text)[0])
    if not least <= value <= most:
        raise ValueError(f"must be from {least} to {most}")
    return value


def read_rate(text: str) -> float:
    """Frames a second: `24`, `23,976`, `24000/1001`, `25 fps`. Raises `ValueError`."""
    plain = plain_value(text).lower().replace(",", ".")
    unit = next((unit for unit in _RATE_UNITS if plain.endswith(unit)), "")
    found = _RATE.fullmatch(plain.removesuffix(unit).strip())
    rate = float(found[1]) / (float(found[2] or 1) or math.inf) if found else 0.0
    if not 1 <= rate <= MAX_RATE:
        raise ValueError(f"must be a number of frames per second from 1 to {MAX_RATE}")
    return rate


_FLAG = InputField(title="", description="", type="boolean")


def read_flag(text: str) -> bool:
    """Yes or no, as people write it. Raises `ValueError`."""
    return bool(read_input(_FLAG, text))


def read_usd(text: str) -> float:
    """An amount in USD, from 0 up: `1.50`, `1,50`, `$ 1.234,50`. Raises `ValueError`.

    `1,234` may be one dollar and a bit or over a thousand, so it is refused rather than guessed.
    """
    plain = re.sub(r"[\s'’]", "", _CURRENCY.sub("", plain_value(text)))
    if re.fullmatch(r"[1-9]\d{0,2},\d{3}", plain):
        raise ValueError("can be read as two amounts")
    for group, point in (",.", ".,"):
        grouped = re.fullmatch(rf"\d{{1,3}}(\{group}\d{{3}}){{1,5}}(\{point}\d*)?", plain)
        if grouped and (point in plain or plain.count(group) > 1):
            plain = plain.replace(group, "")
    plain = plain.replace(",", ".")
    if not re.fullmatch(r"\+?(\d{1,12}(\.\d*)?|\.\d+)", plain):
        raise ValueError("must be an amount in USD, 0 or more")
    return float(plain)

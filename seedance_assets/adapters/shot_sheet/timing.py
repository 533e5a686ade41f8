"""From frames to seconds: sheets of animation and compositing count frames, the model seconds."""

import math
import re
from dataclasses import dataclass

from seedance_assets.adapters.shot_sheet.cells import plain_value, read_rate, read_whole
from seedance_assets.adapters.shot_sheet.placeholders import is_nothing
from seedance_assets.adapters.shot_sheet.row import Objection, Row
from seedance_assets.core.model_schema import InputField
from seedance_assets.core.shot import Severity

MAX_FRAMES = 10_000_000
_NEARLY = 1e-6
_TIMECODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})[:;](\d{2})")
_DECIMALS = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})[.,](\d{1,3})")
_COUNTED = re.compile(
    r"(?:(\d{1,4})(?:[.,]0{1,3})? ?(?:s|secs?|seconds?|sek|sekunden)\.?[ ,+]{0,3})?"
    r"(\d{1,6})(?:[.,]0{1,3})? ?"
    r"(?:f|fr|frs|frms?|frames?|img|images?|bilder|кадр\w{0,3}|帧|コマ|フレーム|프레임)\.?",
    re.IGNORECASE,
)
_MINUTES = re.compile(
    r"(\d{1,3}) ?(?:m(?= ?\d)|mins?|minutes?|minuten|minutos?|minuti) ?"
    r"(?:(\d{1,2}) ?(?:s|secs?|seconds?|sek|\"|″)?\.?)?",
    re.IGNORECASE,
)
_MILLISECONDS = re.compile(r"(\d{1,6}) ?(?:ms|msec|milliseconds?|millisekunden)\.?", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")

COUNT, START, END, RATE = "frames", "frame_start", "frame_end", "fps"


@dataclass(frozen=True, slots=True)
class Length:
    """How long a shot is in frames, and where the sheet says so."""

    frames: int
    rate: float
    """Frames a second."""
    column: str
    """The meaning of the column that gives it."""

    @property
    def seconds(self) -> float:
        """How long the frames last."""
        return self.frames / self.rate


def written_length(text: str, row: Row, model_rate: float) -> Length | None:
    """The length in a cell that gives it as `120f`, `00:00:04:24` or `1 min 5 s`.

    None if it gives none.
    """
    plain = plain_value(text)
    if found := _TIMECODE.fullmatch(plain):
        hours, minutes, seconds, frames = map(int, found.groups())
        return _mixed(3600 * hours + 60 * minutes + seconds, frames, row, model_rate)
    if found := _DECIMALS.fullmatch(plain):
        hours, minutes, seconds = map(int, found.groups()[:3])
        thousandths = int(found[4].ljust(3, "0"))
        return Length(1000 * (3600 * hours + 60 * minutes + seconds) + thousandths, 1000.0, "")
    if found := _COUNTED.fullmatch(plain):
        return _mixed(int(found[1] or 0), int(found[2]), row, model_rate)
    if found := _MINUTES.fullmatch(plain):
        return Length(60 * int(found[1]) + int(found[2] or 0), 1.0, "")
    if found := _MILLISECONDS.fullmatch(plain):
        return Length(int(found[1]), 1000.0, "")
    return None


def _mixed(seconds: int, frames: int, row: Row, model_rate: float) -> Length:
    rate = _rate(row, model_rate)
    return Length(round(seconds * rate) + frames, rate, "")


def spoilt_time(text: str) -> str:
    """What a spreadsheet makes of `0:05`, in words; empty if the text is no time of day."""
    found = _CLOCK.fullmatch(plain_value(text))
    if found is None:
        return ""
    first, second, third = int(found[1]), int(found[2]), int(found[3] or 0)
    hours, minutes, seconds = (first, second, third) if found[3] else (0, first, second)
    written = f"{60 * hours + minutes} minutes" + (f" and {seconds} seconds" if seconds else "")
    return f"is {written}, as a spreadsheet writes a time"


def length_in_frames(row: Row, model_rate: float) -> Length | None:
    """The length that a row gives in frames; None if it gives none that can be read.

    The count of frames goes before their first and last number, which both count. The rate is
    the row's own, else the model's.
    """
    if not is_nothing(row.peek(COUNT)):
        frames, rate = _frame(row, COUNT, least=1), _rate(row, model_rate)
        return None if frames is None else Length(frames, rate, COUNT)
    if is_nothing(row.peek(START)) or is_nothing(row.peek(END)):
        return None
    rate = _rate(row, model_rate)
    start, end = _frame(row, START), _frame(row, END)
    if start is None or end is None:
        return None
    if end < start:
        reason = f"is before the first frame, {start}"
        row.object_to(END, Objection("frames_value", reason, "Correct one of the two."))
        return None
    return Length(end - start + 1, rate, END)


def whole_seconds(length: Length, field: InputField, model_rate: float) -> tuple[int, str]:
    """The seconds to ask for, so that no frame is missing; and what a person should know of it.

    A clip of d seconds has a frame more than d × rate (121 for 5 s), so 121 frames are 5 s. Of a
    model with a list of lengths the next longer one is taken. Raises `ValueError` if there is none.
    """
    needed = length.seconds - 1 / model_rate
    choices = sorted(int(c) for c in field.enum if isinstance(c, (int, str)) and str(c).isdigit())
    if not choices:
        return max(1, math.ceil(needed - _NEARLY)), ""
    found = next((choice for choice in choices if choice >= needed - _NEARLY), None)
    said = f"{length.seconds:.2f} s"
    if length.column or length.rate not in (1.0, 1000.0):
        said = f"{length.frames} frames at {length.rate:g} fps are {said}"
    if found is None:
        raise ValueError(f"{said}, longer than the model's maximum of {choices[-1]} s")
    if found - length.seconds >= 1:
        return found, f"{said}; {found} s is the model's shortest length that fits"
    return found, ""


def _rate(row: Row, model_rate: float) -> float:
    if is_nothing(row.peek(RATE)):
        return model_rate
    text = row.text(RATE)
    try:
        return read_rate(text)
    except ValueError as exc:
        fix = f"Write it like 25, or leave the cell empty for the model's {model_rate:g}."
        row.object_to(RATE, Objection("fps_value", str(exc), fix))
        return model_rate


def _frame(row: Row, meaning: str, least: int = -MAX_FRAMES) -> int | None:
    try:
        return read_whole(row.text(meaning), least=least, most=MAX_FRAMES)
    except ValueError as exc:
        fix = "Write a whole number, without thousands separators."
        row.object_to(meaning, Objection("frames_value", str(exc), fix))
        return None


def longer_than_needed(note: str) -> Objection:
    """The warning that a clip will be longer than its shot."""
    fix = "Cut the clip afterwards, or join it with a neighbour; the whole clip is paid for."
    return Objection("frames_short", note, fix, Severity.WARNING)

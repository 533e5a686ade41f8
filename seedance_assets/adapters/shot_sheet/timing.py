"""From frames to seconds: sheets of animation and compositing count frames, the model seconds."""

import math
from dataclasses import dataclass

from seedance_assets.adapters.shot_sheet.cells import is_nothing, read_rate, read_whole
from seedance_assets.adapters.shot_sheet.row import Objection, Row
from seedance_assets.core.model_schema import InputField
from seedance_assets.core.shot import Severity

MAX_FRAMES = 10_000_000
_NEARLY = 1e-6

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


def length_in_frames(row: Row, model_rate: float) -> Length | None:
    """The length that a row gives in frames; None if it gives none that can be read.

    The count of frames goes before their first and last number, which both count. The rate is
    the row's own, else the model's.
    """
    rate = _rate(row, model_rate)
    if not is_nothing(row.text(COUNT)):
        frames = _frame(row, COUNT, least=1)
        return None if frames is None else Length(frames, rate, COUNT)
    if is_nothing(row.text(START)) or is_nothing(row.text(END)):
        return None
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
    said = f"{length.frames} frames at {length.rate:g} a second are {length.seconds:.2f} s"
    if found is None:
        raise ValueError(f"{said}, longer than the {choices[-1]} s that the model makes")
    if found - length.seconds >= 1:
        return found, f"{said}; {found} s is the shortest that the model makes"
    return found, ""


def _rate(row: Row, model_rate: float) -> float:
    if is_nothing(text := row.text(RATE)):
        return model_rate
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
        row.object_to(meaning, Objection("frames_value", str(exc), "Write a whole number."))
        return None


def longer_than_needed(note: str) -> Objection:
    """The warning that a clip will be longer than its shot."""
    fix = "Cut the clip afterwards, or join it with a neighbour; the whole clip is paid for."
    return Objection("frames_short", note, fix, Severity.WARNING)

"""The frame rate from the time stamps: constant, constant but rounded, or variable."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import linear_regression, median_low

from seedance_assets.core.errors import ClipRefused

_MAX_RATE_DENOMINATOR = 1001  # such as 24000/1001
_SLOWEST = Fraction(1, _MAX_RATE_DENOMINATOR)
_GAPS = 4
_USUAL = [Fraction(n) for n in (24, 25, 30, 50, 60, 8, 10, 12, 15, 16, 18, 20, 48, 120)]
_USUAL += [Fraction(n * 1000, 1001) for n in (24, 30, 60, 120)]
_CLOCKS = [Fraction(1, n) for n in (1000, 60, 50, 30, 25)]
"""Clocks to which programs round time stamps, in seconds."""
_MILLISECOND = _CLOCKS[0]
_COARSEST = 0.85  # of a frame: on a coarser clock a lost frame cannot be told from rounding
_FEWEST = 12
_NEAR = 0.01
_NEARLY = 1.001


@dataclass(frozen=True, slots=True)
class Timing:
    """The timing of a clip's frames."""

    rate: Fraction
    gaps: int
    """Frames whose time is off by more than half a frame."""
    varies: bool
    """Whether the rate is variable; `rate` is then the mean."""


def timing_of(
    times: list[int | None], time_base: Fraction | None, claimed: Fraction | None, last: int
) -> Timing:
    """The timing of frames from their ticks. Raises `ClipRefused` if there is no rate.

    `claimed` is the header's rate, `last` the duration of the last frame in ticks.
    """
    if not time_base:
        return Timing(frame_rate(times, None, claimed), max(0, len(times) - 1), varies=False)
    if varies(times):
        found = Timing(mean_rate(times, last, time_base), 0, varies=True)
    else:
        rate = frame_rate(times, time_base, claimed)
        found = Timing(rate, count_gaps(times, time_base, rate), varies=False)
    if found.varies or found.gaps or found.rate != claimed:
        rounded = rounded_rate(times, time_base, claimed)
        return Timing(rounded, 0, varies=False) if rounded else found
    return found


def rounded_rate(
    times: list[int | None], time_base: Fraction, claimed: Fraction | None
) -> Fraction | None:
    """The constant rate of frames whose time stamps were rounded to a coarse clock, or None.

    Stamps of 24 frames a second in 1/30 s have steps of one and two, evenly distributed. A standard
    rate is preferred to a mean, because rounding distorts the mean of a short clip.
    """
    known = [time for time in times if time is not None]
    if len(known) < max(_FEWEST, len(times)) or not any(b > a for a, b in pairwise(known)):
        return None
    ticks_a_frame = linear_regression(range(len(known)), known).slope
    if ticks_a_frame <= 0:
        return None
    mean = 1 / (Fraction(ticks_a_frame) * time_base)
    within = _rounding_ticks(known, time_base, 1 / mean)
    fitting = (
        rate for rate in _candidates(mean, claimed) if _spread(known, time_base, rate) <= within
    )
    return next(fitting, None)


def _candidates(mean: Fraction, claimed: Fraction | None) -> Iterator[Fraction]:
    if claimed in _USUAL:
        yield claimed
    yield from (rate for rate in _USUAL if abs(rate / mean - 1) < _NEAR)
    yield mean.limit_denominator(_MAX_RATE_DENOMINATOR) or _SLOWEST


def _rounding_ticks(times: list[int], time_base: Fraction, frame_s: Fraction) -> float:
    """The largest error that rounding can cause at a constant rate, in ticks."""
    clocks = [_MILLISECOND]
    for clock in _CLOCKS:
        on_it = all(_off_clock(time - times[0], clock / time_base) <= 1 for time in times)
        if on_it and clock <= _COARSEST * frame_s:
            clocks.append(clock)
    most = max(clocks) / time_base
    return float(most) * _NEARLY + (1.0 if most > 1 else 0.0)


def _off_clock(ticks: int, clock: Fraction) -> Fraction:
    return abs(ticks - round(ticks / clock) * clock)


def _spread(times: list[int], time_base: Fraction, rate: Fraction) -> float:
    """The range of the frames' errors against a constant rate, in ticks."""
    each = float(1 / (rate * time_base))
    off = [time - number * each for number, time in enumerate(times)]
    return max(off) - min(off)


def frame_rate(
    times: list[int | None], time_base: Fraction | None, claimed: Fraction | None
) -> Fraction:
    """Frames per second from the time stamps; the header's fraction if it agrees with them.

    Uses the mean of the usual steps, so that a lost frame does not distort the rate. Time stamps
    are whole ticks: over n steps their rounding adds up to at most one tick.
    Raises `ClipRefused` if neither gives a rate.
    """
    usual, near = _usual_steps(_steps(times))
    if usual <= 0 or not time_base:
        if claimed is None or claimed <= 0:
            raise ClipRefused("it has no frame rate: neither its header nor its frames give one")
        return claimed
    mean = Fraction(sum(near), len(near))
    if claimed and claimed > 0 and abs(1 / (claimed * time_base) - mean) <= Fraction(1, len(near)):
        return claimed
    return (1 / (mean * time_base)).limit_denominator(_MAX_RATE_DENOMINATOR) or _SLOWEST


def varies(times: list[int | None]) -> bool:
    """Whether the frame rate is variable: more than a tenth of the steps are unusual.

    Fewer (in a short clip, up to four) are gaps in a constant rate.
    """
    steps = _steps(times)
    usual, near = _usual_steps(steps)
    return usual > 0 and len(steps) - len(near) > max(_GAPS, len(steps) / 10)


def mean_rate(times: list[int | None], last: int, time_base: Fraction) -> Fraction:
    """Mean frames per second of a variable rate: frames over their total duration.

    `last` is the duration of the last frame in ticks; 0 if unknown: that of the one before.
    """
    steps = _steps(times)
    ticks = sum(steps) + (last if last > 0 else steps[-1])
    return (len(times) / (ticks * time_base)).limit_denominator(_MAX_RATE_DENOMINATOR) or _SLOWEST


def count_gaps(times: list[int | None], time_base: Fraction | None, rate: Fraction) -> int:
    """Frames without a time, or more than half a frame early or late after the one before."""
    if not time_base:
        return max(0, len(times) - 1)
    interval = 1 / (rate * time_base)
    ticks, parts = interval.numerator, interval.denominator  # whole numbers: fractions are slow
    off = sum(2 * abs(step * parts - ticks) > ticks for step in _steps(times))
    return off + sum(time is None for time in times)


def _steps(times: list[int | None]) -> list[int]:
    known = [time for time in times if time is not None]
    return [later - earlier for earlier, later in pairwise(known)]


def _usual_steps(steps: list[int]) -> tuple[int, list[int]]:
    """The usual step, and all steps that equal it except for rounding."""
    usual = median_low(steps) if steps else 0
    return usual, [step for step in steps if abs(step - usual) <= max(1, usual / 50)]

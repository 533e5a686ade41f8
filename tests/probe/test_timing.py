"""The frame rate by the time stamps, where a program has rounded them."""

from fractions import Fraction

import pytest

from seedance_assets.adapters.probe.timing import timing_of

FINE = Fraction(1, 90_000)


def rounded(rate: Fraction, clock: Fraction, frames: int = 97) -> list[int | None]:
    """Ticks of 1/90000 s of frames whose times were rounded to `clock`."""
    return [round(round(n / rate / clock) * clock / FINE) for n in range(frames)]


@pytest.mark.parametrize("clock", [Fraction(1, 30), Fraction(1, 60), Fraction(1, 1000)])
@pytest.mark.parametrize("rate", [Fraction(24), Fraction(16), Fraction(24000, 1001)])
def test_rounded_time_stamps_give_a_constant_rate(rate: Fraction, clock: Fraction) -> None:
    timing = timing_of(rounded(rate, clock), FINE, rate, 0)

    assert (timing.rate, timing.gaps, timing.varies) == (rate, 0, False)


def test_a_standard_rate_is_preferred_to_a_header_with_coarse_stamps() -> None:
    ticks: list[int | None] = [round(n * 1.25) for n in range(97)]

    timing = timing_of(ticks, Fraction(1, 30), Fraction(2910, 121), 1)

    assert (timing.rate, timing.gaps, timing.varies) == (Fraction(24), 0, False)


def test_lost_frames_are_gaps_and_a_variable_rate_is_variable() -> None:
    lost = [time for n, time in enumerate(rounded(Fraction(24), FINE)) if n not in {9, 40, 41}]
    varying = rounded(Fraction(24), FINE, 40) + [
        150_000 + time for time in rounded(Fraction(12), FINE, 40) if time is not None
    ]

    assert timing_of(lost, FINE, Fraction(24), 0).gaps == 2
    assert timing_of(varying, FINE, None, 0).varies
    short: list[int | None] = [n + (n > 5) for n in range(13)]
    assert timing_of(short, Fraction(1, 30), None, 1).gaps == 1

from itertools import islice

import pytest

from seedance_assets.core.timing import Timing


def test_pauses_double_up_to_the_longest() -> None:
    timing = Timing(first_wait_s=1.0, longest_wait_s=10.0, chance=lambda: 0.0)

    assert list(islice(timing.waits_s(), 7)) == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0]


def test_chance_shortens_a_pause_by_up_to_a_half() -> None:
    timing = Timing(first_wait_s=1.0, chance=lambda: 0.999)

    assert next(timing.waits_s()) == pytest.approx(0.5, abs=0.001)


def test_ten_thousand_pauses_are_still_the_longest() -> None:
    timing = Timing(chance=lambda: 0.0)

    assert next(islice(timing.waits_s(), 10_000, None)) == timing.longest_wait_s

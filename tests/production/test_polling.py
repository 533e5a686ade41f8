"""We ask seldom before a take can be done, often around its time, less and less afterwards."""

import pytest

from seedance_assets.production.polling import PollingRhythm


def questions(rhythm: PollingRhythm, done_after_s: float) -> tuple[int, float]:
    """How often a take that lasts so long is asked for, and how late its end is noticed."""
    age_s, asked = 0.0, 0
    while age_s < done_after_s:
        age_s += rhythm.wait_s(age_s, jitter=0.5)
        asked += 1
    return asked, age_s - done_after_s


@pytest.mark.parametrize("usual_s", [3.0, 10.0, 70.0, 300.0])
def test_with_a_history_a_usual_take_costs_few_questions_and_is_noticed_soon(
    usual_s: float,
) -> None:
    asked, late_s = questions(PollingRhythm(usual_s), usual_s)

    assert asked <= 14 + usual_s * 0.8 / 5
    assert late_s <= max(0.25, 0.05 * usual_s)


@pytest.mark.parametrize("done_after_s", [1.0, 10.0, 70.0])
def test_without_a_history_waits_grow_with_the_take(done_after_s: float) -> None:
    asked, late_s = questions(PollingRhythm(), done_after_s)

    assert asked < 40
    assert late_s <= max(0.3, 0.15 * done_after_s)


def test_a_take_that_is_overdue_is_asked_for_ever_less_often() -> None:
    rhythm = PollingRhythm(usual_s=60.0)

    waits_s = [rhythm.wait_s(age_s, jitter=0.5) for age_s in (61, 100, 150, 300, 3000)]
    assert waits_s[-1] == 15.0
    assert waits_s[1:] == sorted(waits_s[1:])


def test_jitter_spreads_the_questions_of_many_takes() -> None:
    rhythm = PollingRhythm(usual_s=10.0)

    assert rhythm.wait_s(9.0, jitter=0.0) < rhythm.wait_s(9.0, jitter=1.0)
    assert rhythm.wait_s(9.0, jitter=1.0) < 1.2 * rhythm.wait_s(9.0, jitter=0.5)


def test_the_rhythm_is_the_median_of_the_history() -> None:
    assert PollingRhythm.from_history([60, 62, 900]).usual_s == 62
    assert PollingRhythm.from_history([]).usual_s is None

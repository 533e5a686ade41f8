"""We ask seldom before a take can be done, often around its time, less and less afterwards."""

import random

import pytest

from seedance_assets.production.ordering.polling import PollingRhythm


def questions(rhythm: PollingRhythm, done_after_s: float, jitter: float = 0.5) -> tuple[int, float]:
    """How often a take that lasts so long is asked for, and how late its end is noticed."""
    age_s, asked = 0.0, 0
    while age_s < done_after_s:
        age_s += rhythm.wait_s(age_s, jitter)
        asked += 1
    return asked, age_s - done_after_s


@pytest.mark.parametrize("usual_s", [3.0, 10.0, 70.0, 300.0])
def test_with_a_history_a_usual_take_costs_few_questions_and_is_noticed_soon(
    usual_s: float,
) -> None:
    asked, late_s = questions(PollingRhythm(usual_s), usual_s)

    assert asked <= 14 + usual_s * 0.8 / 5
    assert late_s <= max(0.25, 0.05 * usual_s)


@pytest.mark.parametrize("done_after_s", [4.0, 15.0, 30.0, 50.0, 70.0])
def test_without_a_history_some_of_many_takes_look_soon_after_the_end(done_after_s: float) -> None:
    chance = random.Random(1)  # noqa: S311  # jitter
    late_s = []
    for _ in range(20):
        age_s = 0.0
        while age_s < done_after_s:
            age_s += PollingRhythm().wait_s(age_s, chance.random())
        late_s.append(age_s - done_after_s)

    assert min(late_s) <= 0.2 * done_after_s


@pytest.mark.parametrize("done_after_s", [1.0, 10.0, 70.0])
def test_our_own_emulator_is_asked_often(done_after_s: float) -> None:
    asked, late_s = questions(PollingRhythm(quick=True), done_after_s)

    assert asked < 40
    assert late_s <= max(0.3, 0.15 * done_after_s)


@pytest.mark.parametrize("rhythm", [PollingRhythm(), PollingRhythm.from_history([90.0] * 8)])
@pytest.mark.parametrize("jitter", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_a_take_of_ninety_seconds_needs_ten_questions_and_is_noticed_within_five_seconds(
    rhythm: PollingRhythm, jitter: float
) -> None:
    asked, late_s = questions(rhythm, 90.0, jitter)

    assert asked <= 10
    assert late_s <= 5.0


def test_takes_of_different_length_are_noticed_from_the_shortest_on() -> None:
    times_s = [60.0 + n for n in range(61)]
    rhythm = PollingRhythm.from_history(times_s)

    seen = [questions(rhythm, time_s) for time_s in times_s]

    assert sum(asked for asked, _ in seen) / len(seen) <= 11
    assert sorted(late_s for _, late_s in seen)[-7] <= 5.0


def test_an_age_below_zero_counts_as_zero() -> None:
    assert PollingRhythm(usual_s=90.0).wait_s(-86400.0, 0.5) == pytest.approx(36.9)


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

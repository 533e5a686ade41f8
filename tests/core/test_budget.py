"""An order fits or is refused, by plain arithmetic over what is spent and reserved."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from seedance_assets.core.budget import (
    BudgetSettings,
    Span,
    Spending,
    SpendingByPeriod,
    may_be_charged,
    reserve,
    total,
    usd,
)
from seedance_assets.core.take import Take, TakeState

NOW = datetime(2026, 1, 2, 10, tzinfo=UTC)


def take(state: TakeState, *, cost: float | None = None, ordered: bool = True) -> Take:
    blank: dict[str, object] = dict.fromkeys(Take.__dataclass_fields__)
    made = Take(**blank)  # type: ignore[arg-type]
    return replace(
        made,
        state=state,
        estimate_usd=0.2,
        cost_usd=cost,
        request_id="q1" if ordered else None,
        created_at=NOW,
        updated_at=NOW,
    )


CHARGED = {
    TakeState.INTENT,
    TakeState.SUBMITTED,
    TakeState.SUCCEEDED,
    TakeState.STORED,
    TakeState.MEASURED,
    TakeState.UNKNOWN,
    TakeState.FAILED,
    TakeState.RETRIED,
}


@pytest.mark.parametrize("state", TakeState)
def test_a_take_reserves_its_estimate_wherever_it_may_have_been_charged(state: TakeState) -> None:
    reserved = total([take(state, ordered=False)])

    assert reserved == (Spending(0.0, 0.2) if state in CHARGED else Spending())


@pytest.mark.parametrize("state", TakeState)
def test_what_the_service_says_that_a_take_cost_counts_and_its_estimate_no_more(
    state: TakeState,
) -> None:
    assert total([take(state, cost=0.35)]) == Spending(0.35, 0.0)
    assert total([take(state, cost=0.0)]) == Spending()


def test_a_take_that_is_written_off_is_freed_only_if_the_service_never_took_its_order() -> None:
    assert may_be_charged(TakeState.WRITTEN_OFF, ordered=True)
    assert not may_be_charged(TakeState.WRITTEN_OFF, ordered=False)


FITS = {
    "nothing spent": (1.0, Spending(), 0.4, True),
    "exactly the last cent": (0.3, Spending(0.1, 0.1), 0.1, True),
    "a hundredth of a cent too much": (0.3, Spending(0.1, 0.1), 0.1001, False),
    "reserved counts like spent": (1.0, Spending(0.0, 0.9), 0.2, False),
    "charges were above their estimates": (1.0, Spending(1.2, 0.0), 0.0, False),
    "a cap of nothing": (0.0, Spending(), 0.0001, False),
    "a free take under a spent cap": (1.0, Spending(1.0, 0.0), 0.0, True),
    "unknown cost while something is left": (1.0, Spending(0.9, 0.0), None, True),
    "unknown cost when nothing is left": (1.0, Spending(1.0, 0.0), None, False),
}


@pytest.mark.parametrize("span", Span)
@pytest.mark.parametrize(("limit", "spending", "estimate", "fits"), FITS.values(), ids=FITS)
def test_an_order_fits_if_it_passes_no_cap(
    span: Span, limit: float, spending: Spending, estimate: float | None, fits: bool
) -> None:
    names = {Span.SHOT: "per_shot", Span.RUN: "per_run", Span.DAY: "per_day", Span.ALL: "total"}
    budget = BudgetSettings.model_validate({f"{names[span]}_usd": limit}).for_purchase()

    stop = budget.stop({span: spending}, estimate)

    assert (stop is None) is fits


def test_without_caps_anything_fits() -> None:
    budget = BudgetSettings().for_purchase()

    assert budget.stop({Span.ALL: Spending(1e9, 1e9)}, 1e9) is None
    assert budget.room_usd({}) is None


REFUSALS = {
    "sheet": ({}, {"sheet_usd": 0.1}, "max_cost_usd of the sheet", "Raise it in the shot's row"),
    "shot": ({"per_shot_usd": 0.1}, {}, "`per_shot_usd`", "for this shot"),
    "option": ({}, {"run_usd": 0.1}, "the run's own limit", "Raise --max-cost"),
    "run": ({"per_run_usd": 0.1}, {}, "`per_run_usd`", "in this run"),
    "day": ({"per_day_usd": 0.1}, {}, "`per_day_usd`", "or wait for midnight UTC"),
    "total": ({"total_usd": 0.1}, {}, "`total_usd`", "in [budget] of production.toml"),
}


@pytest.mark.parametrize(("settings", "own", "name", "word"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_names_the_cap_the_numbers_and_what_to_do(
    settings: dict[str, float], own: dict[str, float], name: str, word: str
) -> None:
    account: SpendingByPeriod = {span: Spending(0.03, 0.0125) for span in Span}
    budget = BudgetSettings(**settings).for_purchase(**own)

    stop = budget.stop(account, 0.06)
    assert stop is not None
    error = stop.refusal("sh010", 0.06)

    assert name in str(error)
    assert "shot sh010: a take for about 0.06 USD would pass" in str(error)
    assert "0.10 USD" in str(error)
    assert "0.03 USD is spent, 0.0125 USD reserved, 0.0575 USD left" in str(error)
    assert word in f"{error} {error.advice}"
    assert "nothing was sent or paid for it" in error.advice
    assert error.exit_code == 73
    assert not error.retryable


def test_the_lowest_of_two_caps_decides() -> None:
    budget = BudgetSettings(per_shot_usd=0.5, per_run_usd=5.0).for_purchase(
        sheet_usd=0.2, run_usd=1.0
    )

    stop = budget.stop({}, 0.3)

    assert stop is not None
    assert stop.cap.name == "max_cost_usd of the sheet"
    assert budget.room_usd({Span.RUN: Spending(0.4, 0.0)}) == 0.6


def test_a_cap_warns_from_its_share_on() -> None:
    budget = BudgetSettings(total_usd=1.0, warn_at=0.8).for_purchase()
    quiet: SpendingByPeriod = {Span.ALL: Spending(0.5, 0.2)}

    assert not budget.nearly_spent(quiet)
    (near,) = budget.nearly_spent(reserve(quiet, 0.1))
    assert "running low" in near.warning
    assert "0.20 USD left" in near.warning


def test_reserving_adds_to_every_span() -> None:
    account = reserve({Span.ALL: Spending(1.0, 0.5)}, 0.25)

    assert account[Span.ALL] == Spending(1.0, 0.75)
    assert account[Span.SHOT] == Spending(0.0, 0.25)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0.0, "0.00"), (0.1, "0.10"), (0.1213, "0.1213"), (12.5, "12.50"), (-0.25, "-0.25")],
)
def test_amounts_read_well(amount: float, text: str) -> None:
    assert usd(amount) == f"{text} USD"

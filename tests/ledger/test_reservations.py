"""An order is reserved as it is written down, so that nobody overspends, however many buy at once.

The races are real: threads with a ledger each, and processes, on SQLite and on PostgreSQL.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from seedance_assets.adapters.ledger import Claim, Ledger, open_ledger
from seedance_assets.core.budget import Budget, BudgetSettings, Span, Spending
from seedance_assets.core.errors import BudgetSpent
from seedance_assets.core.take import TakeState
from tests.ledger.conftest import Clock, request

WORLD = "runcomfy https://service.example/v1"
PRICE = 0.1


def buy(
    ledger: Ledger,
    prompt: str,
    *,
    shot: str = "sh010",
    run_id: str = "r1",
    scope: str = WORLD,
    estimate: float | None = PRICE,
    **caps: Any,
) -> Claim:
    return ledger.claim(
        request(prompt),
        scope=scope,
        shot=shot,
        ordinal=1,
        estimate_usd=estimate,
        run_id=run_id,
        budget=BudgetSettings(**caps).for_purchase(),
    )


SPANS: dict[str, tuple[str, dict[str, str]]] = {
    "shot": ("per_shot_usd", {"shot": "sh020"}),
    "run": ("per_run_usd", {"run_id": "r2"}),
}


@pytest.mark.parametrize(("cap", "elsewhere"), SPANS.values(), ids=SPANS)
def test_a_cap_stops_its_own_shot_or_run_and_no_other(
    ledger: Ledger, cap: str, elsewhere: dict[str, Any]
) -> None:
    caps: dict[str, Any] = {cap: 0.2}
    buy(ledger, "one", **caps)
    buy(ledger, "two", **caps)

    with pytest.raises(BudgetSpent, match=cap):
        buy(ledger, "three", **caps)
    assert buy(ledger, "three", **(caps | elsewhere)).new


def test_the_days_cap_is_free_again_at_midnight_utc(ledger: Ledger, clock: Clock) -> None:
    buy(ledger, "one", per_day_usd=0.1)
    with pytest.raises(BudgetSpent):
        buy(ledger, "two", per_day_usd=0.1)

    clock.advance((24 - clock.now.hour) * 3600 - 1)
    with pytest.raises(BudgetSpent):
        buy(ledger, "two", per_day_usd=0.1)
    clock.advance(1)
    assert buy(ledger, "two", per_day_usd=0.1).new


def test_another_world_has_its_own_money(ledger: Ledger) -> None:
    buy(ledger, "one", total_usd=0.1)

    assert buy(ledger, "one", scope="runcomfy emulator:embedded", total_usd=0.1).new


def test_a_refused_order_leaves_no_trace(ledger: Ledger) -> None:
    with pytest.raises(BudgetSpent):
        buy(ledger, "one", total_usd=0.05)

    assert ledger.takes() == []
    assert buy(ledger, "one").take.number == 1


def test_a_take_that_is_there_already_is_found_though_the_budget_is_spent(ledger: Ledger) -> None:
    bought = buy(ledger, "one", total_usd=0.1)

    assert buy(ledger, "one", total_usd=0.0).take == bought.take


def test_the_actual_cost_replaces_the_estimate(ledger: Ledger) -> None:
    taken = buy(ledger, "one", total_usd=1.0).take
    assert ledger.account(WORLD, shot="sh010", run_id="r1")[Span.ALL] == Spending(0.0, 0.1)

    ledger.note(taken, cost_usd=0.95)

    assert ledger.account(WORLD, shot="sh010", run_id="r1")[Span.ALL] == Spending(0.95, 0.0)
    with pytest.raises(BudgetSpent, match=r"0\.95 USD is spent"):
        buy(ledger, "two", total_usd=1.0)


def test_an_order_that_was_never_sent_gives_its_reservation_back(ledger: Ledger) -> None:
    taken = buy(ledger, "one", total_usd=0.1).take
    ledger.move(taken, TakeState.WITHDRAWN, "not ordered")

    assert buy(ledger, "two", total_usd=0.1).new


def test_a_lost_answer_keeps_its_reservation_until_it_is_written_off(ledger: Ledger) -> None:
    taken = ledger.move(buy(ledger, "one", total_usd=0.1).take, TakeState.UNKNOWN, "answer lost")
    with pytest.raises(BudgetSpent):
        buy(ledger, "two", total_usd=0.1)

    ledger.move(taken, TakeState.WRITTEN_OFF, "a person looked and it was not there")
    assert buy(ledger, "two", total_usd=0.1).new


def test_a_take_that_the_service_took_and_lost_keeps_counting(ledger: Ledger) -> None:
    taken = buy(ledger, "one", total_usd=0.1).take
    taken = ledger.move(taken, TakeState.SUBMITTED, "ordered", request_id="q1")
    ledger.move(taken, TakeState.WRITTEN_OFF, "the service has lost it")

    with pytest.raises(BudgetSpent):
        buy(ledger, "two", total_usd=0.1)


def test_the_order_that_brings_a_cap_near_its_end_says_so(ledger: Ledger) -> None:
    assert buy(ledger, "one", total_usd=0.25, warn_at=0.8).nearly_spent == ()

    (near,) = buy(ledger, "two", total_usd=0.25, warn_at=0.8).nearly_spent
    assert near.cap.name == "`total_usd`"
    assert near.left_usd == 0.05


CAPS: dict[str, dict[str, Any]] = {
    "shot": {"per_shot_usd": 0.5},
    "run": {"per_run_usd": 0.5},
    "day": {"per_day_usd": 0.5},
    "total": {"total_usd": 0.5},
}


@pytest.mark.parametrize("caps", CAPS.values(), ids=CAPS)
def test_many_threads_that_race_for_the_last_dollar_never_overspend(
    ledger_url: str, caps: dict[str, Any]
) -> None:
    """Forty orders of 0.1 USD, eight at a time, under 0.5 USD: just five are bought."""
    open_ledger(ledger_url).close()

    def attempt(n: int) -> bool:
        mine = open_ledger(ledger_url)
        try:
            return buy(mine, f"prompt {n}", **caps).new
        except BudgetSpent:
            return False
        finally:
            mine.close()

    with ThreadPoolExecutor(8) as hands:
        bought = sum(hands.map(attempt, range(40)))

    ledger = open_ledger(ledger_url)
    assert bought == len(ledger.takes()) == 5
    ledger.close()


def test_racing_for_one_purchase_with_money_for_one_all_share_it(ledger_url: str) -> None:
    open_ledger(ledger_url).close()

    def attempt(_: int) -> int:
        mine = open_ledger(ledger_url)
        try:
            return buy(mine, "the same", total_usd=PRICE).take.id
        finally:
            mine.close()

    with ThreadPoolExecutor(8) as hands:
        assert len(set(hands.map(attempt, range(24)))) == 1


BUYER = """
import sys
from tests.ledger.test_reservations import buy
from seedance_assets.adapters.ledger import open_ledger
from seedance_assets.core.errors import BudgetSpent
url, who = sys.argv[1:]
ledger, bought = open_ledger(url), 0
print("ready", flush=True)
sys.stdin.readline()
for n in range(12):
    try:
        bought += buy(ledger, f"{who} {n}", run_id=who, total_usd=1.0).new
    except BudgetSpent:
        pass
print(bought)
"""


def test_processes_that_race_for_the_last_dollar_never_overspend(ledger_url: str) -> None:
    """Four processes want 48 takes of 0.1 USD with 1.00 USD between them: they get ten."""
    root = Path(__file__).parents[2]
    open_ledger(ledger_url).close()
    buyers = [
        subprocess.Popen(
            [sys.executable, "-c", BUYER, ledger_url, f"p{n}"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    for buyer in buyers:  # all are ready before any begins
        assert buyer.stdout is not None
        assert buyer.stdout.readline() == "ready\n"
    for buyer in buyers:
        assert buyer.stdin is not None
        buyer.stdin.write("go\n")
        buyer.stdin.flush()

    bought = [int(buyer.communicate(timeout=120)[0]) for buyer in buyers]

    assert [buyer.returncode for buyer in buyers] == [0] * 4
    ledger = open_ledger(ledger_url)
    assert sum(bought) == len(ledger.takes()) == 10
    assert ledger.account(WORLD, shot=None, run_id=None)[Span.ALL] == Spending(0.0, 1.0)
    ledger.close()


def test_without_caps_nothing_is_counted(ledger: Ledger) -> None:
    assert Budget().caps == ()
    assert buy(ledger, "one", estimate=1e9).new

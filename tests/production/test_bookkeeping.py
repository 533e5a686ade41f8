"""What became of an order is written down even if somebody has given it up meanwhile."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedance_assets.adapters.ledger import Ledger, open_ledger
from seedance_assets.core.errors import TransitionRefused
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.ordering.async_ledger import AsyncLedger
from tests.ledger.conftest import request


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


@pytest.fixture
def intent(ledger: Ledger) -> Take:
    return ledger.claim(
        request(), scope="w", shot="sh010", ordinal=1, estimate_usd=0.1, run_id=None
    ).take


def test_a_refusal_that_comes_after_the_take_was_called_unknown_is_believed(
    ledger: Ledger, intent: Take
) -> None:
    ledger.move(intent, TakeState.UNKNOWN, "its lease has ended")

    resolve = AsyncLedger(ledger, "w", None).resolve(intent, TakeState.WITHDRAWN, "not ordered")
    resolved = asyncio.run(resolve)

    assert resolved.state is TakeState.WITHDRAWN
    assert ledger.history(resolved)[-1].cause == "not ordered: its answer came late"


def test_what_a_person_has_settled_stays_as_it_is(ledger: Ledger, intent: Take) -> None:
    ledger.move(ledger.move(intent, TakeState.UNKNOWN, ""), TakeState.WRITTEN_OFF, "a person")

    with pytest.raises(TransitionRefused):
        asyncio.run(AsyncLedger(ledger, "w", None).resolve(intent, TakeState.SUBMITTED, "ordered"))

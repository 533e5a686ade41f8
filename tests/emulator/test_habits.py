"""The service's habits: which prices it shows, how long it keeps ids and outputs."""

from typing import Any

import httpx
import pytest

from seedance_assets.emulator.jobs.scenario import Habits, Scenario
from tests.emulator.conftest import Open
from tests.emulator.kit import TINY


@pytest.mark.parametrize(
    ("price", "unit"), [("present", "second"), ("other_unit", "output"), ("absent", None)]
)
def test_the_catalogue_may_price_a_clip_or_nothing(
    start: Open, price: Any, unit: str | None
) -> None:
    caller = start(scenario=Scenario(habits=Habits(price=price)))

    entry = caller.get(f"/v1/models/{TINY}").json()

    assert entry.get("price_unit") == unit
    assert ("base_price_usd" in entry) == (unit is not None)


def test_ids_may_expire_into_404001(start: Open) -> None:
    caller = start(scenario=Scenario(habits=Habits(ids_expire_s=3600)))
    request_id = caller.order()
    caller.finish(request_id)

    caller.clock.advance(3600)

    answer = caller.get(f"/v1/requests/{request_id}/result")
    assert (answer.status_code, answer.json()["error_code"]) == (404, 404001)


def test_outputs_may_expire_into_404(start: Open) -> None:
    caller = start(scenario=Scenario(habits=Habits(outputs_expire_s=3600)))
    url = caller.finish(caller.order())["output"]["video"]

    before = httpx.get(url, timeout=60).status_code
    caller.clock.advance(3600)

    assert (before, httpx.get(url, timeout=60).status_code) == (200, 404)

"""One Dagster UI for all tests that use GraphQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from seedance_assets.emulator.jobs.scenario import BreakDownload, LoseAnswer, Pace
from tests.end_to_end.dagster_ui import DagsterUi, serving_ui
from tests.stage import stage, when

_ELSEWHERE = BreakDownload(how="redirect", location="https://evil.example/x.mp4", times=2)
_AT_ONCE = Pace(queue_s=0.0, service_s=0.1)


@pytest.fixture(scope="session")
def ui(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Iterator[DagsterUi]:
    """Over a service that makes one clip at a time; of whales it loses the answer to an order.

    Nothing is downloaded by itself here: what is paid for is left where a test looks for it.
    """
    folder = tmp_path_factory.mktemp("ui")
    rules = (
        when("whale", LoseAnswer(), _AT_ONCE),
        when("fog", _ELSEWHERE, _AT_ONCE),
        when("sun", _AT_ONCE),
    )
    with (
        stage(folder, clip, *rules, service_s=3600.0, slots=1) as opened,
        serving_ui(opened) as served,
    ):
        served.switch_off("collect_paid_takes")
        yield served

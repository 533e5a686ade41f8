"""Backfills from the UI: any shots, few processes, a result per shot; they resume for free.

Spoken to as the page does. The daemon looks at backfills twice a minute, so these tests share one
story: the order of the tests matters.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from seedance_assets.core.take import TakeState
from seedance_assets.defs.sensors.backfills import MADE_IN_TAG
from seedance_assets.emulator.jobs.scenario import FailJob, Pace
from tests.end_to_end.dagster_ui import PATIENCE_S, Backfill, DagsterUi, serving_ui, wait_until
from tests.stage import stage, when

SCATTERED = (1, 4, 8, 12, 17, 21)
FOGGY = (4, 12, 21)
NIGHT = (25, 26, 27, 28, 29)


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Iterator[DagsterUi]:
    """Thirty shots: three fail once, and five are not begun when they are first ordered."""
    folder = tmp_path_factory.mktemp("backfills") / "production"
    rules = (
        when("fog", FailJob(message="too much fog"), times=len(FOGGY)),
        when("night", Pace(queue_s=3600.0), times=len(NIGHT)),
    )
    with stage(folder, clip, *rules) as opened, serving_ui(opened) as served:
        weather = {n: "fog" if n in FOGGY else "night" if n in NIGHT else "sun" for n in range(30)}
        opened.write_sheet({key(n): f"Shot {n}: {weather[n]}." for n in range(30)})
        served.read_sheet()
        yield served


def key(n: int) -> str:
    return f"sh{n:03}"


def keys(numbers: Sequence[int]) -> list[str]:
    return [key(n) for n in numbers]


def once_over(ui: DagsterUi, backfill: str) -> Backfill:
    wait_until(lambda: ui.show_backfill(backfill).over, PATIENCE_S)
    return ui.show_backfill(backfill)


def shots_with(ui: DagsterUi, state: TakeState) -> list[str]:
    return sorted(take.shot for take in ui.stage.takes() if take.state is state)


@pytest.fixture(scope="module")
def begun(ui: DagsterUi) -> tuple[str, str]:
    """Two backfills: of scattered shots and, once those stand in the queue, of a range."""
    scattered = ui.launch_backfill(keys(SCATTERED))
    wait_until(lambda: len(ui.show_backfill(scattered).runs) == len(SCATTERED), PATIENCE_S)
    return scattered, ui.launch_backfill(keys(range(24, 30)))


def test_scattered_shots_share_a_process_and_each_ends_for_itself(
    ui: DagsterUi, begun: tuple[str, str]
) -> None:
    done = once_over(ui, begun[0])

    assert done.status == "COMPLETED_FAILED"
    assert done.counts["shot_request"] == (6, 6, 0)
    assert done.counts["generation"] == (6, 3, 3)
    assert set(ui.partitions("generation")["failed"]) == set(keys(FOGGY))
    assert sorted(run["status"] for run in done.runs) == ["FAILURE"] * 3 + ["SUCCESS"] * 3
    assert len(done.processes()) == 1
    told = [ui.last_word(run["runId"]) for run in done.runs if run["status"] == "FAILURE"]
    assert all("1 shot failed" in word and "too much fog" in word for word in told), told
    companions = [run for run in done.runs if MADE_IN_TAG in {t["key"] for t in run["tags"]}]
    assert len(companions) == 5


def test_a_range_is_one_run_and_cancelling_it_keeps_what_is_done(
    ui: DagsterUi, begun: tuple[str, str]
) -> None:
    wait_until(lambda: key(24) in ui.partitions("measurements")["materialized"], PATIENCE_S)
    wait_until(lambda: shots_with(ui, TakeState.SUBMITTED) == keys(NIGHT), PATIENCE_S)

    ui.cancel_backfill(begun[1])
    stopped = once_over(ui, begun[1])

    assert stopped.status == "CANCELED"
    assert [run["status"] for run in stopped.runs] == ["CANCELED"]
    ui.wait_for_the_end_of_worker(stopped.runs[0]["runId"])
    assert key(24) in ui.partitions("measurements")["materialized"]
    assert shots_with(ui, TakeState.CANCELLED) == keys(NIGHT)


def test_all_shots_at_once_buy_only_what_is_missing(ui: DagsterUi) -> None:
    before = len(ui.stage.orders())

    done = once_over(ui, ui.launch_backfill(None))

    assert len(done.runs) == 1
    assert done.counts["measurements"] == (30, 27, 3)
    assert len(ui.stage.orders()) - before == 30 - len(SCATTERED) - 1
    assert sorted(ui.partitions("generation")["failed"]) == keys(FOGGY)


def test_failed_shots_are_paid_for_again_only_on_request(ui: DagsterUi) -> None:
    before = len(ui.stage.orders())
    failed = ui.partitions("generation")["failed"]
    untold = ui.launch(shots=failed)
    wait_until(lambda: ui.status(untold) == "FAILURE", PATIENCE_S)
    assert len(ui.stage.orders()) == before

    told = once_over(ui, ui.launch_backfill(failed, retry_failed=True))

    assert told.status == "COMPLETED_SUCCESS"
    assert len(told.processes()) == 1
    assert len(ui.stage.orders()) - before == len(FOGGY)
    assert len(ui.partitions("measurements")["materialized"]) == 30

"""When jobs start and end: the arithmetic alone, and over HTTP with a manual clock."""

import math
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seedance_assets.emulator.jobs.job_schedule import NEVER, Waiting, Working, advance
from tests.emulator.conftest import Open
from tests.emulator.kit import Caller, until


def test_jobs_use_the_slots_in_order_each_at_its_own_time() -> None:
    queue = [Waiting(n, ready_at=1.0, service_s=10.0, drawn_at=0.0) for n in (1, 2, 3)]

    passage = advance(queue, [], slots=2, now=100.0)

    assert passage.started == {1: 1.0, 2: 1.0, 3: 11.0}
    assert passage.ended == {1: 11.0, 2: 11.0, 3: 21.0}
    assert passage.next_at == NEVER


def test_a_slot_that_frees_late_delays_the_next_and_an_idle_one_does_not() -> None:
    queue = [Waiting(2, ready_at=3.0, service_s=1.0, drawn_at=0.0)]
    busy = [Working(1, started_at=0.0, service_s=5.0, drawn_at=0.0)]

    assert advance(queue, busy, slots=1, now=9.0).started == {2: 5.0}
    assert advance(queue, busy, slots=2, now=9.0).started == {2: 3.0}


def test_a_job_ends_no_earlier_than_its_clip_is_drawn() -> None:
    undrawn = Working(1, started_at=0.0, service_s=5.0, drawn_at=None)
    late = Working(1, started_at=0.0, service_s=5.0, drawn_at=8.0)

    assert advance([], [undrawn], slots=1, now=99.0).ended == {}
    assert advance([], [late], slots=1, now=99.0).ended == {1: 8.0}


def test_the_next_time_is_when_a_transition_is_due() -> None:
    queue = [Waiting(2, ready_at=7.0, service_s=1.0, drawn_at=0.0)]
    busy = [Working(1, started_at=0.0, service_s=5.0, drawn_at=0.0)]

    assert advance(queue, busy, slots=1, now=1.0).next_at == 5.0
    assert advance(queue, busy, slots=2, now=6.0).next_at == 7.0
    assert math.isinf(advance([], [], slots=2, now=6.0).next_at)


def test_another_emulator_may_run_more_jobs_than_our_slots() -> None:
    busy = [Working(n, started_at=0.0, service_s=5.0, drawn_at=0.0) for n in (1, 2)]
    queue = [Waiting(3, ready_at=0.0, service_s=1.0, drawn_at=0.0)]

    assert advance(queue, busy, slots=1, now=5.0).started == {3: 5.0}


@pytest.mark.parametrize("calls", [1, 7, 40], ids=["called once", "now and then", "often"])
def test_the_number_of_calls_changes_nothing(start: Open, calls: int) -> None:
    caller = start(slots=2, queue_s=1.0, service_s=6.0)
    ids = [caller.order(words=str(n)) for n in range(5)]
    drawn(caller, ids)

    for _ in range(calls):
        caller.clock.advance(40 / calls)
        caller.status(ids[0])

    ends = [caller.result(i)["finished_at"][-15:-6] for i in ids]
    begin = caller.result(ids[0])["created_at"]
    assert begin.endswith("00:00.000000+00:00")
    assert ends == ["07.000000", "07.000000", "13.000000", "13.000000", "19.000000"]


def drawn(caller: Caller, ids: list[str]) -> None:
    """Wait until the clips are drawn and recorded, so that only the clock decides."""
    with closing(sqlite3.connect(caller.state_dir / "emulator.db")) as db:
        recorded = "SELECT count(*) FROM jobs WHERE drawn_at IS NOT NULL"
        until(lambda: db.execute(recorded).fetchone() == (len(ids),))


def test_queue_positions_count_down_to_1_and_then_disappear(start: Open) -> None:
    caller = start(slots=1)
    ids = [caller.order(words=str(n)) for n in range(3)]
    drawn(caller, ids)

    def positions() -> list[int | None]:
        return [caller.status(i).get("queue_position") for i in ids]

    seen = [positions()]
    for _ in range(3):
        caller.clock.advance(10.5)
        seen.append(positions())

    assert seen == [[1, 2, 3], [None, 1, 2], [None, None, 1], [None, None, None]]


def test_with_times_of_zero_only_the_drawing_takes_time(start: Open) -> None:
    caller = start(queue_s=0.0, service_s=0.0)
    request_id = caller.order()

    until(lambda: caller.status(request_id)["status"] == "completed")


def test_a_given_clip_is_served_as_every_output(start: Open, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"any bytes")
    caller = start(clip=clip, queue_s=0.0, service_s=0.0)

    request_id = caller.order()

    assert caller.status(request_id)["status"] == "completed"
    assert caller.video() == b"any bytes"

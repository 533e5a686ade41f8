"""Terminate in the UI cancels queued takes and detaches from running ones; a signal detaches."""

import os
import signal

from seedance_assets.core.take import TakeState
from tests.end_to_end.dagster_ui import PATIENCE_S, DagsterUi, read, wait_until


def at_the_service(ui: DagsterUi, word: str) -> list[str]:
    return sorted(order["status"] for order in ui.stage.orders() if word in order["prompt"])


def states(ui: DagsterUi, word: str) -> list[TakeState]:
    return sorted(take.state for take in ui.stage.takes() if word in take.request["prompt"])


def begin(ui: DagsterUi, word: str) -> str:
    """A run with one take in progress and two in the queue."""
    ui.stage.write_sheet({f"{word}_{n}": f"{word}: take {n}." for n in range(3)})
    read(ui)
    run_id = ui.launch()
    wait_until(
        lambda: (
            at_the_service(ui, word) == ["in_progress", "in_queue", "in_queue"]
            and states(ui, word) == [TakeState.SUBMITTED] * 3
        ),
        PATIENCE_S,
    )
    return run_id


def test_terminate_cancels_what_is_queued_and_the_rest_is_collected_for_free(
    ui: DagsterUi,
) -> None:
    charges = ui.stage.charges()
    run_id = begin(ui, "boat")

    ui.terminate(run_id)

    assert wait_until(lambda: ui.status(run_id) == "CANCELED", PATIENCE_S) < 5
    ui.wait_for_the_end_of_worker(run_id)
    assert at_the_service(ui, "boat").count("cancelled") == 2, states(ui, "boat")
    running = next(
        take.shot
        for take in ui.stage.takes()
        if take.shot.startswith("boat") and take.state is not TakeState.CANCELLED
    )
    ui.stage.clock.let_time_pass()
    assert ui.stage.film(shots=[running], buy=False).done == [running]
    assert ui.stage.charges() == charges + 1


def test_a_bare_sigterm_to_the_run_only_lets_go(ui: DagsterUi) -> None:
    charges = ui.stage.charges()
    run_id = begin(ui, "gull")

    os.kill(ui.worker(run_id), signal.SIGTERM)

    wait_until(lambda: ui.status(run_id) in {"CANCELED", "FAILURE"}, PATIENCE_S)
    ui.wait_for_the_end_of_worker(run_id)
    assert "cancelled" not in at_the_service(ui, "gull")
    assert TakeState.CANCELLED not in states(ui, "gull")
    ui.stage.clock.let_time_pass(12_000)
    wait_until(lambda: ui.stage.charges() == charges + 3, PATIENCE_S)

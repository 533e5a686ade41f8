"""How long it takes to stop: Ctrl-C and SIGTERM to `produce`, and Terminate in the UI.

Each is told to a run that has takes waiting in the service's queue, and for the last also forty
downloaded one after the other, so that Dagster is amid its writing. Prints, of all rounds, the
least, the median and the most of the seconds until the process has ended (until the run is
CANCELED, for Terminate), and what was promised; ends with 1 if a promise is broken.

    python -m benchmarks.stopping               # 5 rounds of each
    python -m benchmarks.stopping --rounds 20
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import click

from seedance_assets.emulator.jobs.scenario import Pace, Rule, SlowAnswer
from tests.command import AS_USUAL, environment_of, stop
from tests.end_to_end.dagster_ui import PATIENCE_S, DagsterUi, read, serving_ui, wait_until
from tests.stage import Stage, draw_clip, stage, when

_WAITING = Pace(queue_s=600.0)
_SLOW_CANCEL = SlowAnswer(on=("cancel",), delay_s=120.0)
_CTRL_C_S, _TERMINATE_S = 10.0, 5.0
_WAIT, _COME = 3, 40
"""Takes of a run that is terminated."""
_ENDED = {"CANCELED", "FAILURE", "SUCCESS"}


@click.command()
@click.option("--rounds", default=5, show_default=True)
def main(rounds: int) -> None:
    """Measure how runs are stopped."""
    found: dict[str, tuple[float, list[float]]] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folders = _folders(Path(temporary))
        clip = draw_clip(next(folders) / "clip.mp4")
        told = {
            "Ctrl-C": (signal.SIGINT, when("gull", _WAITING)),
            "Ctrl-C, slow to cancel": (signal.SIGINT, when("gull", _SLOW_CANCEL, _WAITING)),
            "SIGTERM": (signal.SIGTERM, when("gull", _WAITING)),
        }
        for way, (number, rule) in told.items():
            times = [_stopped_s(next(folders), clip, number, rule) for _ in range(rounds)]
            found[way] = _CTRL_C_S, times
        rules = when("boat", _WAITING), when("sun", Pace(queue_s=0.0, service_s=0.0))
        with stage(next(folders), clip, *rules) as opened, serving_ui(opened) as ui:
            times = [_terminated_s(ui, number) for number in range(rounds)]
        found["Terminate"] = _TERMINATE_S, times
    print(f"{rounds} rounds, seconds{'':10}{'least':>7}{'median':>8}{'most':>7}{'promised':>10}")
    for way, (promised_s, times) in found.items():
        print(f"{way:26}{min(times):7.2f}{median(times):8.2f}{max(times):7.2f}{promised_s:10.0f}")
    sys.exit(int(any(max(times) > promised_s for promised_s, times in found.values())))


def _folders(root: Path) -> Iterator[Path]:
    number = 0
    while True:
        folder = root / str(number)
        folder.mkdir()
        yield folder
        number += 1


def _stopped_s(folder: Path, clip: Path, number: signal.Signals, rule: Rule) -> float:
    """From the signal to the end of `produce`."""
    with stage(folder, clip, rule) as opened:
        opened.write_sheet({"sh020": "A gull."})
        process = subprocess.Popen(
            [sys.executable, *AS_USUAL, "produce", str(opened.sheet), "--yes"],
            env=environment_of(opened.folder, **opened.environ),
            cwd=opened.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: [o["status"] for o in opened.orders()] == ["in_queue"], PATIENCE_S)
        _out, took_s = stop(process, number)
    return took_s


def _terminated_s(ui: DagsterUi, number: int) -> float:
    """From Terminate to CANCELED, at some moment of a run that is busy."""
    boats, suns = f"boat{number}", f"sun{number}"
    ui.stage.write_sheet(
        {f"{boats}_{n}": f"{boats}: take {n}." for n in range(_WAIT)}
        | {f"{suns}_{n:02}": f"{suns}: take {n}." for n in range(_COME)}
    )
    read(ui)
    run_id = ui.launch()
    wait_until(_at_the_service(ui.stage, f"{boats}:", "in_queue"), PATIENCE_S)
    time.sleep(2 * random.random())  # noqa: S311  # no secret: a moment of its work
    ui.terminate(run_id)
    took_s = wait_until(lambda: ui.status(run_id) in _ENDED, PATIENCE_S)
    assert ui.status(run_id) == "CANCELED"
    wait_until(_at_the_service(ui.stage, f"{boats}:", "cancelled"), PATIENCE_S)
    return took_s


def _at_the_service(stage: Stage, word: str, status: str) -> Callable[[], bool]:
    """Whether all takes of which the prompt holds a word are in a state."""

    def are() -> bool:
        orders = [order["status"] for order in stage.orders() if word in order["prompt"]]
        return orders == [status] * _WAIT

    return are


if __name__ == "__main__":
    main()

"""On a real terminal: the board moves, Ctrl-C is quiet, and no name of a shot is cut."""

import os
import re
from collections.abc import Callable, Iterator

import pytest

from seedance_assets.emulator.jobs.scenario import Pace
from tests.command import environment_of
from tests.conftest import OpenStage
from tests.pseudo_terminal import CTRL_C, OnTerminal, start_on_terminal
from tests.stage import Stage, when

Start = Callable[..., OnTerminal]
SIZES = pytest.mark.parametrize(("rows", "columns"), [(30, 100), (24, 80)])
NAMES = [f"sq{n:03}_sh010" for n in range(10, 70, 10)]


@pytest.fixture
def on_terminal() -> Iterator[Start]:
    started: list[OnTerminal] = []

    def start(stage: Stage, *arguments: object, rows: int, columns: int) -> OnTerminal:
        environ = environment_of(stage.folder, **stage.environ)
        running = start_on_terminal(
            *arguments, rows=rows, columns=columns, cwd=stage.folder, environ=environ
        )
        started.append(running)
        return running

    yield start
    for running in started:
        running.process.kill()
        running.process.wait()
        os.close(running.terminal)


@SIZES
def test_the_board_moves_while_the_service_works(
    open_stage: OpenStage, on_terminal: Start, rows: int, columns: int
) -> None:
    with open_stage(service_s=8.0) as stage:
        stage.write_sheet(dict.fromkeys(NAMES, "A boat."))

        shown = on_terminal(stage, "produce", stage.sheet, "--yes", rows=rows, columns=columns)

        assert shown.end() == 0, shown.text
        seconds = set(re.findall(r"· (\d+) s", " ".join(shown.text.split())))
        assert len(seconds) >= 5, seconds
        assert shown.text.count("in progress") > len(NAMES)
        assert all(name in shown.text for name in NAMES)


@SIZES
def test_ctrl_c_on_the_board_leaves_no_traceback(
    open_stage: OpenStage, on_terminal: Start, rows: int, columns: int
) -> None:
    with open_stage(when("boat", Pace(queue_s=600.0))) as stage:
        stage.write_sheet({"sh010": "A boat."})
        shown = on_terminal(stage, "produce", stage.sheet, "--yes", rows=rows, columns=columns)
        shown.read_until("queued")

        shown.press(CTRL_C)

        assert shown.end() == 130, shown.text
        assert "Stopped by SIGINT" in shown.text
        assert "Traceback" not in shown.text
        assert shown.raw.rstrip().endswith(b"Nothing goes on at the service."), shown.text


@pytest.mark.parametrize("columns", [100, 80, 44])
@pytest.mark.parametrize("command", ["plan", "produce"])
def test_no_name_is_cut_or_split(
    plain_stage: Stage, on_terminal: Start, command: str, columns: int
) -> None:
    names = ["sq010_sh010", "the_" + "long_" * 15 + "x"]
    rows = [{"shot": n, "prompt": "A boat. " * 70} for n in names]
    broken = {"shot": "sq990_sh999", "prompt": "", "camera_fixed": "the_camera_of_unit_2_v001"}
    plain_stage.write_sheet([*rows, broken])

    shown = on_terminal(plain_stage, command, plain_stage.sheet, rows=40, columns=columns)

    assert shown.end() == 1, shown.text
    for name in (*names, "sq990_sh999", "the_camera_of_unit_2_v001"):
        assert name in shown.text

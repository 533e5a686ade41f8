"""Whatever is killed, and whenever: charges = takes asked for, and nothing is lost."""

from pathlib import Path

import pytest

from tests.chaos.hands import start_command
from tests.chaos.killing import PACE, check_the_books, kill_until_done, write_production
from tests.conftest import OpenStage
from tests.databases import new_database
from tests.stage import Stage, draw_clip


@pytest.fixture(scope="session")
def small_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_clip(tmp_path_factory.mktemp("small") / "clip.mp4", size=(128, 72), frames=12)


def chaos(stage: Stage, *, seed: int, shots: int = 6, **how: object) -> None:
    asked = write_production(stage, shots)

    found = kill_until_done(stage, seed=seed, **how)  # type: ignore[arg-type]

    assert found.kills > 0
    assert found.surprises == []
    check_the_books(stage, asked)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_line_killed_at_any_moment_pays_once_and_loses_nothing(
    open_stage: OpenStage, small_clip: Path, seed: int
) -> None:
    with open_stage(*PACE, clip=small_clip) as stage:
        chaos(stage, seed=seed, most_kills=8)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("processes", [2, 8])
def test_lines_that_race_on_one_ledger_and_are_killed_pay_once(
    open_stage: OpenStage,
    small_clip: Path,
    request: pytest.FixtureRequest,
    processes: int,
    kind: str,
) -> None:
    with open_stage(*PACE, clip=small_clip) as stage:
        if kind == "postgresql":
            stage.environ["SEEDANCE_LEDGER_URL"] = new_database(request.getfixturevalue("postgres"))
        chaos(stage, seed=3, processes=processes, most_kills=processes + 2)


def test_the_command_killed_at_any_moment_pays_once(
    open_stage: OpenStage, small_clip: Path
) -> None:
    with open_stage(*PACE, clip=small_clip) as stage:
        chaos(stage, seed=4, shots=3, latest_s=7.0, most_kills=2, start=start_command)

"""The Dagster instance that `produce` and `ui` open."""

import subprocess
import sys
from pathlib import Path

from seedance_assets.cli.dagster_runs import INSTANCE_SETTINGS
from tests.command import environment_of

_OPEN = (
    "import pathlib, sys; from seedance_assets.cli.dagster_runs import open_instance; "
    "open_instance(pathlib.Path(sys.argv[1])).dispose()"
)


def test_many_that_open_a_new_instance_at_once_do_not_break_it(tmp_path: Path) -> None:
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text(INSTANCE_SETTINGS)

    opening = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _OPEN, str(home)],
            env=environment_of(tmp_path),
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    said = [process.communicate(timeout=120)[1] for process in opening]

    assert [process.returncode for process in opening] == [0] * 4, said

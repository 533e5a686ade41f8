"""`deploy/workstation`, followed exactly from a fresh clone."""

import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import AS_USUAL, environment_of

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "deploy" / "workstation" / "README.md").read_text(encoding="utf-8")
INSTALL = 'python3 -m venv venv && venv/bin/pip install "$clone"'
"""Replaced by a program that runs what is installed here: a test has no network."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of a person who has cloned the repository."""
    clone = tmp_path / "seedance-assets"
    shutil.copytree(ROOT / "deploy", clone / "deploy")
    shutil.copytree(ROOT / "data", clone / "data")
    return tmp_path


def steps_of_the_readme(home: Path) -> str:
    block = re.search(r"```sh\n(.*?)```", README, re.DOTALL)
    assert block is not None
    lines = block[1].splitlines()
    assert INSTALL in lines
    command = home / "seedance.sh"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" {" ".join(AS_USUAL)} "$@"\n')
    command.chmod(0o700)
    installed = f'mkdir -p venv/bin && ln -s "{command}" venv/bin/seedance'
    kept = [line for line in lines if not line.startswith("systemctl")]
    return "\n".join(["set -eu", *(installed if line == INSTALL else line for line in kept)])


def environment_of_the_unit(home: Path) -> dict[str, str]:
    unit = (home / ".config/systemd/user/seedance-ui.service").read_text(encoding="utf-8")
    secrets = (home / ".config/seedance.env").read_text(encoding="utf-8")
    lines = re.findall(r"^Environment=(.*)$", unit, re.MULTILINE)
    lines += [line for line in secrets.splitlines() if line and not line.startswith("#")]
    return dict(line.replace("%h", str(home)).split("=", 1) for line in lines)


def test_its_steps_install_a_service_that_finds_the_sheet_and_every_first_frame(
    home: Path,
) -> None:
    environment = environment_of(home)
    del environment["SEEDANCE_HOME"]

    subprocess.run(["sh", "-c", steps_of_the_readme(home)], env=environment, cwd=home, check=True)
    assert stat.S_IMODE((home / ".config/seedance.env").stat().st_mode) == 0o600
    assert (home / "seedance/storage/dagster/dagster.yaml").is_file()

    done = subprocess.run(
        ["venv/bin/seedance", "doctor", environment_of_the_unit(home)["SEEDANCE_SHEET"], "--json"],
        env=environment | environment_of_the_unit(home),
        cwd=home / "seedance",
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    says = {look["check"]: look["says"] for look in json.loads(done.stdout)}
    assert says["sheet"].endswith("10 rows, 10 good")
    assert "goes" in says["first frames"]
    assert says["storage"].startswith(str(home / "seedance/storage"))

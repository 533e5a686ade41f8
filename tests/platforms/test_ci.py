"""What CI and contributors start from: the Pythons of the machine, and the tasks."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from seedance_assets import __version__

ROOT = Path(__file__).resolve().parents[2]


def link(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o700)


def test_each_minor_version_is_found_once_wherever_it_is_installed(tmp_path: Path) -> None:
    path, pyenv = tmp_path / "path", tmp_path / "pyenv"
    kept = pyenv / "versions" / "3.99.1" / "bin"
    path.mkdir()
    kept.mkdir(parents=True)
    link(path, "python3", f'exec "{sys.executable}" "$@"')
    link(path, "python3.19", "exit 127")  # a shim of a version that is not switched on
    link(kept, "python3", f'exec "{sys.executable}" "$@"')

    said = subprocess.run(
        ["/bin/bash", str(ROOT / ".ci" / "pythons")],
        env={"PATH": str(path), "PYENV_ROOT": str(pyenv), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    version = f"3.{sys.version_info.minor}"
    assert said.stdout.splitlines() == [f"{version} {path / 'python3'}"]


def test_the_tasks_of_a_contributor_are_those_of_ci() -> None:
    tasks = (ROOT / "Justfile").read_text(encoding="utf-8")
    (check,) = (part for part in tasks.split("\n\n") if "\ncheck:" in part)
    commands = [line.strip() for line in check.splitlines() if line.startswith("    ")]
    ci = [line.strip() for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()]

    assert len(commands) == 4
    assert [command for command in commands if command not in ci] == []


def test_every_path_that_contributing_names_is_there() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:[a-z_.]+/)+[a-z_]*(?:\.[a-z]+)?)`", page)

    assert len(named) > 10
    roots = (ROOT, ROOT / "seedance_assets")
    assert [name for name in named if not any((root / name).exists() for root in roots)] == []


def test_the_newest_release_of_the_changelog_is_the_programs_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    unreleased, newest, *_ = re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert unreleased == "Unreleased"
    assert newest == project["version"] == __version__

"""The README says what is so."""

import re
from pathlib import Path

import pytest

from seedance_assets.cli import _COMMANDS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = "".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "seedance_assets").rglob("*.py")
)


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_is_there_in_its_own_words(command: str) -> None:
    assert re.search(rf"`seedance {command}( SHEET)?` \| {re.escape(_COMMANDS[command])}", README)


def test_every_variable_that_the_code_reads_is_there_and_no_other() -> None:
    read = set(re.findall(r'"((?:SEEDANCE|RUNCOMFY)_[A-Z_]+)"', SOURCES))
    told = set(re.findall(r"\b(?:SEEDANCE|RUNCOMFY)_[A-Z_]+\b", README))

    assert read == told


def test_every_picture_and_page_that_it_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_two_commands_are_those_that_ci_runs() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert "pip install -e . && seedance produce data/shots.csv" in README
    assert "pip install -e '.[test]' && pytest" in README
    assert "pip install -e '.[test]' -q && pytest" in ci

"""Each setting of the emulator's faults: how the line handles it, and that the page is correct."""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

import seedance_assets.emulator
from seedance_assets.emulator.jobs.scenario import Fault, Habits, Rule
from tests.failures.cases import CASES, Case
from tests.failures.fault_settings import all_settings, covered_settings, name_of
from tests.failures.observing import SHARED, Observation, case_groups, open_group
from tests.failures.table import PAGE, page_of, row_of
from tests.stage import draw_clip

README = Path(seedance_assets.emulator.__file__).with_name("README.md")
TOGETHER = [case for case in CASES if case.way in SHARED]
APART = [case for case in CASES if case.way not in SHARED]


@pytest.fixture(scope="module")
def small_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_clip(tmp_path_factory.mktemp("small") / "clip.mp4", size=(128, 72), frames=12)


@pytest.fixture(scope="module")
def together(
    tmp_path_factory: pytest.TempPathFactory, small_clip: Path
) -> Mapping[str, tuple[Observation, Observation]]:
    """All cases that share an emulator, run twice in one production."""
    with open_group(tmp_path_factory.mktemp("group"), small_clip, case_groups()[0]) as opened:
        return opened.observe()


def check(case: Case, seen: tuple[Observation, Observation]) -> None:
    first, second = seen
    assert first.outcome == case.first, first
    assert second.outcome == case.then, second
    assert bool(first.kind) == bool(first.sentence) == bool(first.advice)
    assert row_of(case, first, second) in PAGE.read_text(encoding="utf-8").splitlines(), (
        "docs/failures.md differs: regenerate it with `python -m tests.failures.table`"
    )


@pytest.mark.parametrize("case", TOGETHER, ids=[case.title for case in TOGETHER])
def test_a_fault_ends_as_documented(
    together: Mapping[str, tuple[Observation, Observation]], case: Case
) -> None:
    check(case, together[case.title])


@pytest.mark.parametrize("case", APART, ids=[case.title for case in APART])
def test_a_habit_or_setting_ends_as_documented(
    tmp_path: Path, small_clip: Path, case: Case
) -> None:
    with open_group(tmp_path / "group", small_clip, [case]) as opened:
        check(case, opened.observe()[case.title])


def test_every_setting_of_a_fault_has_a_row() -> None:
    assert set(all_settings()) - covered_settings() == set()


def test_the_page_has_exactly_the_rows_of_the_cases() -> None:
    seen = Observation("measured", "", "", "", "", "", 0, 0, "")
    blank = page_of({case.title: (seen, seen) for case in CASES})
    page = PAGE.read_text(encoding="utf-8")

    def frame(text: str) -> list[str]:
        """Everything except observations: headings, texts, and each row's first two cells."""
        return [
            line.rsplit(" | ", 3)[0] if line[:3] == "| `" else line for line in text.splitlines()
        ]

    assert [line for line in frame(page) if line[:2] != "| "] == [
        line for line in frame(blank) if line[:2] != "| "
    ]
    assert page.count("\n| ") == blank.count("\n| ")


def test_the_emulators_readme_names_every_setting() -> None:
    text = re.sub(r"```.*?```", "", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    named = set(re.findall(r"[\w+.-]+", " ".join(re.findall(r"`([^`]+)`", text))))
    wanted = {setting.split("=")[-1].split(".")[-1] for setting in all_settings()}
    wanted |= {setting.split("=")[0].split(".")[-1] for setting in all_settings()}
    wanted |= {name_of(kind) for kind in get_args(Fault)}
    wanted |= {field.name for owner in (Rule, Habits) for field in fields(owner)} - {"faults"}

    assert {w for w in wanted if w.lower() not in {n.lower() for n in named}} == set()

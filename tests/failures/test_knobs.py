"""Each knob of the emulator: what the line makes of it, and that the pages tell the truth of it."""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

import seedance_assets.emulator
from seedance_assets.emulator.jobs.scenario import Fault, Habits, Rule
from tests.failures.cases import CASES, Case
from tests.failures.knobs import name_of, turned_by_all, turns
from tests.failures.observing import SHARED, Seen, house, houses
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
) -> Mapping[str, tuple[Seen, Seen]]:
    """All cases that share an emulator, filmed twice in one production."""
    with house(tmp_path_factory.mktemp("house"), small_clip, houses()[0]) as opened:
        return opened.observe()


def check(case: Case, seen: tuple[Seen, Seen]) -> None:
    first, second = seen
    assert first.outcome == case.first, first
    assert second.outcome == case.then, second
    assert bool(first.kind) == bool(first.sentence) == bool(first.advice)
    assert row_of(case, first, second) in PAGE.read_text(encoding="utf-8").splitlines(), (
        "docs/failures.md says otherwise: `python -m tests.failures.table` writes it anew"
    )


@pytest.mark.parametrize("case", TOGETHER, ids=[case.title for case in TOGETHER])
def test_a_fault_among_others_ends_as_written(
    together: Mapping[str, tuple[Seen, Seen]], case: Case
) -> None:
    check(case, together[case.title])


@pytest.mark.parametrize("case", APART, ids=[case.title for case in APART])
def test_a_house_with_a_habit_ends_as_written(tmp_path: Path, small_clip: Path, case: Case) -> None:
    with house(tmp_path / "house", small_clip, [case]) as opened:
        check(case, opened.observe()[case.title])


def test_no_knob_is_without_a_row() -> None:
    assert set(turns()) - turned_by_all() == set()


def test_the_page_has_the_rows_of_the_cases_and_no_others() -> None:
    seen = Seen("measured", "", "", "", "", "", 0, 0, "")
    blank = page_of({case.title: (seen, seen) for case in CASES})
    page = PAGE.read_text(encoding="utf-8")

    def frame(text: str) -> list[str]:
        """Everything but what was observed: headings, words, and each row's first two cells."""
        return [
            line.rsplit(" | ", 3)[0] if line[:3] == "| `" else line for line in text.splitlines()
        ]

    assert [line for line in frame(page) if line[:2] != "| "] == [
        line for line in frame(blank) if line[:2] != "| "
    ]
    assert page.count("\n| ") == blank.count("\n| ")


def test_the_emulators_readme_names_each_knob() -> None:
    text = re.sub(r"```.*?```", "", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    named = set(re.findall(r"[\w+.-]+", " ".join(re.findall(r"`([^`]+)`", text))))
    wanted = {turn.split("=")[-1].split(".")[-1] for turn in turns()}
    wanted |= {turn.split("=")[0].split(".")[-1] for turn in turns()}
    wanted |= {name_of(kind) for kind in get_args(Fault)}
    wanted |= {field.name for owner in (Rule, Habits) for field in fields(owner)} - {"faults"}

    assert {w for w in wanted if w.lower() not in {n.lower() for n in named}} == set()

"""Scenarios as TOML: the whole schema, clear errors, and a complete README."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

import seedance_assets.emulator
from seedance_assets.emulator import (
    EmulatorSettings,
    Scenario,
    ScenarioRefused,
    parse_scenario,
    read_scenario,
)
from seedance_assets.emulator.jobs.scenario import (
    BreakDownload,
    ErrorName,
    FailJob,
    Fault,
    Habits,
    LateCost,
    LoseAnswer,
    PassingFault,
    Rule,
)
from seedance_assets.emulator.jobs.scenario_file import faults_as_text, faults_from_text

README = (Path(seedance_assets.emulator.__file__).parent / "README.md").read_text(encoding="utf-8")
FAULTS: tuple[type, ...] = get_args(Fault)


def test_an_empty_file_is_a_scenario_without_faults(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text("", encoding="utf-8")

    assert read_scenario(file) == Scenario()


def test_the_example_in_the_readme_does_what_it_says() -> None:
    example = README.split("```toml\n")[1].split("```")[0]

    assert parse_scenario(example, source="README") == Scenario(
        seed=7,
        habits=Habits(picture_edges="inclusive", outputs_expire_s=86400),
        rules=(
            Rule(orders=(2,), faults=(LoseAnswer(),)),
            Rule(
                audio=True,
                probability=0.3,
                faults=(FailJob(error="object", message="OutputAudioSensitiveContentDetected"),),
            ),
            Rule(
                prompt="storm",
                times=1,
                faults=(
                    PassingFault(when="completed", times=3, answer="server_error"),
                    BreakDownload(how="cut_length", times=1),
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = ", "play.toml: "),
        ("sed = 1", "play.toml: sed: "),
        ("[habits]\nprice = 'cheap'", "habits.price: Input should be 'present', 'absent'"),
        ("[[rules]]", "rules.0.faults: Field required"),
        ("[[rules]]\nfaults = [{ kind = 'fall' }]", "rules.0.faults.0: "),
        ("[[rules]]\nfaults = [{ kind = 'stuck', were = 1 }]", "rules.0.faults.0.stuck.were: "),
        ("[[rules]]\nfaults = []\nprobability = 2", "rules.0.probability: "),
        ("[[rules]]\nfaults = []\ntimes = -1", "rules.0.times: "),
        ("[[rules]]\nfaults = [{ kind = 'pace', queue_s = -1 }]", "queue_s: "),
        ("[[rules]]\nfaults = [{ kind = 'break_download', bytes_per_s = 0 }]", "bytes_per_s: "),
    ],
    ids=["syntax", "key", "habit", "missing", "kind", "field", "chance", "times", "pace", "rate"],
)
def test_an_error_names_its_place(text: str, message: str) -> None:
    with pytest.raises(ScenarioRefused, match=re.escape(message)):
        parse_scenario(text, source="play.toml")


def test_every_error_has_its_own_line() -> None:
    with pytest.raises(ScenarioRefused) as caught:
        parse_scenario("sed = 1\n[habits]\nprise = 2", source="play.toml")

    assert len(str(caught.value).splitlines()) == 2


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    junk = tmp_path / "junk.toml"
    junk.write_bytes(b"\xff\xfe")

    for file in (tmp_path / "missing.toml", junk):
        with pytest.raises(ScenarioRefused, match=re.escape(str(file))):
            read_scenario(file)


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_every_fault_can_be_stored_and_read_back(kind: type) -> None:
    faults = (kind(), LateCost())

    assert faults_from_text(faults_as_text(faults)) == faults


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_the_readme_lists_every_fault_with_every_field_and_choice(kind: type) -> None:
    (row,) = [line for line in README.splitlines() if line.startswith(f"| `{kind().kind}` |")]

    names = [field.name for field in fields(kind) if field.name != "kind"]
    choices = [
        word
        for field in fields(kind)
        if field.name not in {"kind", "on", "answer"}
        for word in get_args(field.type)
        if isinstance(word, str)
    ]
    assert [name for name in names + choices if f"`{name}`" not in row] == []


@pytest.mark.parametrize(
    "settings_class",
    [EmulatorSettings, Habits, Rule],
    ids=lambda settings_class: settings_class.__name__,
)
def test_the_readme_lists_every_setting_habit_and_condition(settings_class: type) -> None:
    assert [field.name for field in fields(settings_class) if f"`{field.name}`" not in README] == []


def test_the_readme_lists_every_error() -> None:
    assert [name for name in get_args(ErrorName) if f"`{name}` (" not in README] == []

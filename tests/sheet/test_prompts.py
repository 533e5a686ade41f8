"""Prompts: what is sent, and which remarks they get."""

import pytest

from seedance_assets.core.shot import Severity, ShotList
from tests.sheet.conftest import Read


def _sheet(read: Read, prompt: str) -> ShotList:
    quoted = prompt.replace('"', '""')
    return read(f'shot,prompt,first_frame\na,"{quoted}",a.png\n')


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("Rain --dur 5 --rs 720p", "Rain"),
        ("Rain --ratio=16:9 falls", "Rain falls"),
        ("Rain --cf and wind", "Rain and wind"),
        ("Rain --ar 16:9 --style raw --v 6", "Rain"),
        ("Rain\n--seed -1", "Rain"),
    ],
)
def test_suffixes_are_not_sent_and_are_reported(read: Read, prompt: str, sent: str) -> None:
    listed = _sheet(read, prompt)

    assert listed.shots[0].prompt == sent
    (warning,) = listed.problems
    assert (warning.rule, warning.severity) == ("prompt_suffix", Severity.WARNING)


@pytest.mark.parametrize(
    "prompt",
    [
        "He waits -- then runs.",
        "She stops --suddenly-- and turns.",
        "She stops --quietly and turns to him.",
        "A well-known man.",
        'She says "Hello." He says "Bye."',
        "„Ja“, sagt er.",
        "x" * 500,
    ],
)
def test_ordinary_punctuation_is_left_alone(read: Read, prompt: str) -> None:
    listed = _sheet(read, prompt)

    assert listed.shots[0].prompt == prompt
    assert listed.problems == ()


@pytest.mark.parametrize(
    ("prompt", "rule"),
    [
        ("x" * 501, "prompt_long"),
        ('She says "Hello.', "prompt_quotes"),
        ("She says “Hello.", "prompt_quotes"),
    ],
    ids=["long", "open quote", "open typographic quote"],
)
def test_what_may_disappoint_is_warned_of_and_still_made(
    read: Read, prompt: str, rule: str
) -> None:
    listed = _sheet(read, prompt)

    assert len(listed.shots) == 1
    assert [(p.rule, p.severity) for p in listed.problems] == [(rule, Severity.WARNING)]


@pytest.mark.parametrize(
    ("prompt", "rule"),
    [
        ("  ", "prompt_missing"),
        ("--dur 5", "prompt_missing"),
        ("Rain\x07", "prompt_characters"),
        ("x" * 10_001, "prompt_too_long"),
    ],
    ids=["empty", "only suffixes", "control character", "runaway quote"],
)
def test_what_cannot_be_meant_is_refused(read: Read, prompt: str, rule: str) -> None:
    listed = _sheet(read, prompt)

    assert listed.shots == ()
    assert [p.rule for p in listed.errors] == [rule]


def test_the_same_prompt_typed_on_another_system_is_the_same_prompt(read: Read) -> None:
    composed = _sheet(read, "Ein Café\nim Regen").shots[0].prompt

    decomposed = _sheet(read, " Ein\xa0Cafe\u0301\r\nim Regen ").shots[0].prompt

    assert decomposed == composed

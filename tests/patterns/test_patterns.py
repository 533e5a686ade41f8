"""Every regular expression of the project takes linear time on any input."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.patterns.collecting import Found, patterns

LIMIT_S = 300
MADE_WHEN_IT_RUNS = {
    "adapters.shot_sheet.separated": 1,  # one of four separators; measured below
    "adapters.shot_sheet.spreadsheet_dates": 1,  # a table of dates; measured below
    "adapters.shot_sheet.cells": 1,  # one of two signs between thousands, each repeat bounded
    "adapters.first_frame.formats": 1,  # a file's first bytes: literals
    "core.redaction": 1,  # escaped secrets
}
"""Patterns that this test cannot work out, by module: each was looked at by a person."""


def measured(found: Iterable[tuple[str, object, int, Iterable[str]]]) -> list[str]:
    """Those that are slow, measured in a process that is killed if it does not end."""
    asked = "".join(
        json.dumps(
            {
                "place": place,
                "pattern": text.decode("latin-1") if isinstance(text, bytes) else text,
                "bytes": isinstance(text, bytes),
                "flags": flags & ~32,  # re.UNICODE is implied, and refused for bytes
                "methods": sorted(methods),
            }
        )
        + "\n"
        for place, text, flags, methods in found
    )
    script = Path(__file__).with_name("measuring.py")
    ran = subprocess.run(
        [sys.executable, str(script)],
        input=asked,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    lines = ran.stdout.splitlines()
    assert lines[-1:] == ["done"], f"ended at {lines[-1:]}: {ran.stderr[-500:]}"
    told = [json.loads(line) for line in lines[:-1]]
    return [f"{line['slow']} on {line['on']}" for line in told if "slow" in line]


def _as_asked(found: Found) -> tuple[str, object, int, Iterable[str]]:
    return str(found), found.pattern.pattern, found.pattern.flags, found.methods


def test_every_pattern_is_linear_on_hostile_texts() -> None:
    found, _ = patterns()

    assert len(found) > 100
    assert measured(map(_as_asked, found)) == []


def test_patterns_that_cannot_be_measured_are_few_and_listed() -> None:
    _, unknown = patterns()

    counts: dict[str, int] = {}
    for place in unknown:
        module = place.partition(":")[0]
        counts[module] = counts.get(module, 0) + 1
    assert counts == MADE_WHEN_IT_RUNS, unknown


def test_patterns_made_when_it_runs_are_linear() -> None:
    from seedance_assets.adapters.shot_sheet.separated import _field
    from seedance_assets.adapters.shot_sheet.spreadsheet_dates import _DATES

    made = [("cells", _field(mark)) for mark in ",;\t|"] + [("dates", date) for date in _DATES]

    assert measured((n, p.pattern, p.flags, {"match", "fullmatch"}) for n, p in made) == []


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"(a+)+$", "match"),
        (r"\s+x", "search"),
        (r"«([^»]+)»", "search"),
        (r"(<!--.*?-->|\s)*<html", "match"),
        (r"#(?:\w|[^\x00-\x7f]){1,24}!", "fullmatch"),
    ],
)
def test_a_slow_pattern_is_seen(pattern: str, method: str) -> None:
    assert measured([("here", pattern, 0, {method})]) != []

"""A person at the terminal sees each shot's stage, place in the queue, time, and the totals."""

import io
from dataclasses import replace
from datetime import UTC, datetime

from seedance_assets.cli.produce import exit_code
from seedance_assets.cli.progress import RunProgress, show_progress
from seedance_assets.cli.terminal import Terminal
from seedance_assets.core.quality import Family, Finding, Verdict
from seedance_assets.core.stage import Stage
from seedance_assets.core.take import Take, TakeState
from seedance_assets.production.events import (
    Clip,
    LineEvent,
    ShotDone,
    ShotFailed,
    TakeFound,
    TakeOrdered,
    TakeQueued,
    TakeRunning,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)
TAKE = Take(
    **dict.fromkeys(Take.__dataclass_fields__, None)  # type: ignore[arg-type]
    | {"id": 1, "shot": "sh010", "number": 1, "state": TakeState.SUBMITTED, "ordinal": 1}
    | {"estimate_usd": 0.2, "created_at": NOW, "updated_at": NOW, "request": {}}
)


def failure(shot: str) -> ShotFailed:
    return ShotFailed(shot, Stage.GENERATION, "generation_failed", "too [bold]much fog", "", False)


def shown(events: list[LineEvent], *, terminal: bool, shots: int = 3, height: int = 30) -> str:
    console = Terminal(
        file=io.StringIO(), force_terminal=terminal, width=100, height=height, color_system=None
    )
    progress = RunProgress([f"sh{n:03}" for n in range(10, 10 * shots + 1, 10)])
    with show_progress(progress, console, "(emulated)") as on_event:
        for event in events:
            on_event(event)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


EVENTS: list[LineEvent] = [
    TakeOrdered("sh010", TAKE),
    TakeQueued("sh010", TAKE, 3),
    failure("sh020"),
    TakeFound("sh030", replace(TAKE, id=2, shot="sh030")),
    ShotDone("sh030", (Clip(replace(TAKE, id=2, shot="sh030"), bought=False),)),
]


def test_the_board_shows_stage_queue_failures_and_money() -> None:
    text = shown(EVENTS, terminal=True)

    assert "sh010_t001, place 3" in text
    assert "too [bold]much fog" in text
    assert "1 done, 1 failed, 1 to go · bought 1, reused 1 · 0.20 USD (emulated)" in text


def test_with_more_shots_than_lines_those_that_move_are_shown() -> None:
    text = shown(EVENTS, terminal=True, shots=200, height=20)

    assert "sh010_t001, place 3" in text
    assert "188 more" in text


def test_without_a_terminal_each_change_is_one_plain_line() -> None:
    text = shown([*EVENTS, TakeRunning("sh010", TAKE, False, NOW)] * 2, terminal=False)

    assert "sh010: queued: sh010_t001, place 3\n" in text
    assert "\x1b" not in text


def test_a_shot_that_failed_and_then_came_through_is_no_failure() -> None:
    progress = RunProgress(["sh010"])
    progress.on_event(failure("sh010"))
    progress.on_event(ShotDone("sh010", (Clip(TAKE, bought=True),)))

    assert progress.failures == []
    assert progress.done == 1


def test_a_clip_that_fails_a_rule_is_named_and_fails_the_run_only_if_the_production_says_so() -> (
    None
):
    cut = Finding("cut", Family.MOVEMENT, Verdict.FAIL, "2 cuts", "none", "The picture jumps.")
    progress = RunProgress(["sh010", "sh020"])
    progress.on_event(ShotDone("sh010", (Clip(TAKE, bought=True, findings=(cut,)),)))
    progress.on_event(ShotDone("sh020", (Clip(TAKE, bought=True),)))

    assert progress.unfit == {"sh010": ["cut"]}
    assert progress.done == 2
    assert exit_code(progress, []) == 0
    assert exit_code(progress, [], quality_fails=True) == 1


def test_a_retake_that_failed_leaves_its_shot_done_and_ends_with_1() -> None:
    progress = RunProgress(["sh010"])
    progress.on_event(replace(failure("sh010"), shot_is_good=True))

    assert (progress.done, progress.failed) == (1, 0)
    assert [f.shot for f in progress.failures] == ["sh010"]
    assert exit_code(progress, []) == 1

"""Advice that names an option or a command is data; each place puts it in its own words."""

import pytest

from seedance_assets.core import errors
from seedance_assets.core.errors import ERRORS, AnswerLost, SeedanceError
from seedance_assets.core.next_step import Action, NextStep, in_terminal
from seedance_assets.core.stage import Stage
from seedance_assets.defs.runs.messages import in_ui_terms
from seedance_assets.defs.show import THE_SHOW
from seedance_assets.production.events import ShotFailed

LOOK = "Look for it on the page."
PLACES = {
    Action.RETRY_FAILED: (
        NextStep("Change the shot", Action.RETRY_FAILED),
        "Change the shot, or pay for another try with --retry-failed.",
        "Change the shot, or pay for another try with `retry_failed: true` in the Launchpad.",
    ),
    Action.ACCEPT_UNKNOWN_COST: (
        NextStep("Write the rates", Action.ACCEPT_UNKNOWN_COST),
        "Write the rates, or buy all the same with --accept-unknown-cost.",
        "Write the rates, or buy all the same with `accept_unknown_cost: true` in the Launchpad.",
    ),
    Action.RESOLVE_UNKNOWN: (
        NextStep(LOOK, Action.RESOLVE_UNKNOWN, "sh010_t001"),
        f"{LOOK} If it is there: `seedance ledger adopt sh010_t001 REQUEST_ID`; if it is not: "
        "`seedance ledger write-off sh010_t001`. It is never sent again automatically.",
        "In Dagster's UI, the job `resolve_unknown_take` does either.",
    ),
    Action.ADOPT: (
        NextStep("It is paid for. If not", Action.ADOPT, "sh010_t001", "r1"),
        "It is paid for. If not: `seedance ledger adopt sh010_t001 r1`.",
        "In Dagster's UI, the job `resolve_unknown_take` does it.",
    ),
}


@pytest.mark.parametrize("action", Action)
def test_each_place_has_its_own_words_for_an_action(action: Action) -> None:
    step, terminal, ui = PLACES[action]
    error = SeedanceError("it failed", advice=step)
    failed = ShotFailed(
        "sh010", Stage.GENERATION, error.code, str(error), error.advice, False, next_step=step
    )

    shown = in_ui_terms(failed, THE_SHOW)

    assert in_terminal(step) == error.advice == terminal
    assert isinstance(shown, ShotFailed)
    assert shown.advice.endswith(ui)


@pytest.mark.parametrize("kind", ERRORS.values(), ids=ERRORS)
def test_an_option_is_named_only_by_a_next_step(kind: type[SeedanceError]) -> None:
    """Or its name would be shown where nobody has a terminal."""
    assert ("--" in kind.advice) == (kind.next_step is not None)


def test_plain_advice_takes_the_place_of_a_next_step() -> None:
    assert errors.GenerationFailed("x").next_step is not None
    assert errors.GenerationFailed("x", advice="Wait.").next_step is None
    assert ERRORS["input_failed"].next_step is None
    assert AnswerLost("x", retry_after_s=3).retry_after_s == 3

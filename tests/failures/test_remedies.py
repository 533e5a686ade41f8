"""What is ordered anew, and what never is: fallback for sound, resubmission, a person's retry."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import FailJob, LoseAnswer, RefuseSubmit, Rule
from seedance_assets.production.events import SilentByFallback
from seedance_assets.production.ordering.orders import Orders
from seedance_assets.wiring import open_production, plan_production, read_production
from tests.command import Command
from tests.conftest import OpenStage
from tests.databases import new_database
from tests.stage import SETTINGS, Stage, when

NO_SOUND = "OutputAudioSensitiveContentDetected"
LOUD = Rule(audio=True, faults=(FailJob(message=NO_SOUND),))
BOAT: dict[str, Any] = {"shot": "sh010", "prompt": "A boat.", "generate_audio": "true"}
SILENT = 'audio_fallback = "silent"\n'


def allow(stage: Stage, failures: str) -> None:
    """What `[failures]` says; nothing waits before an order is sent anew."""
    text = f"{SETTINGS}\n[failures]\nresubmit_wait_s = 0.0\n{failures}"
    (stage.folder / "production.toml").write_text(text, encoding="utf-8")


def plan_line(stage: Stage) -> Any:
    shot_list, settings = read_production(stage.sheet)
    with open_production(stage.environment, settings) as production:
        return plan_production(stage.environment, production, shot_list).lines[0]


# -- the fallback for sound ------------------------------------------------------------------------


def test_refused_sound_leaves_a_shot_failed_if_nobody_allowed_otherwise(
    open_stage: OpenStage,
) -> None:
    with open_stage(LOUD) as stage:
        stage.write_sheet([BOAT])

        failure = stage.film().failed["sh010"]

        assert failure.kind == "moderated_audio"
        assert "audio_fallback" in failure.advice
        assert len(stage.orders()) == 1


def test_refused_sound_is_ordered_once_more_without_it_and_marked(open_stage: OpenStage) -> None:
    with open_stage(LOUD) as stage:
        stage.write_sheet([BOAT])
        allow(stage, SILENT)

        outcome = stage.film()

        loud, silent = stage.takes()
        assert outcome.done == ["sh010"]
        assert [e.take.name for e in outcome.events if isinstance(e, SilentByFallback)]
        assert (loud.state, loud.error_kind) == (TakeState.FAILED, "moderated_audio")
        assert (silent.state, silent.fallback_of) == (TakeState.MEASURED, loud.fingerprint)
        assert (loud.request["generate_audio"], silent.request["generate_audio"]) == (True, False)
        sidecar = json.loads(Path(silent.video_path or "").with_suffix(".json").read_text())
        assert sidecar["silent_by_fallback"] is True
        assert sidecar["fingerprint"] == silent.fingerprint
        assert stage.charges() == 1


@pytest.mark.parametrize("later", [SILENT, ""], ids=["still on", "switched off"])
def test_a_fallback_is_found_again_and_pays_nothing_more(open_stage: OpenStage, later: str) -> None:
    with open_stage(LOUD) as stage:
        stage.write_sheet([BOAT])
        allow(stage, SILENT)
        stage.film()
        allow(stage, later)

        plan, again = plan_line(stage), stage.film()

        assert (plan.state.value, plan.takes_to_buy) == ("up to date", 0)
        assert "silent by fallback" in plan.reason
        assert again.done == ["sh010"]
        assert len(stage.orders()) == 2


def test_sound_is_tried_again_after_the_fallback_was_switched_off_only_if_asked(
    open_stage: OpenStage,
) -> None:
    with open_stage(Rule(audio=True, faults=LOUD.faults, times=1)) as stage:
        stage.write_sheet([BOAT])
        allow(stage, SILENT)
        stage.film()

        assert stage.film(retry_failed=True).done == ["sh010"]
        assert len(stage.orders()) == 2
        allow(stage, "")
        assert stage.film(retry_failed=True).done == ["sh010"]
        assert len(stage.orders()) == 3
        assert [t.state.value for t in stage.takes()] == ["retried", "measured", "measured"]


@pytest.mark.parametrize(("row", "house", "done"), [("true", "", True), ("false", SILENT, False)])
def test_a_rows_own_word_on_the_fallback_goes_before_the_productions(
    open_stage: OpenStage, row: str, house: str, done: bool
) -> None:
    with open_stage(LOUD) as stage:
        stage.write_sheet([BOAT | {"audio_fallback": row}])
        allow(stage, house)

        assert bool(stage.film().done) is done


def test_the_plan_counts_the_silent_take_before_it_is_bought(open_stage: OpenStage) -> None:
    with open_stage(LOUD) as stage:
        stage.write_sheet([BOAT])
        stage.film()
        before = plan_line(stage)
        allow(stage, SILENT)

        line = plan_line(stage)

        assert (before.takes_to_buy, before.state.value) == (0, "failed")
        assert NO_SOUND in before.reason
        assert (line.takes_to_buy, line.state.value) == (1, "failed")
        assert 0 < line.estimate_usd < 0.06  # half the price: no sound
        assert "without sound" in line.advice


def test_a_silent_take_that_is_in_doubt_is_never_ordered_again(open_stage: OpenStage) -> None:
    lost = Rule(audio=False, faults=(LoseAnswer(),))
    with open_stage(LOUD, lost) as stage:
        stage.write_sheet([BOAT])
        allow(stage, SILENT)

        assert stage.film().failed["sh010"].kind == "answer_lost"
        assert stage.film().failed["sh010"].kind == "take_unknown"
        assert plan_line(stage).state.value == "unknown"
        assert stage.charges() == 1


def test_a_row_that_asks_for_silence_itself_finds_the_fallback(open_stage: OpenStage) -> None:
    with open_stage(LOUD) as stage:
        stage.write_sheet([BOAT])
        allow(stage, SILENT)
        stage.film()
        stage.write_sheet([BOAT | {"generate_audio": "false"}])

        outcome = stage.film()

        assert outcome.done == ["sh010"]
        assert not [e for e in outcome.events if isinstance(e, SilentByFallback)]
        assert len(stage.orders()) == 2


def test_the_command_says_silent_by_fallback_wherever_the_take_is_shown(
    seedance: Command, open_stage: OpenStage
) -> None:
    with open_stage(LOUD) as stage:
        stage.write_sheet([BOAT])
        allow(stage, SILENT)

        facts = seedance("produce", stage.sheet, "--yes", "--json", **stage.environ).json

        review = json.loads(Path(facts["review"]).with_name("report.json").read_text())
        listed = seedance("ledger", "list", **stage.environ | {"COLUMNS": "300"}).out
        assert (facts["succeeded"], facts["failed"]) == (1, 0)
        assert any("silent by fallback" in notice for notice in facts["notices"])
        marks = [t["silent_by_fallback"] for t in review["shots"][0]["takes"]]
        assert marks == [False, True]
        assert review["shots"][0]["status"] == "done"
        assert "silent by fallback" in " ".join(listed.split())


# -- resubmission ----------------------------------------------------------------------------------


def test_what_failed_and_cost_nothing_is_ordered_anew_within_the_bound(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", FailJob())) as stage:
        stage.write_sheet([BOAT])
        allow(stage, "resubmit = 2\n")

        assert stage.film().failed["sh010"].kind == "generation_failed"
        assert len(stage.orders()) == 3
        assert stage.film().failed["sh010"].kind == "generation_failed"

        assert len(stage.orders()) == 3, "the bound holds over runs: it stands in the ledger"
        assert [t.resubmission for t in stage.takes()] == [0, 1, 2]


def test_what_passes_is_over_after_one_resubmission(open_stage: OpenStage) -> None:
    with open_stage(when("boat", FailJob(), times=1)) as stage:
        stage.write_sheet([BOAT])
        allow(stage, "resubmit = 3\n")

        assert stage.film().done == ["sh010"]
        assert [t.state.value for t in stage.takes()] == ["retried", "measured"]
        assert stage.charges() == 1


@pytest.mark.parametrize(
    ("fault", "settings"),
    [
        (FailJob(), {"failed_jobs_charged": True}),
        (FailJob(message="InputImageSensitiveContentDetected"), {}),
        (FailJob(message="The image could not be decoded."), {}),
        (RefuseSubmit(answer="unprocessable"), {}),
        (RefuseSubmit(answer="no_balance"), {}),
        (RefuseSubmit(answer="server_error"), {}),
        (LoseAnswer(), {}),
    ],
    ids=["charged", "moderated input", "bad input", "refused", "balance", "500", "lost"],
)
def test_what_was_charged_or_would_end_alike_is_never_resubmitted(
    open_stage: OpenStage, fault: Any, settings: dict[str, Any]
) -> None:
    with open_stage(when("boat", fault), **settings) as stage:
        stage.write_sheet([BOAT])
        allow(stage, "resubmit = 5\n")

        stage.film()

        assert len(stage.takes()) == 1


def test_a_throttled_order_is_sent_anew_within_the_bound(open_stage: OpenStage) -> None:
    throttled = RefuseSubmit(answer="too_many", retry_after_s=0)
    with open_stage(when("boat", throttled, times=2), when("gull", throttled)) as stage:
        stage.write_sheet([BOAT, BOAT | {"shot": "sh020", "prompt": "A gull."}])
        allow(stage, "resubmit = 2\n")

        assert stage.film(shots=["sh010"]).done == ["sh010"]
        assert stage.film(shots=["sh020"]).failed["sh020"].kind == "throttled"
        assert [t.resubmission for t in stage.takes(shot="sh020")] == [0, 1, 2]
        assert stage.charges() == 1


def test_resubmission_comes_before_the_fallback(open_stage: OpenStage) -> None:
    with open_stage(LOUD) as stage:
        stage.write_sheet([BOAT])
        allow(stage, f"resubmit = 1\n{SILENT}")

        assert stage.film().done == ["sh010"]
        assert [t.request["generate_audio"] for t in stage.takes()] == [True, True, False]


# -- many at once ----------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_of(request: pytest.FixtureRequest) -> str | None:
    if request.param == "sqlite":
        return None
    return new_database(request.getfixturevalue("postgres"))


def _on(stage: Stage, ledger_url: str | None) -> Stage:
    if ledger_url:
        stage.environ["SEEDANCE_LEDGER_URL"] = ledger_url
    stage.write_sheet([BOAT])
    return stage


def test_of_two_who_ask_for_another_try_at_once_one_pays_even_if_it_fails_again(
    open_stage: OpenStage, ledger_of: str | None
) -> None:
    with open_stage(when("boat", FailJob()), failed_jobs_charged=True) as opened:
        stage = _on(opened, ledger_of)
        stage.film()
        moment = datetime.now(UTC)

        with ThreadPoolExecutor(3) as hands:
            list(hands.map(lambda _: stage.film(retry_failed=True, asked_at=moment), range(3)))
        assert stage.charges() == 2
        stage.film(retry_failed=True, asked_at=moment)  # asked then, and came late
        assert stage.charges() == 2

        stage.film(retry_failed=True)
        assert stage.charges() == 3


def test_a_run_pays_for_one_more_try_even_if_the_clock_of_who_asked_is_ahead(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", FailJob()), failed_jobs_charged=True) as stage:
        stage.write_sheet([BOAT])
        stage.film()

        stage.film(retry_failed=True, asked_at=datetime.now(UTC) + timedelta(minutes=5))

        assert stage.charges() == 2


def test_of_two_who_ask_at_once_one_pays_even_if_the_clock_of_the_other_is_ahead(
    open_stage: OpenStage, ledger_of: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_stage(when("boat", FailJob()), failed_jobs_charged=True) as opened:
        stage = _on(opened, ledger_of)
        stage.film()
        ahead = datetime.now(UTC) + timedelta(minutes=5)
        both, begin = Barrier(2), Orders.begin

        async def begin_together(self: Orders) -> None:
            await begin(self)
            await asyncio.to_thread(both.wait, 120)

        monkeypatch.setattr(Orders, "begin", begin_together)

        with ThreadPoolExecutor(2) as hands:
            list(hands.map(lambda t: stage.film(retry_failed=True, asked_at=t), [ahead, ahead]))

        assert stage.charges() == 2


def test_runs_at_the_same_moment_share_the_bound_and_the_fallback(
    open_stage: OpenStage, ledger_of: str | None
) -> None:
    with open_stage(LOUD) as opened:
        stage = _on(opened, ledger_of)
        allow(stage, f"resubmit = 2\n{SILENT}")

        with ThreadPoolExecutor(3) as hands:
            outcomes = list(hands.map(lambda _: stage.film(), range(3)))

        assert [o.done for o in outcomes] == [["sh010"]] * 3
        assert len(stage.orders()) == 1 + 2 + 1
        assert stage.charges() == 1

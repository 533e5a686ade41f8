"""Every purchase is made once: second runs, edits, races, refusals, answers lost or late."""

import asyncio
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from seedance_assets.adapters.ledger import Ledger
from seedance_assets.adapters.providers.runcomfy import RunComfy
from seedance_assets.core.take import Take, TakeState
from seedance_assets.emulator.jobs.scenario import (
    FailJob,
    LoseAnswer,
    RefuseSubmit,
)
from seedance_assets.production.events import TakeOrdered
from seedance_assets.wiring import open_production, read_production
from tests.conftest import OpenStage
from tests.stage import SETTINGS, Stage, when
from tests.stage import stage as opened_stage

THREE = {"sh010": "A boat drifts.", "sh020": "A gull lands.", "sh030": "Night falls."}


def test_a_second_run_buys_nothing(plain_stage: Stage) -> None:
    plain_stage.write_sheet(THREE)
    plain_stage.film()
    charges = plain_stage.charges()

    again = plain_stage.film()

    assert again.done == ["sh010", "sh020", "sh030"]
    assert plain_stage.charges() == charges == 3
    assert not [e for e in again.events if isinstance(e, TakeOrdered)]


def test_an_edited_prompt_buys_exactly_one_take_and_new_order_or_notes_buy_none(
    plain_stage: Stage,
) -> None:
    plain_stage.write_sheet(THREE)
    plain_stage.film()

    shuffled = [{"shot": k, "prompt": v, "notes": "later"} for k, v in reversed(THREE.items())]
    plain_stage.write_sheet(shuffled)
    plain_stage.film()
    assert plain_stage.charges() == 3

    plain_stage.write_sheet(THREE | {"sh020": "A gull flies off."})
    plain_stage.film()
    assert plain_stage.charges() == 4
    assert [t.name for t in plain_stage.takes(shot="sh020")] == ["sh020_t001", "sh020_t002"]


def test_two_takes_are_two_purchases_of_one_request(plain_stage: Stage) -> None:
    plain_stage.write_sheet([{"shot": "sh010", "prompt": "A boat drifts.", "takes": 2}])

    outcome = plain_stage.film()

    first, second = plain_stage.takes()
    assert outcome.done == ["sh010"]
    assert plain_stage.charges() == 2
    assert (first.name, second.name) == ("sh010_t001", "sh010_t002")
    assert first.fingerprint == second.fingerprint
    assert first.request_id != second.request_id


def test_two_shots_with_the_same_request_share_one_purchase(plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts.", "sh020": "A boat drifts."})

    outcome = plain_stage.film()

    assert outcome.done == ["sh010", "sh020"]
    assert plain_stage.charges() == 1
    bought = plain_stage.takes()[0]
    sidecar = json.loads(Path(bought.video_path or "").with_suffix(".json").read_text())
    assert sidecar["shot"] == bought.shot


def test_runs_at_the_same_moment_share_their_purchases(plain_stage: Stage) -> None:
    plain_stage.write_sheet(THREE)

    with ThreadPoolExecutor(3) as hands:
        outcomes = list(hands.map(lambda _: plain_stage.film(), range(3)))

    assert [o.done for o in outcomes] == [["sh010", "sh020", "sh030"]] * 3
    assert plain_stage.charges() == 3


def test_a_failed_take_is_bought_again_only_when_a_person_asks(open_stage: OpenStage) -> None:
    with open_stage(when("gull", FailJob(), times=1), failed_jobs_charged=True) as stage:
        stage.write_sheet({"sh020": "A gull lands."})
        stage.film()

        assert "failed earlier" in stage.film().failed["sh020"].reason
        assert stage.charges() == 1

        assert stage.film(retry_failed=True).done == ["sh020"]
        assert stage.charges() == 2
        assert [t.state for t in stage.takes()] == [TakeState.RETRIED, TakeState.MEASURED]


def test_a_lost_answer_is_never_sent_again_and_blocks_its_own_shot_alone(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("gull", LoseAnswer())) as stage:
        stage.write_sheet(THREE)

        first, second = stage.film(), stage.film()

        for outcome in (first, second):
            assert outcome.done == ["sh010", "sh030"]
            assert "seedance ledger adopt sh020_t001" in outcome.failed["sh020"].advice
            assert "seedance ledger write-off sh020_t001" in outcome.failed["sh020"].advice
        assert stage.charges() == 3
        assert [t.state for t in stage.takes(shot="sh020")] == [TakeState.UNKNOWN]


def test_an_order_that_was_refused_is_not_a_purchase_and_may_be_sent_again(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("gull", RefuseSubmit(answer="unprocessable"), times=1)) as stage:
        stage.write_sheet({"sh020": "A gull lands."})

        assert stage.film().failed["sh020"].kind == "request_refused"
        assert stage.charges() == 0
        assert stage.film().done == ["sh020"]
        assert [t.state for t in stage.takes()] == [TakeState.WITHDRAWN, TakeState.MEASURED]


def test_a_refused_token_spares_the_other_shots_the_question(open_stage: OpenStage) -> None:
    with open_stage(token="another") as stage:
        (stage.folder / "production.toml").write_text(
            SETTINGS.replace("in_flight = 16", "in_flight = 1"), encoding="utf-8"
        )
        stage.write_sheet({f"sh{n:03}": f"Shot {n}." for n in range(20)})

        outcome = stage.film()

        assert {f.kind for f in outcome.failed.values()} == {"not_authorised"}
        assert len(outcome.failed) == 20
        assert len(stage.takes()) == 1


def test_going_live_never_reuses_a_clip_of_another_world(
    plain_stage: Stage, tmp_path: Path, clip: Path
) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    plain_stage.film()
    with opened_stage(tmp_path / "other", clip) as other:
        other.environ["SEEDANCE_HOME"] = plain_stage.environ["SEEDANCE_HOME"]
        other.write_sheet({"sh010": "A boat drifts."})
        other.film()

        assert other.charges() == 1
        assert len({take.scope for take in other.takes()}) == 2


def _call_intents_unknown(stage: Stage) -> None:
    """As another process does when the lease of a sleeping one has ended."""
    _, settings = read_production(stage.sheet)
    with open_production(stage.environment, settings) as production:
        (take,) = production.ledger.takes()
        production.ledger.move(take, TakeState.UNKNOWN, "its lease has ended")


def test_an_answer_that_comes_after_the_take_was_called_unknown_is_not_lost(
    plain_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = RunComfy.submit

    async def submit_and_sleep(self: RunComfy, *order: Any) -> str:
        request_id = await submit(self, *order)
        await asyncio.to_thread(_call_intents_unknown, plain_stage)
        return request_id

    monkeypatch.setattr(RunComfy, "submit", submit_and_sleep)
    plain_stage.write_sheet({"sh010": "A boat drifts."})

    assert plain_stage.film().done == ["sh010"]

    assert plain_stage.charges() == 1
    assert "its lease has ended" in [line.cause for line in plain_stage.history("sh010_t001")]


def test_an_answer_that_is_written_down_between_two_looks_at_an_intent_is_found(
    plain_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    plain_stage.film()
    (bought,) = plain_stage.takes()
    plain_stage.forget_journal()
    with closing(
        sqlite3.connect(Path(plain_stage.environ["SEEDANCE_HOME"]) / "ledger.db")
    ) as ledger:
        ledger.execute("UPDATE takes SET state = 'intent', request_id = NULL, owner = NULL")
        ledger.commit()
    look = Ledger.order_is_abandoned
    looks: list[TakeState] = []

    def look_while_the_other_ends(self: Ledger, take: Take) -> bool:
        self.move(take, TakeState.SUBMITTED, "ordered", request_id=bought.request_id)
        looks.append(take.state)
        return look(self, take)

    monkeypatch.setattr(Ledger, "order_is_abandoned", look_while_the_other_ends)

    outcome = plain_stage.film()

    assert looks == [TakeState.INTENT]  # what was looked at was old by then
    assert outcome.done == ["sh010"]
    assert plain_stage.charges() == 1

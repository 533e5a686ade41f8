"""The line takes each shot from its row to a checked video, and never pays twice."""

import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from seedance_assets.core.take import TakeState
from seedance_assets.emulator.scenario import (
    BreakDownload,
    FailJob,
    LateCost,
    LoseAnswer,
    Pace,
    PassingFault,
    RefuseSubmit,
    SlowAnswer,
    Stuck,
)
from seedance_assets.production.events import Stage as Station
from seedance_assets.production.events import TakeOrdered, TakeQueued, TakeRunning
from seedance_assets.wiring import open_studio, read_production
from tests.conftest import OpenStage
from tests.stage import SETTINGS, Stage, when
from tests.stage import stage as opened_stage

THREE = {"sh010": "A boat drifts.", "sh020": "A gull lands.", "sh030": "Night falls."}


def test_every_shot_ends_as_a_measured_video_on_our_own_shelf(plain_stage: Stage) -> None:
    plain_stage.write_sheet(THREE)

    outcome = plain_stage.film()

    assert outcome.done == ["sh010", "sh020", "sh030"]
    for take in plain_stage.takes():
        assert take.state is TakeState.MEASURED
        assert take.video_path is not None
        assert Path(take.video_path).stat().st_size > 1000
        assert Path(take.video_path).name == f"{take.shot}_t001.mp4"
        assert take.cost_usd is not None
        assert take.cost_usd > 0


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


def test_one_bad_shot_holds_nobody_up(open_stage: OpenStage) -> None:
    with open_stage(when("gull", FailJob(message="no gulls today"))) as stage:
        stage.write_sheet(THREE)

        outcome = stage.film()

        assert outcome.done == ["sh010", "sh030"]
        assert "no gulls today" in outcome.failed["sh020"].reason
        assert outcome.failed["sh020"].stage is Station.GENERATION


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

        assert stage.film().failed["sh020"].kind == "RequestRefused"
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

        assert {f.kind for f in outcome.failed.values()} == {"NotAuthorised"}
        assert len(outcome.failed) == 20
        assert len(stage.takes()) == 1


def test_a_run_that_let_go_is_carried_on_for_free(open_stage: OpenStage) -> None:
    with open_stage(when("boat", Pace(service_s=1.0))) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})
        with stage.filming() as filming:
            next(e for e in filming.events() if isinstance(e, TakeRunning))
            filming.stop(cancel_queued=False)
        assert [t.state for t in stage.takes()] == [TakeState.SUBMITTED]

        assert stage.film().done == ["sh010"]
        assert stage.charges() == 1


def test_stopping_cancels_what_is_queued_if_a_person_asked_for_it(open_stage: OpenStage) -> None:
    with open_stage(slots=1, service_s=60.0) as stage:
        stage.write_sheet({"sh010": "A boat drifts.", "sh020": "A gull lands."})
        with stage.filming() as filming:
            seen: set[str] = set()
            for event in filming.events():
                if isinstance(event, TakeQueued):
                    seen.add("queued")
                if isinstance(event, TakeRunning):
                    seen.add("running")
                if seen == {"queued", "running"}:
                    break
            filming.stop(cancel_queued=True)

        assert sorted(t.state for t in stage.takes()) == [TakeState.CANCELLED, TakeState.SUBMITTED]
        assert stage.charges() == 1


def test_a_take_that_outlives_our_patience_is_parked_not_failed(open_stage: OpenStage) -> None:
    with open_stage(when("boat", Stuck(where="in_queue"))) as stage:
        (stage.folder / "production.toml").write_text(
            SETTINGS + "[patience]\nsoft_timeout_s = 0.2\nhard_timeout_s = 0.5\n", encoding="utf-8"
        )
        stage.write_sheet({"sh010": "A boat drifts."})

        outcome = stage.film()

        assert outcome.failed["sh010"].kind == "OutOfPatience"
        assert [t.state for t in stage.takes()] == [TakeState.SUBMITTED]
        assert stage.charges() == 1


def test_faults_at_the_moment_of_completion_lose_no_clip(open_stage: OpenStage) -> None:
    with open_stage(when("boat", PassingFault(times=3))) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})

        assert stage.film().done == ["sh010"]
        assert stage.charges() == 1


def test_a_clip_whose_address_ended_is_fetched_from_a_fresh_one(open_stage: OpenStage) -> None:
    with open_stage(when("boat", BreakDownload(how="forbidden", times=1))) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})

        assert stage.film().done == ["sh010"]


def test_a_clip_on_a_host_that_nobody_allowed_is_refused_and_stays_paid_for(
    open_stage: OpenStage,
) -> None:
    fault = BreakDownload(how="redirect", location="https://evil.example/x.mp4", times=2)
    with open_stage(when("boat", fault)) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})

        outcome = stage.film()
        assert outcome.failed["sh010"].kind == "HostRefused"
        assert "evil.example" in outcome.failed["sh010"].reason
        assert stage.takes()[0].error is not None

        assert stage.film().done == ["sh010"]
        assert stage.charges() == 1
        assert stage.takes()[0].error is None


def test_a_clip_that_was_not_fetched_is_found_when_the_embedded_emulator_comes_up_elsewhere(
    tmp_path: Path, clip: Path
) -> None:
    """Each process has an emulator of its own, on another port, over the same state."""
    fault = when("boat", BreakDownload(how="not_a_video", times=1))
    with opened_stage(tmp_path / "show", clip, fault) as stage:
        stage.environ["SEEDANCE_HOME"] = str(tmp_path / "home")
        stage.write_sheet({"sh010": "A boat drifts."})
        assert stage.film().failed["sh010"].kind == "DownloadBroken"
        with sqlite3.connect(tmp_path / "home" / "ledger.db") as ledger:
            ledger.execute(
                "UPDATE takes SET output_url = replace(output_url, ?, ?)",
                (stage.root, "http://127.0.0.1:9"),
            )
        ledger.close()

        assert stage.film().done == ["sh010"]
        assert stage.charges() == 1


def test_a_clip_that_was_deleted_is_fetched_again_for_free(plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    plain_stage.film()
    path = Path(plain_stage.takes()[0].video_path or "")
    path.unlink()

    assert plain_stage.film().done == ["sh010"]
    assert path.is_file()
    assert plain_stage.charges() == 1


def test_a_clip_that_was_damaged_on_our_shelf_is_fetched_again_for_free(plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    plain_stage.film()
    path = Path(plain_stage.takes()[0].video_path or "")
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])

    assert plain_stage.film().done == ["sh010"]
    assert path.read_bytes() == whole
    assert plain_stage.charges() == 1


def test_a_charge_that_is_told_late_replaces_the_estimate(open_stage: OpenStage) -> None:
    with open_stage(when("boat", LateCost(after_s=0.0))) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})
        stage.film()

        assert stage.takes()[0].cost_usd is not None


def test_a_run_that_may_not_buy_collects_what_is_paid_for_and_no_more(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", BreakDownload(how="empty", times=50))) as stage:
        stage.write_sheet({"sh010": "A boat drifts.", "sh020": "A gull lands."})
        stage.film(shots=["sh020"])

        outcome = stage.film(buy=False)

        assert outcome.done == ["sh020"]
        assert outcome.failed["sh010"].kind == "NotOrdered"
        assert stage.charges() == 1


def test_a_first_frame_that_is_no_picture_stops_its_own_shot_before_any_money(
    plain_stage: Stage,
) -> None:
    (plain_stage.folder / "bad.png").write_bytes(b"no picture at all")
    rows = [{"shot": "sh010", "prompt": "A boat."}, {"shot": "sh020", "prompt": "A gull."}]
    plain_stage.write_sheet([rows[0], rows[1] | {"first_frame": "bad.png"}])

    outcome = plain_stage.film()

    assert outcome.done == ["sh010"]
    assert outcome.failed["sh020"].kind == "FrameRefused"
    assert "bad.png" in outcome.failed["sh020"].reason
    assert plain_stage.charges() == 1


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


def test_emulated_takes_say_so_in_their_sidecar(plain_stage: Stage) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    plain_stage.film()

    path = Path(plain_stage.takes()[0].video_path or "")
    sidecar = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert sidecar["emulated"] is True
    assert sidecar["made_by"].startswith("EMULATED")
    assert "EMULATED" in path.parts


def test_the_token_is_in_no_file(plain_stage: Stage) -> None:
    plain_stage.write_sheet(THREE)
    plain_stage.film()

    files = [p for p in (plain_stage.folder / "home").rglob("*") if p.is_file()]
    assert files
    assert not [p for p in files if b"tok-SENTINEL-123" in p.read_bytes()]


def _call_intents_unknown(stage: Stage) -> None:
    """As another process does when the lease of a sleeping one has ended."""
    _, settings = read_production(stage.sheet)
    with open_studio(stage.environment, settings) as studio:
        while not (takes := studio.ledger.takes()):
            pass
        studio.ledger.move(takes[0], TakeState.UNKNOWN, "its lease has ended")


def test_an_answer_that_comes_after_the_take_was_called_unknown_is_not_lost(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", SlowAnswer(delay_s=1.0))) as stage, ThreadPoolExecutor(1) as hand:
        stage.write_sheet({"sh010": "A boat drifts."})
        other = hand.submit(_call_intents_unknown, stage)

        outcome = stage.film()

        other.result()
        assert outcome.done == ["sh010"]
        assert stage.charges() == 1


def test_an_order_that_the_ledger_cannot_take_down_is_told_with_its_id(
    plain_stage: Stage,
) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    plain_stage.film()
    home = Path(plain_stage.environ["SEEDANCE_HOME"])
    with closing(sqlite3.connect(home / "ledger.db")) as ledger:
        ledger.execute(
            "CREATE TRIGGER broken BEFORE UPDATE OF request_id ON takes "
            "BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END"
        )
    plain_stage.write_sheet({"sh010": "A boat sinks."})

    failure = plain_stage.film().failed["sh010"]

    assert plain_stage.requests()[-1] in failure.reason
    assert f"ledger adopt sh010_t002 {plain_stage.requests()[-1]}" in failure.advice


def test_a_charge_that_was_not_told_before_the_run_died_is_asked_for_by_the_next(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", LateCost(after_s=1.0))) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})
        stage.film()
        assert stage.takes()[0].cost_usd is None
        ended = time.monotonic() + 1.0

        while time.monotonic() < ended:
            stage.film()
        stage.film()

        assert stage.takes()[0].cost_usd is not None


@pytest.mark.parametrize("_round", range(3))
def test_stopping_at_any_moment_loses_nothing(open_stage: OpenStage, _round: int) -> None:
    with open_stage() as stage:
        stage.write_sheet({f"sh{n:03}": f"Shot {n}." for n in range(8)})
        with stage.filming() as filming:
            threading.Timer(0.1 * _round, filming.stop, kwargs={"cancel_queued": False}).start()
            list(filming.events())

        assert len(stage.film().done) == 8
        assert stage.charges() == 8

"""What is paid for is downloaded: broken downloads, lost files, charges that are told late."""

import sqlite3
from pathlib import Path

from seedance_assets.core.timing import Timing
from seedance_assets.emulator.jobs.scenario import (
    BreakDownload,
    LateCost,
    PassingFault,
)
from tests.conftest import OpenStage
from tests.stage import Stage, when
from tests.stage import stage as opened_stage


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
        assert outcome.failed["sh010"].kind == "host_refused"
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
        hasty = Timing(download_retry_s=0.0, refused_video_s=0.0)
        assert stage.film(timing=hasty).failed["sh010"].kind == "download_broken"
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
        assert outcome.failed["sh010"].kind == "not_ordered"
        assert stage.charges() == 1


def test_a_charge_that_was_not_told_before_the_run_died_is_asked_for_by_the_next(
    open_stage: OpenStage,
) -> None:
    with open_stage(when("boat", LateCost(after_s=3600.0))) as stage:
        stage.write_sheet({"sh010": "A boat drifts."})
        stage.film()
        assert stage.takes()[0].cost_usd is None

        stage.clock.let_time_pass()
        stage.film()

        assert stage.takes()[0].cost_usd is not None

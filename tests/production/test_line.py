"""The line takes each shot from its row to a checked video, and one bad shot holds nobody up."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from seedance_assets.core.stage import Stage as Station
from seedance_assets.core.take import TakeState
from seedance_assets.emulator.jobs.scenario import FailJob, Pace
from seedance_assets.production.events import ShotDone, ShotFailed
from tests.conftest import OpenStage
from tests.stage import SETTINGS, Stage, when

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


def test_one_bad_shot_holds_nobody_up(open_stage: OpenStage) -> None:
    with open_stage(when("gull", FailJob(message="no gulls today"))) as stage:
        stage.write_sheet(THREE)

        outcome = stage.film()

        assert outcome.done == ["sh010", "sh030"]
        assert "no gulls today" in outcome.failed["sh020"].reason
        assert outcome.failed["sh020"].stage is Station.GENERATION


def test_the_most_urgent_go_first_though_their_pictures_take_the_longest_to_check(
    plain_stage: Stage,
) -> None:
    one_at_a_time = SETTINGS.replace("in_flight = 16", "in_flight = 1")
    (plain_stage.folder / "production.toml").write_text(one_at_a_time, encoding="utf-8")
    noise = np.random.default_rng(1).integers(0, 255, (1500, 2000, 3), dtype=np.uint8)
    Image.fromarray(noise).save(plain_stage.folder / "large.png", compress_level=1)
    rows = [{"shot": f"sh{n:03}", "prompt": f"Shot {n}.", "priority": n // 2} for n in range(6)]
    rows[4] |= {"first_frame": "large.png"}
    plain_stage.write_sheet(rows)

    plain_stage.film()

    assert [order["prompt"] for order in plain_stage.orders()] == [
        f"Shot {n}." for n in (4, 5, 2, 3, 0, 1)
    ]


def test_what_is_at_home_already_waits_for_nobodys_place(open_stage: OpenStage) -> None:
    one_at_a_time = SETTINGS.replace("in_flight = 16", "in_flight = 1")
    impatient = "[patience]\nsoft_timeout_s = 0.5\nhard_timeout_s = 4.0\n"
    with open_stage(when("stuck", Pace(queue_s=3600.0))) as stage:
        (stage.folder / "production.toml").write_text(one_at_a_time + impatient, encoding="utf-8")
        stage.write_sheet({"sh010": "A stuck boat.", "sh020": "A gull."})
        stage.film()

        again = stage.film()

        ends = [e.shot for e in again.events if isinstance(e, ShotDone | ShotFailed)]
        assert ends == ["sh020", "sh010"]


def test_a_first_frame_that_is_no_picture_stops_its_own_shot_before_any_money(
    plain_stage: Stage,
) -> None:
    (plain_stage.folder / "bad.png").write_bytes(b"no picture at all")
    rows = [{"shot": "sh010", "prompt": "A boat."}, {"shot": "sh020", "prompt": "A gull."}]
    plain_stage.write_sheet([rows[0], rows[1] | {"first_frame": "bad.png"}])

    outcome = plain_stage.film()

    assert outcome.done == ["sh010"]
    assert outcome.failed["sh020"].kind == "frame_refused"
    assert "bad.png" in outcome.failed["sh020"].reason
    assert plain_stage.charges() == 1


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

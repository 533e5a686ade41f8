"""`seedance doctor`: what a production needs, looked at before money is spent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import Command, Said
from tests.first_frame.bucket import KEYS, SECRET, BucketServer, bucket_server
from tests.stage import SETTINGS, Stage

SPOILS_THE_WORKERS = """
import sys
class Broken:
    @staticmethod
    def find_spec(name, path, target=None):
        if name == "seedance_assets.adapters.probe.single" and "doctor" not in sys.argv:
            raise ImportError("libx.so.1: cannot open")
sys.meta_path.insert(0, Broken)
"""


@pytest.fixture
def bucket() -> Iterator[BucketServer]:
    with bucket_server() as running:
        yield running


def found(said: Said) -> dict[str, tuple[bool, str]]:
    return {look["check"]: (look["ok"], look["says"]) for look in said.json}


def decide(stage: Stage, more: str) -> None:
    stage.write_sheet({"sh010": "A boat."})
    (stage.folder / "production.toml").write_text(SETTINGS + more, encoding="utf-8")


def test_it_finds_a_service_that_is_not_there(seedance: Command) -> None:
    environ = {"RUNCOMFY_TOKEN": "t", "RUNCOMFY_MODEL_API_BASE": "http://127.0.0.1:9/v1"}
    said = seedance("doctor", "--json", **environ)

    looks = found(said)
    assert said.code == 1
    assert looks["storage"][0]
    assert not looks["service"][0]


def test_it_is_content_with_a_fresh_machine(seedance: Command) -> None:
    said = seedance("doctor")

    assert said.code == 0, said.out
    assert "EMULATED" in said.out
    assert "a test clip of 24 frames with sound is measured correctly" in said.out


def test_it_says_why_clips_cannot_be_measured(seedance: Command, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(SPOILS_THE_WORKERS)

    said = seedance("doctor", "--json", PYTHONPATH=str(broken))
    shown = seedance("doctor", "--debug", PYTHONPATH=str(broken))

    assert said.code == shown.code == 1
    good, reason = found(said)["measuring"]
    assert not good
    assert "cannot start (exit code 1, ImportError: libx.so.1: cannot open)" in reason
    assert "Traceback" not in said.err
    assert "in find_spec" in shown.err


def test_of_a_sheet_it_says_how_its_first_frames_go(seedance: Command, plain_stage: Stage) -> None:
    decide(plain_stage, "")

    said = seedance("doctor", plain_stage.sheet, "--json", **plain_stage.environ)

    looks = found(said)
    assert said.code == 0, said.out
    assert looks["sheet"][1].endswith("1 row, 1 good")
    assert "that of sh010 goes inside the request" in looks["first frames"][1]
    assert looks["messages"] == (True, "by log")
    assert plain_stage.charges() == 0


def test_it_writes_to_the_bucket_and_reads_what_the_service_will_read(
    seedance: Command, plain_stage: Stage, bucket: BucketServer
) -> None:
    decide(plain_stage, bucket.settings())

    said = seedance("doctor", plain_stage.sheet, "--json", **KEYS, **plain_stage.environ)

    assert said.code == 0, said.out
    assert "came back through it as it is here" in found(said)["first frames"][1]
    assert len(bucket.keys()) == 1
    assert SECRET not in said.out + said.err


def test_a_bucket_that_is_not_there_and_messages_with_no_address_are_named(
    seedance: Command, plain_stage: Stage, bucket: BucketServer
) -> None:
    decide(plain_stage, bucket.settings(bucket="another-show") + '[notices]\nway = "slack"\n')

    said = seedance("doctor", plain_stage.sheet, "--json", **KEYS, **plain_stage.environ)

    looks = found(said)
    assert said.code == 1
    assert not looks["first frames"][0]
    assert "'another-show'" in looks["first frames"][1]
    assert not looks["messages"][0]
    assert "SEEDANCE_SLACK_WEBHOOK" in looks["messages"][1]


def test_a_sheet_that_cannot_be_read_is_one_finding_among_the_others(
    seedance: Command, plain_stage: Stage
) -> None:
    said = seedance("doctor", plain_stage.folder / "none.csv", "--json", **plain_stage.environ)

    looks = found(said)
    assert said.code == 1
    assert "none.csv is not there" in looks["sheet"][1]
    assert looks["service"][0]

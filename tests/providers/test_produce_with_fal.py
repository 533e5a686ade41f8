"""A production that buys at fal: the whole command, against a server on this machine."""

import json
from pathlib import Path

import pytest
from PIL import Image

from seedance_assets.core.errors import SettingsRefused
from seedance_assets.wiring import Environment, read_production
from tests.command import Command, Said
from tests.providers.fal_server import KEY, FalServer, running_fal

SHEET = """shot,prompt,first_frame,ratio,resolution,duration,audio
sh010,A boat drifts.,a.png,16:9,480p,4,no
sh020,A gull lands.,a.png,adaptive,480p,4 s,no
"""


@pytest.fixture
def show(tmp_path: Path) -> Path:
    folder = tmp_path / "show"
    folder.mkdir()
    Image.new("RGB", (864, 496), (30, 90, 160)).save(folder / "a.png")
    (folder / "shots.csv").write_text(SHEET)
    (folder / "production.toml").write_text('provider = "fal"\n')
    return folder


def produce(seedance: Command, show: Path, fal: FalServer) -> Said:
    return seedance(
        "produce", show / "shots.csv", "--yes", "--json", FAL_KEY=KEY, FAL_QUEUE_URL=fal.root
    )


def test_two_runs_over_two_shots_buy_each_shot_once(
    seedance: Command, show: Path, clip: Path, tmp_path: Path
) -> None:
    with running_fal(clip) as fal:
        first = produce(seedance, show, fal)
        second = produce(seedance, show, fal)
        listed = seedance("ledger", "list", "--json", FAL_KEY=KEY, FAL_QUEUE_URL=fal.root)

    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert fal.charges == fal.posts() == 2
    assert {job.order["aspect_ratio"] for job in fal.jobs.values()} == {"16:9", "auto"}
    assert {job.order["duration"] for job in fal.jobs.values()} == {"4"}
    takes = json.loads(listed.out)
    assert {take["scope"].split()[0] for take in takes} == {"fal"}
    assert {take["cost_usd"] for take in takes} == {None}  # fal tells no cost: the estimate stands
    assert all(take["estimate_usd"] > 0 for take in takes)
    fetched = [headers for _, path, headers in fal.seen if path.startswith("/files/")]
    assert len(fetched) == 2
    assert not any("Authorization" in headers for headers in fetched)
    secret = KEY.partition(":")[2].encode()
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in kept if secret in path.read_bytes()]


def test_a_show_that_changes_to_fal_buys_there(seedance: Command, show: Path, clip: Path) -> None:
    (show / "production.toml").write_text("")
    emulated = seedance("produce", show / "shots.csv", "--yes", "--json", "--shots", "sh010")
    (show / "production.toml").write_text('provider = "fal"\n')

    with running_fal(clip) as fal:
        said = produce(seedance, show, fal)

    assert (emulated.code, said.code) == (0, 0), emulated.err + said.err
    assert fal.charges == 2


@pytest.mark.parametrize("command", ["plan", "produce", "doctor"])
def test_without_a_key_fal_is_refused_in_one_sentence(
    seedance: Command, show: Path, command: str
) -> None:
    said = seedance(command, show / "shots.csv")

    assert said.code != 0
    assert "FAL_KEY is not set" in said.out + said.err
    assert "Traceback" not in said.err


def test_a_model_that_the_provider_does_not_sell_is_refused(seedance: Command, show: Path) -> None:
    model = 'model = "bytedance/seedance-v1.5-pro/image-to-video"\n'
    (show / "production.toml").write_text(f'provider = "fal"\n{model}')

    said = seedance("plan", show / "shots.csv")

    assert said.code == 78
    said_words = " ".join(said.err.split())
    assert "model: 'fal' does not sell bytedance/seedance-v1.5-pro" in said_words
    assert "but fal-ai/bytedance/" in said_words


def test_an_unknown_provider_is_refused_with_the_known_ones(show: Path) -> None:
    (show / "production.toml").write_text('provider = "fall"\n')

    with pytest.raises(SettingsRefused, match="'fall' is not known; did you mean 'fal'"):
        read_production(show / "shots.csv")


def test_a_model_of_fal_names_its_provider(show: Path) -> None:
    model = "fal-ai/bytedance/seedance/v1.5/pro/image-to-video"
    by_provider = read_production(show / "shots.csv")[1].model
    (show / "production.toml").write_text(f'model = "{model}"\n')

    assert read_production(show / "shots.csv")[1].model == by_provider == model


def test_the_doctor_asks_the_chosen_provider(seedance: Command, show: Path, clip: Path) -> None:
    with running_fal(clip) as fal:
        said = seedance("doctor", show / "shots.csv", "--json", FAL_KEY=KEY, FAL_QUEUE_URL=fal.root)

    found = {entry["check"]: entry for entry in json.loads(said.out)}
    assert found["token"]["says"].startswith("set for fal")
    assert found["service"]["ok"]
    assert fal.root in found["service"]["says"]
    assert fal.charges == 0


def test_a_resource_gives_its_token_to_the_chosen_provider(show: Path, tmp_path: Path) -> None:
    environ = {"SEEDANCE_HOME": str(tmp_path / "home"), "SEEDANCE_SHEET": str(show / "shots.csv")}

    environment = Environment.read(environ, token=KEY, api_base="http://127.0.0.1:9")

    assert environment.provider == "fal"
    assert environment.scope.key == "fal http://127.0.0.1:9/fal-ai/bytedance"
    assert KEY not in repr(environment)

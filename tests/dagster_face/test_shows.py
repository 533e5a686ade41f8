"""Shows in one code location: each has its own names, partitions, takes and budget."""

import hashlib
from pathlib import Path

import dagster as dg
import pytest

from seedance_assets.adapters.providers.runcomfy import USUAL_BASE
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.scope import EMBEDDED, Scope
from seedance_assets.definitions import build_definitions
from seedance_assets.defs.resources import ProductionResource
from seedance_assets.defs.show import THE_SHOW, Show
from seedance_assets.wiring import Environment
from tests.stage import Stage


def test_the_definitions_of_two_shows_and_of_a_nameless_one_merge() -> None:
    merged = dg.Definitions.merge(
        build_definitions(),
        build_definitions(show=Show("harbour")),
        build_definitions(show=Show("heath")),
    )

    dg.Definitions.validate_loadable(merged)
    keys = {key.to_user_string() for key in merged.resolve_asset_graph().get_all_asset_keys()}
    assert {"generation", "harbour/generation", "heath/generation"} < keys
    assert len(keys) == 3 * 7


@pytest.mark.parametrize("name", ["Harbour", "1st", "a b", "a/b", "a-b", "x" * 32])
def test_a_name_that_dagster_could_not_bear_is_refused(name: str) -> None:
    with pytest.raises(SettingsRefused, match="name of a show"):
        Show(name)


@pytest.mark.parametrize("show", ["", "harbour"])
@pytest.mark.parametrize("base", [EMBEDDED, "https://model-api.example.com/v1"])
def test_a_scope_is_read_back_from_its_key(base: str, show: str) -> None:
    scope = Scope("runcomfy", base, show)

    assert Scope.parse(scope.key) == scope


def test_shows_that_share_a_ledger_have_scopes_of_their_own(tmp_path: Path) -> None:
    nameless = Environment.read({"SEEDANCE_HOME": str(tmp_path)}).scope
    harbour = ProductionResource(home=str(tmp_path), show="harbour").environment.scope

    assert harbour.key == f"{nameless.key} harbour"
    with pytest.raises(SettingsRefused, match="SEEDANCE_SHOW"):
        Environment.read({"SEEDANCE_SHOW": "two words"})


def test_a_show_of_python_has_the_scope_and_the_home_that_its_name_says(tmp_path: Path) -> None:
    shared = ProductionResource(home=str(tmp_path))
    own = ProductionResource(home=str(tmp_path), show="own")

    assert shared.of_show(Show("harbour")).environment.scope.show == "harbour"
    assert ProductionResource().of_show(Show("heath")).environment.home.root.name == "heath"
    assert own.of_show(Show("harbour")).environment.scope.show == "own"
    assert shared.of_show(THE_SHOW) is shared


@pytest.mark.parametrize(
    ("base", "show", "folders"),
    [
        (EMBEDDED, "", ("EMULATED",)),
        (EMBEDDED, "harbour", ("EMULATED", "harbour")),
        ("http://127.0.0.1:8190/v1", "", ("EMULATED", "127.0.0.1_8190_v1")),
        (USUAL_BASE, "", ()),
        (USUAL_BASE, "harbour", ("harbour",)),
        ("https://proxy.example.com/v1", "harbour", ("proxy.example.com_v1", "harbour")),
    ],
)
def test_each_world_and_show_has_a_folder_of_its_own(
    base: str, show: str, folders: tuple[str, ...]
) -> None:
    assert Scope("runcomfy", base, show).folders(USUAL_BASE) == folders


@pytest.mark.parametrize("show", ["..", "a/b", "emulated", "EMULATED", "/etc"])
def test_no_name_of_a_show_leads_out_of_its_folder_or_into_the_emulators(show: str) -> None:
    (folder,) = Scope("runcomfy", USUAL_BASE, show).folders(USUAL_BASE)

    assert "/" not in folder
    assert folder.strip(".")
    assert folder.upper() != "EMULATED"


def test_shows_with_one_media_root_leave_each_others_videos_alone(plain_stage: Stage) -> None:
    plain_stage.environ["SEEDANCE_MEDIA_ROOT"] = str(plain_stage.folder / "media")
    for show in ("harbour", "heath"):
        plain_stage.environ["SEEDANCE_SHOW"] = show
        plain_stage.write_sheet({"sh010": f"A boat of the {show}."})
        assert plain_stage.film().done == ["sh010"]

    takes = plain_stage.takes()

    assert len(takes) == 2
    for take in takes:
        video = Path(take.video_path or "")
        assert hashlib.sha256(video.read_bytes()).hexdigest() == take.video_sha256


def test_a_cap_of_the_studio_lies_over_that_of_the_file_and_a_wrong_one_is_named(
    tmp_path: Path,
) -> None:
    sheet = tmp_path / "shots.csv"
    sheet.write_text("shot,prompt,first_frame\nsh010,A boat.,boat.png\n")
    (tmp_path / "production.toml").write_text("[budget]\nper_run_usd = 3\ntotal_usd = 9\n")

    def read(**caps: float) -> tuple[float | None, float | None]:
        production = ProductionResource(home=str(tmp_path), sheet=str(sheet), budget=caps)
        budget = production.read_sheet("")[1].budget
        return budget.per_run_usd, budget.total_usd

    assert read() == (3, 9)
    assert read(per_run_usd=1) == (1, 9)
    with pytest.raises(SettingsRefused, match="per_run_eur"):
        read(per_run_eur=1)

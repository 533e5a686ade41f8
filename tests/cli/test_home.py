"""Where a production lies does not depend on where one stands."""

from pathlib import Path

import pytest

from seedance_assets.adapters.home_folder import find_home
from seedance_assets.core.errors import SettingsRefused
from tests.command import Command
from tests.stage import Stage


def made(folder: Path) -> Path:
    """A home of ours in `folder`."""
    home = folder / "storage"
    home.mkdir(parents=True)
    (home / "ledger.db").write_bytes(b"")
    return home


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A show's folder, with one for its sheet and another; the latter is where we stand."""
    for name in ("data", "elsewhere/deep"):
        (tmp_path / "show" / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "show" / "elsewhere")
    return tmp_path / "show"


def test_a_home_is_found_from_the_sheets_folder_upwards(show: Path) -> None:
    home = made(show)

    assert find_home(show / "data") == home
    assert find_home(Path("../data")) == home


def test_the_nearest_home_counts(show: Path) -> None:
    made(show)

    assert find_home(show / "data") == show / "storage"
    assert find_home(show / "data") != made(show / "data") == find_home(show / "data")


def test_a_home_in_the_current_folder_goes_on_for_sheets_from_anywhere(
    show: Path, tmp_path: Path
) -> None:
    assert made(show / "elsewhere") == find_home(tmp_path / "mounted")


def test_two_homes_are_a_question_for_a_person(show: Path) -> None:
    made(show)
    made(show / "elsewhere")

    with pytest.raises(SettingsRefused, match="two productions"):
        find_home(show / "data")
    assert find_home(show / "elsewhere" / "deep") == show / "elsewhere" / "storage"


def test_any_other_folder_of_that_name_is_no_home(show: Path) -> None:
    (show / "storage").mkdir()
    (show / "storage" / "holiday.jpg").write_bytes(b"")

    assert find_home(show / "data") == show / "data" / "storage"


def test_a_new_home_is_one_that_is_found_from_its_sheet(
    show: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_home(show / "data") == show / "data" / "storage"
    monkeypatch.chdir(show)
    assert find_home(Path("data")) == show / "storage"


def test_without_a_sheet_the_home_is_found_from_the_current_folder_upwards(
    show: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_home() == show / "elsewhere" / "storage"
    made(show)
    monkeypatch.chdir(show / "elsewhere" / "deep")
    assert find_home() == show / "storage"


def test_a_sheet_that_is_a_symbolic_link_is_at_home_where_it_points_to(show: Path) -> None:
    home = made(show / "data")
    (show.parent / "link").symlink_to(show / "data")

    assert find_home(show.parent / "link").samefile(home)


def test_a_sheet_produced_from_another_folder_buys_nothing_again(
    seedance: Command, plain_stage: Stage
) -> None:
    plain_stage.write_sheet({"sh010": "A boat drifts."})
    elsewhere = plain_stage.folder / "elsewhere"
    elsewhere.mkdir()
    environ = plain_stage.environ | {"SEEDANCE_HOME": ""}

    first = seedance("produce", "shots.csv", cwd=plain_stage.folder, **environ)
    again = seedance("produce", "../shots.csv", "--json", cwd=elsewhere, **environ)

    home = plain_stage.folder / "storage"
    assert f"A new ledger begins in {home}" in first.out
    assert f"Everything is kept in {home}" in again.err
    assert again.json["purchased"] == 0
    assert plain_stage.charges() == 1
    listed = seedance("ledger", "list", cwd=elsewhere, **environ)
    assert "sh010_t001" in listed.out

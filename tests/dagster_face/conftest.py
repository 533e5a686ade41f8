"""A real Dagster instance that lives as long as the test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.defs_state.base import set_defs_state_storage

from seedance_assets.cli.dagster_runs import INSTANCE_SETTINGS

_SETTINGS = {"telemetry": {"enabled": False}}


@pytest.fixture(scope="session")
def new_storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The storage of a new instance: a copy costs a fraction of making one."""
    home = tmp_path_factory.mktemp("dagster")
    with (
        set_defs_state_storage(None),
        dg.DagsterInstance.local_temp(str(home), overrides=_SETTINGS) as made,
    ):
        made.get_dynamic_partitions("shots")
        made.all_instigator_state()
    return home


@pytest.fixture
def instance(tmp_path: Path, new_storage: Path) -> Iterator[dg.DagsterInstance]:
    home = shutil.copytree(new_storage, tmp_path / "dagster")
    # Dagster marks the storage of an instance that is entered as the current one, and not every
    # evaluation context leaves it again: the next test without an instance would meet a dead one.
    with (
        set_defs_state_storage(None),
        dg.DagsterInstance.local_temp(str(home), overrides=_SETTINGS) as opened,
    ):
        yield opened


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance with the settings that `seedance` writes."""
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text(INSTANCE_SETTINGS)
    with dg.DagsterInstance.from_config(str(home)) as opened:
        yield opened

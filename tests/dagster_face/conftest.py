"""A real Dagster instance that lives as long as the test."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.defs_state.base import set_defs_state_storage


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    home = tmp_path / "dagster"
    home.mkdir()
    # Dagster enters an instance more than once in places, and then forgets to leave its mark of
    # "the current storage", which would meet the next test that has no instance.
    with (
        set_defs_state_storage(None),
        dg.DagsterInstance.local_temp(
            str(home), overrides={"telemetry": {"enabled": False}}
        ) as opened,
    ):
        yield opened

"""Clips that several tests share."""

from pathlib import Path

import pytest

from seedance_assets.adapters.probe import Probe, probe
from tests.probe.clips import make_clip


@pytest.fixture(scope="session")
def good_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip without faults."""
    return make_clip(tmp_path_factory.mktemp("clips") / "sh010_t001.mp4")


@pytest.fixture(scope="session")
def good(good_clip: Path) -> Probe:
    """The probe of the good clip."""
    return probe(good_clip)

"""A ledger on a real SQLite file and on a real PostgreSQL, with a clock that the tests move."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from seedance_assets.adapters.ledger import Ledger, open_ledger
from seedance_assets.core.picture import Size
from seedance_assets.core.request import FirstFrame, GenerationRequest, sha256_hex
from tests.databases import new_database

MODEL = "bytedance/seedance-v1.5-pro/image-to-video"


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that is empty, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'ledger.db'}"
    server: str = request.getfixturevalue("postgres")
    return new_database(server)


@pytest.fixture
def ledger(ledger_url: str, clock: Clock) -> Iterator[Ledger]:
    opened = open_ledger(ledger_url, clock)
    yield opened
    opened.close()


def request(prompt: str = "A boat drifts.", **inputs: str | int | bool) -> GenerationRequest:
    frame = FirstFrame(sha256_hex(b"x"), Path("x.png"), "image/png", Size(640, 480), 1, "x.png")
    settings: dict[str, str | int | float | bool] = {
        "resolution": "480p",
        "ratio": "adaptive",
        "duration": 5,
        "generate_audio": True,
        "camera_fixed": False,
    }
    return GenerationRequest(MODEL, {"prompt": prompt, **settings, **inputs}, frame)

"""A folder with a sheet's pictures, a store, and a way to fetch from it."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seedance_assets.adapters.first_frame import FrameStore
from seedance_assets.core.model_schema import ModelSchema, model_schema
from seedance_assets.core.request import FirstFrame
from tests.first_frame.bucket import BucketServer, bucket_server
from tests.runcomfy.contrary_server import ContraryServer

Fetch = Callable[[str], FirstFrame]


@pytest.fixture
def schema() -> ModelSchema:
    return model_schema("bytedance/seedance-v1.5-pro/image-to-video")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the sheet is."""
    folder = tmp_path / "show"
    folder.mkdir()
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the store keeps its files."""
    return tmp_path / "frames"


@pytest.fixture
def fetch(folder: Path, root: Path, schema: ModelSchema) -> Fetch:
    """One fetch from a fresh store."""
    return lambda source: asyncio.run(FrameStore(root).fetch(source, beside=folder, schema=schema))


@pytest.fixture
def fetch_nearby(folder: Path, root: Path, schema: ModelSchema) -> Fetch:
    """One fetch from a fresh store that may look into private networks."""

    def fetched(source: str) -> FirstFrame:
        store = FrameStore(root, allow_private=True, timeout_s=60.0)
        return asyncio.run(store.fetch(source, beside=folder, schema=schema))

    return fetched


@pytest.fixture
def server() -> Iterator[ContraryServer]:
    server = ContraryServer()
    yield server
    server.close()


@pytest.fixture
def bucket() -> Iterator[BucketServer]:
    """An S3-compatible bucket, empty."""
    with bucket_server() as running:
        yield running

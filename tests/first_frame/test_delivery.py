"""Delivery of a stored frame to the service, according to the settings."""

import asyncio
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest

from seedance_assets.adapters.first_frame import FrameDelivery, delivery_of
from seedance_assets.core.model_schema import ModelSchema
from seedance_assets.core.request import FirstFrame
from seedance_assets.core.settings import FirstFrameSettings
from tests.first_frame.conftest import Fetch
from tests.first_frame.drawings import drawing, saved


@pytest.fixture
def frame(folder: Path, fetch: Fetch) -> FirstFrame:
    (folder / "a.png").write_bytes(saved(drawing()))
    return fetch("a.png")


def _delivery(settings: FirstFrameSettings) -> FrameDelivery:
    return delivery_of(settings, emulated=False, needed_s=60, environ={})


def _sent(frame: FirstFrame, schema: ModelSchema, settings: FirstFrameSettings) -> str:
    return asyncio.run(_delivery(settings).deliver(frame, schema)).link()


def test_our_copy_is_sent_instead_of_a_link_if_configured(
    frame: FirstFrame, schema: ModelSchema
) -> None:
    frame = replace(frame, source="https://example.com/a.png")

    assert _sent(frame, schema, FirstFrameSettings(deliver="link")) == frame.source
    sent = _sent(frame, schema, FirstFrameSettings(deliver="copy"))
    assert b64decode(sent.partition(",")[2]) == frame.path.read_bytes()


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://example.com/a.png?sig=a%2Fb+c", "https://example.com/a.png?sig=a%2Fb+c"),
        ("https://example.com/sh 010.png", "https://example.com/sh%20010.png"),
        ("https://example.com/Évasion.png", "https://example.com/%C3%89vasion.png"),
        ("https://bücher.example/a.png", "https://xn--bcher-kva.example/a.png"),
        ("HTTPS://Example.com/a/../b.png#page", "https://example.com/b.png"),
    ],
)
def test_the_fetched_link_is_the_link_that_is_sent(
    frame: FirstFrame, schema: ModelSchema, written: str, sent: str
) -> None:
    frame = replace(frame, source=written)

    assert _sent(frame, schema, FirstFrameSettings()) == sent

"""A request is addressed by its content: what does not reach the service is not in it."""

from dataclasses import replace
from pathlib import Path

import pytest

from seedance_assets.core.model_schema import model_schema
from seedance_assets.core.money import PriceTable
from seedance_assets.core.picture import Size, centre_crop, expected_ratio, expected_size
from seedance_assets.core.scope import EMBEDDED, Scope
from tests.ledger.conftest import MODEL, request

VIDEO = model_schema(MODEL).video


def test_the_fingerprint_is_pinned() -> None:
    """It addresses what was paid for: a change of its making would buy every show again."""
    assert request().fingerprint == (
        "35cf05101faddcae71cf55ba9657642a151c67225fa0d81e9db6a5308b88d4b6"
    )


def test_the_frames_content_counts_and_its_name_does_not() -> None:
    first = request()
    assert first.first_frame is not None
    moved = replace(first.first_frame, path=Path("y.png"), source="elsewhere/y.png")
    other = replace(first.first_frame, sha256="0" * 64)

    assert replace(first, first_frame=moved).fingerprint == first.fingerprint
    assert replace(first, first_frame=other).fingerprint != first.fingerprint


@pytest.mark.parametrize(
    "change",
    [{"prompt": "A boat drifts"}, {"duration": 6}, {"generate_audio": False}, {"ratio": "1:1"}],
    ids=str,
)
def test_every_input_counts(change: dict[str, str | int]) -> None:
    prompt = str(change.pop("prompt", "A boat drifts."))

    assert request(prompt, **change).fingerprint != request().fingerprint


def test_the_body_holds_all_seven_inputs_flat_and_in_the_schemas_order() -> None:
    body = request().body("https://example.com/x.png")

    assert list(body) == list(model_schema(MODEL).input_schema.properties)
    assert body["first_frame_image_url"] == "https://example.com/x.png"


@pytest.mark.parametrize(
    ("picture", "ratio"),
    [
        (Size(1600, 900), "16:9"),
        (Size(1000, 1000), "1:1"),
        (Size(1000, 1100), "1:1"),
        (Size(700, 1000), "3:4"),
        (Size(450, 1000), "9:16"),
        (Size(1400, 600), "21:9"),
    ],
    ids=str,
)
def test_adaptive_is_the_listed_ratio_nearest_to_the_picture(picture: Size, ratio: str) -> None:
    assert expected_ratio(VIDEO, "480p", "adaptive", picture) == ratio


def test_sizes_are_those_of_the_table() -> None:
    assert expected_size(VIDEO, "720p", "21:9", Size(10, 10)) == Size(1470, 630)
    assert request().size == Size(752, 560)  # adaptive, for a picture of 640×480


def test_the_crop_is_centred_and_as_large_as_can_be() -> None:
    tall = centre_crop(Size(1000, 1000), 2.0)
    wide = centre_crop(Size(1000, 500), 1.0)

    assert (tall.left, tall.top, tall.width, tall.height) == (0, 250, 1000, 500)
    assert (wide.left, wide.top, wide.width, wide.height) == (250, 0, 500, 500)


def test_the_estimate_follows_the_published_formula_and_sound_doubles_it() -> None:
    """720p, 16:9, 5 s with sound: 121 frames × 1280 × 720 / 1024 tokens at 2.4 USD a million."""
    asked = request(resolution="720p", ratio="16:9")

    assert asked.frames == 121
    assert PriceTable().estimate_usd(asked) == pytest.approx(0.2614, abs=1e-4)
    silent = request(resolution="720p", ratio="16:9", generate_audio=False)
    assert PriceTable().estimate_usd(silent) == pytest.approx(0.1307, abs=1e-4)


@pytest.mark.parametrize(
    ("base", "emulated"),
    [
        (EMBEDDED, True),
        ("http://127.0.0.1:8190/v1", True),
        ("http://localhost:8190/v1", True),
        ("http://[::1]:8190/v1", True),
        ("https://model-api.runcomfy.net/v1", False),
        ("https://127.example.com/v1", False),
    ],
)
def test_only_what_is_on_this_machine_is_emulated(base: str, emulated: bool) -> None:
    assert Scope("runcomfy", base).emulated is emulated

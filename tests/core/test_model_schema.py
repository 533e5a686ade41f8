"""One file describes a model; validation, defaults, requests and the emulator read it."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.model_schema import known_models, model_schema, parse_model_schema
from tests.command import Command

SEEDANCE = "bytedance/seedance-v1.5-pro/image-to-video"
MODELS = Path(__file__).resolve().parents[2] / "seedance_assets" / "models"


def second_model() -> dict[str, Any]:
    """Another model of the service, with other names for its inputs and other sizes."""
    return {
        "schema": 1,
        "model_id": "bytedance/seedance-1-0/pro/fast/image-to-video",
        "display_name": "Seedance 1.0 Pro Fast",
        "description": "Another model with another schema.",
        "categories": ["image-to-video"],
        "kind": "model",
        "roles": {
            "prompt": "text",
            "first_frame": "image_url",
            "resolution": "quality",
            "ratio": "aspect",
            "duration_s": "seconds",
        },
        "input_schema": {
            "type": "object",
            "title": "Input",
            "required": ["text", "image_url"],
            "properties": {
                "text": {"title": "Text", "description": "", "type": "string"},
                "image_url": {
                    "title": "Image",
                    "description": "",
                    "type": "string",
                    "validations": [
                        {
                            "validation_rule": "width_pixels>",
                            "validation_value": 100,
                            "validation_error": "Too narrow.",
                        }
                    ],
                },
                "quality": {
                    "title": "Quality",
                    "description": "",
                    "type": "string",
                    "enum": ["tiny"],
                    "default": "tiny",
                },
                "aspect": {
                    "title": "Aspect",
                    "description": "",
                    "type": "string",
                    "enum": ["16:9", "1:1"],
                    "default": "16:9",
                },
                "seconds": {
                    "title": "Seconds",
                    "description": "",
                    "type": "integer",
                    "enum": [1, 2],
                    "default": 1,
                },
                "strength": {
                    "title": "Strength",
                    "description": "",
                    "type": "number",
                    "default": 0.5,
                },
            },
        },
        "output_schema": {},
        "video": {
            "frames_per_second": 24,
            "sizes": {"tiny": {"16:9": [192, 108], "1:1": [128, 128]}},
        },
    }


def test_the_seven_inputs_have_the_model_pages_defaults() -> None:
    filled = model_schema(SEEDANCE).with_defaults({"prompt": "x", "first_frame_image_url": "y"})

    assert filled == {
        "prompt": "x",
        "first_frame_image_url": "y",
        "resolution": "480p",
        "ratio": "adaptive",
        "duration": 5,
        "generate_audio": True,
        "camera_fixed": True,
    }


def test_required_inputs_are_never_filled_with_the_pages_samples() -> None:
    assert "prompt" not in model_schema(SEEDANCE).with_defaults({})


@pytest.mark.parametrize(
    ("change", "input_name"),
    [
        ({"duration": 13}, "duration"),
        ({"duration": True}, "duration"),
        ({"duration": "5"}, "duration"),
        ({"resolution": "1080p"}, "resolution"),
        ({"generate_audio": 1}, "generate_audio"),
        ({"ratio": ""}, "ratio"),
        ({"prompt": ""}, "prompt"),
        ({"seed": 7}, "seed"),
    ],
    ids=str,
)
def test_a_bad_input_is_named(change: dict[str, object], input_name: str) -> None:
    schema = model_schema(SEEDANCE)
    good = schema.with_defaults({"prompt": "x", "first_frame_image_url": "y"})

    assert list(schema.problems_with(good)) == []
    assert [name for name, _ in schema.problems_with({**good, **change})] == [input_name]


TOO_SMALL = "The uploaded image width and height must not be less than 300 pixels."
TOO_LARGE = "The uploaded image width and height must not exceed 6000 pixels."
TOO_LONG = "The aspect ratio range should be between 0.4 and 2.5."
TOO_HEAVY = "File size must be less than 30 MB."


@pytest.mark.parametrize(
    ("width", "height", "size_bytes", "sentences"),
    [
        (301, 301, 1, []),
        (300, 400, 1, [TOO_SMALL]),
        (5999, 5999, 29_999_999, []),
        (6000, 5000, 1, [TOO_LARGE]),
        (1000, 400, 1, [TOO_LONG]),
        (999, 400, 1, []),
        (400, 1000, 1, [TOO_LONG]),
        (400, 400, 30_000_000, [TOO_HEAVY]),
        (10, 9000, 31_000_000, [TOO_LARGE, TOO_SMALL, TOO_LONG, TOO_HEAVY]),
    ],
)
def test_the_picture_rules_are_strict_and_speak_the_services_own_words(
    width: int, height: int, size_bytes: int, sentences: list[str]
) -> None:
    broken = model_schema(SEEDANCE).broken_picture_rules(
        width=width, height=height, size_bytes=size_bytes
    )

    assert broken == sentences


def test_every_file_of_the_package_is_a_model() -> None:
    assert len(known_models()) == len(list(MODELS.glob("*.json")))


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        (("roles", "prompt"), "no_such_input", "no_such_input"),
        (("video", "sizes", "tiny"), {"16:9": [192, 108]}, "1:1"),
        (("video", "sizes", "tiny", "1:1"), [127, 128], "even"),
        (("input_schema", "properties", "seconds", "type"), "duration", "seconds"),
        (("schema",), 2, "schema"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_file_that_does_not_fit_is_refused_when_it_is_read(
    path: tuple[str, ...], value: object, word: str
) -> None:
    document = second_model()
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value

    with pytest.raises(SettingsRefused, match=word):
        parse_model_schema(json.dumps(document), source="new.json")


def test_another_model_is_another_file_from_the_sheet_to_the_checked_clip(
    seedance: Command, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "fast.json").write_text(json.dumps(second_model()))
    show = tmp_path / "show"
    show.mkdir()
    Image.new("RGB", (320, 180), (90, 30, 160)).save(show / "a.png")
    (show / "shots.csv").write_text("shot,text,image_url,aspect\nsh010,A boat.,a.png,1:1\n")
    (show / "production.toml").write_text(f'model = "{second_model()["model_id"]}"\n')

    said = seedance("produce", show / "shots.csv", "--json", SEEDANCE_MODELS=str(models))

    assert said.code == 0, said.err
    sidecar = next((tmp_path / "home" / "media").rglob("sh010_t001.json"))
    facts = json.loads(sidecar.read_text())
    assert facts["model_id"] == second_model()["model_id"]
    assert facts["request"]["seconds"] == 1
    assert facts["request"]["strength"] == 0.5
    assert facts["verdict"] == "pass", facts["measurements"]
    video = facts["measurements"]["video"]
    assert (video["width_px"], video["height_px"]) == (128, 128)

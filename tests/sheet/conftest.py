"""A sheet on disk, read for the sample model or for one with other input names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

from seedance_assets.adapters.shot_sheet import read_sheet
from seedance_assets.core.model_schema import InputValue, ModelSchema, model_schema
from seedance_assets.core.shot import ShotList

SEEDANCE = "bytedance/seedance-v1.5-pro/image-to-video"


class Read(Protocol):
    """Writes a sheet (text as UTF-8) and reads it."""

    def __call__(
        self,
        content: str | bytes,
        *,
        defaults: Mapping[str, InputValue] | None = None,
        model: ModelSchema | None = None,
    ) -> ShotList: ...


@pytest.fixture
def schema() -> ModelSchema:
    return model_schema(SEEDANCE)


@pytest.fixture
def read(tmp_path: Path, schema: ModelSchema) -> Read:
    def written_and_read(
        content: str | bytes,
        *,
        defaults: Mapping[str, InputValue] | None = None,
        model: ModelSchema | None = None,
    ) -> ShotList:
        path = tmp_path / "shots.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_sheet(path, model or schema, defaults or {})

    return written_and_read


@pytest.fixture
def other_model() -> ModelSchema:
    """A text-to-video model: no first frame, other names, other types, an input without a role."""
    return ModelSchema.model_validate(
        {
            "schema": 1,
            "model_id": "maker/other/text-to-video",
            "display_name": "Other",
            "description": "",
            "categories": ["text-to-video"],
            "kind": "model",
            "roles": {"prompt": "text", "duration_s": "len", "audio": "with_foley"},
            "input_schema": {
                "type": "object",
                "title": "Input",
                "required": ["text", "style"],
                "properties": {
                    "text": {"title": "Text", "description": "", "type": "string"},
                    "len": {
                        "title": "Clip Length",
                        "description": "",
                        "type": "string",
                        "enum": ["4", "8"],
                        "default": "4",
                    },
                    "with_foley": {
                        "title": "Foley",
                        "description": "",
                        "type": "boolean",
                        "default": False,
                    },
                    "guidance": {
                        "title": "Guidance Scale",
                        "description": "",
                        "type": "number",
                        "default": 7.5,
                    },
                    "style": {"title": "Style", "description": "", "type": "string"},
                },
            },
            "output_schema": {},
            "video": {"frames_per_second": 24, "sizes": {}},
        }
    )

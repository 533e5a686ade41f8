"""A service's model as data: which inputs it takes, their rules and defaults, what it delivers.

One JSON file in `models/` describes one model, in the dialect of the service's own model page.
Validation, defaults and the emulator read the same file, so adding a model is adding a file.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from seedance_assets.core.errors import SettingsRefused

Role = Literal[
    "prompt", "first_frame", "resolution", "ratio", "duration_s", "audio", "camera_fixed"
]
InputValue = str | int | float | bool

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PictureRule(_Frozen):
    """A rule of the service for an input picture, e.g. `width_pixels<` 6000, and its own words."""

    validation_rule: str = Field(
        pattern=r"^(width_pixels|height_pixels|width/height|file_size_mb)[<>]$"
    )
    validation_value: float
    validation_error: str

    def holds(self, *, width: int, height: int, size_bytes: int) -> bool:
        """Whether a picture keeps the rule. The operators are strict; a megabyte is 10⁶ bytes."""
        if not (width > 0 and height > 0):
            return False
        quantity, operator = self.validation_rule[:-1], self.validation_rule[-1]
        value = {
            "width_pixels": float(width),
            "height_pixels": float(height),
            "width/height": width / height,
            "file_size_mb": size_bytes / 1e6,
        }[quantity]
        return value < self.validation_value if operator == "<" else value > self.validation_value


class InputField(_Frozen):
    """One input of the model."""

    title: str
    description: str
    type: Literal["string", "integer", "number", "boolean"]
    enum: tuple[InputValue, ...] = ()
    default: InputValue | None = None
    validations: tuple[PictureRule, ...] = ()

    def problem_with(self, value: object) -> str | None:
        """Why `value` does not fit, or None. A boolean is no integer here."""
        kinds: dict[str, tuple[type, ...]] = {
            "string": (str,),
            "integer": (int,),
            "number": (int, float),
            "boolean": (bool,),
        }
        if not isinstance(value, kinds[self.type]) or (
            isinstance(value, bool) and self.type != "boolean"
        ):
            return f"must be of type {self.type}"
        if self.enum and value not in self.enum:
            return "must be one of " + ", ".join(str(choice) for choice in self.enum)
        return None

    def read(self, text: str) -> InputValue:
        """The value that a cell's text stands for. Raises `ValueError` with the reason."""
        value = self._typed(text.strip())
        if problem := self.problem_with(value):
            raise ValueError(problem)
        return value

    def _typed(self, text: str) -> InputValue:
        if self.type == "boolean":
            if (word := text.lower()) not in _TRUE | _FALSE:
                raise ValueError("must be true or false")
            return word in _TRUE
        if self.type == "integer":
            if not re.fullmatch(r"[+-]?\d{1,9}(\.0+)?", text):
                raise ValueError("must be a whole number")
            return int(text.split(".", maxsplit=1)[0])
        if self.type == "number":
            if not isfinite(value := float(text)):
                raise ValueError("must be a number")
            return value
        return next((c for c in self.enum if str(c).lower() == text.lower()), text)


class InputSchema(_Frozen):
    """The inputs of the model, by the service's names."""

    type: Literal["object"]
    title: str
    required: tuple[str, ...]
    properties: dict[str, InputField]


class VideoFormat(_Frozen):
    """The pictures that come back: sizes as (width, height) in pixels, by resolution and ratio."""

    frames_per_second: int
    adaptive_ratio: str | None = None
    sizes: dict[str, dict[str, tuple[int, int]]]


class ModelSchema(_Frozen):
    """A model of the service: see the JSON files in `models/`."""

    format_version: Literal[1] = Field(alias="schema")
    provider: str = Field(default="", description="Who sells it; empty: the usual provider.")
    model_id: str = Field(pattern=r"^[a-zA-Z0-9._-]+(/[a-zA-Z0-9._-]+)+$")
    display_name: str
    description: str
    categories: tuple[str, ...]
    kind: str
    roles: dict[Role, str]
    input_schema: InputSchema
    output_schema: dict[str, Any]
    video: VideoFormat

    @model_validator(mode="after")
    def _fits_together(self) -> "ModelSchema":
        """A bad file should fail when it is read, not when a shot is under way."""
        known = self.input_schema.properties
        strangers = {*self.roles.values(), *self.input_schema.required} - set(known)
        if strangers:
            raise ValueError(f"no input is named {', '.join(sorted(strangers))}")
        ratio = self.field("ratio")
        ratios = set(ratio.enum if ratio else ()) - {self.video.adaptive_ratio}
        for resolution, sizes in self.video.sizes.items():
            if missing := ratios - set(sizes):
                raise ValueError(f"{resolution} has no size for {', '.join(map(str, missing))}")
            if any(side <= 0 or side % 2 for size in sizes.values() for side in size):
                raise ValueError(f"the sizes of {resolution} must be even")
        return self

    def field(self, role: Role) -> InputField | None:
        """The input that plays `role`, or None if the model has none."""
        name = self.roles.get(role)
        return None if name is None else self.input_schema.properties[name]

    def with_defaults(self, given: Mapping[str, InputValue]) -> dict[str, InputValue]:
        """`given` with every optional input filled in, in the order of the schema.

        Required inputs are never filled in: their defaults are samples of the service's page.
        """
        filled: dict[str, InputValue] = {}
        for name, field in self.input_schema.properties.items():
            if name in given:
                filled[name] = given[name]
            elif name not in self.input_schema.required and field.default is not None:
                filled[name] = field.default
        return filled

    def problems_with(self, inputs: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Every (input name, reason) for which `inputs` would be refused; pictures aside."""
        known = self.input_schema.properties
        for name in self.input_schema.required:
            if name not in inputs or inputs[name] == "":
                yield name, "is required"
        for name, value in inputs.items():
            if name not in known:
                yield name, "is no input of the model"
            elif value == "" and name in self.input_schema.required:
                continue  # said above
            elif problem := known[name].problem_with(value):
                yield name, problem

    def broken_picture_rules(self, *, width: int, height: int, size_bytes: int) -> list[str]:
        """The service's own sentences for the rules that a picture breaks, each once."""
        field = self.field("first_frame")
        rules = field.validations if field else ()
        broken = (
            r.validation_error
            for r in rules
            if not r.holds(width=width, height=height, size_bytes=size_bytes)
        )
        return list(dict.fromkeys(broken))


def parse_model_schema(text: str, *, source: str) -> ModelSchema:
    """The schema in a JSON text. Raises `SettingsRefused` that names `source`."""
    try:
        return ModelSchema.model_validate_json(text)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsRefused(f"{source}: {where}: {first['msg']}") from exc


@cache
def known_models() -> Mapping[str, ModelSchema]:
    """Every model that the package describes, and those in the folder SEEDANCE_MODELS, by id.

    Raises `SettingsRefused` for a file that does not fit.
    """
    own = (entry for entry in (resources.files("seedance_assets") / "models").iterdir())
    schemas = (
        parse_model_schema(entry.read_text(encoding="utf-8"), source=entry.name)
        for entry in chain(own, _further_models(os.environ.get("SEEDANCE_MODELS")))
        if entry.name.endswith(".json")
    )
    return {schema.model_id: schema for schema in schemas}


def _further_models(folder: str | None) -> Iterable[Path]:
    if not folder:
        return ()
    try:
        return sorted(Path(folder).iterdir())
    except OSError as exc:
        raise SettingsRefused(f"SEEDANCE_MODELS: {folder} cannot be read: {exc.strerror}") from exc


def model_schema(model_id: str) -> ModelSchema:
    """The schema of one model. Raises `SettingsRefused` if no file describes it."""
    try:
        return known_models()[model_id]
    except KeyError:
        known = ", ".join(sorted(known_models()))
        raise SettingsRefused(
            f"model {model_id!r} has no schema here",
            advice=f"Use one of: {known}; or add its JSON file to a folder and name that in "
            "SEEDANCE_MODELS.",
        ) from None


def as_catalogue_json(schema: ModelSchema) -> dict[str, Any]:
    """The input schema as plain JSON, as the service's catalogue shows it."""
    dumped: dict[str, Any] = json.loads(
        schema.input_schema.model_dump_json(exclude_defaults=True, exclude_none=True)
    )
    return dumped

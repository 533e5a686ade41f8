"""An order: a submit's input, checked against the model's schema and read by its roles."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seedance_assets.core.model_schema import InputField, ModelSchema, Role
from seedance_assets.emulator.api.answers import refusal
from seedance_assets.emulator.jobs.scenario import Habits

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem with an input; `own_words` means that the service has its own sentence."""

    name: str
    reason: str
    own_words: bool = False

    def __str__(self) -> str:
        return self.reason if self.own_words else f"{self.name}: {self.reason}"

    def as_detail(self) -> dict[str, object]:
        """The problem as an entry of an error body's `detail`."""
        return {"loc": ["body", self.name], "msg": self.reason, "type": "value_error"}


@dataclass(frozen=True, slots=True)
class Order:
    """What was ordered, whatever the model calls its inputs."""

    prompt: str
    picture: str
    resolution: str
    ratio: str
    duration_s: float
    audio: bool
    camera_fixed: bool

    def frames(self, frames_per_second: int) -> int:
        """The clip's number of frames: seconds times rate, plus one (section 5.5)."""
        return round(frames_per_second * self.duration_s) + 1


def read_body(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body. Raises `Refused` for anything else."""
    try:
        read = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise refusal("bad_request", "The body is not valid JSON.") from None
    if not isinstance(read, dict):
        raise refusal("bad_request", "The body must be one JSON object.")
    return read


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def fill_defaults(body: Mapping[str, Any], schema: ModelSchema, habits: Habits) -> dict[str, Any]:
    """The job's input: defaults filled in, unknown keys dropped."""
    resolved: dict[str, Any] = {}
    for name, field in schema.input_schema.properties.items():
        fills = name not in schema.input_schema.required or habits.missing_required == "filled"
        if name in body:
            resolved[name] = body[name]
        elif fills and field.default is not None:
            resolved[name] = field.default
    return resolved


def problems_with(body: Mapping[str, Any], schema: ModelSchema, habits: Habits) -> list[Problem]:
    """The first twenty problems of a submit's body, except those of the picture itself."""
    resolved = fill_defaults(body, schema, habits)
    return list(_problems(body, resolved, schema, habits))[:_MOST_PROBLEMS]


def _problems(
    body: Mapping[str, Any], resolved: Mapping[str, Any], schema: ModelSchema, habits: Habits
) -> Iterator[Problem]:
    for name in schema.input_schema.required:
        if name not in resolved or resolved[name] == "":
            yield Problem(name, "Field required")
    for name, value in resolved.items():
        field = schema.input_schema.properties[name]
        if (value != "" or field.enum) and (reason := _type_problem(field, value)):
            yield Problem(name, reason)
    if habits.extra_keys == "refused":
        for name in body:
            if name not in schema.input_schema.properties:
                yield Problem(_printable(name), "Extra inputs are not permitted")


def _type_problem(field: InputField, value: object) -> str | None:
    fits = isinstance(value, _PYTHON_TYPES[field.type])
    if not fits or (isinstance(value, bool) and field.type != "boolean"):
        return f"Input should be a valid {field.type}"
    if not _is_usable(value):
        return f"Input should be a valid {field.type}"
    if field.enum and value not in field.enum:
        return "Input should be one of " + ", ".join(json.dumps(word) for word in field.enum)
    return None


def _is_usable(value: object) -> bool:
    """False for valid JSON that cannot be used: 1e999, or half of a surrogate pair."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode() == value
    return not isinstance(value, float) or math.isfinite(value)


def _printable(name: str) -> str:
    return name.encode("ascii", "backslashreplace").decode()[:100]


def read_order(inputs: Mapping[str, Any], schema: ModelSchema) -> Order:
    """The order in valid `inputs`, read by the roles of the schema."""

    def asked(role: Role, otherwise: Any) -> Any:
        name = schema.roles.get(role)
        return otherwise if name is None else inputs.get(name, otherwise)

    sizes = schema.video.sizes
    resolution = str(asked("resolution", next(iter(sizes))))
    return Order(
        prompt=asked("prompt", ""),
        picture=asked("first_frame", ""),
        resolution=resolution,
        ratio=str(asked("ratio", schema.video.adaptive_ratio or next(iter(sizes[resolution])))),
        duration_s=float(asked("duration_s", 5)),
        audio=bool(asked("audio", False)),
        camera_fixed=bool(asked("camera_fixed", False)),
    )

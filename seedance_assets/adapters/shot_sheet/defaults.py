"""`[defaults]` of production.toml: values for empty cells, checked against the model."""

import difflib
from collections.abc import Iterator, Mapping

from seedance_assets.adapters.shot_sheet.cells import read_input
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.model_schema import InputValue, ModelSchema


def checked_defaults(
    schema: ModelSchema, defaults: Mapping[str, InputValue]
) -> dict[str, InputValue]:
    """`defaults` by the service's input names; they may be named by their role, too.

    Raises `SettingsRefused` with every problem, one a line.
    """
    problems = list(default_problems(schema, defaults))
    if problems:
        raise SettingsRefused(
            "\n".join(f"defaults.{name}: {reason}" for name, reason in problems),
            advice="Check [defaults] in production.toml.",
        )
    return {
        _input_name(schema, name): _value(schema, name, value) for name, value in defaults.items()
    }


def default_problems(
    schema: ModelSchema, defaults: Mapping[str, InputValue]
) -> Iterator[tuple[str, str]]:
    """Every (name as given, reason) for which `defaults` cannot be used with the model."""
    seen: dict[str, str] = {}
    for name, value in defaults.items():
        target = _input_name(schema, name)
        if target not in schema.input_schema.properties:
            yield name, f"is not an input of {schema.model_id}{_nearest(schema, name)}"
        elif target in seen:
            yield name, f"is the same input as {seen[target]!r}"
        else:
            seen[target] = name
            try:
                _value(schema, name, value)
            except ValueError as exc:
                yield name, f"{exc} (here: {value!r})"


def _input_name(schema: ModelSchema, name: str) -> str:
    roles: Mapping[str, str] = {str(role): target for role, target in schema.roles.items()}
    return roles.get(name, name)


def _value(schema: ModelSchema, name: str, value: InputValue) -> InputValue:
    target = _input_name(schema, name)
    seconds = target == schema.roles.get("duration_s")
    return read_input(schema.input_schema.properties[target], str(value), seconds=seconds)


def _nearest(schema: ModelSchema, name: str) -> str:
    known = [*schema.input_schema.properties, *schema.roles]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""

"""Scenarios as TOML, and faults as JSON in the state: one schema for both."""

import json
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from seedance_assets.emulator.jobs.scenario import Fault, Scenario


@cache
def _scenarios() -> TypeAdapter[Scenario]:
    """Built on first use: building the schema takes 20 ms."""
    return TypeAdapter(Scenario)


@cache
def _faults() -> TypeAdapter[tuple[Fault, ...]]:
    return TypeAdapter(tuple[Annotated[Fault, Field(discriminator="kind")], ...])


class ScenarioRefused(ValueError):
    """A scenario file cannot be read or is not valid."""


def read_scenario(path: Path) -> Scenario:
    """The scenario in a TOML file. Raises `ScenarioRefused` with every problem, a line each."""
    try:
        return parse_scenario(path.read_text(encoding="utf-8"), source=str(path))
    except (OSError, UnicodeDecodeError) as exc:
        raise ScenarioRefused(f"{path}: {exc}") from exc


def parse_scenario(text: str, *, source: str) -> Scenario:
    """The scenario in a TOML text. Raises `ScenarioRefused` that names `source`."""
    try:
        return _scenarios().validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as exc:
        raise ScenarioRefused(f"{source}: {exc}") from exc
    except ValidationError as exc:
        lines = (
            f"{source}: {'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in exc.errors(include_url=False)
        )
        raise ScenarioRefused("\n".join(lines)) from exc


def faults_as_text(faults: tuple[Fault, ...]) -> str:
    """Faults as JSON, for the state."""
    return json.dumps(_faults().dump_python(faults))  # json writes infinity, pydantic does not


@lru_cache(maxsize=1024)
def faults_from_text(text: str) -> tuple[Fault, ...]:
    """The faults in a text that `faults_as_text` wrote."""
    return _faults().validate_json(text)

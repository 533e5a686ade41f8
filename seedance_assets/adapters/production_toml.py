"""Read `production.toml`, the settings of a production; each mistake is reported in one line."""

import difflib
import logging
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from seedance_assets.adapters.providers import provider_of
from seedance_assets.adapters.shot_sheet.columns import input_name, known_columns
from seedance_assets.adapters.shot_sheet.defaults import default_problems
from seedance_assets.core.errors import InputMissing, SettingsRefused
from seedance_assets.core.model_schema import ModelSchema, known_models
from seedance_assets.core.settings import ProductionSettings

FILE_NAME = "production.toml"
MAX_BYTES = 1024 * 1024

Read = TypeVar("Read", bound=BaseModel)

_log = logging.getLogger(__name__)

_PLAIN = re.compile(r"[\w-]+")
_SHOWN = 60  # characters of a value in a message
_ITS_KEY = "[key]"  # pydantic's mark for a wrong key of a table
_QUOTED = re.compile(r"'([^']*)'")


def settings_beside(sheet: Path) -> Path | None:
    """The `production.toml` in the folder of `sheet`, or None if there is none."""
    return settings_in(sheet.parent)


def settings_in(folder: Path) -> Path | None:
    """The `production.toml` in a folder, or None if there is none."""
    path = folder / FILE_NAME
    try:
        return path if path.exists() else None
    except OSError:  # no permission: reading it reports this
        return path


def read_settings(path: Path | None) -> ProductionSettings:
    """The settings in the file at `path`; without a file, the defaults.

    Raises `InputMissing` if there is no such file, `SettingsRefused` with one line for each
    mistake: bad TOML, an unknown key, a bad value, an unknown model, a default that does not fit.
    """
    if path is None:
        return ProductionSettings()
    given = _toml(path)
    settings = _with_model_of_provider(_validated(path, given, ProductionSettings))
    if "cancel_at" in given.get("budget", {}):
        _log.warning("%s: budget.cancel_at has no effect any more; delete the line", path)
    if lines := list(_model_lines(settings)):
        raise _refused(path, lines)
    return settings


def _with_model_of_provider(settings: ProductionSettings) -> ProductionSettings:
    """The settings with the first model of the provider, if they name a provider and no model."""
    if not settings.provider or "model" in settings.model_fields_set:
        return settings
    models = (m.model_id for m in known_models().values() if provider_of(m) == settings.provider)
    return settings.model_copy(update={"model": next(models, settings.model)})


def read_toml(path: Path, model: type[Read]) -> Read:
    """The values in a TOML file as a model. Raises like `read_settings`."""
    return _validated(path, _toml(path), model)


def _validated(path: Path, given: dict[str, Any], model: type[Read]) -> Read:
    try:
        return model.model_validate(given)
    except ValidationError as exc:
        raise _refused(path, _lines(exc.errors(), model)) from exc


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as exc:  # ValueError: a NUL character in the path
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise InputMissing(
            f"settings {str(path)!r} cannot be read: {reason}", advice="Look at the path."
        ) from exc
    if len(content) > MAX_BYTES:
        raise _refused(path, [f"is larger than {MAX_BYTES // 1024} KiB"])
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as exc:
        raise _refused(path, [f"is no UTF-8 text (byte {exc.start})"]) from exc
    except tomllib.TOMLDecodeError as exc:
        raise _refused(path, [f"is no TOML: {exc}"]) from exc
    except ValueError as exc:
        raise _refused(path, ["is no TOML that can be read: a number is too long"]) from exc
    except RecursionError as exc:
        raise _refused(path, ["is no TOML that can be read: nested too deeply"]) from exc


def _refused(path: Path, lines: list[str]) -> SettingsRefused:
    return SettingsRefused(
        "\n".join(f"{path}: {line}" for line in lines),
        advice=f"Correct {path.name}; a missing line means its default.",
    )


def _lines(errors: list[ErrorDetails], model: type[BaseModel]) -> list[str]:
    """A line for each mistake. A union type has an error for each member: report only one."""
    lines: dict[str, str] = {}
    for error in errors:
        key = _key(error)
        lines.setdefault(key, f"{key}: {_what(error, model)}")
    return list(lines.values())


def _key(error: ErrorDetails) -> str:
    loc = error["loc"]
    if loc[:2] == ("sheet", "columns"):
        loc = loc[:3]
    if loc[:1] == ("defaults",):
        loc = loc[:2]  # the rest names the types that were tried
    if loc[-1:] == (_ITS_KEY,):
        loc = loc[:-1]
    return ".".join(_key_part(str(part)) for part in loc)


def _what(error: ErrorDetails, model: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        return f"is no setting{_nearest(error['loc'], model)}"
    if error["loc"][-1:] == (_ITS_KEY,) and "ctx" in error:
        table, name = error["loc"][-3:-1]
        known = _QUOTED.findall(error["ctx"]["expected"])
        return f"is no {str(table).removesuffix('s')}; {_did_you_mean(str(name), known)}"
    here = "a table" if isinstance(error["input"], Mapping) else repr(error["input"])[:_SHOWN]
    if error["type"] in {"model_type", "dict_type"}:
        return f"must be a table (here: {here})"
    if error["loc"][:1] == ("defaults",) and len(error["loc"]) > 1:
        return f"must be a text, a number, true or false (here: {here})"
    says = error["msg"].replace("Input should be", "must be")
    return f"{says[:1].lower()}{says[1:]} (here: {here})"


def _nearest(loc: tuple[int | str, ...], section: type[BaseModel]) -> str:
    parts = iter(loc[:-1])
    for part in parts:
        kind: Any = section.model_fields[str(part)].annotation
        if get_origin(kind) is dict:  # a table of tables: the next part is a free name
            next(parts, None)
            kind = get_args(kind)[1]
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return ""
        section = kind
    return f"; {_did_you_mean(str(loc[-1]), section.model_fields)}"


def _did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=cutoff)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"


def _model_lines(settings: ProductionSettings) -> Iterator[str]:
    models = known_models()
    if settings.model not in models:
        known = _did_you_mean(settings.model, sorted(models), cutoff=0.3)
        yield f"model: {settings.model!r} has no schema here; {known}"
        return
    providers = {provider_of(model) for model in models.values()}
    if settings.provider not in {"", *providers}:
        known = _did_you_mean(settings.provider, sorted(providers))
        yield f"provider: {settings.provider!r} is not known; {known}"
        return
    if settings.provider not in {"", provider_of(models[settings.model])}:
        sold = (m.model_id for m in models.values() if provider_of(m) == settings.provider)
        yield f"model: {settings.provider!r} does not sell {settings.model}, but {', '.join(sold)}"
        return
    for name, reason in default_problems(models[settings.model], settings.defaults):
        yield f"defaults.{name}: {reason}"
    yield from _column_lines(models[settings.model], settings.sheet.columns)


def _column_lines(schema: ModelSchema, columns: Mapping[str, str]) -> Iterator[str]:
    known = [*known_columns(schema), *schema.input_schema.properties]
    seen: dict[str, str] = {}
    for name, header in columns.items():
        meaning = input_name(name, schema)
        if meaning not in known and name not in known:
            hint = _did_you_mean(name, known)
            yield f"sheet.columns.{_key_part(name)}: is no column that is understood; {hint}"
        elif meaning in seen:
            yield f"sheet.columns.{name}: is the same column as {seen[meaning]!r}"
        elif not header.strip():
            yield f"sheet.columns.{name}: must name a column of the sheet (here: {header!r})"
        seen.setdefault(meaning, name)


def _key_part(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else repr(name)

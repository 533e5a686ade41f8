"""Every setting of a scenario's faults, read from the classes, so that none can be forgotten.

A setting with choices has one name per choice (`stuck.where=in_queue`); a number or a text has one
name (`pace.queue_s`).
"""

from collections.abc import Iterator
from dataclasses import Field, fields
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from seedance_assets.emulator.jobs.scenario import Fault, Habits
from tests.failures.cases import CASES, Case

_KINDS: tuple[type, ...] = (*get_args(Fault), Habits)


def name_of(owner: type) -> str:
    """`refuse_submit`, …, or `habits`."""
    return "habits" if owner is Habits else str(_fields(owner)["kind"].default)


def _fields(owner: Any) -> dict[str, Field[Any]]:
    return {field.name: field for field in fields(owner)}


def _hints(owner: Any) -> dict[str, Any]:
    return get_type_hints(owner)


def choices_of(hint: Any) -> list[object]:
    """The choices of a field; none for a number or a free text."""
    if hint is bool:
        return [True, False]
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    if get_origin(hint) in {Union, UnionType, tuple}:
        return [word for part in get_args(hint) for word in choices_of(part)]
    return []


def all_settings() -> Iterator[str]:
    """Every setting, with each of its choices."""
    for owner in _KINDS:
        for name in _fields(owner):
            if name != "kind":
                words = choices_of(_hints(owner)[name])
                yield from (f"{name_of(owner)}.{name}={word}" for word in words)
                if not words:
                    yield f"{name_of(owner)}.{name}"


def settings_of(case: Case) -> Iterator[str]:
    """The settings of a case. Habits count if the case changes one of them."""
    habits = [case.habits] if case.habits != Habits() else []
    for thing in (*case.faults, *habits):
        for name, field in _fields(thing).items():
            value, owner = getattr(thing, name), type(thing)
            if choices_of(_hints(owner)[name]):
                values = value if isinstance(value, tuple) else (value,)
                yield from (f"{name_of(owner)}.{name}={word}" for word in values)
            elif value != field.default:
                yield f"{name_of(owner)}.{name}"


def covered_settings() -> set[str]:
    """The settings of all cases."""
    return {setting for case in CASES for setting in settings_of(case)}


def as_toml(case: Case) -> str:
    """The settings of a case as in a scenario file: only those that differ from the defaults."""
    parts = []
    for thing in case.faults:
        main = next(name for name in _fields(thing) if name != "kind")
        shown = {main} if choices_of(_hints(type(thing))[main]) else set()
        shown |= {name for name, f in _fields(thing).items() if getattr(thing, name) != f.default}
        changed = {name: getattr(thing, name) for name in _fields(thing) if name in shown}
        parts.append(f"`{thing.kind}` {_pairs(changed)}".strip())
    habits = {n: getattr(case.habits, n) for n in _fields(case.habits)}
    changed = {n: v for n, v in habits.items() if v != _fields(case.habits)[n].default}
    changed |= {n: v for n, v in case.settings.items() if n != "clip"}
    if changed:
        parts.append(_pairs(changed))
    if case.times is not None:
        parts.append(f"`times = {case.times}`")
    return ", ".join(parts) or case.title


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"`{name} = {_toml(value)}`" for name, value in values.items())


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"

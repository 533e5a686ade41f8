"""Every knob that a scenario has, read from the model itself, so that none can be forgotten.

A knob that chooses among words has one name a word (`stuck.where=in_queue`), a number or a text
has one (`pace.queue_s`).
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


def words_of(hint: Any) -> list[object]:
    """The words that a field chooses among; none for a number or a free text."""
    if hint is bool:
        return [True, False]
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    if get_origin(hint) in {Union, UnionType, tuple}:
        return [word for part in get_args(hint) for word in words_of(part)]
    return []


def turns() -> Iterator[str]:
    """Every turn of every knob."""
    for owner in _KINDS:
        for name in _fields(owner):
            if name != "kind":
                words = words_of(_hints(owner)[name])
                yield from (f"{name_of(owner)}.{name}={word}" for word in words)
                if not words:
                    yield f"{name_of(owner)}.{name}"


def turned_by(case: Case) -> Iterator[str]:
    """What a case turns. The habits of a house count where a case changes one of them."""
    habits = [case.habits] if case.habits != Habits() else []
    for thing in (*case.faults, *habits):
        for name, field in _fields(thing).items():
            value, owner = getattr(thing, name), type(thing)
            if words_of(_hints(owner)[name]):
                values = value if isinstance(value, tuple) else (value,)
                yield from (f"{name_of(owner)}.{name}={word}" for word in values)
            elif value != field.default:
                yield f"{name_of(owner)}.{name}"


def turned_by_all() -> set[str]:
    """What all the cases turn together."""
    return {turn for case in CASES for turn in turned_by(case)}


def as_toml(case: Case) -> str:
    """What a case turns, as a scenario file says it: only what differs from the defaults."""
    told = []
    for thing in case.faults:
        main = next(name for name in _fields(thing) if name != "kind")
        shown = {main} if words_of(_hints(type(thing))[main]) else set()
        shown |= {name for name, f in _fields(thing).items() if getattr(thing, name) != f.default}
        changed = {name: getattr(thing, name) for name in _fields(thing) if name in shown}
        told.append(f"`{thing.kind}` {_pairs(changed)}".strip())
    habits = {n: getattr(case.habits, n) for n in _fields(case.habits)}
    changed = {n: v for n, v in habits.items() if v != _fields(case.habits)[n].default}
    changed |= {n: v for n, v in case.settings.items() if n != "clip"}
    if changed:
        told.append(_pairs(changed))
    if case.times is not None:
        told.append(f"`times = {case.times}`")
    return ", ".join(told) or case.title


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"`{name} = {_toml(value)}`" for name, value in values.items())


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"

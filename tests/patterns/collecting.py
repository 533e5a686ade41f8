"""Every regular expression of the project, found in its source, with its use."""

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import seedance_assets

FUNCTIONS = {
    "compile",
    "search",
    "match",
    "fullmatch",
    "split",
    "findall",
    "finditer",
    "sub",
    "subn",
}
ANCHORED = {"match", "fullmatch"}


@dataclass(frozen=True)
class Found:
    """A pattern, where it stands, and whether it is searched for at every place of a text."""

    module: str
    line: int
    pattern: re.Pattern[str] | re.Pattern[bytes]
    methods: frozenset[str]

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.pattern.pattern[:60]!r}"


def modules() -> Iterator[Any]:
    for info in pkgutil.walk_packages(seedance_assets.__path__, "seedance_assets."):
        if ".migrations." not in info.name and not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


def sources() -> dict[str, ast.Module]:
    """The code of each module."""
    found: dict[str, ast.Module] = {}
    for module in modules():
        path = Path(str(module.__file__))
        found[module.__name__] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def calls_of_re(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in FUNCTIONS
        ):
            yield node, node.func.attr


def methods_by_name(trees: Iterable[ast.Module]) -> Mapping[str, set[str]]:
    """What is called on each name, anywhere: `_WORD.search`; `map(_X.sub, …)` too."""
    found: dict[str, set[str]] = defaultdict(set)
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in FUNCTIONS - {"compile"}:
                value = node.value
                if isinstance(value, ast.Name):
                    found[value.id].add(node.attr)
                elif isinstance(value, ast.Attribute):
                    found[value.attr].add(node.attr)
    return found


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    code = compile(ast.Expression(node), "<pattern>", "eval")
    return eval(code, dict(names))  # noqa: S307  # our own source


def patterns() -> tuple[list[Found], list[str]]:
    """All patterns that can be worked out, and the places of those that cannot."""
    trees = sources()
    called = methods_by_name(trees.values())
    found: list[Found] = []
    unknown: list[str] = []
    for name, tree in trees.items():
        module = importlib.import_module(name)
        named = {
            id(node.value): target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call, function in calls_of_re(tree):
            try:
                text = _value(call.args[0], vars(module))
                flags = _flags(call, vars(module))
            except NameError:
                unknown.append(
                    f"{name.removeprefix('seedance_assets.')}: {ast.unparse(call)[:100]}"
                )
                continue
            methods = (
                {function} if function != "compile" else called.get(named.get(id(call), ""), set())
            )
            found.append(Found(name, call.lineno, re.compile(text, flags), frozenset(methods)))
    return found, unknown


def _flags(call: ast.Call, names: Mapping[str, Any]) -> int:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
    place = {"compile": 1, "search": 2, "match": 2, "fullmatch": 2, "findall": 2, "finditer": 2}
    assert isinstance(call.func, ast.Attribute)
    at = place.get(call.func.attr, 99)
    given += call.args[at : at + 1]
    return int(_value(given[0], names)) if given else 0

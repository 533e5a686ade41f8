"""docs/architecture.md: its picture agrees with the import contract and the folders."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "seedance_assets"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PICTURE = PAGE.split("```")[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]
(FLOORS,) = (contract for contract in CONTRACTS if contract["type"] == "layers")
_ENTRY = re.compile(r"^ (?P<names>[a-z|_]+(?: \| [a-z_]+)*)  +(?P<text>\S.*(?:\n {5,}\S.*)*)", re.M)


def entries() -> dict[str, str]:
    """The lines of the picture: the names on the left, and what is said of them."""
    return {match["names"]: match["text"] for match in _ENTRY.finditer(PICTURE)}


def test_the_layers_are_those_of_the_import_contract_in_its_order() -> None:
    layered = [layer for layer in FLOORS["layers"] if layer != "__main__"]

    assert list(entries()) == [*layered, *FLOORS["exhaustive_ignores"]]


def test_an_arrow_goes_from_each_layer_to_the_next() -> None:
    layers = [names for names in entries() if names not in FLOORS["exhaustive_ignores"]]

    starts = re.findall(r"^ +(▼|[a-z_|]+(?: \| [a-z_]+)*(?=  ))", PICTURE, re.M)
    drawn = starts[: starts.index(layers[-1]) + 1]
    assert drawn == [each for layer in layers for each in (layer, "▼")][:-1]


def test_every_package_is_named_in_the_line_of_its_parent() -> None:
    drawn = {name: text for names, text in entries().items() for name in names.split(" | ")}

    missing = [
        f"{folder.parent.name}/{folder.name}"
        for folder in (init.parent for init in PACKAGE.glob("*/*/__init__.py"))
        if folder.name not in re.findall(r"[a-z_]+", drawn[folder.parent.name])
    ]
    assert missing == []


def test_every_module_that_the_page_names_is_there() -> None:
    named = re.findall(r"`((?:[a-z_]+/)+[a-z_]+(?:\.py)?)`", PAGE)

    assert len(named) > 10
    assert [name for name in named if not (PACKAGE / name).exists()] == []

"""Dagster loads the definitions in every process that it starts; most of them only look."""

import subprocess
import sys

import pytest

ALLOWED = {"dagster", "seedance_assets"}


def loaded_by(module: str, beside: str) -> set[str]:
    """Top-level modules outside of Python's own library that `module` adds to those of `beside`."""
    script = (
        f"import sys, {beside}\n"
        "before = set(sys.modules)\n"
        f"import {module}\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - set(sys.stdlib_module_names)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["seedance_assets.definitions", "seedance_assets.component"])
def test_the_definitions_load_nothing_that_dagster_has_not_loaded(module: str) -> None:
    """A name here: something in `defs` or `wiring` is imported at the top of a module.

    Import it in the function that needs it, or under TYPE_CHECKING if it is only a type.
    """
    assert loaded_by(module, beside="dagster") == ALLOWED

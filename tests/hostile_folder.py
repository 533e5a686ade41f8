"""A folder as a stranger delivers it: modules under well-known names, and files for Dagster."""

from pathlib import Path

_MODULE = """
import os, sys
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "imported.txt"), "a") as file:
    file.write(f"{__name__} {sys.orig_argv}\\n")
raise SystemExit(9)
"""
MODULES = ("fractions", "json", "numpy", "av", "resource", "sitecustomize", "usercustomize")


def plant(folder: Path) -> None:
    """Put all of it into a folder."""
    for name in MODULES:
        (folder / f"{name}.py").write_text(_MODULE, encoding="utf-8")
    (folder / "workspace.yaml").write_text(
        "load_from: [{python_module: fractions}]\n", encoding="utf-8"
    )


def imported(folder: Path) -> str:
    """Which module was imported by which command; nothing if none was."""
    found = folder / "imported.txt"
    return found.read_text(encoding="utf-8") if found.exists() else ""

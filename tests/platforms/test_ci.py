"""What CI starts from: the Pythons of the machine, each minor version once."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def link(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o700)


def test_each_minor_version_is_found_once_wherever_it_is_kept(tmp_path: Path) -> None:
    path, pyenv = tmp_path / "path", tmp_path / "pyenv"
    kept = pyenv / "versions" / "3.99.1" / "bin"
    path.mkdir()
    kept.mkdir(parents=True)
    link(path, "python3", f'exec "{sys.executable}" "$@"')
    link(path, "python3.19", "exit 127")  # a shim of a version that is not switched on
    link(kept, "python3", f'exec "{sys.executable}" "$@"')

    said = subprocess.run(
        ["/bin/bash", str(ROOT / ".ci" / "pythons")],
        env={"PATH": str(path), "PYENV_ROOT": str(pyenv), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    version = f"3.{sys.version_info.minor}"
    assert said.stdout.splitlines() == [f"{version} {path / 'python3'}"]

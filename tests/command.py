"""The command as a person calls it: a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out.strip().splitlines()[-1])


Command = Callable[..., Said]


def environment_of(home: Path, **environ: str) -> dict[str, str]:
    """An environment with nothing of the tester's own."""
    base: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "SEEDANCE_HOME": str(home / "home"),
        "COLUMNS": "120",
    }
    return {**base, **environ}


def run_seedance(home: Path, *arguments: object, cwd: Path, **environ: str) -> Said:
    """Run `seedance …` with nothing of the tester's own environment."""
    done = subprocess.run(
        [sys.executable, "-m", "seedance_assets", *map(str, arguments)],
        cwd=cwd,
        env=environment_of(home, **environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def end_session(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C to a process that leads a session of its own; its whole session goes in the end."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

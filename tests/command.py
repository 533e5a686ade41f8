"""The command as a person calls it: a process of its own."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.forking import fork


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

AS_USUAL = ("-m", "seedance_assets")
"""How Python is told to run the command."""

_PATIENCE_S = 300.0


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
    words, usual = list(map(str, arguments)), environment_of(home, **environ)
    if any(name.startswith("PYTHON") for name in environ):  # for an interpreter that starts
        return _started(words, usual, cwd)
    return _forked(words, usual, cwd)


def _started(arguments: list[str], environ: Mapping[str, str], cwd: Path) -> Said:
    done = subprocess.run(
        [sys.executable, *AS_USUAL, *arguments],
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def _forked(arguments: list[str], environ: Mapping[str, str], cwd: Path) -> Said:
    with TemporaryDirectory() as folder:
        out, err = Path(folder) / "out.txt", Path(folder) / "out.err"
        process = fork(command_once, arguments, environ, cwd, out)
        process.join(_PATIENCE_S)
        assert process.exitcode is not None, f"seedance {arguments} hangs"
        return Said(process.exitcode, out.read_text("utf-8"), err.read_text("utf-8"))


def command_once(
    arguments: list[str], environ: Mapping[str, str], folder: Path, told: Path
) -> None:
    """Run the command in this process, which is a fork; its output goes to files."""
    from seedance_assets.cli import main

    for stream, path in ((sys.stdout, told), (sys.stderr, told.with_suffix(".err"))):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream.fileno())
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    sys.argv = ["seedance", *arguments]
    main()


Produce = Callable[..., subprocess.Popen[str]]
"""Starts `seedance produce` on a stage's sheet, in the background: see the fixture."""


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when another process has brought something about, within four minutes."""
    give_up = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.05)  # between two looks at another process


def free_port() -> int:
    """Below those that systems hand out: nobody takes it while the server comes up."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311  # no secret
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def stop(process: subprocess.Popen[str], by: signal.Signals) -> tuple[str, float]:
    """Send a signal; what the process printed until it ended, and after how many seconds."""
    told = time.monotonic()
    process.send_signal(by)
    out, err = process.communicate(timeout=240)
    assert "Traceback" not in err, err
    return out, time.monotonic() - told


def end_session(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C to a process that leads a session of its own; its whole session goes in the end."""
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(30)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

"""The command on a terminal of its own: what a person sees, and keys that a person presses."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.command import AS_USUAL

CTRL_C = b"\x03"
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LONGEST_S = 240.0


@dataclass
class OnTerminal:
    """A command that runs on a pseudo-terminal; `text` is all that it has printed so far."""

    process: subprocess.Popen[bytes]
    terminal: int
    raw: bytes = b""
    _ends: float = field(default_factory=lambda: time.monotonic() + _LONGEST_S)

    @property
    def text(self) -> str:
        """Without colours and movements of the cursor."""
        return _CODES.sub("", self.raw.decode(errors="replace"))

    def read_until(self, word: str) -> None:
        """Read on until a word has been printed."""
        while word not in self.text:
            assert self._read(), self.text

    def press(self, keys: bytes) -> None:
        os.write(self.terminal, keys)

    def end(self) -> int:
        """Read to the end; the command's exit code."""
        while self._read():
            pass
        return self.process.wait(_LONGEST_S)

    def _read(self) -> bool:
        """Read what there is; whether more may come."""
        ready, _, _ = select.select([self.terminal], [], [], self._ends - time.monotonic())
        assert ready, f"nothing more came: {self.text}"
        try:
            chunk = os.read(self.terminal, 65536)
        except OSError:  # Linux says so when the last process has closed the other side
            chunk = b""
        self.raw += chunk
        return bool(chunk)


def start_on_terminal(
    *arguments: object, rows: int, columns: int, cwd: Path, environ: Mapping[str, str]
) -> OnTerminal:
    """`seedance …` as the only program of a new terminal of that size."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    usual = {key: value for key, value in environ.items() if key != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKE_TERMINAL, *AS_USUAL, *map(str, arguments)],
        cwd=cwd,
        env=usual | {"TERM": "xterm-256color"},
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    return OnTerminal(process, ours)

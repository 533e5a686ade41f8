"""One worker process, from its parent's side: requests, answers, and why it ended.

Not `multiprocessing`: its spawned processes import the caller's main module again, which is all of
Dagster, and a hung one can neither be detected nor stopped.
"""

import json
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Any

from seedance_assets.adapters.probe.worker_environment import PACKAGE_ROOT, worker_environment

_MODULE = "seedance_assets.adapters.probe.worker"
WORKER = (sys.executable, "-P", "-X", "faulthandler", "-m", _MODULE)
"""`-P`: import nothing from the current folder, which may be untrusted."""
_START_S = 120.0
_ENDING_S = 5.0  # from the end of its output to its exit
_KEPT_BYTES = 8192
_MAX_REASON = 200
_TRACEBACK = "Traceback (most recent call last):"


class WorkerFailed(Exception):
    """The worker could not start or ended before it answered; the text is the reason, one line."""

    def __init__(self, reason: str, *, output: str = "", started: bool = True) -> None:
        super().__init__(reason)
        self.output = output
        """The end of its standard error."""
        self.started = started


class WorkerProcess:
    """One process; it handles one request at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        """Raises `WorkerFailed` if the system cannot start it."""
        self._ready = self._timed_out = False
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for our parent
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # on Windows
                env=worker_environment(),
                cwd=PACKAGE_ROOT,  # load no library from the current folder either
            )
        except OSError as exc:
            reason = f"{command[0]}: {exc.strerror or exc}"
            raise WorkerFailed(reason, started=False) from exc
        assert self._process.stderr  # noqa: S101  # it was started with pipes
        self._errors = _Tail(self._process.stderr)
        # A run that Dagster interrupts may close nothing; this still ends the process.
        self._end = weakref.finalize(self, _end, self._process, self._errors)

    @property
    def process_id(self) -> int:
        """The id of the operating system."""
        return self._process.pid

    def request(self, request: str, timeout_s: float) -> dict[str, Any]:
        """Send a request and return the answer. Raises `WorkerFailed`."""
        if not self._ready:
            self._line_within(_START_S)
            self._ready = True
        try:
            assert self._process.stdin  # noqa: S101  # it was started with pipes
            self._process.stdin.write(request.encode() + b"\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._line_within(timeout_s))
        except (OSError, ValueError) as exc:
            raise self._failure(timeout_s) from exc
        return answer

    def _line_within(self, timeout_s: float) -> bytes:
        """The next line of output; kills the process if it takes too long."""
        timer = threading.Timer(timeout_s, self._kill_late)
        timer.start()
        try:
            assert self._process.stdout  # noqa: S101  # it was started with pipes
            line = self._process.stdout.readline()
        except (OSError, ValueError) as exc:
            raise self._failure(timeout_s) from exc
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            raise self._failure(timeout_s)
        return line

    def _kill_late(self) -> None:
        self._timed_out = True
        self._process.kill()

    def _failure(self, timeout_s: float) -> WorkerFailed:
        try:
            code = self._process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:  # it still runs, but its output was not an answer
            return WorkerFailed("its answer cannot be read", output="", started=self._ready)
        output = self._errors.text()
        if self._timed_out:
            reason = f"no answer within {timeout_s:g} s"
        elif code < 0:
            reason = f"killed by signal {_signal_name(-code)}"
        else:
            error = error_line(output)
            reason = f"exit code {code}" + (f", {error}" if error else "")
        return WorkerFailed(reason, output=output, started=self._ready)

    def end(self) -> None:
        """Kill it and wait for its exit."""
        self._end()


class _Tail:
    """Reads a stream to its end and keeps the last part."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._kept = b""
        self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._reader.start()

    def _read(self, stream: IO[bytes]) -> None:
        with suppress(OSError, ValueError), stream:
            while chunk := stream.read1(_KEPT_BYTES):  # type: ignore[attr-defined]  # buffered
                self._kept = (self._kept + chunk)[-_KEPT_BYTES:]

    def text(self) -> str:
        """The last part, after the writer has ended."""
        self.join()
        return self._kept.decode(errors="replace")

    def join(self) -> None:
        """Wait until all is read, with a timeout: a grandchild may hold the other end."""
        self._reader.join(timeout=1.0)


def error_line(output: str) -> str:
    """The most useful line of an error output: the exception, else the last line."""
    lines = [line for line in output.splitlines() if line.strip()]
    if _TRACEBACK in lines:
        after = lines[len(lines) - lines[::-1].index(_TRACEBACK) :]
        lines = [line for line in after if not line[0].isspace()][:1] or after
    text = "".join(filter(str.isprintable, lines[-1])).strip() if lines else ""
    return text if len(text) <= _MAX_REASON else f"{text[: _MAX_REASON - 1]}…"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _end(process: "subprocess.Popen[bytes]", errors: _Tail) -> None:
    process.kill()
    process.wait()
    errors.join()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # unsent data for a dead process
            if pipe:
                pipe.close()

"""Workers that measure clips side by side; one that dies costs one clip, not the run.

Not `multiprocessing`: its spawned processes import the caller's main module anew, which for
Dagster is Dagster, and a hung one cannot be told from a busy one, nor be ended.
"""

import base64
import json
import os
import queue
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from seedance_assets.adapters.probe.limits import DEFAULT_LIMITS, ProbeLimits
from seedance_assets.adapters.probe.opening import InputPicture
from seedance_assets.adapters.probe.pass_over import Probe
from seedance_assets.adapters.probe.worker import as_probe, as_request
from seedance_assets.core.errors import ClipCrashed, ClipRefused

WORKER = (sys.executable, "-m", "seedance_assets.adapters.probe.worker")
C_LIBRARY = {
    "OPENBLAS_NUM_THREADS": "1",  # workers run side by side already
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),  # keep what is freed: to get it from the kernel
    "MALLOC_TRIM_THRESHOLD_": str(1 << 27),  # anew, page by page, takes 3 % of a clip's time
}
"""Settings of the native code that a worker runs; the last two are glibc's."""
_TRIES = 2
_START_S = 120.0
_GRACE_S = 30.0  # a worker has its own deadline; this is for one that hangs in native code
_PACKAGE_ROOT = Path(__file__).parents[3]


class _Died(Exception):
    """The worker ended, or had to be ended, before it answered."""


class _Worker:
    """One process; it serves one request at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        self._ready = False
        paths = [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for who started us
            env=os.environ | C_LIBRARY | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )

        # A run that is broken off amid Dagster's own writing closes nothing: then this ends it.
        self._end = weakref.finalize(self, _end, self._process)

    @property
    def process_id(self) -> int:
        """Its number at the operating system."""
        return self._process.pid

    def ask(self, request: str, patience_s: float) -> dict[str, Any]:
        """Its answer. Raises `_Died`."""
        if not self._ready:
            self._line_within(_START_S)
            self._ready = True
        try:
            assert self._process.stdin  # noqa: S101  # it was started with pipes
            self._process.stdin.write(request + "\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._line_within(patience_s))
        except (OSError, ValueError) as exc:
            raise _Died from exc
        return answer

    def _line_within(self, patience_s: float) -> str:
        """What it says next; it is killed if that takes too long."""
        timer = threading.Timer(patience_s, self._process.kill)
        timer.start()
        try:
            assert self._process.stdout  # noqa: S101  # it was started with pipes
            line = self._process.stdout.readline()
        except (OSError, ValueError) as exc:
            raise _Died from exc
        finally:
            timer.cancel()
        if not line.endswith("\n"):
            raise _Died
        return line

    def end(self) -> None:
        """Kill it, and wait until it is gone."""
        self._end()


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what was on its way to a dead process
            if pipe:
                pipe.close()


class ProbePool:
    """Up to `workers` processes, each started when it is first needed. Safe to use from threads."""

    def __init__(
        self,
        workers: int,
        *,
        limits: ProbeLimits = DEFAULT_LIMITS,
        command: Sequence[str] = WORKER,
        grace_s: float = _GRACE_S,
    ) -> None:
        self._limits = limits
        self._patience_s = limits.wall_s + grace_s
        self._command = command
        self._places: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._workers: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(workers):
            self._places.put(None)

    def probe(self, path: Path, opening: InputPicture | None = None) -> Probe:
        """Measure a clip as `probe` does; blocks until it is its turn and done.

        Raises `ClipRefused`, and `ClipCrashed` if two workers have died of it.
        """
        return as_probe(self._ask(path, as_request(path, self._limits, opening, None)))

    def picture(self, path: Path, at_s: float) -> bytes:
        """A frame of a clip, as `frame_picture` gives it. Raises as `probe` does."""
        answer = self._ask(path, as_request(path, self._limits, None, at_s))
        return base64.b64decode(answer["picture"])

    def peak_memory_mb(self) -> list[float]:
        """The most that each living worker has held in memory, where the system tells (Linux)."""
        found: list[float] = []
        for worker in list(self._workers):
            with suppress(OSError):
                status = Path(f"/proc/{worker.process_id}/status").read_text(encoding="utf-8")
                held = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
                found.extend(int(kilobytes) / 1024 for kilobytes in held)
        return found

    def close(self) -> None:
        """End all workers; a clip that is being measured is refused."""
        with self._lock:
            self._closed = True
            workers, self._workers = self._workers, set()
        for worker in workers:
            worker.end()

    def __enter__(self) -> "ProbePool":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _ask(self, path: Path, request: str) -> dict[str, Any]:
        worker = self._places.get()
        try:
            for _ in range(_TRIES):
                worker = worker or self._start(path)
                try:
                    answer = worker.ask(request, self._patience_s)
                except _Died:
                    self._forget(worker)
                    worker = None
                    continue
                if "refused" in answer:
                    raise ClipRefused(answer["refused"])
                return answer
        finally:
            self._places.put(worker)
        raise ClipCrashed(
            f"{path.name} cannot be measured: the process that tried died of it, twice."
        )

    def _start(self, path: Path) -> _Worker:
        with self._lock:
            if self._closed:
                raise ClipRefused(f"{path.name} was not measured: the run has ended.")
            worker = _Worker(self._command)
            self._workers.add(worker)
        return worker

    def _forget(self, worker: _Worker) -> None:
        with self._lock:
            self._workers.discard(worker)
        worker.end()

"""A pool of processes that measure clips in parallel; a crash costs one clip, not the run."""

import base64
import logging
import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from seedance_assets.adapters.probe.limits import DEFAULT_LIMITS, ProbeLimits
from seedance_assets.adapters.probe.opening import InputPicture
from seedance_assets.adapters.probe.single_pass import Probe
from seedance_assets.adapters.probe.worker import as_probe, as_request
from seedance_assets.adapters.probe.worker_process import WORKER, WorkerFailed, WorkerProcess
from seedance_assets.core.errors import ClipCrashed, ClipRefused

_TRIES = 2
_GRACE_S = 30.0  # a worker has its own deadline; this is for a hang in native code
_log = logging.getLogger(__name__)


class ProbePool:
    """Up to `workers` processes, started on demand. Thread-safe."""

    def __init__(
        self,
        workers: int,
        *,
        limits: ProbeLimits = DEFAULT_LIMITS,
        command: Sequence[str] = WORKER,
        grace_s: float = _GRACE_S,
    ) -> None:
        self._limits = limits
        self._timeout_s = limits.wall_s + grace_s
        self._command = command
        self._places: queue.LifoQueue[WorkerProcess | None] = queue.LifoQueue()
        self._workers: set[WorkerProcess] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(workers):
            self._places.put(None)

    def probe(self, path: Path, opening: InputPicture | None = None) -> Probe:
        """Measure a clip like `probe`; blocks until a worker is free and has finished.

        Raises `ClipRefused`, and `ClipCrashed` if two workers crashed on it.
        """
        return as_probe(self._request(path, as_request(path, self._limits, opening, None)))

    def picture(self, path: Path, at_s: float) -> bytes:
        """A frame of a clip, like `frame_picture`. Raises like `probe`."""
        answer = self._request(path, as_request(path, self._limits, None, at_s))
        return base64.b64decode(answer["picture"])

    def peak_memory_mb(self) -> list[float]:
        """The peak memory of each running worker, where the system reports it (Linux)."""
        found: list[float] = []
        for worker in list(self._workers):
            with suppress(OSError):
                status = Path(f"/proc/{worker.process_id}/status").read_text(encoding="utf-8")
                held = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
                found.extend(int(kilobytes) / 1024 for kilobytes in held)
        return found

    def close(self) -> None:
        """Stop all workers; a clip that is being measured is refused."""
        with self._lock:
            self._closed = True
            workers, self._workers = self._workers, set()
        for worker in workers:
            worker.end()

    def __enter__(self) -> "ProbePool":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _request(self, path: Path, request: str) -> dict[str, Any]:
        worker = self._places.get()
        failed: WorkerFailed | None = None
        try:
            for _ in range(_TRIES):
                try:
                    worker = worker or self._start(path)
                    answer = worker.request(request, self._timeout_s)
                except WorkerFailed as exc:
                    failed = exc
                    _log.warning("a measuring process failed: %s\n%s", exc, exc.output)
                    self._discard(worker)
                    worker = None
                    continue
                if "refused" in answer:
                    raise ClipRefused(answer["refused"])
                return answer
        finally:
            self._places.put(worker)
        what = "failed twice" if failed is None or failed.started else "cannot start"
        raise ClipCrashed(
            f"{path.name} cannot be measured: the measuring process {what} ({failed})."
        ) from failed

    def _start(self, path: Path) -> WorkerProcess:
        with self._lock:
            if self._closed:
                raise ClipRefused(f"{path.name} was not measured: the run has already ended.")
            worker = WorkerProcess(self._command)
            self._workers.add(worker)
        return worker

    def _discard(self, worker: WorkerProcess | None) -> None:
        if worker is None:  # it did not start
            return
        with self._lock:
            self._workers.discard(worker)
        worker.end()

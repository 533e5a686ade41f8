"""Look at a running UI once a second, as an open page does: does it answer, what does it take?"""

import os
import threading
import time
from collections import defaultdict
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

import httpx

from tests.end_to_end.dagster_ui import DagsterUi

_LOOK_EVERY_S = 1.0
_HEALTH = """
query Health { instance { daemonHealth { allDaemonStatuses { daemonType healthy required } } } }"""
_RUNS = """
query Runs { runsOrError(limit: 25) { ... on Runs { results { runId status startTime } } } }"""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Watch(AbstractContextManager["Watch"]):
    """What was seen of a UI and all processes of its session, from `__enter__` to `__exit__`."""

    def __init__(self, ui: DagsterUi) -> None:
        self._ui = ui
        self._session = ui.process.pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._answers_s: list[float] = []
        self._failures: list[str] = []
        self._unhealthy: set[str] = set()
        self._peak_bytes = 0
        self._peaks: dict[str, int] = defaultdict(int)
        self._cpu_s: dict[int, float] = {}
        self._before_s = 0.0

    def __enter__(self) -> "Watch":
        self._weigh()
        self._before_s = sum(self._cpu_s.values())
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def report(self, shots: int) -> str:
        """What was seen, in a few lines."""
        times = sorted(self._answers_s)
        roles = ", ".join(f"{role} {size / 1e6:.0f}" for role, size in self._peaks.items())
        cpu_s = sum(self._cpu_s.values()) - self._before_s
        return (
            f"{len(times)} questions: median {times[len(times) // 2]:.2f} s, 99 % within "
            f"{times[int(len(times) * 0.99)]:.2f} s, slowest {times[-1]:.2f} s; "
            f"{len(self._failures)} without an answer {self._failures[:3]}\n"
            f"daemons that were unhealthy: {', '.join(sorted(self._unhealthy)) or 'none'}\n"
            f"peak memory of all processes {self._peak_bytes / 1e6:.0f} MB ({roles})\n"
            f"CPU {cpu_s / shots:.3f} s a shot"
        )

    def _look(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_S):
            self._weigh()
            for query in (_HEALTH, _RUNS):
                self._ask(query)

    def _ask(self, query: str) -> None:
        began = time.monotonic()
        try:
            answer = self._ui.ask(query)
        except (httpx.HTTPError, ValueError, AssertionError) as exc:
            self._failures.append(f"{type(exc).__name__}: {exc}"[:100])
            return
        self._answers_s.append(time.monotonic() - began)
        if "instance" in answer:
            daemons = answer["instance"]["daemonHealth"]["allDaemonStatuses"]
            self._unhealthy |= {
                d["daemonType"] for d in daemons if d["required"] and not d["healthy"]
            }

    def _weigh(self) -> None:
        whole = 0
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
                command = (folder / "cmdline").read_bytes().decode().replace("\0", " ")
            except OSError:  # it has just ended
                continue
            if int(stat[3]) != self._session:
                continue
            size = int(stat[21]) * _PAGE
            whole += size
            role = _role(command)
            self._peaks[role] = max(self._peaks[role], size)
            self._cpu_s[int(folder.name)] = (int(stat[11]) + int(stat[12])) / _TICKS_PER_S
        self._peak_bytes = max(self._peak_bytes, whole)


def _role(command: str) -> str:
    words = {
        "dagster_webserver": "web server",
        "daemon": "daemon",
        "code-server": "code server",
        "dagster api": "code server",
        "spawn_main": "run",
    }
    return next((role for word, role in words.items() if word in command), "others")

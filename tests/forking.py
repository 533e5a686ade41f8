"""Processes forked from a server that has imported everything.

Two seconds of imports are saved at each start. What depends on Python's own start (its variables,
which modules a command loads) is tested with a process that starts from nothing.
"""

import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

_ROOT = str(Path(__file__).parents[1])
_IMPORTED = [
    "tests.command",
    "tests.chaos.film_once",
    "seedance_assets.definitions",
    *(
        f"seedance_assets.cli.{name}"
        for name in (
            "collect",
            "dagster_runs",
            "doctor",
            "ledger",
            "plan",
            "produce",
            "qc",
            "review",
        )
    ),
]


def fork(work: Callable[..., None], *arguments: object) -> BaseProcess:
    """Start a function of a module in a process of its own."""
    if _ROOT not in sys.path:
        sys.path.append(_ROOT)  # the server imports the tests' modules by their names
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    process = context.Process(target=work, args=arguments)
    process.start()
    return process

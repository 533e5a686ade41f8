"""Processes that work on a production and can be killed at any moment."""

import json
import multiprocessing
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

from tests.chaos.film_once import film_once
from tests.command import environment_of
from tests.stage import Stage

_ROOT = str(Path(__file__).parents[2])


class Hand(Protocol):
    """A process at work."""

    def ended(self, within_s: float) -> bool:
        """Whether it ends, or has ended, within so many seconds."""

    def kill(self) -> None:
        """SIGKILL, and its burial."""

    def said(self) -> dict[str, Any] | None:
        """What it said at its end (`failures` among it); None if it did not come to that."""

    def complaint(self) -> str:
        """What it wrote to standard error."""


@dataclass(frozen=True)
class LineHand:
    """The line alone, forked from a server that has imported everything already."""

    process: BaseProcess
    told: Path

    def ended(self, within_s: float) -> bool:
        self.process.join(within_s)
        return self.process.exitcode is not None

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def said(self) -> dict[str, Any] | None:
        if self.process.exitcode != 0 or not self.told.is_file():
            return None
        answer: dict[str, Any] = json.loads(self.told.read_text(encoding="utf-8"))
        return answer

    def complaint(self) -> str:
        return self.told.with_suffix(".err").read_text(encoding="utf-8")


@dataclass(frozen=True)
class CommandHand:
    """`seedance produce --yes --json`, Dagster and all."""

    process: subprocess.Popen[bytes]
    told: Path

    def ended(self, within_s: float) -> bool:
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def said(self) -> dict[str, Any] | None:
        lines = self.told.read_text(encoding="utf-8").strip().splitlines()
        if self.process.returncode not in {0, 1} or not lines:
            return None
        answer: dict[str, Any] = json.loads(lines[-1])
        return answer

    def complaint(self) -> str:
        return self.told.with_suffix(".err").read_text(encoding="utf-8")


def start_line(stage: Stage, told: Path) -> Hand:
    """Start the line; costs hundredths of a second, so that most kills are of this kind."""
    if _ROOT not in sys.path:
        sys.path.append(_ROOT)  # the fork server's children import this module by its name
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([film_once.__module__])
    process = context.Process(target=film_once, args=(stage.sheet, stage.environ, told))
    process.start()
    return LineHand(process, told)


def start_command(stage: Stage, told: Path) -> Hand:
    """Start the command as a person does."""
    with told.open("wb") as out, told.with_suffix(".err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "seedance_assets", "produce", stage.sheet, "--yes", "--json"],
            env=environment_of(stage.folder, **stage.environ),
            cwd=stage.folder,
            stdout=out,
            stderr=err,
        )
    return CommandHand(process, told)

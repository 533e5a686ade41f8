"""Processes that work on a production and can be killed at any moment."""

import json
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

from tests.chaos.film_once import film_once
from tests.command import command_once, environment_of
from tests.forking import fork
from tests.stage import Stage


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
class ForkedHand:
    """Forked from a server that has imported everything already."""

    process: BaseProcess
    told: Path

    def ended(self, within_s: float) -> bool:
        self.process.join(within_s)
        return self.process.exitcode is not None

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def said(self) -> dict[str, Any] | None:
        return _last_word(self.told, self.process.exitcode)

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
        return _last_word(self.told, self.process.returncode)

    def complaint(self) -> str:
        return self.told.with_suffix(".err").read_text(encoding="utf-8")


def _last_word(told: Path, code: int | None) -> dict[str, Any] | None:
    """The JSON of the last line that a process wrote, if it came to its end."""
    lines = told.read_text(encoding="utf-8").splitlines() if told.is_file() else []
    if code not in {0, 1} or not lines:
        return None
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def start_line(stage: Stage, told: Path, place: int) -> Hand:  # all share one home
    """Start the line without Dagster; costs hundredths of a second."""
    return ForkedHand(fork(film_once, stage.sheet, stage.environ, told), told)


def start_forked_command(stage: Stage, told: Path, place: int) -> Hand:
    """Start the command without the second or two that imports take."""
    environ = _environment(stage, place)
    process = fork(command_once, _arguments(stage), environ, stage.folder, told)
    return ForkedHand(process, told)


def _environment(stage: Stage, place: int) -> dict[str, str]:
    """For each place a home of its own, as on hosts that share a ledger and a media library.

    In one home commands would take turns, by the pool of its Dagster instance.
    """
    first = Path(stage.environ["SEEDANCE_HOME"])
    shared = {
        "SEEDANCE_LEDGER_URL": f"sqlite:///{first / 'ledger.db'}",
        "SEEDANCE_MEDIA_ROOT": str(first / "media"),
    }
    own = {"SEEDANCE_HOME": f"{first}{place or ''}"}
    return environment_of(stage.folder, **{**shared, **stage.environ, **own})


def _arguments(stage: Stage) -> list[str]:
    return ["produce", str(stage.sheet), "--yes", "--json"]


def start_command(stage: Stage, told: Path, place: int) -> Hand:
    """Start the command as a person does."""
    with told.open("wb") as out, told.with_suffix(".err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "seedance_assets", *_arguments(stage)],
            env=_environment(stage, place),
            cwd=stage.folder,
            stdout=out,
            stderr=err,
        )
    return CommandHand(process, told)

"""Progress in the terminal: a live board, or plain lines where the output is no terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from seedance_assets.cli.scoreboard import Scoreboard, ShotLine
from seedance_assets.cli.terminal import Terminal, whole_words
from seedance_assets.production.events import LineEvent
from seedance_assets.production.line import Emit

_STYLES = {
    "failed": "bold red",
    "slow": "yellow",
    "queued": "cyan",
    "in progress": "blue",
    "done": "green",
    "waiting": "dim",
}
_FRAME_ROWS = 8  # lines that the board needs besides the shots
_BESIDE = 26  # columns that it needs besides the names of shots: stage, time, and room between
_LEAST_DETAIL = 14
_BAR = 60


class _Board:
    """Draws the scoreboard afresh at every refresh."""

    def __init__(self, scoreboard: Scoreboard, console: Terminal, label: str) -> None:
        self._scores = scoreboard
        self._console = console
        self._label = label
        self._started = time.monotonic()

    def __rich__(self) -> RenderableType:
        with self._scores.lock:
            return Group(self._shots(), self._totals())

    def _shots(self) -> Table:
        now = time.monotonic()
        table = Table(box=None, pad_edge=False, expand=False)
        table.add_column("shot", no_wrap=True)
        table.add_column("stage", no_wrap=True, min_width=12)
        table.add_column("time", justify="right", no_wrap=True, min_width=7)
        table.add_column("", no_wrap=True)
        lines = list(self._scores.lines.values())
        room = max(4, self._console.size.height - _FRAME_ROWS)
        beside = self._console.width - _BESIDE - self._scores.longest_name
        for line in _most_telling(lines, room):
            style = _STYLES.get(line.stage.split(",")[0], "")
            elapsed = f"{line.elapsed_s(now):.1f} s" if line.started else ""
            detail = Text(whole_words(line.detail, beside), "dim")
            table.add_row(line.shot, Text(line.stage, style), elapsed, detail)
        if len(lines) > room:
            table.add_row(Text(f"… {len(lines) - room} more", "dim"))
        return table

    def _totals(self) -> RenderableType:
        scores = self._scores
        failed, total = scores.failed, len(scores.lines)
        line = Text.assemble(
            (f"{scores.done} done", "green"),
            ", ",
            (f"{failed} failed", "red" if failed else "dim"),
            f", {total - scores.done - failed} to go · bought {len(scores.bought)}, ",
            f"reused {len(scores.found)} · {scores.cost_usd:.2f} USD {self._label}",
            f" · {time.monotonic() - self._started:.0f} s",
        )
        filled = _BAR * (scores.done + failed) // max(total, 1)
        bar = Text.assemble(("━" * filled, "green"), ("━" * (_BAR - filled), "dim"))
        return Group("", bar, line)  # no line is padded: the ^C of Ctrl-C has room behind it


def _most_telling(lines: list[ShotLine], room: int) -> list[ShotLine]:
    """If there are more shots than room: those that move, then failed, waiting and done ones."""
    if len(lines) <= room:
        return lines
    moving = [line for line in lines if line.started and not line.over]
    failed = [line for line in lines if line.failure is not None]
    rest = [line for line in lines if line not in moving and line not in failed]
    chosen = (moving + failed + rest)[:room]
    return [line for line in lines if line in chosen]


@contextmanager
def show_progress(scoreboard: Scoreboard, console: Terminal, label: str) -> Iterator[Emit]:
    """Show the run while this is open; what is yielded takes the line's events.

    A terminal too narrow for the names of the shots gets plain lines, too: no name is ever cut.
    """
    if console.is_terminal and console.width >= scoreboard.longest_name + _BESIDE + _LEAST_DETAIL:
        board = _Board(scoreboard, console, label)

        def hear(event: LineEvent) -> None:
            scoreboard.hear(event)

        with Live(board, console=console, refresh_per_second=4, transient=False):
            yield hear
        return

    last: dict[tuple[str, int | None], str] = {}

    def say(event: LineEvent) -> None:
        line = scoreboard.hear(event)
        text = ": ".join(filter(None, (line.stage, line.detail)))
        about = (line.shot, getattr(getattr(event, "take", None), "id", None))
        if last.get(about) != text:
            last[about] = text
            console.write(f"{line.shot}: {text}")

    yield say

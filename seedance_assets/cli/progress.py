"""The progress of a run, from the line's events: display and totals.

A live display on a terminal, plain lines otherwise.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from seedance_assets.cli.terminal import Terminal, whole_words
from seedance_assets.core.quality import Verdict, worst
from seedance_assets.core.stage import Stage
from seedance_assets.core.take import Take
from seedance_assets.production.events import (
    FileKept,
    FrameNotice,
    LineEvent,
    MoneyNotice,
    OrderFollows,
    RequestReady,
    ShotDone,
    ShotFailed,
    SilentByFallback,
    TakeFailed,
    TakeFound,
    TakeOrdered,
    TakePassed,
    TakeQueued,
    TakeRunning,
)
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


@dataclass(slots=True)
class ShotLine:
    """One shot in the display."""

    shot: str
    stage: str = "waiting"
    detail: str = ""
    started: float | None = None
    ended: float | None = None
    failure: ShotFailed | None = None
    verdict: Verdict | None = None
    failed_rules: tuple[str, ...] = ()
    """Rules that a clip of the shot fails."""

    def elapsed_s(self, now: float) -> float:
        """Seconds since the shot started."""
        return 0.0 if self.started is None else (self.ended or now) - self.started

    @property
    def over(self) -> bool:
        """Whether it is done or has failed."""
        return self.ended is not None

    @property
    def is_good(self) -> bool:
        """Whether it has the takes that the sheet requires; a retake may still have failed."""
        return self.failure is None or self.failure.shot_is_good


@dataclass(slots=True)
class RunProgress:
    """Counts and lines. Events come from the line's thread, the display reads from another."""

    shots: Iterable[str]
    clock: Callable[[], float] = time.monotonic
    lines: dict[str, ShotLine] = field(init=False)
    bought: dict[int, Take] = field(default_factory=dict)
    found: dict[int, Take] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.lines = {shot: ShotLine(shot) for shot in self.shots}

    def on_event(self, event: LineEvent) -> ShotLine:
        """Record an event; returns the shot's current line."""
        with self.lock:
            line = self.lines.setdefault(event.shot, ShotLine(event.shot))
            if line.started is None:
                line.started = self.clock()
            self._note(line, event)
            return line

    def _note(self, line: ShotLine, event: LineEvent) -> None:
        match event:
            case RequestReady():
                price = (
                    "unknown" if event.estimate_usd is None else f"about {event.estimate_usd:.3f}"
                )
                line.stage, line.detail = "ready", f"{price} USD a take"
            case TakeOrdered():
                self.bought[event.take.id] = event.take
                line.stage, line.detail = "ordered", event.take.name
            case TakeFound():
                self.found.setdefault(event.take.id, event.take)
                line.stage, line.detail = "found", event.take.name
            case TakeQueued():
                place = "" if event.position is None else f", place {event.position}"
                line.stage, line.detail = "queued", f"{event.take.name}{place}"
            case TakeRunning():
                line.stage = "slow" if event.slow else "in progress"
                line.detail = event.take.name
            case _:
                self._note_progress(line, event)

    def _note_progress(self, line: ShotLine, event: LineEvent) -> None:
        match event:
            case TakePassed():
                self._passed(line, event)
            case TakeFailed():
                if event.take.id in self.bought:
                    self.bought[event.take.id] = event.take
            case MoneyNotice() | FrameNotice() | FileKept() | OrderFollows() | SilentByFallback():
                self.notices.append(event.sentence)
            case ShotDone():
                self._done(line, event)
            case ShotFailed():
                line.stage, line.detail = "failed", event.reason
                line.failure, line.ended = event, self.clock()

    def _passed(self, line: ShotLine, event: TakePassed) -> None:
        take = event.clip.take
        (self.bought if take.id in self.bought else self.found)[take.id] = take
        words = {
            Stage.GENERATION: "fetching",
            Stage.VIDEO: "measuring",
            Stage.MEASUREMENTS: "measured",
        }
        line.stage, line.detail = words.get(event.stage, ""), take.name

    def _done(self, line: ShotLine, event: ShotDone) -> None:
        for clip in event.clips:
            (self.bought if clip.take.id in self.bought else self.found)[clip.take.id] = clip.take
        verdicts = {worst(clip.findings) for clip in event.clips if clip.findings}
        line.verdict = next(
            (v for v in (Verdict.FAIL, Verdict.WARN, Verdict.PASS) if v in verdicts), None
        )
        failed = (f for clip in event.clips for f in clip.findings if f.verdict is Verdict.FAIL)
        line.failed_rules = tuple(dict.fromkeys(finding.rule for finding in failed))
        line.stage = "done" if line.verdict in {Verdict.PASS, None} else f"done, {line.verdict}"
        line.detail = ", ".join(clip.take.name for clip in event.clips)
        line.failure, line.ended = None, self.clock()

    @property
    def longest_name(self) -> int:
        """Characters of the longest name of a shot."""
        return max((len(shot) for shot in self.lines), default=0)

    @property
    def failures(self) -> list[ShotFailed]:
        """The failed shots, in the sheet's order."""
        return [line.failure for line in self.lines.values() if line.failure is not None]

    @property
    def unfit(self) -> dict[str, list[str]]:
        """The shots with a clip that fails rules, and those rules."""
        lines = self.lines.values()
        return {line.shot: list(line.failed_rules) for line in lines if line.failed_rules}

    @property
    def done(self) -> int:
        """How many shots have the takes that the sheet requires."""
        return sum(line.over and line.is_good for line in self.lines.values())

    @property
    def failed(self) -> int:
        """How many shots do not have the takes that the sheet requires."""
        return sum(line.over and not line.is_good for line in self.lines.values())

    @property
    def cost_usd(self) -> float:
        """The cost of this run: charged where known, else estimated."""
        takes = list(self.bought.values())
        return sum(t.cost_usd if t.cost_usd is not None else t.estimate_usd or 0.0 for t in takes)


class _Board:
    """Draws the run's progress at every refresh."""

    def __init__(self, progress: RunProgress, console: Terminal, label: str) -> None:
        self._progress = progress
        self._console = console
        self._label = label
        self._started = time.monotonic()

    def __rich__(self) -> RenderableType:
        with self._progress.lock:
            return Group(self._shots(), self._totals())

    def _shots(self) -> Table:
        now = time.monotonic()
        table = Table(box=None, pad_edge=False, expand=False)
        table.add_column("shot", no_wrap=True)
        table.add_column("stage", no_wrap=True, min_width=12)
        table.add_column("time", justify="right", no_wrap=True, min_width=7)
        table.add_column("", no_wrap=True)
        lines = list(self._progress.lines.values())
        room = max(4, self._console.size.height - _FRAME_ROWS)
        beside = self._console.width - _BESIDE - self._progress.longest_name
        for line in _most_telling(lines, room):
            style = _STYLES.get(line.stage.split(",")[0], "")
            elapsed = f"{line.elapsed_s(now):.1f} s" if line.started else ""
            detail = Text(whole_words(line.detail, beside), "dim")
            table.add_row(line.shot, Text(line.stage, style), elapsed, detail)
        if len(lines) > room:
            table.add_row(Text(f"… {len(lines) - room} more", "dim"))
        return table

    def _totals(self) -> RenderableType:
        progress = self._progress
        failed, total = progress.failed, len(progress.lines)
        line = Text.assemble(
            (f"{progress.done} done", "green"),
            ", ",
            (f"{failed} failed", "red" if failed else "dim"),
            f", {total - progress.done - failed} to go · bought {len(progress.bought)}, ",
            f"reused {len(progress.found)} · {progress.cost_usd:.2f} USD {self._label}",
            f" · {time.monotonic() - self._started:.0f} s",
        )
        filled = _BAR * (progress.done + failed) // max(total, 1)
        bar = Text.assemble(("━" * filled, "green"), ("━" * (_BAR - filled), "dim"))
        return Group("", bar, line)  # lines are not padded, to leave space for the ^C of Ctrl-C


def _most_telling(lines: list[ShotLine], room: int) -> list[ShotLine]:
    """The most interesting shots if not all fit: active, then failed, waiting and done ones."""
    if len(lines) <= room:
        return lines
    moving = [line for line in lines if line.started and not line.over]
    failed = [line for line in lines if line.failure is not None]
    rest = [line for line in lines if line not in moving and line not in failed]
    chosen = (moving + failed + rest)[:room]
    return [line for line in lines if line in chosen]


@contextmanager
def show_progress(progress: RunProgress, console: Terminal, label: str) -> Iterator[Emit]:
    """Show the run's progress; yields a function that takes the line's events.

    A terminal that is too narrow for the names of the shots gets plain lines: no name is cut.
    """
    if console.is_terminal and console.width >= progress.longest_name + _BESIDE + _LEAST_DETAIL:
        board = _Board(progress, console, label)

        def on_event(event: LineEvent) -> None:
            progress.on_event(event)

        with Live(board, console=console, refresh_per_second=4, transient=False):
            yield on_event
        return

    last: dict[tuple[str, int | None], str] = {}

    def say(event: LineEvent) -> None:
        line = progress.on_event(event)
        text = ": ".join(filter(None, (line.stage, line.detail)))
        about = (line.shot, getattr(getattr(event, "take", None), "id", None))
        if last.get(about) != text:
            last[about] = text
            console.write(f"{line.shot}: {text}")

    yield say

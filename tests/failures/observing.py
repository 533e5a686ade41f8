"""Run the line against an emulator with faults, and record what happens."""

import re
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from seedance_assets.cli.produce import exit_code
from seedance_assets.cli.progress import RunProgress
from seedance_assets.core.budget import total, usd
from seedance_assets.core.timing import Timing
from seedance_assets.emulator.jobs.scenario import Rule, Scenario
from seedance_assets.production.events import LineEvent, ShotFailed, TakeQueued
from tests.command import wait_for
from tests.failures.cases import CASES, Case, Expected
from tests.stage import SETTINGS, Stage, stage

QUICK = Timing(
    retry_deadline_s=3.0,
    missing_grace_s=2.0,
    download_retry_s=0.5,
    refused_video_s=1.0,
    download_outage_s=1.0,
    first_wait_s=0.02,
    longest_wait_s=0.2,
    chance=lambda: 0.0,
)
HURRIED = Timing(submit_read_timeout_s=0.4)
_STOPPED = 128 + signal.SIGINT  # the exit code of `produce` after Ctrl-C, which its own tests check
SHORT_TIMEOUTS = "\n[patience]\nsoft_timeout_s = 0.3\nhard_timeout_s = 0.6\n"
SHARED = ("together", "alone", "parked", "stopped", "hurried")


@dataclass(frozen=True)
class Observation:
    """The result of one run for a case."""

    states: str
    kind: str
    label: str
    sentence: str
    advice: str
    charge: str
    exit_code: int
    charges: int
    """Charges by the service for this shot, since the start."""
    ledger: str
    """What the ledger counts against the budget for this shot."""

    @property
    def outcome(self) -> Expected:
        return Expected(self.kind, self.charges)


@dataclass
class CaseGroup:
    """Cases that share an emulator and a sheet; each is a shot."""

    stage: Stage
    cases: Sequence[Case]
    seen: dict[str, list[Observation]] = field(default_factory=dict)

    def observe(self) -> Mapping[str, tuple[Observation, Observation]]:
        """Run every case twice; the observations by title."""
        for _ in range(2):
            for batch, way in self._batches():
                self._run_line(batch, way)
            self.stage.clock.let_time_pass(100.0)  # so that the second run finishes queued takes
        return {title: (first, second) for title, (first, second) in self.seen.items()}

    def _batches(self) -> Iterator[tuple[list[Case], str]]:
        for way in ("together", "parked", "stopped", "hurried", "own"):
            if batch := [case for case in self.cases if case.way == way]:
                yield batch, way
        for case in self.cases:
            if case.way == "alone":
                yield [case], "alone"

    def _run_line(self, batch: Sequence[Case], way: str) -> None:
        stops = way == "stopped" and not self.seen.get(batch[0].title)
        toml = SETTINGS + "".join(case.toml for case in batch)
        toml += SHORT_TIMEOUTS if way == "parked" else ""
        (self.stage.folder / "production.toml").write_text(toml, encoding="utf-8")
        timing = HURRIED if way == "hurried" else QUICK
        shots = [key_of(case) for case in batch]
        events: list[LineEvent] = []
        orders = self.stage.orders
        with self.stage.line_thread(shots=shots, timing=timing) as line_thread:
            queued: set[str] = set()
            for event in line_thread.events():
                events.append(event)
                if isinstance(event, TakeQueued):
                    queued.add(event.shot)
                if stops and len(queued) == len(shots):
                    line_thread.stop(cancel_queued=True)
        if way == "hurried":  # the client may hang up before the service has recorded the order
            wait_for(lambda: {prompt_of(c) for c in batch} <= {o["prompt"] for o in orders()})
        ordered = orders()
        for case in batch:
            seen = self._seen(case, events, ordered, stopped=stops)
            self.seen.setdefault(case.title, []).append(seen)

    def _seen(
        self,
        case: Case,
        events: Sequence[LineEvent],
        orders: Sequence[Mapping[str, Any]],
        *,
        stopped: bool,
    ) -> Observation:
        key = key_of(case)
        progress = RunProgress([key])
        for event in events:
            if event.shot == key:
                progress.on_event(event)
        failure = next((e for e in progress.failures if isinstance(e, ShotFailed)), None)
        takes = self.stage.takes(shot=key)
        spending = total(takes)
        return Observation(
            states=", ".join(take.state.value for take in takes) or "none",
            kind=failure.kind if failure else "",
            label=failure.label if failure else "",
            sentence=plain(failure.reason) if failure else "",
            advice=plain(failure.advice) if failure else "",
            charge=failure.charge.value if failure else "",
            exit_code=_STOPPED if stopped else exit_code(progress, []),
            charges=sum(o["charged"] for o in orders if o["prompt"] == prompt_of(case)),
            ledger=_money(spending.spent_usd, spending.reserved_usd),
        )


def key_of(case: Case) -> str:
    """The shot of a case."""
    return f"sh{CASES.index(case):03}"


def prompt_of(case: Case) -> str:
    """A prompt that is not part of another case's prompt or of any message."""
    return f"Case {CASES.index(case):03}."


def _money(spent: float, reserved: float) -> str:
    parts = [f"{usd(spent)} spent"] if spent else []
    parts += [f"{usd(reserved)} reserved"] if reserved else []
    return ", ".join(parts) or "nothing"


_NOISE = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://SERVICE"),
    (re.compile(r"127\.0\.0\.1(:\d+)?"), "SERVICE"),
    (re.compile(r"\bsh\d{3}"), "SHOT"),
    (re.compile(r"'[^']*/edge\.png'|\S*/edge\.png"), "edge.png"),
    (re.compile(r"\d+ of \d+ bytes|received \d+ bytes, expected \d+"), "too few bytes"),
)


def plain(text: str) -> str:
    """A sentence without the parts that differ between runs and machines."""
    for noise, name in _NOISE:
        text = noise.sub(name, text)
    return text


@contextmanager
def open_group(folder: Path, clip: Path, cases: Sequence[Case]) -> Iterator[CaseGroup]:
    """An emulator with the faults of some cases. A case with its own settings is alone."""
    rules = [Rule(prompt=prompt_of(case), faults=case.faults, times=case.times) for case in cases]
    settings = dict(cases[0].settings)
    chosen_clip = settings.pop("clip", clip)
    scenario = Scenario(rules=tuple(rules), habits=cases[0].habits)
    with stage(folder, chosen_clip, scenario=scenario, **settings) as opened:
        Image.new("RGB", (300, 300), (200, 90, 30)).save(folder / "edge.png")
        opened.write_sheet(
            [{"shot": key_of(case), "prompt": prompt_of(case), **case.row} for case in cases]
        )
        yield CaseGroup(opened, cases)


def case_groups() -> list[list[Case]]:
    """The groups: one for all cases that can share an emulator, one for each other case."""
    shared = [case for case in CASES if case.way in SHARED]
    return [shared, *([case] for case in CASES if case.way not in SHARED)]

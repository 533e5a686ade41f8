"""A small production for tests: a sheet, first frames, an emulator, and the line over them."""

import atexit
import contextlib
import functools
import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from seedance_assets.adapters.ledger import Transition
from seedance_assets.adapters.probe import ProbePool
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.take import Take
from seedance_assets.core.timing import Timing
from seedance_assets.emulator import EmulatorSettings, Scenario, running_emulator
from seedance_assets.emulator.jobs.scenario import Fault, Habits, Rule
from seedance_assets.production.events import LineEvent, ShotDone, ShotFailed
from seedance_assets.production.line_thread import LineThread
from seedance_assets.wiring import Environment, open_address, open_production, read_production

SIZE = (864, 496)  # 480p, 16:9
SETTINGS = """
title = "A test"
[concurrency]
in_flight = 16
submits_per_second = 500.0
"""


@functools.cache
def shared_probes() -> ProbePool:
    """Measuring processes that serve all tests: a start costs more than a clip."""
    probes = ProbePool(2)
    atexit.register(probes.close)
    return probes


def draw_clip(path: Path, size: tuple[int, int] = SIZE, frames: int = 97) -> Path:
    """A real clip as a 4 s, 480p, 16:9, silent request asks for: 97 frames of a grey ramp."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for n in range(frames):
            pixels = np.full((size[1], size[0], 3), 60 + n, dtype=np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    return path


@dataclass
class Outcome:
    """What one run of the line said."""

    events: list[LineEvent]

    @property
    def done(self) -> list[str]:
        return sorted(e.shot for e in self.events if isinstance(e, ShotDone))

    @property
    def failed(self) -> dict[str, ShotFailed]:
        return {e.shot: e for e in self.events if isinstance(e, ShotFailed)}


@dataclass
class Clock:
    """The emulator's clock: the real one, and ahead of it once it is told.

    So a test can hold a job for an hour and then let it end, on a machine of any speed.
    """

    ahead_s: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s

    def let_time_pass(self, seconds: float = 4000.0) -> None:
        """An hour and more, if nothing else is said."""
        self.ahead_s += seconds


@dataclass
class Stage:
    """A production in a folder of its own. `film()` is one run; `charges()` the meter."""

    folder: Path
    root: str
    environ: dict[str, str] = field(default_factory=dict)
    name: str = "shots.csv"
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.environ = {
            "SEEDANCE_HOME": str(self.folder / "home"),
            "RUNCOMFY_MODEL_API_BASE": f"{self.root}/v1",
            "RUNCOMFY_TOKEN": "tok-SENTINEL-123",
        } | self.environ
        Image.new("RGB", (640, 367), (30, 90, 160)).save(self.folder / "frame.png")
        (self.folder / "production.toml").write_text(SETTINGS, encoding="utf-8")

    @property
    def sheet(self) -> Path:
        return self.folder / self.name

    @property
    def environment(self) -> Environment:
        return Environment.read(self.environ)

    def write_sheet(self, rows: Mapping[str, str] | Sequence[Mapping[str, Any]]) -> Path:
        """Rows as {shot: prompt}, or as mappings of columns."""
        if isinstance(rows, Mapping):
            rows = [{"shot": shot, "prompt": prompt} for shot, prompt in rows.items()]
        usual = {
            "first_frame": "frame.png",
            "resolution": "480p",
            "ratio": "16:9",
            "duration": 4,
            "generate_audio": "false",
        }
        full = [usual | dict(row) for row in rows]
        columns = list(dict.fromkeys(name for row in full for name in row))
        lines = [columns, *([str(row.get(name, "")) for name in columns] for row in full)]
        text = "\n".join(",".join('"' + c.replace('"', '""') + '"' for c in line) for line in lines)
        self.sheet.write_text(text + "\n", encoding="utf-8")
        return self.sheet

    def film(self, *, shots: Sequence[str] | None = None, **options: Any) -> Outcome:
        """One run of the line over the sheet, to its end."""
        with self.line_thread(shots=shots, **options) as line_thread:
            return Outcome(list(line_thread.events()))

    @contextlib.contextmanager
    def line_thread(
        self,
        *,
        shots: Sequence[str] | None = None,
        timing: Timing | None = None,
        cancels: Callable[[], bool] = lambda: False,
        **options: Any,
    ) -> Iterator[LineThread]:
        """A run of the line that the test drives itself."""
        shot_list, settings = read_production(self.sheet)
        chosen = shot_list.shots if shots is None else shot_list.only(shots)
        environment = self.environment
        with (
            open_production(environment, settings) as production,
            open_address(environment) as address,
        ):
            line_thread = LineThread(
                replace(production, probes=shared_probes()),
                address,
                RunOptions(**options),
                shot_list,
                chosen,
                lambda _e: None,
                cancels=cancels,
                timing=timing,
            )
            try:
                yield line_thread
            finally:
                line_thread.stop(cancel_queued=False)

    def takes(self, **where: Any) -> list[Take]:
        """What the ledger has."""
        _, settings = read_production(self.sheet)
        with open_production(self.environment, settings) as production:
            return production.ledger.takes(**where)

    def history(self, name: str) -> list[Transition]:
        """What has become of a take, step by step."""
        _, settings = read_production(self.sheet)
        with open_production(self.environment, settings) as production:
            (take,) = (t for t in production.ledger.takes() if t.name == name)
            return production.ledger.history(take)

    @property
    def home(self) -> Path:
        """What a production keeps."""
        return Path(self.environ["SEEDANCE_HOME"])

    def forget_journal(self) -> None:
        """As if the process had died before it could write an answer into the journal."""
        (self.home / "orders.jsonl").unlink()

    def charges(self) -> int:
        """How often a real service would have billed so far."""
        return int(self._meter()["charges"])

    def requests(self) -> list[str]:
        """The request ids of everything that the service took an order for."""
        return [entry["request_id"] for entry in self.orders()]

    def orders(self) -> list[dict[str, Any]]:
        """Everything that the service took an order for: id, prompt, status, whether charged."""
        orders: list[dict[str, Any]] = self._meter()["requests"]
        return orders

    def _meter(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.root}/_emulator/charges") as answer:  # noqa: S310
            meter: dict[str, Any] = json.load(answer)
        return meter


@contextlib.contextmanager
def stage(
    folder: Path,
    clip: Path | None,
    *rules: Rule,
    **settings: Any,
) -> Iterator[Stage]:
    """A stage with its emulator running; `rules` are the faults of the house."""
    clock = Clock()
    chosen = EmulatorSettings(
        state_dir=folder / "emulator-state",
        clock=clock,
        queue_s=0.0,
        service_s=0.05,
        slots=32,
        clip=clip,
        scenario=Scenario(rules=rules, habits=settings.pop("habits", Habits())),
    )
    folder.mkdir(parents=True, exist_ok=True)
    with running_emulator(replace(chosen, **settings)) as emulator:
        yield Stage(folder, emulator.root, clock=clock)


def when(prompt: str, *faults: Fault, times: int | None = None) -> Rule:
    """These faults for prompts that hold a word."""
    return Rule(prompt=prompt, faults=faults, times=times)

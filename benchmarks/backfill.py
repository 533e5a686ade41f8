"""A thousand shots in one backfill, launched as the UI does it: web server, daemon, run and all.

`seedance ui` is started as a person starts it, the sheet is read and all shots are launched over
its GraphQL. Meanwhile it is asked every second, as an open page would ask. Then partitions are
registered until there are ten thousand, and the asset page is opened in headless Chromium.

Prints wall time over the ideal ⌈N/C⌉·T (to the last shot, and to the backfill's own end; both
with the half minute that the daemon may take before it looks), how long the slowest answer took,
peak memory, CPU seconds and events a shot, and what the page asked and how long it waited.

    python -m benchmarks.backfill                        # N=1000, T=60, C=100
    python -m benchmarks.backfill -n 50 -t 2 -c 25 --every 3   # each third shot: scattered
"""

import math
import os
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import dagster as dg
import httpx

from benchmarks.asset_page import look_at_asset_page
from benchmarks.line import serving_emulator, write_production
from benchmarks.watching import Watch
from seedance_assets.defs.assets.partitions import register_shots
from seedance_assets.wiring import read_production
from tests.end_to_end.dagster_ui import Backfill, DagsterUi, serving_ui
from tests.stage import Stage

_PROGRESS = """
query Progress { assetNodeOrError(assetKey: {path: ["measurements"]}) { ... on AssetNode {
  partitionStats { numMaterialized numFailed }
} } }"""


@click.command()
@click.option("-n", "shots", default=1000, show_default=True, help="Shots.")
@click.option("-t", "service_s", default=60.0, show_default=True, help="Seconds at the service.")
@click.option("-c", "in_flight", default=100, show_default=True, help="Takes in flight.")
@click.option("--every", default=1, show_default=True, help="Launch each so-manieth shot only.")
@click.option("--partitions", default=10_000, show_default=True, help="For the asset page.")
def main(shots: int, service_s: float, in_flight: int, every: int, partitions: int) -> None:
    """Measure a backfill and the asset page."""
    ideal_s = math.ceil(len(range(0, shots, every)) / in_flight) * service_s
    # The UI's last processes may still write a line when the folder goes.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        write_production(folder, shots, in_flight)
        with (
            serving_emulator(folder, service_s, in_flight) as root,
            serving_ui(_stage(folder, root)) as ui,
        ):
            ui.read_sheet()
            _measure(ui, every, ideal_s, root)
            _register(ui, partitions)
            print(f"\nThe asset page with {partitions} partitions:")
            print(look_at_asset_page(ui.url))


class _Plain(Stage):
    """A stage whose sheet and settings are there already."""

    def __post_init__(self) -> None:
        self.environ = {
            "SEEDANCE_HOME": str(self.folder / "home"),
            "RUNCOMFY_MODEL_API_BASE": f"{self.root}/v1",
            "RUNCOMFY_TOKEN": "benchmark",
        }


def _stage(folder: Path, root: str) -> Stage:
    return _Plain(folder, root)


def _measure(ui: DagsterUi, every: int, ideal_s: float, root: str) -> None:
    keys = [shot.key for shot in read_production(ui.stage.sheet)[0].shots][::every]
    print(f"{len(keys)} shots; ideal {ideal_s:g} s")
    started, launched_at = time.monotonic(), datetime.now(UTC)
    with Watch(ui) as watch:
        backfill = ui.launch_backfill(None if every == 1 else keys)
        while (decided := _decided(ui)) < len(keys):
            _report_progress(decided, started)
            time.sleep(1.0)
        shots_s = time.monotonic() - started
        while not (found := ui.show_backfill(backfill)).over:
            time.sleep(1.0)
        whole_s = time.monotonic() - started
    charges = httpx.get(f"{root}/_emulator/charges").json()["charges"]
    print(f"\nto the last shot {shots_s:8.1f} s, × ideal {shots_s / ideal_s:.3f}")
    print(f"to its own end   {whole_s:8.1f} s, × ideal {whole_s / ideal_s:.3f}: {found.status}")
    print(f"{charges} charges; {len(found.runs)} runs, {len(found.processes())} processes")
    print(_timeline(ui, launched_at, ideal_s))
    print(watch.report(len(keys)))
    print(_events(ui, found, len(keys)))


def _timeline(ui: DagsterUi, launched_at: datetime, ideal_s: float) -> str:
    """When the first take was ordered and the last was ready: what is between is the line's."""
    takes = ui.stage.takes()
    ordered = [t.submitted_at for t in takes if t.submitted_at]
    ready = [t.succeeded_at for t in takes if t.succeeded_at]
    first_s = (min(ordered) - launched_at).total_seconds()
    last_s = (max(ready) - launched_at).total_seconds()
    return (
        f"first order after {first_s:.1f} s, last clip ready after {last_s:.1f} s: the line "
        f"{last_s - first_s:.1f} s, × ideal {(last_s - first_s) / ideal_s:.3f}; load average "
        f"{os.getloadavg()[0]:.1f}"
    )


def _decided(ui: DagsterUi) -> int:
    stats = ui.ask(_PROGRESS)["assetNodeOrError"]["partitionStats"]
    return int(stats["numMaterialized"]) + int(stats["numFailed"])


def _report_progress(decided: int, started: float) -> None:
    if sys.stderr.isatty():
        print(f"\r{decided} shots, {time.monotonic() - started:.0f} s", end="", file=sys.stderr)


def _events(ui: DagsterUi, backfill: Backfill, shots: int) -> str:
    """What Dagster wrote down: rows by kind, and the size of its databases."""
    home = ui.stage.environment.home.dagster
    kinds: Counter[str] = Counter()
    for run in backfill.runs:
        shard = home / "history" / "runs" / f"{run['runId']}.db"
        with sqlite3.connect(shard) as database:
            query = "SELECT dagster_event_type, count(*) FROM event_logs GROUP BY 1"
            kinds.update({kind or "log line": count for kind, count in database.execute(query)})
    size = sum(path.stat().st_size for path in home.rglob("*.db*"))
    most = ", ".join(f"{kind} {n / shots:.2f}" for kind, n in kinds.most_common(6))
    return (
        f"events a shot {sum(kinds.values()) / shots:.2f} ({most}); "
        f"Dagster's databases {size / 1e6:.0f} MB"
    )


def _register(ui: DagsterUi, partitions: int) -> None:
    home = ui.stage.environment.home.dagster
    with dg.DagsterInstance.from_config(str(home)) as instance:
        known: list[Any] = list(instance.get_dynamic_partitions("shots"))
        register_shots(instance, [f"more{n:05}" for n in range(partitions - len(known))])


if __name__ == "__main__":
    main()

"""How close the line comes to the ideal: N shots, T seconds each at the service, C in flight.

The emulator (in a process of its own) serves one small cached clip, so that the line is measured
and not the drawing. Prints wall time over the ideal ⌈N/C⌉·T, CPU seconds a shot, peak memory of
the process that runs the line, and API calls a shot.

    python benchmarks/line.py                       # N=200, T=10, C=50: the line alone
    python benchmarks/line.py --through-dagster     # the same as one ranged run of Dagster
    python benchmarks/line.py -n 12 -t 1 -c 12 --per-partition   # and one Dagster run a partition
"""

import contextlib
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
import httpx
from PIL import Image

from seedance_assets.cli.dagster_runs import dagster_home
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.settings import Concurrency
from seedance_assets.core.shot import ShotList
from seedance_assets.production.events import ShotFailed
from seedance_assets.production.line_thread import LineThread
from seedance_assets.wiring import Environment, open_address, open_production, read_production

_HERE = Path(__file__).resolve()


@click.command()
@click.option("-n", "shots", default=200, show_default=True, help="Shots.")
@click.option("-t", "service_s", default=10.0, show_default=True, help="Seconds at the service.")
@click.option("-c", "in_flight", default=50, show_default=True, help="Takes in flight.")
@click.option("--through-dagster", is_flag=True, help="Also as one run of Dagster.")
@click.option("--per-partition", is_flag=True, help="Also as one run of Dagster a partition.")
@click.option("--inner", type=click.Choice(["line", "dagster", "partitions"]), hidden=True)
def main(
    shots: int,
    service_s: float,
    in_flight: int,
    through_dagster: bool,
    per_partition: bool,
    inner: str | None,
) -> None:
    """Measure the line."""
    if inner is not None:
        _measure(inner, in_flight)
        return
    ideal_s = math.ceil(shots / in_flight) * service_s
    print(f"N = {shots}, T = {service_s:g} s, C = {in_flight}; ideal {ideal_s:g} s")
    print(f"{'':<24}{'wall s':>8}{'× ideal':>9}{'CPU s/shot':>12}{'peak MB':>9}{'calls/shot':>12}")
    ways = ["line"] + ["dagster"] * through_dagster + ["partitions"] * per_partition
    for way in ways:
        with tempfile.TemporaryDirectory() as folder:
            _report(way, Path(folder), shots, service_s, in_flight, ideal_s)


def _report(
    way: str, folder: Path, shots: int, service_s: float, in_flight: int, ideal_s: float
) -> None:
    write_production(folder, shots, in_flight)
    with serving_emulator(folder, service_s, in_flight) as root:
        environ = os.environ | {
            "SEEDANCE_HOME": str(folder / "home"),
            "RUNCOMFY_MODEL_API_BASE": f"{root}/v1",
            "RUNCOMFY_TOKEN": "benchmark",
            "SEEDANCE_SHEET": str(folder / "shots.csv"),
        }
        command = [sys.executable, str(_HERE), "-c", str(in_flight), "--inner", way]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        figures = json.loads(done.stdout.splitlines()[-1])
        meter = httpx.get(f"{root}/_emulator/charges").json()
    names = {
        "line": "the line alone",
        "dagster": "one run of Dagster",
        "partitions": "a run per partition",
    }
    print(
        f"{names[way]:<24}{figures['wall_s']:>8.1f}{figures['wall_s'] / ideal_s:>9.3f}"
        f"{figures['cpu_s'] / shots:>12.3f}{figures['peak_mb']:>9.0f}"
        f"{figures['calls'] / shots if figures['calls'] else float('nan'):>12.1f}"
        f"   {meter['charges']} charges, {figures['failed']} failed"
    )


def _measure(way: str, in_flight: int) -> None:
    """In a process of its own, so that its memory and CPU time are its own."""
    environment = Environment.read()
    assert environment.sheet is not None
    shot_list, settings = read_production(environment.sheet)
    environment.home.save_shot_list(shot_list)
    started = time.monotonic()
    calls = 0
    if way == "line":
        concurrency = settings.concurrency.model_copy(update={"in_flight": in_flight})
        failed, calls = _line(environment, shot_list, concurrency)
    else:
        failed = _dagster(environment, shot_list, per_partition=way == "partitions")
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        json.dumps(
            {
                "wall_s": time.monotonic() - started,
                "cpu_s": sum(u.ru_utime + u.ru_stime for u in usage),
                "peak_mb": max(u.ru_maxrss for u in usage) / 1024,
                "calls": calls,
                "failed": failed,
            }
        )
    )


def _line(
    environment: Environment, shot_list: ShotList, concurrency: Concurrency
) -> tuple[int, int]:
    settings = read_production(Path(shot_list.source))[1]
    settings = settings.model_copy(update={"concurrency": concurrency})
    calls = _count_calls()
    with open_production(environment, settings) as production, open_address(environment) as address:
        line_thread = LineThread(
            production, address, RunOptions(), shot_list, shot_list.shots, lambda _event: None
        )
        failed = sum(isinstance(event, ShotFailed) for event in line_thread.events())
    return failed, len(calls)


def _count_calls() -> list[str]:
    """Count what the process asks over HTTP, as httpx itself logs it."""
    import logging

    calls: list[str] = []

    class Counter(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            calls.append(record.getMessage())

    logger = logging.getLogger("httpx")
    logger.addHandler(Counter())
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return calls


def _dagster(environment: Environment, shot_list: ShotList, *, per_partition: bool) -> int:
    os.environ["DAGSTER_HOME"] = str(dagster_home(environment))
    import dagster as dg

    from seedance_assets.definitions import build_definitions
    from seedance_assets.defs.assets.partitions import register_shots

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    job = build_definitions().resolve_job_def("production")
    keys = [shot.key for shot in shot_list.shots]
    with dg.DagsterInstance.get() as instance:
        register_shots(instance, keys)
        if per_partition:
            return sum(not _run_of_its_own(key) for key in keys)
        tags = {
            "dagster/asset_partition_range_start": keys[0],
            "dagster/asset_partition_range_end": keys[-1],
        }
        result = job.execute_in_process(instance=instance, tags=tags, run_config=quiet)
        return int(not result.success)


def _run_of_its_own(key: str) -> bool:
    """As Dagster's launcher does it: a process a run. One after the other is the kindest count."""
    command = [sys.executable, "-m", "dagster", "job", "execute", "-j", "production"]
    command += ["-m", "seedance_assets.definitions"]
    command += ["--tags", json.dumps({"dagster/partition": key})]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def write_production(folder: Path, shots: int, in_flight: int) -> None:
    """A sheet of so many shots, and settings that stand in nobody's way."""
    Image.new("RGB", (640, 360), (40, 90, 160)).save(folder / "frame.png")
    rows = [f'sh{n:04d},"Shot {n}: a boat drifts.",frame.png,480p,16:9,4' for n in range(shots)]
    header = "shot,prompt,first_frame,resolution,ratio,duration"
    (folder / "shots.csv").write_text("\n".join([header, *rows]) + "\n")
    (folder / "production.toml").write_text(
        f"[concurrency]\nin_flight = {in_flight}\nsubmits_per_second = 1000.0\ndownloads = 8\n"
    )


@contextlib.contextmanager
def serving_emulator(folder: Path, service_s: float, slots: int) -> Iterator[str]:
    """The emulator in a process of its own, serving one cached clip."""
    clip = _small_clip(folder)
    command = [sys.executable, "-c", _SERVE, str(folder / "emulator"), str(service_s), str(slots)]
    with subprocess.Popen([*command, str(clip)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


_SERVE = """
import sys
from pathlib import Path
from seedance_assets.emulator import EmulatorSettings, serve_forever
state, service_s, slots, clip = sys.argv[1:]
settings = EmulatorSettings(
    state_dir=Path(state),
    queue_s=0.0,
    service_s=float(service_s),
    slots=int(slots),
    clip=Path(clip),
)
serve_forever(settings, host="127.0.0.1", port=0, announce=lambda e: print(e.root, flush=True))
"""


def _small_clip(folder: Path) -> Path:
    """A real MP4 of 0.5 s, 128×72."""
    import av
    import numpy as np

    path = folder / "clip.mp4"
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 128, 72, "yuv420p"
        for n in range(12):
            pixels = np.full((72, 128, 3), 20 * n, dtype=np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    return path


if __name__ == "__main__":
    main()

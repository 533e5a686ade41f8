"""What measuring costs beside decoding: one interleaved run, so that the ratios can be trusted.

Clips of 5 s with grain, a moving object and stereo sound, as a service would give them, at 480p
and 720p. Each round takes every way once: decode only (PyAV, picture and sound, one thread: the
floor), our full QC with its pictures, the ffmpeg command that decodes only, and ffmpeg with the
same families of filters at full size. The floor and the QC are each timed twice: in a process of
their own, as production has it (the QC's way to and from its worker is counted), and in this one.
Then two workers, with both cores. Prints medians, ratios, what was wanted, and how busy the
machine was.

    python -m benchmarks.qc              # 7 rounds; needs the ffmpeg command
    python -m benchmarks.qc --rounds 2
"""

import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import click
import numpy as np
from PIL import Image

from seedance_assets.adapters.probe import InputPicture, ProbePool, probe
from seedance_assets.adapters.probe.worker_environment import C_LIBRARY

_SIZES = {"480p": (864, 496, "2200k"), "720p": (1280, 720, "4700k")}
_FRAMES, _RATE_HZ = 121, 48_000
_VIDEO = "blackdetect,freezedetect,scdet,signalstats"
_AUDIO = "silencedetect,ebur128=peak=true"
_CLIPS = 6
"""For each worker, in a round of two."""


@click.command()
@click.option("--rounds", default=7, show_default=True)
def main(rounds: int) -> None:
    """Measure the probe."""
    os.environ |= C_LIBRARY  # the floor's processes shall have no worse memory than the workers
    print(f"{rounds} rounds; a clip has {_FRAMES} frames, {_FRAMES / 24:.2f} s; {_load()}")
    with tempfile.TemporaryDirectory() as name:
        for size in _SIZES:
            clip, picture = _clip(Path(name), size)
            _one_worker(size, clip, picture, rounds)
            _two_workers(size, clip, picture, max(2, rounds // 2))
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest child process: {children:.0f} MB (ffmpeg and the floor's included); {_load()}")


def _load() -> str:
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _one_worker(size: str, clip: Path, picture: InputPicture, rounds: int) -> None:
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process,
        ProbePool(1) as pool,
    ):
        ways: dict[str, Callable[[], object]] = {
            "decode only": lambda: process.submit(_decode, clip).result(),
            "full QC": lambda: pool.probe(clip, picture),
            "decode only, in here": lambda: _decode(clip),
            "full QC, in here": lambda: probe(clip, opening=picture),
            "ffmpeg, decode only": lambda: _ffmpeg(clip),
            "ffmpeg, filters": lambda: _ffmpeg(clip, "-vf", _VIDEO, "-af", _AUDIO),
        }
        wall: dict[str, list[float]] = {way: [] for way in ways}
        cpu: dict[str, list[float]] = {way: [] for way in ways}
        for way in ways.values():
            way()  # once for the caches
        for _ in range(rounds):
            for name, way in ways.items():
                start, used = time.perf_counter(), _cpu_s()
                way()
                wall[name].append(time.perf_counter() - start)
                cpu[name].append(_cpu_s() - used)
    print(f"\n{size}, one worker{'':<13}{'wall ms':>9}{'CPU ms':>9}")
    for name in ways:
        print(f"  {name:<26}{_ms(wall[name]):>9.0f}{_ms(cpu[name]):>9.0f}")
    for where in ("", ", in here"):
        for kind, times in (("wall", wall), ("CPU", cpu)):
            ratio = _ms(times[f"full QC{where}"]) / _ms(times[f"decode only{where}"])
            faster = _ms(times["ffmpeg, filters"]) / _ms(times[f"full QC{where}"])
            print(f"  {kind}{where}: QC is {ratio:.2f} x decode (wanted: at most 1.20)", end="; ")
            print(f"{faster:.2f} x faster than ffmpeg's filters (wanted: at least 1.5)")


def _two_workers(size: str, clip: Path, picture: InputPicture, rounds: int) -> None:
    """Clip-seconds a second, with a worker for each of two cores."""
    jobs = [clip] * (2 * _CLIPS)
    floor: list[float] = []
    full: list[float] = []
    with (
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes,
        ProbePool(2) as pool,
        ThreadPoolExecutor(2) as threads,
    ):
        list(processes.map(_decode, jobs[:2]))
        list(threads.map(lambda path: pool.probe(path, picture), jobs[:2]))
        for _ in range(rounds):
            floor.append(_timed(lambda: list(processes.map(_decode, jobs))))
            full.append(_timed(lambda: list(threads.map(lambda p: pool.probe(p, picture), jobs))))
        peak_mb = max(pool.peak_memory_mb(), default=0.0)
    clip_s = len(jobs) * _FRAMES / 24
    rates = [clip_s / statistics.median(times) for times in (floor, full)]
    print(f"{size}, two workers: decode {rates[0]:.1f}, QC {rates[1]:.1f} clip-seconds a second: ")
    print(f"  {rates[1] / rates[0]:.2f} of the floor (wanted: at least 0.80)", end="; ")
    print(f"peak memory of a worker {peak_mb:.0f} MB (wanted: under 130)")


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _ms(times: list[float]) -> float:
    return 1000 * statistics.median(times)


def _cpu_s() -> float:
    """Of this process and all its children, those that still live too (where /proc tells)."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    ended_s = sum(each.ru_utime + each.ru_stime for each in used)
    tasks = Path("/proc/self/task").glob("*/children")
    children = " ".join(task.read_text() for task in tasks).split()
    living_ns = (
        int(schedule.read_text().split()[0])
        for child in children
        for schedule in Path(f"/proc/{child}/task").glob("*/schedstat")
    )
    return ended_s + sum(living_ns) / 1e9


def _decode(path: Path) -> int:
    """The floor: every frame of picture and sound, and nothing else."""
    frames = 0
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for packet in container.demux(container.streams.video[0], container.streams.audio[0]):
            frames += len(packet.decode())
    return frames


def _ffmpeg(clip: Path, *filters: str) -> None:
    command = ("ffmpeg", "-v", "error", "-threads", "1", "-filter_threads", "1", "-i", str(clip))
    subprocess.run([*command, *filters, "-f", "null", "-"], check=True, capture_output=True)


def _clip(folder: Path, size: str) -> tuple[Path, InputPicture]:
    width, height, bit_rate = _SIZES[size]
    path, first = folder / f"{size}.mp4", folder / f"{size}.jpg"
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        video: Any = out.add_stream("libx264", rate=24, options={"preset": "medium"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.profile = "High"
        video.options = {"b": bit_rate}
        audio: Any = out.add_stream("aac", rate=_RATE_HZ, layout="stereo")
        for number in range(_FRAMES):
            pixels = _frame(number, width, height)
            if number == 0:
                Image.fromarray(pixels).save(first, quality=92)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 24)
            out.mux(video.encode(frame))
        out.mux(video.encode())
        for start in range(0, _RATE_HZ * _FRAMES // 24, 1024):
            times = (start + np.arange(1024)) / _RATE_HZ
            block = 0.2 * np.sin(2 * np.pi * np.array([[440], [550]]) * times)
            sound = av.AudioFrame.from_ndarray(
                block.astype(np.float32), format="fltp", layout="stereo"
            )
            sound.sample_rate, sound.pts, sound.time_base = _RATE_HZ, start, Fraction(1, _RATE_HZ)
            out.mux(audio.encode(sound))
        out.mux(audio.encode())
    return path, InputPicture(first, "of the benchmark")


def _frame(number: int, width: int, height: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A soft ground with grain, and a disc that crosses it."""
    dice = np.random.default_rng(number)
    y, x = np.mgrid[:height, :width]
    ground = 110 + 60 * np.sin(x / 60) * np.cos(y / 45) + dice.normal(0, 4, (height, width))
    disc = (x - width * (0.1 + 0.006 * number)) ** 2 + (y - height / 2) ** 2 < (height / 6) ** 2
    ground[disc] = 220
    return np.repeat(ground.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


if __name__ == "__main__":
    main()

"""Damaged MP4 files through the probe: none may crash the run, hang, or end without a word.

Each file is a small real clip with some bytes flipped, set to extremes, cut out, put in, copied or
cut off, the same for the same seed. They go through the pool of workers as clips of a production
do. Prints how each ended, the worst time, and every reason for a refusal.

    python -m benchmarks.fuzz                 # 20 000 files
    python -m benchmarks.fuzz -n 500 --seed 7
"""

import random
import re
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from seedance_assets.adapters.probe import ProbePool
from seedance_assets.core.errors import ClipCrashed, ClipRefused
from tests.probe.clips import ClipSpec, make_clip
from tests.probe.damage import mutated

_SPECS = (
    ClipSpec(width=64, height=48, frames=8),
    ClipSpec(width=64, height=48, frames=8, faststart=False),
    ClipSpec(width=64, height=48, frames=8, sound="mono", codec="mpeg4"),
    ClipSpec(width=64, height=48, frames=8, sound="5.1"),
    ClipSpec(width=64, height=48, frames=8, sound="7.1"),
    ClipSpec(width=64, height=48, frames=8, pixel_format="yuv444p"),
    ClipSpec(width=64, height=48, frames=8, pixel_format="yuv420p10le"),
    ClipSpec(width=192, height=108, frames=24),
)
_KEPT = 20


@click.command()
@click.option("-n", "files", default=20_000, show_default=True, help="Files.")
@click.option("--seed", default=1, show_default=True, help="Of the damage.")
@click.option("--workers", default=2, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path), help="A folder for files that crash.")
def main(files: int, seed: int, workers: int, keep: Path | None) -> None:
    """Measure damaged files; ends with 1 if one crashed its worker."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        originals = [
            make_clip(folder / f"whole{n}.mp4", spec).read_bytes() for n, spec in enumerate(_SPECS)
        ]
        ends, reasons, worst = _run(files, seed, workers, folder, originals, keep)
    print(f"{files} files, seed {seed}: " + ", ".join(f"{n} {end}" for end, n in ends.items()))
    print(f"worst {worst:.2f} s")
    for reason, count in reasons.most_common():
        print(f"{count:>7}  {reason}")
    raise SystemExit(1 if ends["crashed"] else 0)


def _run(
    files: int, seed: int, workers: int, folder: Path, originals: list[bytes], keep: Path | None
) -> tuple[Counter[str], Counter[str], float]:
    ends, reasons, times = Counter[str](), Counter[str](), [0.0]

    def one(number: int) -> None:
        dice = random.Random(seed * 1_000_003 + number)  # noqa: S311  # repeatable, no secret
        target = folder / f"clip{number}.mp4"
        target.write_bytes(mutated(dice.choice(originals), dice))
        start = time.monotonic()
        try:
            pool.probe(target)
            ends["measured"] += 1
        except ClipCrashed:
            ends["crashed"] += 1
            if keep and ends["crashed"] <= _KEPT:
                (keep / target.name).write_bytes(target.read_bytes())
        except ClipRefused as refused:
            ends["refused"] += 1
            reasons[re.sub(r"\b\d+", "N", str(refused).removeprefix(f"{target.name} "))] += 1
        times[0] = max(times[0], time.monotonic() - start)
        target.unlink()

    with ProbePool(workers) as pool, ThreadPoolExecutor(workers) as threads:
        list(threads.map(one, range(files)))
    return ends, reasons, times[0]


if __name__ == "__main__":
    main()

"""How long a large sheet takes to be read and planned, and what it costs in memory.

Each size runs in a process of its own. Reading is from the file to checked shots; planning is the
whole of `seedance plan` after that, with an empty ledger. All rows share one first frame, so the
pictures' own time stays out of it. CPU seconds are those of both; on a quiet machine they are near
the wall time.

    python benchmarks/sheet.py                  # 10 000 and 100 000 rows
    python benchmarks/sheet.py -n 1000 -n 10000 --form xlsx
"""

import csv
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from PIL import Image

from seedance_assets.production.planning.plan import Plan
from seedance_assets.wiring import Environment, open_for_a_look, plan_production, take_in

_HERE = Path(__file__).resolve()
_LIMITS_S = {10_000: 3.0, 100_000: 30.0}
_COLUMNS = (
    *("sequence", "shot", "prompt", "first_frame", "duration", "ratio", "generate_audio"),
    *("takes", "dialogue", "notes"),
)


@click.command()
@click.option("-n", "sizes", default=(10_000, 100_000), multiple=True, help="Rows.")
@click.option("--form", type=click.Choice(["csv", "xlsx"]), default="csv", show_default=True)
@click.option("--inner", type=int, hidden=True)
def main(sizes: tuple[int, ...], form: str, inner: int | None) -> None:
    """Measure reading and planning."""
    if inner is not None:
        _measure(inner, form)
        return
    heads = ("read s", "plan s", "both s", "CPU s", "µs/row", "peak MB", "B/row")
    print(f"{'rows':>8}" + "".join(f"{head:>9}" for head in heads))
    empty = _run(10, form)
    ratios = []
    for size in sizes:
        told = _run(size, form)
        both_s = told["read_s"] + told["plan_s"]
        per_row = (told["peak_bytes"] - empty["peak_bytes"]) / size
        ratios.append((size, both_s, per_row))
        figures = (told["read_s"], told["plan_s"], both_s, told["cpu_s"])
        print(
            f"{size:>8}"
            + "".join(f"{figure:>9.2f}" for figure in figures)
            + f"{both_s / size * 1e6:>9.0f}{told['peak_bytes'] / 1e6:>9.0f}{per_row:>9.0f}"
        )
    _compare(ratios)


def _compare(ratios: list[tuple[int, float, float]]) -> None:
    for size, both_s, _ in ratios:
        if (limit_s := _LIMITS_S.get(size)) is not None:
            print(f"{size} rows: {both_s / limit_s:.2f} of the {limit_s:g} s that they may take")
    if len(ratios) > 1:
        (small, small_s, small_b), (large, large_s, large_b) = ratios[0], ratios[-1]
        print(
            f"a row of {large} takes {large_s / large / (small_s / small):.2f} times as long, and "
            f"{large_b / small_b:.2f} times the memory, of a row of {small}"
        )


def _run(size: int, form: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, str(_HERE), "--inner", str(size), "--form", form],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "SEEDANCE_HOME": f"{folder}/home"},
            stdout=subprocess.PIPE,
            check=True,
        )
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _measure(size: int, form: str) -> None:
    sheet = _write_sheet(size, form)
    started, cpu = time.perf_counter(), time.process_time()
    taken = take_in(sheet)
    read = time.perf_counter()
    with open_for_a_look(Environment.read(), taken.settings) as (looking, production):
        opened = time.perf_counter()
        made: Plan = plan_production(looking, production, taken.shot_list)
        planned = time.perf_counter()
    assert (len(taken.shot_list.shots), made.takes_to_buy) == (size, size)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    cpu_s = time.process_time() - cpu
    told = {
        "cpu_s": cpu_s,
        "read_s": read - started,
        "plan_s": planned - opened,
        "peak_bytes": peak,
    }
    print(json.dumps(told))


def _write_sheet(size: int, form: str) -> Path:
    Image.new("RGB", (1280, 720), (40, 90, 140)).save("frame.jpg")
    rows = [
        [
            *(f"sq{n // 40:05d}", f"sh{n % 40:03d}"),
            f"A boat crosses the bay, take {n}; waves lap, she says: “Hold on, number {n}.”",
            *("frame.jpg", str(4 + n % 9), "16:9", "TRUE" if n % 3 else "FALSE", "1"),
            *(f"She: Hold on, number {n}.", "keep the horizon level"),
        ]
        for n in range(size)
    ]
    if form == "xlsx":
        return _write_workbook(rows)
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_COLUMNS, *rows])
    sheet = Path("shots.csv")
    sheet.write_text(text.getvalue(), encoding="utf-8")
    return sheet


def _write_workbook(rows: list[list[str]]) -> Path:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("Shots")
    for row in (list(_COLUMNS), *rows):
        page.append(row)
    book.save("shots.xlsx")
    return Path("shots.xlsx")


if __name__ == "__main__":
    main()

"""`seedance qc`: measure and check video files, one or a folder of a thousand."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from seedance_assets.adapters.clip_files import find_clips
from seedance_assets.adapters.clip_report import ClipReport, as_csv, build_clip_page
from seedance_assets.adapters.measured_clips import MeasuredClips, picture_of
from seedance_assets.adapters.probe import InputPicture, ProbePool
from seedance_assets.adapters.whole_files import write_whole
from seedance_assets.cli.qc_orders import Orders, read_orders
from seedance_assets.cli.qc_shown import (
    facts_of,
    show_clip,
    show_counts,
    show_failures,
    show_notes,
)
from seedance_assets.cli.terminal import Terminal, printed_json
from seedance_assets.core.checked_clip import CheckedClip
from seedance_assets.core.errors import ClipRefused, UsageError
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.quality import Verdict, judge
from seedance_assets.core.quality.limits import PRESETS, Preset
from seedance_assets.core.sentences import file_name

_PAGE, _TABLE = "index.html", "clips.csv"
_FEW = 20  # fewer clips need no progress lines without a progress bar
_TENTHS = 10

Measure = Callable[[Path, InputPicture | None], Measurements]


@click.command(
    epilog="Examples:  seedance qc clip.mp4 --expect sq010_sh010 --preset broadcast  ·  "
    "seedance qc clips/ --expect shots.csv --report check/"
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--expect",
    metavar="FILE.toml|SHOT|SHEET",
    help="What the clips should be: a TOML file, a shot of the sheet, or a sheet, which compares "
    "each clip with the shot in its name. By default nothing is expected.",
)
@click.option("--sheet", help="The sheet of the shot; by default the last one read.")
@click.option(
    "--settings",
    type=click.Path(path_type=Path),
    help="A production.toml with limits in [quality]; for a shot, the one beside its sheet.",
)
@click.option("--preset", type=click.Choice(list(PRESETS)), help="Base limits.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"A folder for a report ({_PAGE}, {_TABLE}). It also stores the measurements, so that "
    "an interrupted check continues where it stopped.",
)
@click.option("--all", "show_all", is_flag=True, help="Also show the rules that pass.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print a JSON array with one object per file."
)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
def qc(  # noqa: PLR0913, PLR0917  # click gives every option as an argument
    files: Sequence[Path],
    expect: str | None,
    sheet: str | None,
    settings: Path | None,
    preset: Preset | None,
    report: Path | None,
    show_all: bool,
    as_json: bool,
    workers: int,
) -> int:
    """Measure FILES (any MP4) and check them against the rules, with or without a request.

    A folder means all clips in it and below. Needs no production and changes nothing. Exits
    with 0 if no rule fails, with 1 if one fails or a file cannot be measured, with 64 or more
    if nothing could be checked.
    """
    found = find_clips(files)
    clips = found.clips
    for folder in found.empty:
        Terminal(to_stderr=True).write(f"seedance: no clips in {file_name(folder)}")
    orders = read_orders(clips, expect, sheet, settings, preset)
    if report is not None:
        _usable(report)
    checked = _check_all(clips, orders, report, min(workers, len(clips)))
    if report is not None:
        _write_report(report, checked, orders)
    if as_json:
        click.echo(printed_json([facts_of(one) for one in checked]))
    else:
        _show(checked, report, show_all=show_all)
    return 1 if any(one.verdict is Verdict.FAIL for one in checked) else 0


def _usable(report: Path) -> None:
    """Raises `UsageError` for a folder with other files."""
    page = report / _PAGE
    if page.exists() and not (report / "measurements").is_dir():
        raise UsageError(
            f"{file_name(page)} exists already and is not a report of this command",
            advice="Choose a new folder with --report.",
        )


def _check_all(
    clips: Sequence[Path], orders: Orders, report: Path | None, workers: int
) -> list[CheckedClip]:
    done: list[CheckedClip] = []
    with (
        _progress(len(clips)) as advance,
        ProbePool(workers) as pool,
        ThreadPoolExecutor(workers) as threads,
    ):
        kept = None if report is None else MeasuredClips(report, pool)
        measure: Measure = kept.measure if kept else lambda f, o: pool.probe(f, o).measurements
        for one in threads.map(lambda clip: _check(clip, orders, measure), clips):
            done.append(one)
            advance()
    return done


def _check(file: Path, orders: Orders, measure: Measure) -> CheckedClip:
    order = orders.of(file)
    try:
        measured = measure(file.absolute(), order.opening)
    except ClipRefused as refused:
        # show the path instead of the name: two folders may have files of the same name
        reason = f"{file_name(file)}{str(refused).removeprefix(file.name)}"
        return CheckedClip(file, order.shot, order.note, refused=reason)
    findings = judge(measured, order.expectation, order.limits)
    return CheckedClip(file, order.shot, order.note, measurements=measured, findings=findings)


@contextmanager
def _progress(count: int) -> Iterator[Callable[[], None]]:
    """A progress bar on a terminal, else a line per tenth of many clips; on standard error."""
    console = Terminal(to_stderr=True)
    done = 0

    def print_tenths() -> None:
        nonlocal done
        done += 1
        if count >= _FEW and done * _TENTHS // count > (done - 1) * _TENTHS // count:
            console.write(f"{done} of {count} clips checked")

    if not console.is_terminal or count == 1:
        yield print_tenths
        return
    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=count)
        yield lambda: progress.advance(task)


def _write_report(folder: Path, checked: Sequence[CheckedClip], orders: Orders) -> None:
    made = ClipReport(
        folder.absolute(),
        checked,
        orders.source,
        datetime.now(UTC),
        partial(picture_of, folder.absolute()),
    )
    write_whole(folder / _TABLE, as_csv(checked))
    write_whole(folder / _PAGE, build_clip_page(made).encode(errors="replace"))


def _show(checked: Sequence[CheckedClip], report: Path | None, *, show_all: bool) -> None:
    console = Terminal()
    if report is None:
        for one in checked:
            show_clip(console, one, show_all=show_all)
    else:
        show_failures(console, checked)
    if len(checked) > 1:
        show_counts(console, checked)
    show_notes(console, checked)
    if report is not None:
        console.write(f"Report: {file_name(report / _PAGE)}")

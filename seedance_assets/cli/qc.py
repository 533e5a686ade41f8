"""`seedance qc`: measure and judge any MP4 files."""

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seedance_assets.adapters.expectation_toml import read_expectation
from seedance_assets.adapters.probe import InputPicture, ProbePool, check_picture
from seedance_assets.adapters.production_toml import read_settings
from seedance_assets.core.errors import ClipRefused, InputMissing
from seedance_assets.core.measurement import Measurements
from seedance_assets.core.quality import (
    Expectation,
    Finding,
    QualityLimits,
    Verdict,
    expectation,
    judge,
    worst,
)
from seedance_assets.core.quality.limits import PRESETS, Preset
from seedance_assets.core.request import sha256_hex
from seedance_assets.core.sentences import file_name
from seedance_assets.production.measuring import input_picture
from seedance_assets.wiring import Environment, request_of_shot

_STYLES = {Verdict.PASS: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}
_MARKS = {Verdict.PASS: "✓", Verdict.WARN: "!", Verdict.FAIL: "✗"}
_MAX_PICTURE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the clips shall be."""

    expectation: Expectation
    opening: InputPicture | None
    limits: QualityLimits


@dataclass(frozen=True, slots=True)
class _Judged:
    """A file with what became of it."""

    file: Path
    refused: str = ""
    measurements: Measurements | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        return file_name(self.file)

    @property
    def verdict(self) -> Verdict:
        return Verdict.FAIL if self.refused else worst(self.findings)


@click.command(epilog="Example:  seedance qc clip.mp4 --expect sq010_sh010 --preset broadcast")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--expect",
    metavar="FILE.toml|SHOT",
    help="What the clips shall be: a TOML file, or a shot of the sheet. Else nothing is expected.",
)
@click.option("--sheet", help="The sheet that the shot is in; the last one read if not named.")
@click.option(
    "--settings",
    type=click.Path(path_type=Path),
    help="A production.toml with limits in [quality]; for a shot, the one beside its sheet.",
)
@click.option("--preset", type=click.Choice(list(PRESETS)), help="Limits to begin with.")
@click.option("--all", "show_all", is_flag=True, help="Show the rules that pass, too.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, one object a file.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
def qc(
    files: Sequence[Path],
    expect: str | None,
    sheet: str | None,
    settings: Path | None,
    preset: Preset | None,
    show_all: bool,
    as_json: bool,
    workers: int,
) -> int:
    """Measure FILES (any MP4) and judge them by the rules, with or without a request.

    Needs no production and changes nothing. Ends with 1 if a rule says fail, or if a file cannot be
    measured.
    """
    asked = _asked(expect, sheet, settings, preset)
    judged = _judge_all(files, asked, min(workers, len(files)))
    if as_json:
        click.echo(json.dumps([_facts(one) for one in judged], ensure_ascii=False))
    else:
        console = Console(file=sys.stdout)
        for one in judged:
            _show(console, one, show_all=show_all)
    return 1 if any(one.verdict is Verdict.FAIL for one in judged) else 0


def _asked(
    expect: str | None, sheet: str | None, settings: Path | None, preset: Preset | None
) -> _Asked:
    quality = read_settings(settings).quality
    shot, sequence = "", ""
    expected, opening = Expectation(), None
    if expect is not None and expect.endswith(".toml"):
        read = read_expectation(Path(expect))
        expected = read.expectation
        opening = _picture(read.first_frame) if read.first_frame else None
    elif expect is not None:
        environment = Environment.read()
        request, row, production = request_of_shot(
            environment, expect, environment.sheet_to_read(sheet)
        )
        expected, opening = expectation(request), input_picture(request)
        quality = quality if settings else production.quality
        shot, sequence = row.key, row.sequence
    if preset is not None:
        quality = quality.model_copy(update={"preset": preset})
    return _Asked(expected, opening, quality.limits_for(shot, sequence))


def _picture(path: Path) -> InputPicture:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_PICTURE_BYTES)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise InputMissing(
            f"first frame {str(path)!r} cannot be read: {reason}", advice="Look at the path."
        ) from exc
    check_picture(path)
    return InputPicture(path, sha256_hex(content))


def _judge_all(files: Sequence[Path], asked: _Asked, workers: int) -> list[_Judged]:
    def one(file: Path) -> _Judged:
        try:
            measured = pool.probe(file.absolute(), asked.opening).measurements
        except ClipRefused as refused:
            # it says the file's name; here two files of one name may be told apart by their folders
            return _Judged(file, refused=f"{file_name(file)}{str(refused).removeprefix(file.name)}")
        return _Judged(
            file,
            measurements=measured,
            findings=judge(measured, asked.expectation, asked.limits),
        )

    with ProbePool(workers) as pool, ThreadPoolExecutor(workers) as threads:
        return list(threads.map(one, files))


def _facts(one: _Judged) -> dict[str, Any]:
    if one.measurements is None:
        return {"schema": 1, "file": one.name, "verdict": "fail", "refused": one.refused}
    return {
        "schema": 1,
        "file": one.name,
        "verdict": one.verdict.value,
        "findings": [
            asdict(f) | {"spans": [span.model_dump() for span in f.spans]} for f in one.findings
        ],
        "measurements": one.measurements.model_dump(mode="json", by_alias=True),
    }


def _show(console: Console, one: _Judged, *, show_all: bool) -> None:
    mark = f"{_MARKS[one.verdict]} "
    if one.measurements is None:
        console.print(Text.assemble((mark, "bold red"), _printable(one.refused)), soft_wrap=True)
        return
    v = one.measurements.video
    facts = f"{v.width_px}×{v.height_px}, {float(v.frame_rate):g} fps, {v.duration_s:.2f} s"
    name = _printable(one.name)
    console.print(
        Text.assemble((mark, _STYLES[one.verdict]), (name, "bold"), f"  {facts}"), soft_wrap=True
    )
    shown = [f for f in one.findings if show_all or f.verdict is not Verdict.PASS]
    if shown:
        console.print(_table(shown))


def _table(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, pad_edge=True)
    for name in ("rule", "verdict", "measured", "limit", "where", "why"):
        table.add_column(name, overflow="fold")
    for finding in findings:
        where = "; ".join(f"{s.start_s:.2f}-{s.end_s:.2f} s" for s in finding.spans[:3])
        why = "" if finding.verdict is Verdict.PASS else finding.sentence
        cells = (finding.measured, finding.limit, where, why)
        table.add_row(
            finding.rule,
            Text(finding.verdict.value, _STYLES[finding.verdict]),
            *(Text(_printable(cell)) for cell in cells),
        )
    return table


def _printable(text: str) -> str:
    """A file's name, or a figure out of a file, without what could steer a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)

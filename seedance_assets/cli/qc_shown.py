"""How the findings of `seedance qc` look in the terminal, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from seedance_assets.core.checked_clip import CheckedClip, count_rules
from seedance_assets.core.quality import Finding, Verdict

_STYLES = {Verdict.PASS: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}
_MARKS = {Verdict.PASS: "✓", Verdict.WARN: "!", Verdict.FAIL: "✗"}


def facts_of(one: CheckedClip) -> dict[str, Any]:
    """A clip as JSON."""
    if one.measurements is None:
        return {"schema": 1, "file": one.name, "verdict": "fail", "refused": one.refused}
    return {
        "schema": 1,
        "file": one.name,
        "shot": one.shot,
        "verdict": one.verdict.value,
        "findings": [
            asdict(f) | {"spans": [span.model_dump() for span in f.spans]} for f in one.findings
        ],
        "measurements": one.measurements.model_dump(mode="json", by_alias=True),
    }


def show_clip(console: Console, one: CheckedClip, *, show_all: bool) -> None:
    """A line for the clip, and below it the rules that do not pass."""
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
    if shown := [f for f in one.findings if show_all or f.verdict is not Verdict.PASS]:
        console.print(_findings_table(shown))


def show_failures(console: Console, clips: Sequence[CheckedClip]) -> None:
    """A line for each clip that fails, with the rules that fail."""
    for one in clips:
        if one.verdict is Verdict.FAIL:
            rules = ", ".join(f.rule for f in one.findings if f.verdict is Verdict.FAIL)
            told = one.refused or f"{one.name}: {rules}"
            console.print(Text.assemble(("✗ ", "bold red"), _printable(told)), soft_wrap=True)


def show_counts(console: Console, clips: Sequence[CheckedClip]) -> None:
    """Verdicts of all clips together, and of each rule that does not always pass."""
    found = {v: sum(clip.verdict is v for clip in clips) for v in Verdict}
    refused = sum(bool(clip.refused) for clip in clips)
    text = (
        f"{len(clips)} clips: {found[Verdict.PASS]} pass, {found[Verdict.WARN]} warn, "
        f"{found[Verdict.FAIL]} fail"
    )
    console.print(f"{text} ({refused} cannot be measured)." if refused else f"{text}.")
    rules = [each for each in count_rules(clips) if each.warned or each.failed]
    if rules:
        table = Table(box=None, pad_edge=True)
        table.add_column("rule")
        for name in ("pass", "warn", "fail"):
            table.add_column(name, justify="right")
        for rule in rules:
            table.add_row(rule.rule, *map(str, (rule.passed, rule.warned, rule.failed)))
        console.print(table)


def show_notes(console: Console, clips: Sequence[CheckedClip]) -> None:
    """Why clips were judged without a request: each reason once."""
    for note in dict.fromkeys(clip.note for clip in clips if clip.note):
        noted = [clip for clip in clips if clip.note == note]
        names = ", ".join(clip.name for clip in noted[:3])
        more = f" and {len(noted) - 3} more" if len(noted) > 3 else ""  # noqa: PLR2004  # as above
        console.print(Text(_printable(f"{note} ({names}{more})")), soft_wrap=True)


def _findings_table(findings: Sequence[Finding]) -> Table:
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

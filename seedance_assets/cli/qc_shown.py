"""Print the findings of `seedance qc` in the terminal or as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from seedance_assets.cli.terminal import Cell, Terminal, print_rows
from seedance_assets.core.checked_clip import CheckedClip, count_rules
from seedance_assets.core.quality import Finding, Verdict
from seedance_assets.core.sentences import counted

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


def show_clip(console: Terminal, one: CheckedClip, *, show_all: bool) -> None:
    """Print a line for the clip, and below it the rules that do not pass."""
    mark = _MARKS[one.verdict]
    if one.measurements is None:
        console.paragraph(f"{mark} {one.refused}", "bold red", hanging=2)
        return
    v = one.measurements.video
    facts = f"{v.width_px}×{v.height_px}, {float(v.frame_rate):g} fps, {v.duration_s:.2f} s"
    console.write(f"{mark} {one.name}  {facts}", _STYLES[one.verdict])
    if shown := [f for f in one.findings if show_all or f.verdict is not Verdict.PASS]:
        header = ("  rule", "verdict", "measured", "limit", "where", "why")
        print_rows(console, header, (_finding_row(finding) for finding in shown))


def show_failures(console: Terminal, clips: Sequence[CheckedClip]) -> None:
    """Print a line for each failed clip, with its failed rules."""
    for one in clips:
        if one.verdict is Verdict.FAIL:
            rules = ", ".join(f.rule for f in one.findings if f.verdict is Verdict.FAIL)
            text = one.refused or f"{one.name}: {rules}"
            console.paragraph(f"✗ {text}", "red", hanging=2)


def show_counts(console: Terminal, clips: Sequence[CheckedClip]) -> None:
    """Print the counts of verdicts, in total and for each rule that does not always pass."""
    found = {v: sum(clip.verdict is v for clip in clips) for v in Verdict}
    refused = sum(bool(clip.refused) for clip in clips)
    text = (
        f"{counted(len(clips), 'clip')}: {found[Verdict.PASS]} pass, {found[Verdict.WARN]} warn, "
        f"{found[Verdict.FAIL]} fail"
    )
    console.paragraph(f"{text} ({refused} cannot be measured)." if refused else f"{text}.")
    rules = [each for each in count_rules(clips) if each.warned or each.failed]
    if rules:
        counts = ([rule.rule, *map(str, (rule.passed, rule.warned, rule.failed))] for rule in rules)
        rows = (([(text, "") for text in row], "") for row in counts)
        print_rows(console, ("rule", "pass", "warn", "fail", ""), rows, right=frozenset({1, 2, 3}))


def show_notes(console: Terminal, clips: Sequence[CheckedClip]) -> None:
    """Print why clips were checked without a request, each reason once."""
    for note in dict.fromkeys(clip.note for clip in clips if clip.note):
        noted = [clip for clip in clips if clip.note == note]
        names = ", ".join(clip.name for clip in noted[:3])
        more = f" and {len(noted) - 3} more" if len(noted) > 3 else ""  # noqa: PLR2004  # as above
        console.paragraph(f"{note} ({names}{more})")


def _finding_row(finding: Finding) -> tuple[list[Cell], str]:
    where = "; ".join(f"{s.start_s:.2f}-{s.end_s:.2f} s" for s in finding.spans[:3])
    why = "" if finding.verdict is Verdict.PASS else finding.sentence
    cells: list[Cell] = [
        (f"  {finding.rule}", ""),
        (finding.verdict.value, _STYLES[finding.verdict]),
        *((text, "") for text in (finding.measured, finding.limit, where)),
    ]
    return cells, why

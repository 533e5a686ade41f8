"""The table: a row per clip, a column per rule. Formulas are neutralised."""

from collections.abc import Iterable, Sequence

from seedance_assets.adapters.formulas import defused, separated
from seedance_assets.core.checked_clip import CheckedClip
from seedance_assets.core.quality import RULES

_FACTS = (
    "file",
    "shot",
    "verdict",
    "reasons",
    "width_px",
    "height_px",
    "frames_per_second",
    "duration_s",
    "sound_s",
    "sha256",
)


def as_csv(clips: Sequence[CheckedClip]) -> bytes:
    """UTF-8 with a byte order mark, for Excel. A rule that did not apply to a clip has no cell."""
    rules = [rule.name for rule in RULES]
    rows = [_line((*_FACTS, *rules))]
    for clip in clips:
        verdicts = {each.rule: each.verdict.value for each in clip.findings}
        rows.append(_line((*_facts(clip), *(verdicts.get(rule, "") for rule in rules))))
    return "".join(rows).encode("utf-8-sig", errors="replace")


def _facts(clip: CheckedClip) -> Iterable[str]:
    m = clip.measurements
    reasons = [f"{each.rule}: {each.sentence}" for each in clip.complaints]
    reasons_text = " ".join(filter(None, [clip.refused, *reasons, clip.note]))
    measured = ("", "", "", "", "", "")
    if m is not None:
        v = m.video
        sound_s = f"{m.audio.duration_s:.3f}" if m.audio else ""
        rate, length = f"{float(v.frame_rate):.5g}", f"{v.duration_s:.3f}"
        measured = (str(v.width_px), str(v.height_px), rate, length, sound_s, m.sha256)
    return (clip.name, clip.shot, clip.verdict.value, reasons_text, *measured)


def _line(cells: Iterable[str]) -> str:
    return separated(map(defused, cells), ",", "\r\n")

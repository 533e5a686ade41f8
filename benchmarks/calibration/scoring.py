"""Measuring the calibration set: which clips are judged as they should be, rule by rule."""

import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.calibration.spec import CalibrationClip, write
from seedance_assets.adapters.probe import InputPicture, ProbePool
from seedance_assets.core.errors import ClipRefused
from seedance_assets.core.quality import QualityLimits, Verdict, judge
from seedance_assets.core.request import sha256_hex

REFUSED = "refused"
"""Stands for a rule where a clip cannot be measured at all."""


@dataclass(frozen=True)
class Judged:
    """A clip of the set, and the rules that complain about it."""

    clip: CalibrationClip
    complaints: dict[str, Verdict]
    measured: dict[str, str]

    @property
    def as_expected(self) -> bool:
        """Whether a fault was found, or an innocent clip passed."""
        if self.clip.innocent:
            return not self.complaints
        return self.clip.is_found(self.complaints)

    @property
    def sentence(self) -> str:
        """What was judged wrongly, in a line of Markdown."""
        complaints = ", ".join(
            f"{rule} {verdict.value} ({self.measured[rule]})"
            for rule, verdict in self.complaints.items()
        )
        wanted = " or ".join(sorted(self.clip.found_by)) or "nothing"
        return f"- `{self.clip.name}`: wanted {wanted}; got {complaints or 'nothing'}."


def judge_all(clips: Sequence[CalibrationClip], folder: Path, workers: int = 2) -> list[Judged]:
    """Draw, measure and judge the clips. A clip that `folder` holds already is not drawn again."""
    with ProbePool(workers) as pool, ThreadPoolExecutor(workers) as threads:
        return list(threads.map(partial(_judged, folder=folder, pool=pool), clips))


def _judged(clip: CalibrationClip, folder: Path, pool: ProbePool) -> Judged:
    path = folder / f"{clip.name.translate(_FILE_NAME)}.mp4"
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part.mp4")
        write(clip, part)
        if clip.first_frame is not None:
            part.with_suffix(".png").replace(path.with_suffix(".png"))
        part.replace(path)
    opening = None
    if clip.first_frame is not None:
        picture = path.with_suffix(".png")
        opening = InputPicture(picture, sha256_hex(picture.read_bytes()))
    try:
        measurements = pool.probe(path, opening).measurements
    except ClipRefused as refused:
        return Judged(clip, {REFUSED: Verdict.FAIL}, {REFUSED: str(refused)})
    limits = QualityLimits(motion_warn_levels=0) if clip.still else QualityLimits()
    found = judge(measurements, clip.asked, limits)
    return Judged(
        clip,
        {each.rule: each.verdict for each in found if each.verdict is not Verdict.PASS},
        {each.rule: each.measured for each in found},
    )


_FILE_NAME = str.maketrans({"/": "-", ":": " -", "×": "x"})


@dataclass(frozen=True)
class Score:
    """How often the set was judged as it should be."""

    innocent: int
    false_failures: int
    false_warnings: int
    faulty: int
    missed: int

    @property
    def good_enough(self) -> bool:
        """No false failure, at most 2 % false warnings, at most 5 % misses."""
        few = self.false_warnings <= 0.02 * self.innocent and self.missed <= 0.05 * self.faulty
        return few and not self.false_failures


def score(judged: Iterable[Judged]) -> Score:
    """Counted by clips: one that fails is no false warning as well."""
    counts: Counter[str] = Counter()
    for each in judged:
        if each.clip.innocent:
            counts["innocent"] += 1
            failed = Verdict.FAIL in each.complaints.values()
            counts["false_failures"] += failed
            counts["false_warnings"] += bool(each.complaints) and not failed
        else:
            counts["faulty"] += 1
            counts["missed"] += not each.as_expected
    return Score(
        *(
            counts[name]
            for name in ("innocent", "false_failures", "false_warnings", "faulty", "missed")
        )
    )


def table(judged: Sequence[Judged]) -> Iterator[str]:
    """Lines of a table in Markdown: of each rule its false alarms and its misses."""
    yield "| rule | faulty clips | found | missed | false failures | false warnings |"
    yield "|---|---|---|---|---|---|"
    for rule in _rules(judged):
        faulty = [each for each in judged if rule in each.clip.found_by]
        found = sum(each.as_expected for each in faulty)
        false = Counter(each.complaints.get(rule) for each in judged if each.clip.innocent)
        cells = (len(faulty), found, len(faulty) - found, false[Verdict.FAIL], false[Verdict.WARN])
        yield f"| {rule} | {' | '.join(str(cell) for cell in cells)} |"
    total = score(judged)
    yield (
        f"| **clips** | {total.faulty} | {total.faulty - total.missed} | {total.missed} | "
        f"{total.false_failures} | {total.false_warnings} |"
    )


def _rules(judged: Sequence[Judged]) -> list[str]:
    wanted = {rule for each in judged for rule in each.clip.found_by}
    complaining = {rule for each in judged if each.clip.innocent for rule in each.complaints}
    return sorted(wanted | complaining)


def selected(clips: Iterable[CalibrationClip], part: str) -> list[CalibrationClip]:
    """The clips whose name holds `part`, or that a rule of this name should find."""

    def fits(clip: CalibrationClip) -> bool:
        return part in clip.name or part in clip.found_by

    return [clip for clip in clips if fits(clip)]

"""How far the rules and figures can be trusted: two tables in Markdown.

The first judges the calibration set, clips with graded faults and innocent clips that resemble
them: false alarms and misses of each rule. The second compares our figures with those of ffmpeg
and MediaInfo on 65 clips with known faults.

    python -m benchmarks.agreement > docs/agreement.md       # needs the ffmpeg command
    python -m benchmarks.agreement --part rules              # only the calibration set
    python -m benchmarks.agreement --part rules --only cut --folder calibration-clips

With `--folder` the drawn clips are kept, so that the next run only measures. `--other-seeds N`
draws the same faults in other pictures, which nobody has tuned limits on.
"""

import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from benchmarks.calibration import CalibrationClip, calibration_set
from benchmarks.calibration.scoring import Score, judge_all, score, selected, table
from tests.probe.clips import make_clip
from tests.probe.oracles import Comparison, clips, compare

_RULES_HEAD = """## The rules

{clips} clips, drawn by `benchmarks/calibration` and judged with the limits of the preset `draft`
(`python -m benchmarks.agreement --part rules`): {faulty} with one fault of a stated size each, and
{innocent} innocent ones that resemble such faults. A fault is missed if none of the rules that
should find it complains. A false alarm is any complaint about an innocent clip.

Wanted: no false failure, at most 2 % false warnings, at most 5 % misses. Got:
**{false_failures} false failures, {warned:.1f} % false warnings, {missed:.1f} % misses.**
"""

_FIGURES_HEAD = """## The figures

What our probe says of {clips} clips with known faults, beside what {ffmpeg} and MediaInfo say of
the same files (`python -m benchmarks.agreement --part figures`). A frame lasts {frame:.3f} s.

| figure | oracle | clips | agree | within | worst difference |
|---|---|---|---|---|---|"""


@click.command()
@click.option("--part", type=click.Choice(["all", "rules", "figures"]), default="all")
@click.option("--only", default="", help="Clips whose name holds this, or that this rule finds.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to keep the drawn clips.")
@click.option("--other-seeds", default=0, help="Added to the seed of each clip.")
def main(part: str, only: str, folder: Path | None, other_seeds: int) -> None:
    """Compare, and print the tables."""
    print("# Agreement\n")
    with tempfile.TemporaryDirectory() as name:
        if part != "figures":
            chosen = selected(calibration_set(), only)
            drawn = [replace(clip, seed=clip.seed + other_seeds) for clip in chosen]
            _rules(drawn, folder or Path(name))
        if part == "all":
            print()
        if part != "rules":
            _figures(Path(name))


def _rules(chosen: Sequence[CalibrationClip], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    judged = judge_all(chosen, folder)
    found: Score = score(judged)
    print(
        _RULES_HEAD.format(
            clips=len(judged),
            faulty=found.faulty,
            innocent=found.innocent,
            false_failures=found.false_failures,
            warned=100 * found.false_warnings / max(1, found.innocent),
            missed=100 * found.missed / max(1, found.faulty),
        )
    )
    print("\n".join(table(judged)))
    if wrong := [each.sentence for each in judged if not each.as_expected]:
        print("\nJudged wrongly:\n")
        print("\n".join(wrong))


def _figures(folder: Path) -> None:
    specs = clips()
    found: dict[tuple[str, str], list[Comparison]] = defaultdict(list)
    for name, spec in specs.items():
        clip = make_clip(folder / f"{name}.mp4", spec)
        for comparison in compare(name, clip):
            found[comparison.figure, comparison.oracle].append(comparison)
    print(_FIGURES_HEAD.format(clips=len(specs), ffmpeg=_version(), frame=1 / 24))
    for (figure, oracle), compared in found.items():
        agree = sum(each.agrees for each in compared)
        worst = max(compared, key=lambda each: abs(each.ours - each.theirs))
        apart = abs(worst.ours - worst.theirs)
        print(
            f"| {figure} | {oracle} | {len(compared)} | {agree} | {compared[0].tolerance:.3g} | "
            f"{apart:.3g}{f' (clip {worst.clip!r})' if apart else ''} |"
        )
    odd = [each for compared in found.values() for each in compared if not each.agrees]
    for each in odd:
        print(f"\n`{each.clip}`, {each.figure}: ours {each.ours:g}, {each.oracle} {each.theirs:g}.")


def _version() -> str:
    done = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True)  # noqa: S607
    return "ffmpeg " + done.stdout.split()[2]


if __name__ == "__main__":
    main()

"""Our figures against those of others: ffmpeg and MediaInfo, on 65 clips with known faults.

Prints a table in Markdown, one line a figure: how many clips, how many agree, the worst difference.

    python -m benchmarks.agreement > docs/agreement.md     # needs the ffmpeg command
"""

import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.probe.clips import make_clip
from tests.probe.oracles import Comparison, clips, compare

_HEAD = """# Agreement with others

What our probe says of {clips} clips with known faults, beside what {ffmpeg} and MediaInfo say of
the same files (`python -m benchmarks.agreement`). A frame lasts {frame:.3f} s.

| figure | oracle | clips | agree | within | worst difference |
|---|---|---|---|---|---|"""


def main() -> None:
    """Compare, and print the table."""
    specs = clips()
    found: dict[tuple[str, str], list[Comparison]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for name, spec in specs.items():
            clip = make_clip(Path(folder) / f"{name}.mp4", spec)
            for comparison in compare(name, clip):
                found[comparison.figure, comparison.oracle].append(comparison)
    print(_HEAD.format(clips=len(specs), ffmpeg=_version(), frame=1 / 24))
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
    said = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True)  # noqa: S607
    return "ffmpeg " + said.stdout.split()[2]


if __name__ == "__main__":
    main()

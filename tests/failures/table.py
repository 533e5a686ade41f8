"""`docs/failures.md`: written from what was observed, never by hand.

`python -m tests.failures.table` runs every case and rewrites the page. The tests fail when a row
of the page differs from what they see.
"""

import sys
import tempfile
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from tests.failures.cases import CASES, Case
from tests.failures.knobs import as_toml
from tests.failures.observing import Seen, house, houses
from tests.stage import draw_clip

PAGE = Path(__file__).parents[2] / "docs" / "failures.md"
_HEAD = """\
# Failures: what goes wrong, what you see, what it costs

Written by `python -m tests.failures.table` from what the line really did with each fault of the
emulator; the tests hold every row to it. The kinds are those of `seedance_assets/core/errors.py`:
each knows what has been paid by then, and what to do.

Read a row so: with this knob turned, the service did that; the shot ended so, with this sentence
(in `plan`, in the last lines of `produce`, in the report, in Dagster), and `produce` ended with
this exit code; so often had the service charged the shot, and so much does the ledger count
against the budget; and that is what a second run made of it. No other shot of the run was held
up. In the sentences SERVICE, SHOT and ID stand for what differs from run to run.

- *charged* is what has been paid for the failed take: `nothing`, so ordering again pays nothing
  twice; `charged`, it is paid for once, kept, and downloaded for free if it can; `unknown`, nobody
  can tell from here.
- A failed take is ordered again only when asked: `--retry-failed`, or beforehand `resubmit`
  (what failed and cost nothing) and `audio_fallback` (what lost its sound to moderation) in
  `[failures]` of production.toml.
- An order that was refused is not sent again by itself, except that a 429 waits for a place while
  takes of the run are at the service. What is free (asking, fetching) is tried again.
- An `unknown` take waits for `seedance ledger adopt` or `write-off`.
"""
_COLUMNS = "| the knob | the service … | you see | it costs | a second run |\n|---|---|---|---|---|"


_ENDINGS = {
    "measured": "done",
    "cancelled": "stopped, and cancelled",
    "submitted": "stopped, and running on",
}


def page_of(seen: Mapping[str, tuple[Seen, Seen]]) -> str:
    """The whole page."""
    parts = [_HEAD]
    for section, cases in groupby(CASES, key=lambda case: case.section):
        rows = "\n".join(row_of(case, *seen[case.title]) for case in cases)
        parts.append(f"## {section}\n\n{_COLUMNS}\n{rows}\n")
    return "\n".join(parts)


def row_of(case: Case, first: Seen, second: Seen) -> str:
    """One row."""
    cells = (as_toml(case), case.does, _told(first), _cost(first), _after(first, second))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _told(seen: Seen) -> str:
    ending = f"exit {seen.exit_code}; ledger: {seen.states}"
    if not seen.kind:
        return f"**{_ENDINGS[seen.states.split(', ')[-1]]}**, {ending}"
    words = f"{seen.sentence.rstrip('.')}. *{seen.advice}*"
    return f"**{seen.label}** (`{seen.kind}`), {ending}. {words}"


def _cost(seen: Seen) -> str:
    times = {0: "no charge", 1: "1 charge"}.get(seen.charges, f"{seen.charges} charges")
    charge = f"; *charged:* {seen.charge}" if seen.kind else ""
    return f"{times} at the meter; ledger: {seen.ledger}{charge}"


def _after(first: Seen, second: Seen) -> str:
    what = f"**{second.label}** (`{second.kind}`)" if second.kind else "**done**"
    more = second.charges - first.charges
    cost = f"{more} more charge" if more else "free"
    return f"{what}, {cost}; ledger: {second.states}"


def observe_all(folder: Path, clip: Path) -> dict[str, tuple[Seen, Seen]]:
    """Every case, house by house."""
    seen: dict[str, tuple[Seen, Seen]] = {}
    for number, cases in enumerate(houses()):
        with house(folder / f"house{number}", clip, cases) as opened:
            seen |= opened.observe()
    return seen


def main() -> None:
    """Write the page."""
    with tempfile.TemporaryDirectory() as folder:
        clip = draw_clip(Path(folder) / "clip.mp4", size=(128, 72), frames=12)
        PAGE.write_text(page_of(observe_all(Path(folder), clip)), encoding="utf-8")
    sys.stdout.write(f"{PAGE} has {len(CASES)} rows\n")


if __name__ == "__main__":
    main()

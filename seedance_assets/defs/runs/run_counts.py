"""How many of a run's shots are done, written on the run itself as one tag.

The runs page shows them, and whoever tells people of the run need not read its thousands of events.
"""

import dagster as dg

from seedance_assets.production.events import LineEvent, ShotDone, ShotFailed

SHOTS_TAG = "seedance/shots"
"""`10 asked`; when they are decided `10 asked, 9 done, 1 failed`."""
_WORDS = ("asked", "done", "failed")


class RunCounts:
    """Counts the shots of one run, over all their tries."""

    def __init__(self, context: dg.AssetExecutionContext, shots: int) -> None:
        self._instance, self._run_id = context.instance, context.run.run_id
        self._asked, self._done = shots, 0
        self._write(shots)

    def on_event(self, event: LineEvent) -> None:
        """Count a shot that is done."""
        self._done += isinstance(event, ShotDone) or is_good(event)

    def write(self, *, failed: int) -> None:
        """Put the counts on the run; a run that was broken off may not come to this."""
        self._write(self._asked, self._done, failed)

    def _write(self, *numbers: int) -> None:
        self._instance.add_run_tags(self._run_id, {SHOTS_TAG: _text(*numbers)})


def is_good(event: LineEvent) -> bool:
    """Whether only a take beyond those that the sheet asks for has failed."""
    return isinstance(event, ShotFailed) and event.shot_is_good


def counts(shots: int, failed: int) -> dict[str, str]:
    """The tag of a run that has come to its end."""
    return {SHOTS_TAG: _text(shots, shots - failed, failed)}


def counts_of(run: dg.DagsterRun) -> dict[str, int]:
    """How many shots were asked for, are done, and have failed; each as far as the run says it."""
    parts = (part.split() for part in run.tags.get(SHOTS_TAG, "").split(", ") if part)
    return {word: int(number) for number, word in parts}


def _text(*numbers: int) -> str:
    return ", ".join(f"{number} {word}" for number, word in zip(numbers, _WORDS, strict=False))

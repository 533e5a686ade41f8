"""How many of a run's shots are done, written on the run itself as tags.

The runs page shows them, and whoever tells people of the run need not read its thousands of events.
"""

from collections.abc import Mapping

import dagster as dg

from seedance_assets.production.events import LineEvent, ShotDone, ShotFailed

ASKED_TAG = "seedance/shots_asked"
DONE_TAG = "seedance/shots_done"
FAILED_TAG = "seedance/shots_failed"


class Tally:
    """Counts the shots of one run, over all tries of its step."""

    def __init__(self, context: dg.AssetExecutionContext, shots: int) -> None:
        self._instance, self._run_id = context.instance, context.run.run_id
        self._done = 0
        if context.op_execution_context.retry_number:  # what is done is not done again
            run = self._instance.get_run_by_id(self._run_id)
            self._done = int(run.tags.get(DONE_TAG, "0")) if run is not None else 0
        else:
            self._write({ASKED_TAG: shots})

    def hear(self, event: LineEvent) -> None:
        """Count a shot that is done."""
        self._done += isinstance(event, ShotDone) or is_good(event)

    def write(self, *, failed: int) -> None:
        """Put the counts on the run; a run that was broken off may not come to this."""
        self._write({DONE_TAG: self._done, FAILED_TAG: failed})

    def _write(self, counts: Mapping[str, int]) -> None:
        self._instance.add_run_tags(
            self._run_id, {tag: str(count) for tag, count in counts.items()}
        )


def is_good(event: LineEvent) -> bool:
    """Whether only a take beyond those that the sheet asks for has failed."""
    return isinstance(event, ShotFailed) and event.shot_is_good


def counts(shots: int, failed: int) -> dict[str, str]:
    """The tags of a run that has come to its end."""
    numbers = {ASKED_TAG: shots, DONE_TAG: shots - failed, FAILED_TAG: failed}
    return {tag: str(number) for tag, number in numbers.items()}

"""Report the takes that a stopped run leaves at the service."""

import signal
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seedance_assets.adapters.ledger import open_ledger
from seedance_assets.cli.terminal import Terminal
from seedance_assets.core.take import Take
from seedance_assets.core.take_groups import group_takes
from seedance_assets.wiring import Environment


@dataclass(frozen=True, slots=True)
class Detached:
    """Takes of a stopped run that are not stored."""

    cancelled: tuple[Take, ...]
    going_on: tuple[Take, ...]
    in_doubt: tuple[Take, ...]
    being_ordered: tuple[Take, ...]
    to_fetch: tuple[Take, ...]

    def facts(self) -> dict[str, Any]:
        """For a script: names of takes."""
        return {
            "cancelled": [take.name for take in self.cancelled],
            "going_on": [take.name for take in self.going_on],
            "in_doubt": [take.name for take in self.in_doubt],
            "being_ordered": [take.name for take in self.being_ordered],
            "to_fetch": [take.name for take in self.to_fetch],
        }


def detached_takes(
    environment: Environment, shots: Iterable[str], cancelled: Iterable[int]
) -> Detached:
    """The current takes of `shots` in the ledger; `cancelled` are ids that this run knew."""
    wanted, seen = set(shots), set(cancelled)
    ledger = open_ledger(environment.ledger_url)
    try:
        takes = [t for t in ledger.takes(scope=environment.scope.key) if t.shot in wanted]
        found = group_takes(takes, ledger.order_is_detached)
    finally:
        ledger.close()
    return Detached(
        cancelled=tuple(take for take in found.cancelled if take.id in seen),
        going_on=found.at_service,
        in_doubt=found.unknown,
        being_ordered=found.being_ordered,
        to_fetch=(*found.to_download, *found.to_measure),
    )


def _with_remark(take: Take) -> str:
    return f"{take.name} ({take.remark})" if take.remark else take.name


def show_detached(console: Terminal, left: Detached, by: signal.Signals) -> None:
    """Print the last lines of a stopped run."""
    console.write(f"\nStopped by {by.name}.", "bold")
    for takes, words in (
        (left.cancelled, "cancelled at the service before they began, not charged"),
        (left.going_on, "go on at the service and may be charged"),
        (left.in_doubt, "may have been ordered and charged; `seedance plan` says what to do"),
        (left.being_ordered, "are being ordered by another process and may be charged"),
        (left.to_fetch, "are paid for and not downloaded yet"),
    ):
        if takes:
            names = ", ".join(_with_remark(take) for take in takes)
            console.paragraph(f"{names}: {words}.")
    if left.going_on or left.to_fetch:
        console.paragraph("`seedance collect` downloads what is paid for. It spends nothing.")
    elif not (left.in_doubt or left.being_ordered):
        console.write("Nothing goes on at the service.")

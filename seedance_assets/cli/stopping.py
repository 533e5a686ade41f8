"""What is left behind when a person, or the machine, stops a run: said honestly."""

import signal
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seedance_assets.adapters.ledger import open_ledger
from seedance_assets.cli.terminal import Terminal
from seedance_assets.core.take import Take, TakeState
from seedance_assets.wiring import Environment


@dataclass(frozen=True, slots=True)
class Detached:
    """Takes of a stopped run that are not stored."""

    cancelled: tuple[Take, ...]
    going_on: tuple[Take, ...]
    in_doubt: tuple[Take, ...]
    to_fetch: tuple[Take, ...]

    def facts(self) -> dict[str, Any]:
        """For a script: names of takes."""
        return {
            "cancelled": [take.name for take in self.cancelled],
            "going_on": [take.name for take in self.going_on],
            "in_doubt": [take.name for take in self.in_doubt],
            "to_fetch": [take.name for take in self.to_fetch],
        }


def detached_takes(
    environment: Environment, shots: Iterable[str], cancelled: Iterable[int]
) -> Detached:
    """What the ledger says now of the takes of `shots`; `cancelled` are ids this run had seen."""
    wanted, seen = set(shots), set(cancelled)
    ledger = open_ledger(environment.ledger_url)
    try:
        takes = [t for t in ledger.takes(scope=environment.scope.key) if t.shot in wanted]
    finally:
        ledger.close()

    def in_state(*states: TakeState) -> tuple[Take, ...]:
        return tuple(take for take in takes if take.state in states)

    return Detached(
        cancelled=tuple(t for t in in_state(TakeState.CANCELLED) if t.id in seen),
        going_on=in_state(TakeState.SUBMITTED),
        in_doubt=in_state(TakeState.INTENT, TakeState.UNKNOWN),
        to_fetch=in_state(TakeState.SUCCEEDED, TakeState.STORED),
    )


def _with_remark(take: Take) -> str:
    return f"{take.name} ({take.remark})" if take.remark else take.name


def show_detached(console: Terminal, left: Detached, by: signal.Signals) -> None:
    """The last lines of a stopped run."""
    console.write(f"\nStopped by {by.name}.", "bold")
    for takes, words in (
        (left.cancelled, "cancelled at the service before they began, not charged"),
        (left.going_on, "go on at the service and may be charged"),
        (left.in_doubt, "were just being ordered and may be charged; the next run says what to do"),
        (left.to_fetch, "are paid for and not downloaded yet"),
    ):
        if takes:
            names = ", ".join(_with_remark(take) for take in takes)
            console.paragraph(f"{names}: {words}.")
    if left.going_on or left.to_fetch:
        console.paragraph("`seedance collect` downloads what is paid for. It spends nothing.")
    elif not left.in_doubt:
        console.write("Nothing goes on at the service.")

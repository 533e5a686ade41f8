"""Kill productions with SIGKILL at random moments, settle their books, and count.

Each production is killed again and again until all its shots are done; then charges must equal
the takes asked for. Takes that a kill left in doubt are settled as a person would: looked for at
the service, then adopted or written off. Ends with 1 if a single book does not balance.

    python -m benchmarks.chaos                              # 200 kills, one process at a time
    python -m benchmarks.chaos -p 8 --ledger postgresql     # eight that race on one ledger
    python -m benchmarks.chaos --driver forked              # the command itself, Dagster and all
    python -m benchmarks.chaos --driver produce             # and its imports: half as many kills

A kill comes at any moment between a start and the time when, undisturbed, all would be at home.
"""

import contextlib
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from tests.chaos.hands import start_command, start_forked_command, start_line
from tests.chaos.killing import (
    PACE,
    Chaos,
    Start,
    check_the_books,
    kill_until_done,
    undisturbed_s,
    write_production,
)
from tests.chaos.person import Resolution
from tests.databases import new_database, running_postgres
from tests.stage import Stage, draw_clip, stage

_DRIVERS: dict[str, Start] = {
    "line": start_line,
    "forked": start_forked_command,
    "produce": start_command,
}
_HEADER = f"{'seed':>6}{'kills':>7}{'starts':>8}{'takes':>7}{'charges':>9}{'in doubt':>10}"


@dataclass
class Totals:
    """All productions together."""

    kills: int = 0
    takes: int = 0
    charges: int = 0
    broken: int = 0
    resolved: list[Resolution] = field(default_factory=list)


@click.command()
@click.option("-k", "--kills", default=200, show_default=True, help="Kills in all, at least.")
@click.option("-s", "--seed", default=1, show_default=True, help="The first seed.")
@click.option("-p", "--processes", default=1, show_default=True, help="That race on one ledger.")
@click.option("-n", "--shots", default=10, show_default=True, help="Of each production.")
@click.option("--ledger", type=click.Choice(["sqlite", "postgresql"]), default="sqlite")
@click.option("--driver", type=click.Choice(list(_DRIVERS)), default="line", show_default=True)
def main(kills: int, seed: int, processes: int, shots: int, ledger: str, driver: str) -> None:
    """Kill, and count."""
    print(f"{driver}, {processes} at once, {ledger}; {shots} shots a production")
    print(f"{_HEADER}{'found':>7}{'off':>5}{'wall s':>8}")
    totals, started = Totals(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, _server(ledger) as server:
        clip = draw_clip(Path(folder) / "clip.mp4", size=(128, 72), frames=12)
        latest_s = _latest_s(Path(folder) / "undisturbed", clip, shots, processes, driver)
        print(f"kills come within {latest_s:.1f} s of a start", flush=True)
        while totals.kills < kills:
            with stage(Path(folder) / f"seed{seed}", clip, *PACE) as production:
                if server:
                    production.environ["SEEDANCE_LEDGER_URL"] = new_database(server)
                _one(production, totals, seed, processes, shots, _DRIVERS[driver], latest_s)
            seed += 1
    _sum_up(totals, time.monotonic() - started)
    sys.exit(1 if totals.broken else 0)


@contextlib.contextmanager
def _server(kind: str) -> Iterator[str | None]:
    if kind == "sqlite":
        yield None
        return
    with running_postgres() as server:
        yield server


def _latest_s(folder: Path, clip: Path, shots: int, processes: int, driver: str) -> float:
    """How long a production of this size takes when nobody is killed, on this machine now."""
    took_s = 0.0
    for attempt in ("cold", "warm"):  # the first one waits for the fork server's imports too
        with stage(folder / attempt, clip, *PACE) as production:
            write_production(production, shots)
            took_s = undisturbed_s(production, processes=processes, start=_DRIVERS[driver])
    return took_s


def _one(
    production: Stage,
    totals: Totals,
    seed: int,
    processes: int,
    shots: int,
    start: Start,
    latest_s: float,
) -> None:
    asked = write_production(production, shots)
    chaos = kill_until_done(
        production, seed=seed, processes=processes, latest_s=latest_s, start=start
    )
    charges = production.charges()
    totals.kills += chaos.kills
    totals.takes += asked
    totals.charges += charges
    totals.resolved += chaos.resolved
    _row(chaos, seed, asked, charges)
    try:
        check_the_books(production, asked)
    except AssertionError as exc:
        line = traceback.extract_tb(exc.__traceback__)[-1].line
        chaos.surprises.append(f"the books do not balance: {line} {exc}")
    for surprise in chaos.surprises:
        print(f"       ! {surprise}")
    totals.broken += bool(chaos.surprises)


def _row(chaos: Chaos, seed: int, asked: int, charges: int) -> None:
    found = sum(resolved.found for resolved in chaos.resolved)
    print(
        f"{seed:>6}{chaos.kills:>7}{chaos.starts:>8}{asked:>7}{charges:>9}"
        f"{len(chaos.resolved):>10}{found:>7}{len(chaos.resolved) - found:>5}{chaos.wall_s:>8.1f}",
        flush=True,
    )
    for resolved in chaos.resolved:
        print(f"       {resolved}")


def _sum_up(totals: Totals, wall_s: float) -> None:
    found = sum(resolved.found for resolved in totals.resolved)
    print(
        f"{totals.kills} kills, {totals.takes} takes asked for, {totals.charges} charges; "
        f"{len(totals.resolved)} in doubt ({found} adopted, {len(totals.resolved) - found} written "
        f"off); {totals.broken} productions with surprises; {wall_s:.0f} s"
    )


if __name__ == "__main__":
    main()

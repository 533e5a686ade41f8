"""`seedance ledger`: look into the record of takes; settle what only a person can."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seedance_assets.adapters.ledger import Ledger, open_ledger
from seedance_assets.adapters.runcomfy import open_service
from seedance_assets.core.errors import UsageError
from seedance_assets.core.scope import Scope
from seedance_assets.core.take import Take, TakeState
from seedance_assets.wiring import Environment, open_address


@click.group()
def ledger() -> None:
    """Look into the record of takes."""


@contextmanager
def _opened() -> Iterator[tuple[Environment, Ledger]]:
    environment = Environment.read()
    opened = open_ledger(environment.ledger_url)
    try:
        yield environment, opened
    finally:
        opened.close()


def _facts(take: Take) -> dict[str, Any]:
    facts = asdict(take) | {"state": take.state.value, "name": take.name}
    facts["take"] = facts.pop("number")
    scope = Scope.parse(take.scope)
    facts["emulated"] = scope.emulated
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in facts.items()}


@ledger.command("list", epilog="Example:  seedance ledger list --json")
@click.option("--shot", help="Only the takes of this shot.")
@click.option("--all", "everywhere", is_flag=True, help="Takes of other services too.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, one object a take.")
def list_takes(shot: str | None, everywhere: bool, as_json: bool) -> int:
    """List takes, oldest first: of the service (or emulator) that is in use now."""
    with _opened() as (environment, opened):
        scope = None if everywhere else environment.scope.key
        takes = opened.takes(scope=scope, shot=shot)
    if as_json:
        click.echo(json.dumps([_facts(take) for take in takes], ensure_ascii=False, indent=1))
        return 0
    table = Table(box=None, pad_edge=False)
    for name in ("take", "state", "request id", "USD", "fingerprint", "ordered", ""):
        table.add_column(name, overflow="fold")
    for take in takes:
        table.add_row(*(Text(cell) for cell in _row(take)))
    Console(file=sys.stdout).print(table)
    return 0


def _row(take: Take) -> tuple[str, ...]:
    usd = take.cost_usd if take.cost_usd is not None else take.estimate_usd
    mark = "" if take.cost_usd is not None else "~"
    world = "EMULATED" if Scope.parse(take.scope).emulated else ""
    return (
        take.name,
        take.state.value,
        take.request_id or "",
        "" if usd is None else f"{mark}{usd:.4f}",
        take.fingerprint[:12],
        take.created_at.strftime("%Y-%m-%d %H:%M:%S"),
        " ".join(filter(None, (world, take.error))),
    )


@ledger.command("show", epilog="Example:  seedance ledger show sq010_sh010_t001")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show_take(name: str, as_json: bool) -> int:
    """Show everything about a take (NAME is `<shot>_t001`), its history included."""
    with _opened() as (environment, opened):
        take = _named(opened, environment, name)
        history = [
            {k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(t).items()}
            for t in opened.history(take)
        ]
    facts = _facts(take) | {"history": history}
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return 0
    for key, value in facts.items():
        if key != "history":
            shown = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
            click.echo(f"{key:>14}  {shown}")
    for line in history:
        click.echo(
            f"{line['at']:>14}  {line['from_state'] or '·'} → {line['to_state']}: {line['cause']}"
        )
    return 0


@ledger.command("adopt", epilog="Example:  seedance ledger adopt sq010_sh010_t001 REQUEST_ID")
@click.argument("name")
@click.argument("request_id")
def adopt(name: str, request_id: str) -> int:
    """Say that the take NAME, whose answer was lost, is the service's REQUEST_ID.

    The service is asked whether it knows the id before the ledger believes it.
    """
    with _opened() as (environment, opened):
        take = _in_doubt(opened, environment, name)
        asyncio.run(_known_to_the_service(environment, request_id))
        now = datetime.now(UTC)
        opened.move(
            take,
            TakeState.SUBMITTED,
            "adopted by a person",
            request_id=request_id,
            submitted_at=now,
        )
    click.echo(f"{name} is {request_id}. Run `seedance produce` to collect it for free.")
    return 0


async def _known_to_the_service(environment: Environment, request_id: str) -> None:
    with open_address(environment) as address:
        async with open_service(address) as service:
            await service.status(request_id)


@ledger.command("write-off", epilog="Example:  seedance ledger write-off sq010_sh010_t001")
@click.argument("name")
def write_off(name: str) -> int:
    """Say that the take NAME is lost, or was never made: the next run may buy it anew."""
    with _opened() as (environment, opened):
        take = _in_doubt(opened, environment, name, also={TakeState.SUBMITTED, TakeState.SUCCEEDED})
        opened.move(take, TakeState.WRITTEN_OFF, "written off by a person")
    click.echo(f"{name} is written off. The next `seedance produce` buys it anew.")
    return 0


def _named(opened: Ledger, environment: Environment, name: str) -> Take:
    takes = opened.takes(scope=environment.scope.key)
    found = [take for take in takes if take.name == name]
    if not found:
        raise UsageError(
            f"the ledger has no take {name} of {environment.scope.base}",
            advice="`seedance ledger list` shows those that it has.",
        )
    return found[0]


def _in_doubt(
    opened: Ledger, environment: Environment, name: str, also: set[TakeState] | None = None
) -> Take:
    take = _named(opened, environment, name)
    if opened.order_is_abandoned(take):
        take = opened.move(take, TakeState.UNKNOWN, "its process ended before an answer came")
    if take.state not in {TakeState.UNKNOWN, *(also or set())}:
        raise UsageError(
            f"take {name} is {take.state}, not in doubt", advice="There is nothing to settle."
        )
    return take

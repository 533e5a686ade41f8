"""`seedance ledger`: inspect the record of takes; resolve what only a person can."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from seedance_assets.adapters.ledger import Ledger, open_ledger, require_ledger
from seedance_assets.cli import take_shown
from seedance_assets.cli.terminal import Cell, Terminal, print_rows, printed_json
from seedance_assets.core.errors import UsageError
from seedance_assets.core.failures import kind_of
from seedance_assets.core.scope import Scope
from seedance_assets.core.sentences import counted
from seedance_assets.core.settings import ProductionSettings
from seedance_assets.core.take import Take
from seedance_assets.core.take_groups import as_known
from seedance_assets.core.timing import FOR_A_PERSON
from seedance_assets.production.ordering.resolve_unknown import Resolution, UnknownTakeResolver
from seedance_assets.production.ordering.take_records import rebuild
from seedance_assets.wiring import Environment, open_address, open_production


@click.group()
def ledger() -> None:
    """Inspect and correct the record of takes."""


@contextmanager
def _opened() -> Iterator[tuple[Environment, Ledger]]:
    environment = Environment.read()
    require_ledger(environment.ledger_url)
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
    facts["remark"] = take.remark
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in facts.items()}


@ledger.command("list", epilog="Example:  seedance ledger list --json")
@click.option("--shot", help="Only the takes of this shot.")
@click.option("--all", "everywhere", is_flag=True, help="Also takes of other services.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print a JSON array with one object per take."
)
def list_takes(shot: str | None, everywhere: bool, as_json: bool) -> int:
    """List takes of the current service (or emulator), oldest first."""
    with _opened() as (environment, opened):
        scope = None if everywhere else environment.scope.key
        takes = [
            as_known(take, opened.order_is_abandoned)
            for take in opened.takes(scope=scope, shot=shot)
        ]
    if as_json:
        click.echo(printed_json([_facts(take) for take in takes], indent=1))
        return 0
    print_rows(
        Terminal(),
        ("take", "state", "request id", "USD", "ordered", ""),
        (_row(take) for take in takes),
        right=frozenset({3}),
    )
    return 0


def _row(take: Take) -> tuple[list[Cell], str]:
    usd = take.cost_usd if take.cost_usd is not None else take.estimate_usd
    mark = "" if take.cost_usd is not None else "~"
    world = "EMULATED" if Scope.parse(take.scope).emulated else ""
    cells = (
        take.name,
        take.state.value,
        take.request_id or "",
        "" if usd is None else f"{mark}{usd:.4f}",
        take.created_at.strftime("%Y-%m-%d %H:%M:%S"),
    )
    return [(cell, "") for cell in cells], "; ".join(
        filter(None, (world, take.remark, _marks(take)))
    )


def _marks(take: Take) -> str:
    """Remarks on a take: why it failed, and whether it replaces another."""
    label = f"{kind_of(take).label}:" if take.error_kind else ""
    silent = "silent by fallback" if take.fallback_of else ""
    return " ".join(filter(None, (silent, label, take.error)))


@ledger.command("show", epilog="Example:  seedance ledger show sq010_sh010_t001")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show_take(name: str, as_json: bool) -> int:
    """Show everything about a take (NAME is `<shot>_t001`), including its history."""
    with _opened() as (environment, opened):
        take = as_known(_named(opened, environment, name), opened.order_is_abandoned)
        steps = opened.history(take)
    if not as_json:
        take_shown.show_take(Terminal(), take, steps)
        return 0
    history = [
        {k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(step).items()}
        for step in steps
    ]
    click.echo(printed_json(_facts(take) | {"history": history}))
    return 0


@ledger.command("adopt", epilog="Example:  seedance ledger adopt sq010_sh010 REQUEST_ID")
@click.argument("shot")
@click.argument("request_id")
def adopt(shot: str, request_id: str) -> int:
    """Set the REQUEST_ID of SHOT's take whose answer was lost.

    SHOT may be the take itself (`<shot>_t001`). The id is checked at the service first. Free.
    """
    with _opened() as (environment, opened):
        resolver = UnknownTakeResolver(opened, environment.scope.key)
        resolved = asyncio.run(_adopt(environment, resolver, shot, request_id))
    Terminal().paragraph(f"{resolved.done} {resolved.next}")
    return 0


async def _adopt(
    environment: Environment, resolver: UnknownTakeResolver, name: str, request_id: str
) -> Resolution:
    with open_address(environment) as address:
        async with address.open(FOR_A_PERSON) as service:
            return await resolver.adopt(name, request_id, service)


@ledger.command("write-off", epilog="Example:  seedance ledger write-off sq010_sh010")
@click.argument("shot")
@click.option("--reason", default="", help="What you saw, for the take's history.")
def write_off(shot: str, reason: str) -> int:
    """Record that SHOT's take is lost or was never made: the next run may buy it again.

    SHOT may be the take itself (`<shot>_t001`); this is required for a take that is not unknown but
    lost at the service.
    """
    with _opened() as (environment, opened):
        resolved = UnknownTakeResolver(opened, environment.scope.key).write_off(shot, reason)
    Terminal().paragraph(f"{resolved.done} {resolved.next}")
    return 0


@ledger.command("rebuild", epilog="Example:  seedance ledger rebuild")
def rebuild_ledger() -> int:
    """Restore takes that are missing in the ledger. Free.

    They are found in the sidecars of the clips in media/ and in the journal of orders. Exits with
    1 if a clip remains that cannot be identified.
    """
    environment = Environment.read()
    with open_production(environment, ProductionSettings()) as production:
        written, left = rebuild(
            production.scope, production.ledger, production.library, production.journal
        )
    console = Terminal()
    for take in written:
        console.write(f"{take.name}: {take.state}, {take.request_id or 'request id unknown'}")
    console.write(f"{counted(len(written), 'take')} written back; nothing was bought.")
    for name in (*(record.name for record in left.records), *(name for _, name in left.clips)):
        console.write(f"{name}: not written back, as nothing says which order it belongs to.")
    return 1 if left.records or left.clips else 0


def _named(opened: Ledger, environment: Environment, name: str) -> Take:
    takes = opened.takes(scope=environment.scope.key)
    found = [take for take in takes if take.name == name]
    if not found:
        raise UsageError(
            f"the ledger has no take {name} of {environment.scope.base}",
            advice="`seedance ledger list` shows all takes.",
        )
    return found[0]

"""`seedance collect`: download all paid takes that are not stored yet. Free."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from seedance_assets.adapters.ledger import require_ledger
from seedance_assets.cli.output import failure_facts, keep_defects, show_failures, show_world
from seedance_assets.cli.terminal import Terminal, printed_json
from seedance_assets.core.errors import InputMissing
from seedance_assets.core.order_advice import being_ordered, unknown_advice, unknown_reason
from seedance_assets.core.run_options import RunOptions
from seedance_assets.core.sentences import counted
from seedance_assets.core.settings import ProductionSettings
from seedance_assets.core.shot import Shot
from seedance_assets.core.stage import Stage
from seedance_assets.core.take import Take
from seedance_assets.core.take_groups import TakeGroups, group_takes
from seedance_assets.production.events import LineEvent, ShotFailed, TakePassed, TakeRunning
from seedance_assets.production.line import ProductionLine
from seedance_assets.production.production_context import ProductionContext
from seedance_assets.wiring import Environment, open_address, open_production, settings_for


@dataclass(slots=True)
class _Gathered:
    """The takes that were downloaded, and those that were not."""

    console: Terminal
    home: list[Take] = field(default_factory=list)
    failures: list[ShotFailed] = field(default_factory=list)
    _running: set[int] = field(default_factory=set)

    def on_event(self, event: LineEvent) -> None:
        """Record an event and print it if it matters."""
        match event:
            case TakePassed(stage=Stage.MEASUREMENTS):
                self.home.append(event.clip.take)
                self._say(f"{event.clip.take.name}: stored at {event.clip.take.video_path}")
            case TakeRunning() if event.take.id not in self._running:
                self._running.add(event.take.id)
                self._say(f"{event.take.name}: in progress at the service")
            case ShotFailed():
                self.failures.append(event)

    def _say(self, line: str) -> None:
        self.console.write(line)


@click.command(epilog="Example:  seedance collect --json")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on standard output at the end."
)
def collect(as_json: bool) -> int:
    """Download, store and measure every paid take that is not stored yet.

    Spends nothing: it only follows up orders in the ledger, also of shots that are no longer in a
    sheet, and waits for those in progress. Exits with 0 if all were downloaded, with 1 if some
    were not. Takes whose answer was lost are listed: only a person can resolve those.
    """
    console = Terminal(to_stderr=as_json)
    environment = Environment.read()
    require_ledger(environment.ledger_url)
    shots, settings = _last_read(environment)
    show_world(console, environment.scope)
    gathered = _Gathered(console)
    with open_production(environment, settings) as production:
        takes = production.ledger.takes(scope=environment.scope.key)
        found = group_takes(takes, production.ledger.order_is_abandoned)
        wanted = found.to_collect
        if wanted:
            asyncio.run(_collect(production, environment, wanted, shots, gathered))
    keep_defects(console, environment.home, gathered.failures)
    _summary(gathered, found)
    if as_json:
        facts = _facts(gathered, found, emulated=environment.scope.emulated)
        click.echo(printed_json(facts))
    return 1 if gathered.failures else 0


def _last_read(environment: Environment) -> tuple[dict[str, Shot], ProductionSettings]:
    """The shots and settings of the sheet read last, if any of this show was."""
    try:
        shot_list = environment.shot_list()
    except InputMissing:  # paid takes are downloaded anyway
        return {}, ProductionSettings()
    return {shot.key: shot for shot in shot_list.shots}, settings_for(
        shot_list.place, shot_list.source
    )


async def _collect(
    production: ProductionContext,
    environment: Environment,
    takes: Sequence[Take],
    shots: dict[str, Shot],
    gathered: _Gathered,
) -> None:
    with open_address(environment) as address:
        async with address.open() as service:
            line = ProductionLine(production, service, RunOptions(buy=False), gathered.on_event)
            await line.collect(takes, shots)


def _summary(gathered: _Gathered, found: TakeGroups) -> None:
    console = gathered.console
    show_failures(console, gathered.failures)
    for take in found.unknown:
        text = f"? {unknown_reason(take)}. {unknown_advice(take)}"
        console.paragraph(text, "yellow", hanging=2)
    for take in found.being_ordered:
        text = f"? take {take.name} is being ordered. {being_ordered(take)}"
        console.paragraph(text, "yellow", hanging=2)
    words = "Nothing is waiting to be collected."
    if found.to_collect:
        takes = counted(len(found.to_collect), "take")
        words = f"{len(gathered.home)} of {takes} downloaded; nothing was bought."
    console.write(words)


def _facts(gathered: _Gathered, found: TakeGroups, *, emulated: bool) -> dict[str, Any]:
    failures = [failure_facts(failure) for failure in gathered.failures]
    return {
        "takes": len(found.to_collect),
        "collected": [take.name for take in gathered.home],
        "failed": len(failures),
        "purchased": 0,
        "in_doubt": [take.name for take in found.unknown],
        "being_ordered": [take.name for take in found.being_ordered],
        "emulated": emulated,
        "failures": failures,
    }

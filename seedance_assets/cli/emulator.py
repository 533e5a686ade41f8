"""`seedance emulator`: serve the emulated API on a port of this machine."""

import os
from pathlib import Path

import click

from seedance_assets.core.errors import InputMissing, SettingsRefused
from seedance_assets.emulator import (
    EmulatorSettings,
    RunningEmulator,
    Scenario,
    ScenarioRefused,
    read_scenario,
    serve_forever,
)
from seedance_assets.wiring import home_of


@click.command(epilog="Example:  seedance emulator --port 8190")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", default=8190, show_default=True, type=click.IntRange(0, 65535))
@click.option("--state", type=click.Path(path_type=Path), help="Folder for its state.")
@click.option("--token", help="Accept only this token; by default any.")
@click.option("--queue-s", type=click.FloatRange(0), help="Seconds that a job waits in the queue.")
@click.option("--service-s", type=click.FloatRange(0), help="Seconds that a job is in progress.")
@click.option("--slots", type=click.IntRange(1), help="Jobs in progress at once.")
@click.option(
    "--scenario",
    type=click.Path(path_type=Path),
    help="TOML file of faults; see seedance_assets/emulator/README.md.",
)
def emulator(
    host: str,
    port: int,
    state: Path | None,
    token: str | None,
    queue_s: float | None,
    service_s: float | None,
    slots: int | None,
    scenario: Path | None,
) -> int:
    """Serve the emulated service until Ctrl-C. Nothing is paid; clips are drawn here."""
    folder = state or home_of(os.environ).root / "emulator-server"
    given = {
        "token": token,
        "queue_s": queue_s,
        "service_s": service_s,
        "slots": slots,
        "scenario": _read_scenario(scenario),
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    settings = EmulatorSettings(state_dir=folder, **chosen)  # type: ignore[arg-type]  # checked by click
    try:
        serve_forever(settings, host=host, port=port, announce=_announce)
    except (OSError, ValueError) as exc:
        raise SettingsRefused(
            f"the emulator cannot listen on {host}:{port}: {exc}",
            advice="Choose a free port on a loopback address, or 0 for any free port.",
        ) from exc
    return 0


def _read_scenario(path: Path | None) -> Scenario | None:
    if path is None:
        return None
    try:
        return read_scenario(path)
    except OSError as exc:
        raise InputMissing(f"{path} cannot be read: {exc.strerror}") from exc
    except ScenarioRefused as exc:
        raise SettingsRefused(
            str(exc),
            advice="See seedance_assets/emulator/README.md for all faults and their settings.",
        ) from exc


def _announce(running: RunningEmulator) -> None:
    root = running.root
    click.echo(f"EMULATED service at {root}; to use it:")
    click.echo(f"  export RUNCOMFY_MODEL_API_BASE={root}/v1 RUNCOMFY_TOKEN=emulated")
    click.echo(f"What it would have billed: {root}/_emulator/charges    Ctrl-C stops it.")

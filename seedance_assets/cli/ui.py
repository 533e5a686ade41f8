"""`seedance ui`: Dagster's web server and daemon on the production's own instance."""

import os
import signal
import sys
from pathlib import Path

import click

from seedance_assets.wiring import Environment


@click.command(epilog="Example:  seedance ui --port 3000")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535))
def ui(host: str, port: int) -> int:
    """Start Dagster's UI on everything that `seedance produce` has made. Ctrl-C ends it.

    A backfill starts at the daemon's next tick, within half a minute.
    """
    from seedance_assets.cli.dagster_runs import dagster_home, open_instance

    environment = Environment.read()
    os.environ["SEEDANCE_HOME"] = str(environment.home.root)
    open_instance(dagster_home(environment)).dispose()  # made before its processes race for it
    click.echo(f"Dagster's UI: http://{host}:{port}    (Ctrl-C ends it)")
    sys.stdout.flush()
    command = ["dagster", "dev", "-h", host, "-p", str(port)]
    workspace = Path("workspace.yaml")
    command += (
        ["-w", str(workspace)] if workspace.is_file() else ["-m", "seedance_assets.definitions"]
    )
    # A shell starts background commands with SIGINT ignored, and Dagster lets SIGTERM do as SIGINT
    # does: then nothing but SIGKILL would end it, and its servers would stay behind.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, "-m", *command])  # noqa: S606  # our own interpreter

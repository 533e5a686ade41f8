"""An emulator of the RunComfy Model API: real HTTP on loopback, real MP4 clips.

Importing this is cheap: the web server and the drawing code are loaded when an emulator starts.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from seedance_assets.emulator.jobs.scenario import Scenario
from seedance_assets.emulator.jobs.scenario_file import (
    ScenarioRefused,
    parse_scenario,
    read_scenario,
)
from seedance_assets.emulator.settings import EmulatorSettings, RunningEmulator

__all__ = [
    "EmulatorSettings",
    "RunningEmulator",
    "Scenario",
    "ScenarioRefused",
    "parse_scenario",
    "read_scenario",
    "running_emulator",
    "serve_forever",
]


def running_emulator(
    settings: EmulatorSettings, *, host: str = "127.0.0.1", port: int = 0
) -> AbstractContextManager[RunningEmulator]:
    """Serve on a thread until the `with` block ends; port 0 picks a free port.

    Yields an object with `.root` and `.base_url` (the root with `/v1`). Raises `ValueError` for a
    host that is not loopback, and `OSError` if the port is in use.
    """
    from seedance_assets.emulator import server

    return server.running_emulator(settings, host=host, port=port)


def serve_forever(
    settings: EmulatorSettings,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    announce: Callable[[RunningEmulator], None],
) -> None:
    """Serve in the foreground until SIGINT or SIGTERM. `announce` receives the address.

    Raises as `running_emulator` does.
    """
    from seedance_assets.emulator import server

    server.serve_forever(settings, host=host, port=port, announce=announce)

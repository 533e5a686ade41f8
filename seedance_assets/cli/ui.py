"""`seedance ui`: Dagster's web server and daemon for the production's own instance."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from seedance_assets.adapters.whole_files import write_whole
from seedance_assets.core.errors import SeedanceError, SettingsRefused, UsageError
from seedance_assets.core.scope import is_loopback
from seedance_assets.wiring import Environment

_MODULE = "seedance_assets.definitions"
_SHORTEST_TOKEN = 16
_STOP_WITHIN_S = 60.0
_CHECK_EVERY_S = 0.5
_QUIET = ("--log-level", "warning")


@click.command(epilog="Example:  seedance ui --port 3000")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workspace",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A workspace.yaml to serve instead; one in the current folder is not used by default.",
)
@click.option(
    "--load-env-file",
    is_flag=True,
    help="Let Dagster read the .env file in the current folder; otherwise it is refused.",
)
def ui(host: str, port: int, workspace: Path | None, load_env_file: bool) -> int:
    """Start Dagster's UI for the production of `seedance produce`. Ctrl-C stops it.

    Open the link that it prints: its secret prevents other web pages and other users of this
    machine from starting runs. A backfill starts at the daemon's next tick, within half a minute.
    """
    from seedance_assets.cli.dagster_runs import dagster_home, open_instance

    if not load_env_file:
        _refuse_env_file()
    environment = Environment.read()
    token = _token(environment, host)
    os.environ["SEEDANCE_HOME"] = str(environment.home.root)
    os.environ["PYTHONSAFEPATH"] = "1"  # no module of the current folder is imported
    open_instance(dagster_home(environment)).dispose()  # made before its processes race for it
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Dagster's UI: http://{shown}:{port}/?token={token}    (Ctrl-C ends it)")
    sys.stdout.flush()
    with _interrupted_by_signals(), TemporaryDirectory(prefix="seedance-ui-") as folder:
        services = _Services(Path(folder))
        try:
            target = ["-w", str(workspace.absolute())] if workspace else services.start_code()
            services.start("daemon", "dagster._daemon", "run", *target)
            page = ("--host", host, "--port", str(port), *target)
            services.start("web server", "seedance_assets.cli.web_server", *page, token=token)
            services.wait_for_the_first_to_end()
        except KeyboardInterrupt:
            return 0
        finally:
            services.stop()
    return 0


def _refuse_env_file() -> None:
    """Each process of Dagster loads the `.env` of its current folder.

    An untrusted one could set another service, which would get the token, or a folder of code.
    """
    if Path(".env").exists():
        raise UsageError(
            "the current folder has a .env file, and Dagster would set its variables",
            advice="Start in another folder, or add --load-env-file if the file is your own.",
        )


def _token(environment: Environment, host: str) -> str:
    """The secret of the link: SEEDANCE_UI_TOKEN, else the one stored in the home."""
    given = os.environ.pop("SEEDANCE_UI_TOKEN", "")
    if given:
        if len(given) < _SHORTEST_TOKEN or not given.isascii() or not given.isprintable():
            raise SettingsRefused(
                f"SEEDANCE_UI_TOKEN must have at least {_SHORTEST_TOKEN} characters of plain ASCII",
                advice="Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe())'",
            )
        return given
    if not is_loopback(host):
        raise SettingsRefused(
            f"--host {host} lets other machines reach the UI, and they could spend money",
            advice="Set SEEDANCE_UI_TOKEN to a long secret, "
            "or stay on 127.0.0.1 behind a proxy with a login.",
        )
    kept = environment.home.root / "ui-token"
    if kept.is_file() and len(old := kept.read_text("ascii", "replace").strip()) >= _SHORTEST_TOKEN:
        return old
    token = secrets.token_urlsafe(24)
    write_whole(kept, token.encode())
    return token


class UiEnded(SeedanceError, code="ui_ended"):
    """One of Dagster's services ended unexpectedly."""

    exit_code = 69
    advice = "See its output above; the port may be in use (choose another with `--port`)."


class _Services:
    """Dagster's processes: code server, daemon and web server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, module: str, *arguments: str, token: str = "") -> None:
        """Start `python -m module` without importing modules from the current folder."""
        secret = {"SEEDANCE_UI_TOKEN": token} if token else {}
        command = [sys.executable, "-P", "-m", module, *arguments]
        self._running[name] = subprocess.Popen(command, env={**os.environ, **secret})  # noqa: S603  # our own interpreter

    def start_code(self) -> Sequence[str]:
        """Start the code server; returns the options with which the others find it."""
        working = ["--working-directory", str(self._folder)]  # Dagster imports from it
        if not hasattr(socket, "AF_UNIX"):  # Windows: each process loads the code itself
            return ["-m", _MODULE, *working]
        path = self._folder / "code.sock"
        start = ("code-server", "start", "-m", _MODULE, "--socket", str(path), *working, *_QUIET)
        self.start("code server", "dagster", *start)
        while not path.exists():
            self._check()
            time.sleep(_CHECK_EVERY_S)
        workspace = self._folder / "workspace.yaml"
        workspace.write_text(
            f"load_from: [{{grpc_server: {{socket: {path}, location_name: {_location_name()}}}}}]\n"
        )
        return ["-w", str(workspace)]

    def wait_for_the_first_to_end(self) -> None:
        """Raises `UiEnded` when a service ends, `KeyboardInterrupt` on a signal."""
        while True:
            self._check()
            time.sleep(_CHECK_EVERY_S)

    def _check(self) -> None:
        for name, process in self._running.items():
            if process.poll() is not None:
                raise UiEnded(f"Dagster's {name} ended with code {process.returncode}")

    def stop(self) -> None:
        """Stop all services, the web server first; kill those that run after a minute."""
        until = time.monotonic() + _STOP_WITHIN_S
        for process in reversed(self._running.values()):
            process.terminate()
        for process in reversed(self._running.values()):
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def _location_name() -> str:
    """The location name under which Dagster stores which sensors are on.

    In a clone it comes from the workspace.yaml, as for `dagster dev`.
    """
    clone = Path(__file__).resolve().parents[2]
    in_clone = Path.cwd() == clone and (clone / "workspace.yaml").is_file()
    return "seedance_assets" if in_clone else _MODULE


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """SIGTERM and SIGINT raise `KeyboardInterrupt`, even if the shell ignores SIGINT."""
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in former:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)

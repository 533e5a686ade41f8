"""The `seedance` command. Heavy imports wait until a command needs them."""

import errno
import io
import logging
import os
import stat
import sys
import traceback
from importlib import import_module
from pathlib import Path

import click

from seedance_assets import __version__
from seedance_assets.adapters.home_folder import find_home
from seedance_assets.core.errors import SeedanceError, StorageFull
from seedance_assets.core.redaction import redact
from seedance_assets.core.sentences import visible

_COMMANDS = {
    "plan": "Show what a sheet would buy and cost; free.",
    "produce": "Make the shots of a sheet.",
    "collect": "Download paid takes; spends nothing.",
    "qc": "Measure and check video files or folders; needs no production.",
    "review": "Build the review page and open it.",
    "ledger": "Inspect and correct the record of takes.",
    "emulator": "Serve the emulated service on a port.",
    "ui": "Start Dagster's UI on the same production.",
    "doctor": "Check versions, measuring, storage, ledger, token, service.",
}


# Their tracebacks are for --debug: of our own defects, and of SQLAlchemy when a signal arrives just
# as it closes a connection (it logs the signal as an error, and passes it on).
_LOGGERS = ("seedance_assets", "sqlalchemy")


class _LateCommands(click.Group):
    """Imports a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"seedance_assets.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_LateCommands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with:  seedance produce data/shots.csv",
)
@click.version_option(__version__, prog_name="seedance")
@click.option("--debug", is_flag=True, help="Show tracebacks; may be anywhere on the command line.")
def seedance(debug: bool) -> None:  # `main` has read it already
    """A shot list goes in; finished, checked video comes out.

    With no RUNCOMFY_TOKEN set, an embedded emulator draws the clips: nothing is paid.
    """


def main() -> None:
    """Run the command; every error becomes one clear message and an exit code of sysexits.h."""
    os.umask(_private_umask(os.environ.get("SEEDANCE_HOME")))
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    if not debug:  # a person gets sentences; tracebacks of defects are for --debug
        for logger in _LOGGERS:
            logging.getLogger(logger).addHandler(logging.NullHandler())
    try:
        code = _run(arguments)
    except Exception as exc:  # noqa: BLE001  # the rim: a person gets a sentence, not a traceback
        if debug:
            click.echo(visible(redact(traceback.format_exc()), keep="\n"), err=True)
        code = _tell(exc)
    raise SystemExit(code)


def _private_umask(home: str | None) -> int:
    """Keep new files to their owner, or to the group if the home is one that a group writes to."""
    try:
        shared = (Path(home) if home else find_home()).stat().st_mode & stat.S_IWGRP
    except OSError:  # not made yet
        shared = 0
    return 0o007 if shared else 0o077


def _run(arguments: list[str]) -> int:
    try:
        code = seedance.main(arguments, prog_name="seedance", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as exc:
        usage = io.StringIO()
        exc.show(usage)
        click.echo(visible(usage.getvalue(), keep="\n"), err=True, nl=False)
        return 64  # EX_USAGE
    except BrokenPipeError:  # the reader of our output has gone; say nothing more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _say("stopped", "Run it again to go on; what was paid for is kept.", 130)
    return int(code or 0)


def _tell(exc: Exception) -> int:
    if isinstance(exc, SeedanceError):
        return _say(str(exc), exc.advice, exc.exit_code)
    if _wants_room(exc):
        return _say("the disk is full", StorageFull.advice, StorageFull.exit_code)
    return _say(
        redact(f"a bug in this program: {type(exc).__name__}: {exc}"),
        "Run it again with --debug and report what it shows; nothing paid for is lost.",
        70,
    )


def _wants_room(exc: BaseException | None) -> bool:
    """Whether a full disk is behind an error, whoever's it is (Dagster keeps files of its own)."""
    while exc is not None:
        full = isinstance(exc, OSError) and exc.errno == errno.ENOSPC
        # a full disk shows to SQLite as either, depending on which of its files had to grow
        if full or "disk is full" in str(exc) or "disk I/O error" in str(exc):
            return True
        exc = exc.__cause__ or exc.__context__
    return False


def _say(message: str, advice: str, code: int) -> int:
    click.echo(f"seedance: {visible(' '.join(message.split()))}", err=True)
    if advice:
        click.echo(f"          {visible(advice)}", err=True)
    return code

"""The command, forked from a process that has imported everything: made to be killed."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import seedance_assets.cli.produce
import seedance_assets.definitions  # noqa: F401
from seedance_assets.cli import dagster_runs, main  # noqa: F401


def command_once(
    arguments: list[str], environ: Mapping[str, str], folder: Path, told: Path
) -> None:
    """Run the command with nothing of the parent's environment, its output in files."""
    for stream, path in ((sys.stdout, told), (sys.stderr, told.with_suffix(".err"))):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream.fileno())
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    sys.argv = ["seedance", *arguments]
    main()

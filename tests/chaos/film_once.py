"""One run of the line as a process of its own, without Dagster: made to be killed."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from seedance_assets.core.run_options import RunOptions
from seedance_assets.production.events import ShotDone, ShotFailed
from seedance_assets.production.line_thread import LineThread
from seedance_assets.wiring import Environment, open_address, open_production, read_production


def film_once(sheet: Path, environ: Mapping[str, str], told: Path) -> None:
    """Film the sheet; how it ended lies in `told`, if it was not killed before."""
    errors = os.open(told.with_suffix(".err"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(errors, sys.stderr.fileno())
    done, failures = 0, []
    shot_list, settings = read_production(sheet)
    environment = Environment.read(environ)
    with open_production(environment, settings) as production, open_address(environment) as address:
        line = LineThread(
            production, address, RunOptions(), shot_list, shot_list.shots, lambda _event: None
        )
        for event in line.events():
            done += isinstance(event, ShotDone)
            if isinstance(event, ShotFailed):
                failures.append({"shot": event.shot, "kind": event.kind, "reason": event.reason})
    told.write_text(json.dumps({"succeeded": done, "failures": failures}), encoding="utf-8")

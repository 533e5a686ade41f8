"""Free things happen by themselves: whoever saves the sheet sees it read, checked and planned."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from dagster._core.storage.tags import RUN_KEY_TAG
from pydantic import BaseModel

from seedance_assets.core.error_codes import code_of
from seedance_assets.core.errors import InputMissing, SettingsRefused, SheetRefused
from seedance_assets.core.shot import ShotList
from seedance_assets.defs.resources import ProductionResource, production_of
from seedance_assets.defs.runs.run_end import own_failure
from seedance_assets.defs.sensors.cursor import remembered
from seedance_assets.defs.show import THE_SHOW, Show
from seedance_assets.wiring import is_elsewhere

LOOK_EVERY_S = 30
REFRESH_AFTER_S = 24 * 3600.0  # prices, budgets and what is under way change without the sheet
REPEAT_AFTER_S = 600.0
_FOR_GOOD = frozenset({SheetRefused.code, SettingsRefused.code})  # until somebody edits


class _Memory(BaseModel):
    """The sensor's cursor: what it saw, and what it did about it."""

    sheet: str = ""
    digest: str = ""
    frames: str = ""
    """Of the first frames as they were; empty as long as the list that names them is not read."""
    frames_of: str = ""
    """Which list named them."""
    at: float = 0.0
    did: str = ""
    run_key: str = ""
    """Of the run that was asked for; empty if none was."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A sheet at one look."""

    sheet: Path
    digest: str
    """Of the sheet and its settings."""
    frames: str
    frames_of: str
    is_read: bool
    """Whether the list is of this sheet and these settings."""


def build_sheet_watch(
    show: Show = THE_SHOW, look_every_s: int | None = None
) -> dg.SensorDefinition:
    """The sensor `watch_sheet`."""

    @dg.sensor(
        name=show.named("watch_sheet"),
        description=(
            "Reads and plans the sheet when it, its settings or a first frame changed. "
            "Spends nothing."
        ),
        job_name=show.named("intake"),
        minimum_interval_seconds=look_every_s or LOOK_EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={show.production},
    )
    def watch_sheet(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        """Reads and plans the sheet when it, its settings or a first frame changed. Spends nothing.

        Goes by content, and reads anew once a day, since prices and budgets change by themselves.
        A reading that failed for a passing reason is repeated after ten minutes.
        """
        return _watch(context, show, time.time())

    return watch_sheet


def _watch(
    context: dg.SensorEvaluationContext, show: Show, now: float
) -> dg.SensorResult | dg.SkipReason:
    production = production_of(context, show)
    sheet = _sheet_here(production)
    if isinstance(sheet, str):
        return dg.SkipReason(sheet)
    try:
        seen = _look(sheet, _last_read(production))
    except OSError as exc:
        return dg.SkipReason(f"{sheet} cannot be read: {exc.strerror}.")
    memory = remembered(_Memory, context.cursor)
    if not memory.digest and seen.is_read:
        did = "It had been read before this sensor first looked."
        return dg.SensorResult(skip_reason=did, cursor=_after(seen, now, did))
    failed = None if seen.is_read else _failed_reading(context.instance, memory.run_key)
    why = _why(memory, seen, now)
    if why is None and failed not in {None, *_FOR_GOOD} and now - memory.at > REPEAT_AFTER_S:
        why = "the last reading failed for a reason that may have passed"
    if why is None:
        same = f"{sheet} is as it was " + ("when reading it failed." if failed else "read.")
        noted = memory.model_copy(update={"frames": seen.frames, "frames_of": seen.frames_of})
        return dg.SensorResult(skip_reason=same, cursor=noted.model_dump_json())
    run_key = f"{seen.digest}-{now:.3f}"
    request = dg.RunRequest(
        run_key=run_key,
        run_config={"ops": {show.op("shot_list"): {"config": {"sheet": str(sheet)}}}},
        tags={"seedance/why": why},
    )
    return dg.SensorResult(run_requests=[request], cursor=_after(seen, now, why, run_key))


def _failed_reading(instance: dg.DagsterInstance, run_key: str) -> str | None:
    """Of a reading that was asked for and has failed, the code of its error; else None."""
    asked = dg.RunsFilter(tags={RUN_KEY_TAG: run_key}, statuses=[dg.DagsterRunStatus.FAILURE])
    for run in instance.get_runs(asked, limit=1) if run_key else ():
        failure = own_failure(instance, run)
        return code_of(str(failure.metadata["kind"].value)) if failure else "unknown"
    return None


def _sheet_here(production: ProductionResource) -> Path | str:
    """The sheet's file; or why there is none to look at, in a sentence."""
    try:
        named = production.environment.sheet_to_read()
    except InputMissing as exc:
        return f"{exc}. {exc.advice}"
    if is_elsewhere(named):
        return "The sheet is no file of this machine; materialize `shot_list` to read it again."
    sheet = Path(named)
    return sheet if sheet.is_file() else f"{sheet} is not there."


def _last_read(production: ProductionResource) -> ShotList | None:
    """None too for a list that cannot be read any more: the sheet is read anew then."""
    with suppress(InputMissing):
        return production.shot_list()
    return None


def _why(memory: _Memory, seen: _Seen, now: float) -> str | None:
    if not memory.digest:
        return "the sheet was seen for the first time"
    if str(seen.sheet) != memory.sheet:
        return f"another sheet: {seen.sheet.name}"
    if seen.digest != memory.digest:
        return "the sheet or its settings changed"
    if seen.frames_of == memory.frames_of and seen.frames != memory.frames:
        return "a first frame changed"
    if now - memory.at > REFRESH_AFTER_S:
        return "a day has gone by"
    return None


def _after(seen: _Seen, now: float, did: str, run_key: str = "") -> str:
    return _Memory(
        sheet=str(seen.sheet),
        digest=seen.digest,
        frames=seen.frames,
        frames_of=seen.frames_of,
        at=now,
        did=did,
        run_key=run_key,
    ).model_dump_json()


def _look(sheet: Path, last: ShotList | None) -> _Seen:
    """The sheet and what it rests on. Raises `OSError`."""
    from seedance_assets.adapters.production_toml import settings_beside

    content = sheet.read_bytes()
    settings = settings_beside(sheet)
    rules = settings.read_bytes() if settings is not None else b""
    listed = last if last and Path(last.source).absolute() == sheet.absolute() else None
    return _Seen(
        sheet,
        digest=_short(content + rules),
        frames=_short("\n".join(_frames(sheet, listed)).encode()) if listed else "",
        frames_of=listed.sha256 if listed else "",
        is_read=bool(
            listed
            and listed.sha256 == hashlib.sha256(content).hexdigest()
            and listed.settings_sha256 == (hashlib.sha256(rules).hexdigest() if settings else "")
        ),
    )


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _frames(sheet: Path, listed: ShotList) -> Iterator[str]:
    """Size and time of each local first frame, in a line."""
    for frame in dict.fromkeys(shot.first_frame for shot in listed.shots):
        if ":" in frame:  # a URL, or the picture itself
            continue
        try:
            stat = (sheet.parent / frame).stat()
        except (OSError, ValueError):
            yield f"{frame} is not there"
        else:
            yield f"{frame} {stat.st_size} {stat.st_mtime_ns}"

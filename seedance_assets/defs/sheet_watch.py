"""Free things happen by themselves: whoever saves the sheet sees it read, checked and planned."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import dagster as dg
from pydantic import BaseModel

from seedance_assets.core.errors import InputMissing
from seedance_assets.core.shot import ShotList
from seedance_assets.defs.cursor import remembered
from seedance_assets.defs.resources import StudioResource, studio_of
from seedance_assets.defs.show import THE_SHOW, Show
from seedance_assets.wiring import is_elsewhere

LOOK_EVERY_S = 30
REFRESH_AFTER_S = 24 * 3600.0  # prices, budgets and what is under way change without the sheet


class _Memory(BaseModel):
    """The sensor's cursor: what it saw, and what it did about it."""

    sheet: str = ""
    digest: str = ""
    at: float = 0.0
    looks: int = 0
    did: str = ""


def build_sheet_watch(
    show: Show = THE_SHOW, look_every_s: int | None = None
) -> dg.SensorDefinition:
    """The sensor `watch_sheet`."""

    @dg.sensor(
        name=show.named("watch_sheet"),
        job_name=show.named("intake"),
        minimum_interval_seconds=look_every_s or LOOK_EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={show.studio},
    )
    def watch_sheet(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        """Reads and plans the sheet when it, its settings or a first frame changed. Spends nothing.

        Goes by content, and reads anew once a day, since prices and budgets change by themselves.
        """
        return _watch(studio_of(context, show), show, context.cursor, time.time())

    return watch_sheet


def _watch(
    studio: StudioResource, show: Show, cursor: str | None, now: float
) -> dg.SensorResult | dg.SkipReason:
    sheet = _sheet_here(studio)
    if isinstance(sheet, str):
        return dg.SkipReason(sheet)
    last = _last_read(studio)
    try:
        digest = _digest(sheet, last)
    except OSError as exc:
        return dg.SkipReason(f"{sheet} cannot be read: {exc.strerror}.")
    memory = remembered(_Memory, cursor)
    if not memory.digest and last is not None and _is_read(sheet, last):
        did = "It had been read before this sensor first looked."
        return dg.SensorResult(skip_reason=did, cursor=_after(memory, sheet, digest, now, did))
    why = _why(memory, sheet, digest, now)
    if why is None:
        return dg.SkipReason(f"{sheet} is as it was read.")
    request = dg.RunRequest(
        run_key=f"{digest}-{memory.looks}",
        run_config={"ops": {show.op("shot_list"): {"config": {"sheet": str(sheet)}}}},
        tags={"seedance/why": why},
    )
    return dg.SensorResult(run_requests=[request], cursor=_after(memory, sheet, digest, now, why))


def _sheet_here(studio: StudioResource) -> Path | str:
    """The sheet's file; or why there is none to look at, in a sentence."""
    try:
        named = studio.environment.sheet_to_read()
    except InputMissing as exc:
        return f"{exc}. {exc.advice}"
    if is_elsewhere(named):
        return "The sheet is no file of this machine; `shot_list` reads it anew."
    sheet = Path(named)
    return sheet if sheet.is_file() else f"{sheet} is not there."


def _last_read(studio: StudioResource) -> ShotList | None:
    """None too for a list that cannot be read any more: the sheet is read anew then."""
    with suppress(InputMissing):
        return studio.shot_list()
    return None


def _why(memory: _Memory, sheet: Path, digest: str, now: float) -> str | None:
    if not memory.digest:
        return "the sheet was seen for the first time"
    if str(sheet) != memory.sheet:
        return f"another sheet: {sheet.name}"
    if digest != memory.digest:
        return "the sheet, its settings or a first frame changed"
    if now - memory.at > REFRESH_AFTER_S:
        return "a day has gone by"
    return None


def _after(memory: _Memory, sheet: Path, digest: str, now: float, did: str) -> str:
    return _Memory(
        sheet=str(sheet), digest=digest, at=now, looks=memory.looks + 1, did=did
    ).model_dump_json()


def _is_read(sheet: Path, last: ShotList) -> bool:
    same = Path(last.source).absolute() == sheet.absolute()
    return same and hashlib.sha256(sheet.read_bytes()).hexdigest() == last.sha256


def _digest(sheet: Path, last: ShotList | None) -> str:
    """The content of the sheet and its settings; size and time of each local first frame."""
    from seedance_assets.adapters.production_toml import settings_beside

    found = hashlib.sha256(sheet.read_bytes())
    settings = settings_beside(sheet)
    if settings is not None:
        found.update(settings.read_bytes())
    for line in _frames(sheet, last):
        found.update(line.encode())
    return found.hexdigest()[:16]


def _frames(sheet: Path, last: ShotList | None) -> Iterator[str]:
    if last is None or Path(last.source).absolute() != sheet.absolute():
        return
    for frame in dict.fromkeys(shot.first_frame for shot in last.shots):
        if ":" in frame:  # a URL, or the picture itself
            continue
        try:
            stat = (sheet.parent / frame).stat()
        except (OSError, ValueError):
            yield f"{frame} is not there"
        else:
            yield f"{frame} {stat.st_size} {stat.st_mtime_ns}"

"""`seedance doctor`: check everything that a production needs.

For a sheet, one first frame is delivered like all others, and fetched back.
"""

import asyncio
import logging
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import click
from av.error import FFmpegError
from PIL import Image

from seedance_assets import __version__
from seedance_assets.adapters.first_frame.delivery import check_link
from seedance_assets.adapters.first_frame.download import Downloader
from seedance_assets.adapters.ledger import open_ledger
from seedance_assets.adapters.probe import ProbePool
from seedance_assets.cli.terminal import Terminal, printed_json
from seedance_assets.core.async_run import run_to_its_end
from seedance_assets.core.errors import ClipRefused, SeedanceError, ServiceFault, StorageError
from seedance_assets.core.model_schema import model_schema
from seedance_assets.core.settings import ProductionSettings
from seedance_assets.core.timing import Timing
from seedance_assets.emulator.drawing.clip import draw_clip
from seedance_assets.emulator.jobs.clip_plan import ClipPlan
from seedance_assets.production.planning.requests import prepare_request
from seedance_assets.wiring import (
    Environment,
    Intake,
    open_address,
    open_for_a_look,
    open_notifier,
    take_in,
)

_LIBRARIES = ("dagster", "av", "httpx", "pillow", "pydantic", "sqlalchemy")
_LITTLE_ROOM_BYTES = 1_000_000_000
_FETCH_S = 20.0
_TEST_CLIP = ClipPlan(
    width=192,
    height=108,
    box=(0, 0, 192, 108),
    frames=24,
    frames_per_second=24,
    sound="ambience",
    camera_fixed=True,
    seed="doctor",
)
_REINSTALL = "Install it again in a fresh environment. If that does not help, report this message."
_IMPATIENT = Timing(retry_deadline_s=5.0)  # a person waits for the answer


@dataclass(frozen=True, slots=True)
class Found:
    """The result of one check."""

    what: str
    good: bool
    says: str
    advice: str = ""


@click.command(epilog="Example:  seedance doctor data/shots.csv")
@click.argument("sheet", required=False)
@click.option(
    "--json", "as_json", is_flag=True, help="Print a JSON array with one object per check."
)
def doctor(sheet: str | None, as_json: bool) -> int:
    """Check versions, measuring, storage, ledger, token and service. Spends nothing.

    With a SHEET it also checks rows and settings, the delivery of first frames (it writes to and
    reads from a bucket), and whether messages can be sent. Exits with 1 if something needs
    correction.
    """
    found = list(_examine(sheet))
    if as_json:
        facts = [
            {"check": f.what, "ok": f.good, "says": f.says, "what_to_do": f.advice} for f in found
        ]
        click.echo(printed_json(facts))
    else:
        console = Terminal()
        for f in found:
            mark, style = ("✓", "") if f.good else ("✗", "red")
            console.paragraph(f"{mark} {f.what}: {f.says}", style, hanging=2)
            if f.advice and not f.good:
                console.paragraph(f.advice, "yellow", indent=2)
    return 0 if all(f.good for f in found) else 1


def _examine(sheet: str | None) -> Iterator[Found]:
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    yield Found(
        "versions", True, f"seedance {__version__}, Python {platform.python_version()}, {libraries}"
    )
    try:
        environment = Environment.read(sheet=sheet)
    except SeedanceError as exc:
        yield Found("environment", False, str(exc), exc.advice)
        return
    yield _look("measuring", _measuring)
    yield _look("storage", lambda: _storage(environment))
    yield _look("ledger", lambda: _ledger(environment))
    yield _look("token", lambda: _token(environment))
    settings = ProductionSettings()
    if sheet is not None:
        try:
            taken = take_in(sheet)
        except SeedanceError as exc:
            yield Found("sheet", False, str(exc), exc.advice)
        else:
            settings = taken.settings
            yield from _examine_production(environment, taken)
    yield _look("service", lambda: asyncio.run(_service(environment, settings.model)))


def _examine_production(environment: Environment, taken: Intake) -> Iterator[Found]:
    shots, errors = len(taken.shot_list.shots), len(taken.shot_list.errors)
    advice = f"`seedance plan {taken.shot_list.source}` lists what to correct."
    yield Found("sheet", not errors, f"{taken.shot_list.read_as}, {shots} good", advice)
    if taken.shot_list.shots:
        yield _look("first frames", lambda: run_to_its_end(_first_frame(environment, taken)))
    yield _look("messages", lambda: _messages(environment, taken.settings))


def _look(what: str, look: Callable[[], str]) -> Found:
    try:
        return Found(what, True, look())
    except SeedanceError as exc:
        return Found(what, False, str(exc), exc.advice)


def _measuring() -> str:
    """Draw a small clip with sound and measure it in a separate process, like every clip."""
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "test.mp4"
        try:
            draw_clip(clip, Image.new("RGB", (192, 108), "teal"), _TEST_CLIP, lambda _number: True)
            with ProbePool(1) as pool:
                m = pool.probe(clip).measurements
        except (FFmpegError, OSError) as exc:
            raise ClipRefused(f"a test clip cannot be drawn: {exc}", advice=_REINSTALL) from exc
        except ClipRefused as exc:
            raise ClipRefused(str(exc), advice=_REINSTALL) from exc
    found = (m.video.width_px, m.video.height_px, m.video.frames_decoded, m.audio is not None)
    asked = (_TEST_CLIP.width, _TEST_CLIP.height, _TEST_CLIP.frames, True)
    if found != asked:
        raise ClipRefused(f"a test clip is {asked}, and measured as {found}", advice=_REINSTALL)
    return f"a test clip of {m.video.frames_decoded} frames with sound is measured correctly"


def _storage(environment: Environment) -> str:
    root = environment.home.root
    probe = root / ".doctor"
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x")
        probe.unlink()
        free = shutil.disk_usage(root).free
    except OSError as exc:
        raise StorageError(f"{root} cannot be written: {exc.strerror}") from exc
    if free < _LITTLE_ROOM_BYTES:
        raise StorageError(f"{root} has only {free / 1e6:.0f} MB free")
    return f"{root}, {free / 1e9:.0f} GB free; videos at {environment.media_root}"


def _ledger(environment: Environment) -> str:
    ledger = open_ledger(environment.ledger_url)
    try:
        takes = ledger.takes(scope=environment.scope.key)
    finally:
        ledger.close()
    open_ = sum(take.state.in_flight for take in takes)
    return f"{len(takes)} takes of this service, {open_} in flight"


def _token(environment: Environment) -> str:
    if environment.address is None:
        return "none is set: EMULATED, the embedded emulator serves and nothing is paid"
    return f"set for {environment.provider}; scope: {environment.scope.label}"


async def _first_frame(environment: Environment, taken: Intake) -> str:
    shot, listed = taken.shot_list.shots[0], taken.shot_list
    with open_for_a_look(environment, taken.settings) as (_, production):
        request = await prepare_request(
            shot, model_id=listed.model_id, sheet=listed.place, frames=production.frames
        )
        frame, delivered_frame = request.first_frame, await production.deliver_first_frame(request)
        if frame is None or delivered_frame is None:
            return f"{listed.model_id} takes none"
        how, link = delivered_frame.note or f"that of {shot.key} goes", delivered_frame.link()
        if link.startswith("data:"):
            return f"{how} inside the request, {len(link) / 1e3:.0f} kB"
        nearby = environment.scope.emulated or taken.settings.first_frames.private_hosts
        through = Downloader(allow_private=nearby, timeout_s=_FETCH_S)
        advice = "Check [first_frames] in production.toml and the read permissions."
        await check_link(link, frame, model_schema(listed.model_id), through, advice)
        return f"{how} by a link, and came back through it as it is here"


def _messages(environment: Environment, settings: ProductionSettings) -> str:
    open_notifier(environment, settings.notices, logging.getLogger(__name__))
    return f"by {settings.notices.way}"


async def _service(environment: Environment, model_id: str) -> str:
    with open_address(environment) as address:
        async with address.open(_IMPATIENT) as service:
            balance = await service.balance_usd()
            entry = await service.catalogue_entry(model_id)
            if balance is None and not await service.is_answering():
                raise ServiceFault(f"{environment.scope.base} does not answer")
    price = (
        "not told"
        if entry.base_price_usd is None
        else f"{entry.base_price_usd} USD a {entry.price_unit}"
    )
    told = "not told" if balance is None else f"{balance:.2f} USD"
    return f"{environment.scope.base} answers; balance {told}; price of {model_id}: {price}"

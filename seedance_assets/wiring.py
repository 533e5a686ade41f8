"""The only place that chooses implementations: from the environment to a production and a service.

With no token set, the embedded emulator serves. It keeps its state under SEEDANCE_HOME, so that
every process of one production sees the same emulated world.

What is chosen is imported when it is needed: Dagster loads the definitions in every process that
it starts, and most of them only look.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from seedance_assets.adapters.home import Home
from seedance_assets.adapters.home_folder import find_home
from seedance_assets.core.async_run import run_to_its_end
from seedance_assets.core.errors import InputMissing, SeedanceError, SettingsRefused, UsageError
from seedance_assets.core.model_schema import model_schema
from seedance_assets.core.money import PriceSource
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.scope import EMBEDDED, Scope
from seedance_assets.core.settings import NoticeSettings, ProductionSettings
from seedance_assets.core.shot import STANDARD_INPUT, Shot, ShotList

if TYPE_CHECKING:
    import logging

    from seedance_assets.adapters.first_frame import FrameStore
    from seedance_assets.adapters.notices import Notifier
    from seedance_assets.adapters.shot_sheet import Document
    from seedance_assets.core.run_options import RunOptions
    from seedance_assets.production.planning.plan import Plan
    from seedance_assets.production.ports import Provider, ServiceAddress
    from seedance_assets.production.production_context import ProductionContext

SAMPLE_SHEET = "data/shots.csv"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment says: secrets and infrastructure, nothing of the production itself."""

    home: Home
    ledger_url: str
    media_root: str
    sheet: str | None = None
    show: str = ""
    provider: str = ""
    address: ServiceAddress | None = field(default=None, repr=False)
    """Where the provider's service is; None: the embedded emulator serves."""
    slack_webhook: str = field(default="", repr=False)
    smtp_url: str = field(default="", repr=False)
    earlier_frames: Path | None = None
    """First frames of another home, which are known as well and left as they are."""
    bucket_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The keys of a bucket for first frames: what the environment has of `AWS_*`."""

    @classmethod
    def read(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        sheet: str | None = None,
        token: str = "",
        api_base: str = "",
    ) -> Environment:
        """Read `SEEDANCE_*` and the provider's variables. Raises `SettingsRefused`.

        `sheet` is the one that a command names: its folder helps to find the home. `token` and
        `api_base` count before the provider's own variables.
        """
        environ = os.environ if environ is None else environ
        usual_sheet = environ.get("SEEDANCE_SHEET")
        home = home_of(environ, sheet)
        provider = _provider(home, sheet, usual_sheet)
        given = {provider.token_name: token, provider.base_name: api_base}
        service = {**environ, **{name: value for name, value in given.items() if value}}
        return cls(
            home=home,
            ledger_url=environ.get("SEEDANCE_LEDGER_URL") or home.ledger_url,
            media_root=environ.get("SEEDANCE_MEDIA_ROOT") or str(home.media),
            sheet=usual_sheet or None,
            show=_show(environ),
            address=_address(provider, service),
            provider=provider.name,
            slack_webhook=environ.get("SEEDANCE_SLACK_WEBHOOK", ""),
            smtp_url=environ.get("SEEDANCE_SMTP_URL", ""),
            bucket_keys={n: v for n, v in environ.items() if n.startswith("AWS_")},
        )

    @property
    def scope(self) -> Scope:
        """What separates the takes of this environment from all others."""
        scope = Scope(self.provider, EMBEDDED) if self.address is None else self.address.scope
        return replace(scope, show=self.show)

    def shot_list(self) -> ShotList:
        """The sheet as it was read last. Raises `InputMissing` if none was, or for another show.

        Shots of another show would be bought once more in this one's name.
        """
        listed = self.home.load_shot_list()
        if listed.show is not None and listed.show != self.show:
            whose = f"show {listed.show!r}" if listed.show else "a production without a name"
            raise InputMissing(
                f"the sheet read last into {self.home.root} is that of {whose}",
                advice="Give each show a home of its own, or read this one's sheet again.",
            )
        return listed

    def sheet_to_read(self, named: str | None = None) -> str:
        """The sheet: the one that was named, SEEDANCE_SHEET, the last one read, the sample."""
        if named:
            return named
        if self.sheet:
            return self.sheet
        if self.home.has_shot_list():
            return self.home.load_shot_list().source
        return SAMPLE_SHEET


def home_of(environ: Mapping[str, str], sheet: str | None = None) -> Home:
    """SEEDANCE_HOME, else the home that is nearest to the sheet, or to the current folder."""
    sheet = sheet or environ.get("SEEDANCE_SHEET")
    if given := environ.get("SEEDANCE_HOME"):
        return Home(Path(given))
    if not sheet or is_elsewhere(sheet):
        return Home(find_home())
    return Home(find_home(Path(sheet).parent))


def _show(environ: Mapping[str, str]) -> str:
    name = environ.get("SEEDANCE_SHOW") or ""
    if name.split() not in ([], [name]):
        raise SettingsRefused(
            f"SEEDANCE_SHOW: {name!r} holds a blank", advice="Name the show in one word."
        )
    return name


def _provider(home: Home, sheet: str | None, usual_sheet: str | None) -> Provider:
    """The provider that sells the model of a sheet: of the named one, else of the one read last.

    Settings that cannot be read name none; whoever needs them says what is wrong with them.
    """
    from seedance_assets.adapters.providers import USUAL_PROVIDER, provider_of

    name, model = USUAL_PROVIDER, home.model_read_last()
    with suppress(SeedanceError):
        if sheet or (usual_sheet and not model):
            model = settings_for(sheet or usual_sheet or "").model
        if model:
            name = provider_of(model_schema(model))
    return provider_named(name)


def provider_named(name: str) -> Provider:
    """The provider that model schemas and `production.toml` call `name`."""
    match name:
        case "runcomfy":
            from seedance_assets.adapters.providers.runcomfy import RunComfyProvider

            return RunComfyProvider()
        case "fal":
            from seedance_assets.adapters.providers.fal import FalProvider

            return FalProvider()
    raise SettingsRefused(
        f"provider {name!r} is not known", advice="Known are 'runcomfy' and 'fal'."
    )


def _address(provider: Provider, environ: Mapping[str, str]) -> ServiceAddress | None:
    """The service that the environment names; None where the embedded emulator serves instead."""
    address = provider.address_in(environ)
    if address is None and not provider.has_emulator:
        raise SettingsRefused(
            f"the provider is {provider.name!r}, and {provider.token_name} is not set",
            advice=f"Set {provider.token_name}. For a run without a key, leave `provider` and "
            "`model` out of production.toml: the embedded emulator speaks RunComfy's contract.",
        )
    return address


def is_elsewhere(sheet: str) -> bool:
    """Whether a sheet is no file of this machine: a link, or standard input."""
    from seedance_assets.adapters.shot_sheet import is_link

    return is_link(sheet) or sheet == STANDARD_INPUT


def settings_for(sheet: str | Path, source: str = "") -> ProductionSettings:
    """The production's decisions: `production.toml` beside the sheet, or the defaults.

    For a sheet that is no file of this machine: in the folder that we were called from, and its
    paths stay in there. `source`: where the sheet came from, if `sheet` is where it would lie.
    """
    from seedance_assets.adapters.production_toml import read_settings, settings_in
    from seedance_assets.adapters.shot_sheet import folder_of, is_file_here

    settings = read_settings(settings_in(folder_of(sheet)))
    if is_file_here(source or sheet):
        return settings
    kept_in = settings.first_frames.model_copy(update={"outside": False, "follow_symlinks": False})
    return settings.model_copy(update={"first_frames": kept_in})


def settings_of(listed: ShotList) -> ProductionSettings:
    """The decisions for a sheet that was read earlier, as they are now.

    Raises `SettingsRefused` if its `production.toml` has gone since (a share that is not mounted):
    the defaults know no budget.
    """
    from seedance_assets.adapters.production_toml import settings_in
    from seedance_assets.adapters.shot_sheet import folder_of

    if listed.settings_file and settings_in(folder_of(listed.place)) is None:
        raise SettingsRefused(
            f"{listed.settings_file}, which was there when {listed.name} was read, is gone, and "
            "the budget with it",
            advice="Bring it back (is its share mounted?), or read the sheet again without it.",
        )
    return settings_for(listed.place, listed.source)


@dataclass(frozen=True, slots=True)
class Intake:
    """A sheet as it came, what was read of it, and the settings beside it."""

    document: Document
    shot_list: ShotList
    settings: ProductionSettings


def read_production(sheet: str | Path) -> tuple[ShotList, ProductionSettings]:
    """A sheet and the settings beside it. Must not be called from a running event loop."""
    taken = take_in(sheet)
    return taken.shot_list, taken.settings


def take_in(sheet: str | Path, settings: ProductionSettings | None = None) -> Intake:
    """Read a sheet at a path, behind a link, or from standard input (`-`), and keep its bytes.

    `settings`: those for it, if they have been read already.
    """
    from seedance_assets.adapters.shot_sheet import read_document, read_shots

    settings = settings_for(sheet) if settings is None else settings
    document = read_document(sheet, allow_private=settings.sheet.private_hosts)
    listed = read_shots(document, model_schema(settings.model), settings.defaults, settings.sheet)
    return Intake(document, listed.model_copy(update=_beside(sheet)), settings)


def as_it_is_now(listed: ShotList) -> ShotList:
    """The sheet read again if it, or its `production.toml`, has been edited since; else `listed`.

    What came through standard input cannot be read twice.
    """
    from seedance_assets.adapters.shot_sheet import read_document

    if listed.source == STANDARD_INPUT:
        return listed
    settings = settings_of(listed)
    document = read_document(listed.source, allow_private=settings.sheet.private_hosts)
    before = (listed.sha256, listed.settings_sha256)
    if before == (document.sha256, _beside(listed.place)["settings_sha256"]):
        return listed
    again = take_in(listed.source, settings).shot_list
    return again.model_copy(update={"folder": listed.folder})


def _beside(sheet: str | Path) -> dict[str, str]:
    """What a shot list says of the `production.toml` that it was read with."""
    from seedance_assets.adapters.production_toml import settings_in
    from seedance_assets.adapters.shot_sheet import folder_of

    beside = settings_in(folder_of(sheet))
    if beside is None:
        return {"settings_file": "", "settings_sha256": ""}
    sha256 = hashlib.sha256(beside.read_bytes()).hexdigest()
    return {"settings_file": str(beside.absolute()), "settings_sha256": sha256}


def open_frames(environment: Environment, settings: ProductionSettings) -> FrameStore:
    """The store of first frames, for one run."""
    from seedance_assets.adapters.first_frame import FrameStore, Reach

    allowed = settings.first_frames
    return FrameStore(
        environment.home.frames,
        allow_private=allowed.private_hosts,
        reach=Reach(allowed.outside, allowed.follow_symlinks),
        earlier=environment.earlier_frames,
    )


def request_of_shot(
    environment: Environment, key: str, sheet: str
) -> tuple[GenerationRequest, Shot, ProductionSettings]:
    """What a shot of a sheet asks for, its first frame fetched. Spends nothing.

    Raises `UsageError` if the sheet has no such shot. Must not be called from a running event loop.
    """
    shot_list, settings = read_production(sheet)
    found = shot_list.only([key])
    if not found:
        raise UsageError(
            f"shot {key!r} is not in {shot_list.name}",
            advice="Name a shot of the sheet, or another --sheet.",
        )
    prepared = prepare_requests(open_frames(environment, settings), shot_list, found)[key]
    if isinstance(prepared, SeedanceError):
        raise prepared
    return prepared, found[0], settings


def prepare_requests(
    frames: FrameStore, shot_list: ShotList, shots: Iterable[Shot]
) -> dict[str, GenerationRequest | SeedanceError]:
    """What shots of a list ask for, by their keys, or why a shot's request cannot be prepared.

    Spends nothing. Must not be called from a running event loop.
    """
    from seedance_assets.production.planning.requests import prepare_request

    async def prepare() -> dict[str, GenerationRequest | SeedanceError]:
        found: dict[str, GenerationRequest | SeedanceError] = {}
        for shot in shots:
            try:
                found[shot.key] = await prepare_request(
                    shot, model_id=shot_list.model_id, sheet=shot_list.place, frames=frames
                )
            except SeedanceError as exc:
                found[shot.key] = exc
        return found

    return run_to_its_end(prepare())


@contextmanager
def open_production(
    environment: Environment, settings: ProductionSettings, journal: Path | None = None
) -> Iterator[ProductionContext]:
    """Open the ledger and the stores. Raises `LedgerError`, `StorageError`, `SettingsRefused`.

    `journal`: that of the orders, if it is not the home's own.
    """
    from upath import UPath

    from seedance_assets.adapters.first_frame import delivery_of
    from seedance_assets.adapters.ledger import open_ledger
    from seedance_assets.adapters.media_library import MediaLibrary
    from seedance_assets.adapters.order_journal import OrderJournal
    from seedance_assets.adapters.plan_records import PlanRecords
    from seedance_assets.adapters.probe import ProbePool
    from seedance_assets.adapters.providers.runcomfy import USUAL_BASE
    from seedance_assets.production.ordering.take_records import recover_orders
    from seedance_assets.production.production_context import ProductionContext

    root = UPath(environment.media_root, *environment.scope.folders(USUAL_BASE))
    ledger = open_ledger(environment.ledger_url)
    probes = ProbePool(settings.concurrency.decoders)
    orders = OrderJournal(journal or environment.home.orders)
    try:
        recover_orders(environment.scope, ledger, orders)
        yield ProductionContext(
            scope=environment.scope,
            settings=settings,
            ledger=ledger,
            library=MediaLibrary(root, environment.home.staging),
            frames=open_frames(environment, settings),
            delivery=delivery_of(
                settings.first_frames,
                emulated=environment.scope.emulated,
                needed_s=settings.patience.soft_timeout_s,
                environ=environment.bucket_keys,
            ),
            probes=probes,
            journal=orders,
            plans=PlanRecords(environment.home.plans),
        )
    finally:
        probes.close()
        ledger.close()


@contextmanager
def open_for_a_look(
    environment: Environment, settings: ProductionSettings
) -> Iterator[tuple[Environment, ProductionContext]]:
    """A context that leaves no files behind, and its environment: for a plan of a new production.

    The ledger is looked into if there is one. Everything else that a production keeps lies in a
    folder that is gone afterwards.
    """
    from seedance_assets.adapters.ledger import ledger_is_there

    with TemporaryDirectory(prefix="seedance-plan-") as folder:
        home = Home(Path(folder))
        there = ledger_is_there(environment.ledger_url)
        ledger_url = environment.ledger_url if there else home.ledger_url
        looking = replace(
            environment,
            home=home,
            ledger_url=ledger_url,
            earlier_frames=environment.home.frames,
        )
        with open_production(looking, settings, environment.home.orders) as production:
            yield looking, production


@contextmanager
def open_address(environment: Environment) -> Iterator[ServiceAddress]:
    """Where the service is; with no token, an emulator that lives as long as this context."""
    if environment.address is not None:
        yield environment.address
        return
    from seedance_assets.adapters.providers.runcomfy import ServiceAddress
    from seedance_assets.emulator import EmulatorSettings, running_emulator

    with running_emulator(EmulatorSettings(state_dir=environment.home.emulator)) as emulator:
        yield ServiceAddress.of_emulator(emulator.base_url, emulator.root)


def open_notifier(
    environment: Environment, settings: NoticeSettings, log: logging.Logger
) -> Notifier:
    """The way by which people hear of runs that have ended. Raises `SettingsRefused`."""
    match settings.way:
        case "log":
            from seedance_assets.adapters.notices.log import LogNotifier

            return LogNotifier(log)
        case "slack":
            from seedance_assets.adapters.notices.slack import SlackNotifier

            return SlackNotifier(environment.slack_webhook)
        case "mail":
            from seedance_assets.adapters.notices.mail import MailNotifier, MailServer

            server = MailServer.read(environment.smtp_url)
            return MailNotifier(server, settings.mail_from, settings.mail_to)


def plan_production(
    environment: Environment,
    production: ProductionContext,
    shot_list: ShotList,
    *,
    only: Iterable[str] | None = None,
    options: RunOptions | None = None,
    to_buy: bool = False,
) -> Plan:
    """The plan for a sheet. The service is asked for its price if the settings name the catalogue.

    It is also asked `to_buy`, as its price may be the dearer one. Must not be called from a running
    event loop.
    """
    from seedance_assets.production.planning.plan import make_plan

    async def plan() -> Plan:
        price_source = await _price_source(
            environment, production, shot_list.model_id, to_buy=to_buy
        )
        return await make_plan(
            production, shot_list, only=only, price_source=price_source, options=options
        )

    return run_to_its_end(plan())


async def _price_source(
    environment: Environment, production: ProductionContext, model_id: str, *, to_buy: bool
) -> PriceSource:
    price = production.settings.price
    if price.source == "table" and (environment.address is None or not to_buy):
        return price
    from seedance_assets.production.money.price_sources import ask_price_source

    with open_address(environment) as address:
        async with address.open() as service:
            return await ask_price_source(price, service, model_id)

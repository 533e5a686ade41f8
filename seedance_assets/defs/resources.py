"""The production as a Dagster resource: configuration, and doors that open it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import environ
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field, ValidationError

from seedance_assets.core.errors import InputMissing, PlanOutdated, SettingsRefused
from seedance_assets.core.settings import ProductionSettings
from seedance_assets.core.shot import STANDARD_INPUT, ShotList
from seedance_assets.defs.show import Show
from seedance_assets.wiring import (
    Environment,
    as_it_is_now,
    open_address,
    open_frames,
    open_production,
    read_production,
    settings_for,
    settings_of,
)

if TYPE_CHECKING:
    from seedance_assets.production.ports import ServiceAddress
    from seedance_assets.production.production_context import ProductionContext


class ProductionResource(dg.ConfigurableResource):
    """Where a production lies and which service it uses.

    Every field may stay empty: then the environment decides (`SEEDANCE_HOME`, the provider's
    token, …), and without a token the embedded emulator serves.
    """

    home: str = Field(default="", description="Folder of everything made; else SEEDANCE_HOME.")
    token: str = Field(
        default="",
        description="Token for the provider, as an EnvVar, never as text; else its own variable.",
    )
    api_base: str = Field(
        default="", description="Base of the service's API; else the provider's own variable."
    )
    ledger_url: str = Field(
        default="", description="SQLAlchemy address of the ledger; else SEEDANCE_LEDGER_URL."
    )
    media_root: str = Field(
        default="", description="Folder or URL of the videos; else SEEDANCE_MEDIA_ROOT."
    )
    show: str = Field(
        default="",
        description="Name of the show, where several share a ledger; else SEEDANCE_SHOW.",
    )
    sheet: str = Field(default="", description="The shot sheet; else SEEDANCE_SHEET.")
    budget: dict[str, float] = Field(
        default_factory=dict,
        description="Caps and thresholds laid over [budget] of production.toml, by their names.",
    )

    slack_webhook: str = Field(
        default="",
        description="Incoming webhook of Slack for [notices], as an EnvVar; else "
        "SEEDANCE_SLACK_WEBHOOK.",
    )
    smtp_url: str = Field(
        default="",
        description="Mail server for [notices], as an EnvVar; else SEEDANCE_SMTP_URL.",
    )

    @property
    def environment(self) -> Environment:
        """The environment with this resource's fields laid over it."""
        given = {**environ, **self._given()}
        return Environment.read(given, token=self.token, api_base=self.api_base)

    def of_show(self, show: Show) -> "ProductionResource":
        """This resource with the show's name and a home of its own, where it says neither itself.

        Else shows that share a ledger or SEEDANCE_HOME would share takes, budget and sheet, too.
        """
        if not show.name:
            return self
        home = self.home or str(self.environment.home.root / show.name)
        return self.model_copy(update={"show": self.show or show.name, "home": home})

    def _given(self) -> Mapping[str, str]:
        fields = {
            "SEEDANCE_HOME": self.home,
            "SEEDANCE_LEDGER_URL": self.ledger_url,
            "SEEDANCE_MEDIA_ROOT": self.media_root,
            "SEEDANCE_SHOW": self.show,
            "SEEDANCE_SHEET": self.sheet,
            "SEEDANCE_SLACK_WEBHOOK": self.slack_webhook,
            "SEEDANCE_SMTP_URL": self.smtp_url,
        }
        return {name: value for name, value in fields.items() if value}

    def read_sheet(self, named: str) -> tuple[ShotList, ProductionSettings]:
        """Read the sheet that was named (or the one that the environment means)."""
        sheet = self.environment.sheet_to_read(named or None)
        if sheet == STANDARD_INPUT and not named:
            raise InputMissing(
                "the sheet read last came through standard input, which is not here any more",
                advice="Name a sheet in the configuration of `shot_list`, or in SEEDANCE_SHEET.",
            )
        shot_list, settings = read_production(sheet)
        return shot_list, self._with_budget(settings)

    def with_frame_problems(self, shot_list: ShotList, settings: ProductionSettings) -> ShotList:
        """A shot list with what the headers of its first frames tell as well."""
        from seedance_assets.production.planning.frame_problems import FrameProblems

        found = FrameProblems(shot_list).in_headers(open_frames(self.environment, settings))
        return shot_list.model_copy(update={"problems": (*shot_list.problems, *found)})

    def check_budget(self) -> None:
        """Raises `SettingsRefused` for an unknown or invalid cap."""
        self._with_budget(ProductionSettings())

    def _with_budget(self, settings: ProductionSettings) -> ProductionSettings:
        """The settings with this resource's caps. Raises `SettingsRefused`."""
        try:
            return settings.with_budget(self.budget)
        except ValidationError as exc:
            error = exc.errors()[0]
            name = ".".join(str(part) for part in error["loc"])
            raise SettingsRefused(
                f"budget of the production: {name}: {error['msg']}",
                advice="Correct `budget` where the resource, or the component, is configured.",
            ) from exc

    def shot_list(self) -> ShotList:
        """The shot list as it was read last. Raises `InputMissing` if none of this show was."""
        return self.environment.shot_list()

    def approved_shot_list(self, keys: Sequence[str]) -> ShotList:
        """The shot list for a run that was approved, as the sheet is now.

        Raises `PlanOutdated` if it has lost one of the shots.
        """
        shot_list = as_it_is_now(self.shot_list())
        if absent := shot_list.absent(keys):
            raise PlanOutdated(
                f"since the plan was approved, {shot_list.name} has lost {', '.join(absent)}"
            )
        return shot_list

    @contextmanager
    def open(self, *, to_buy: bool = True) -> "Iterator[ProductionContext]":
        """Open the ledger and the stores, with the settings beside the sheet read last.

        Raises `SettingsRefused` if those have gone since; not if nothing is to be bought or priced.
        """
        listed = self.shot_list()
        found = settings_of(listed) if to_buy else settings_for(listed.place, listed.source)
        settings = self._with_budget(found)
        with open_production(self.environment, settings) as production:
            yield production

    @contextmanager
    def serve(self) -> "Iterator[ServiceAddress]":
        """The service's address; an emulator is started for as long as this is open, if need be."""
        with open_address(self.environment) as address:
            yield address


def production_of(
    context: dg.AssetExecutionContext
    | dg.OpExecutionContext
    | dg.SensorEvaluationContext
    | dg.ScheduleEvaluationContext,
    show: Show,
) -> ProductionResource:
    """The resource of a show, in a run or a sensor that requires `show.production`."""
    production: ProductionResource = getattr(context.resources, show.production)
    return production.of_show(show)

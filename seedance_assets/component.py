"""A production as a Dagster component: several shows in one code location, each from a few lines.

```yaml
type: seedance_assets.component.ShotProductionComponent
attributes:
  show: harbour
  sheet: shots.csv            # beside this file; production.toml may lie there too
  budget:
    per_day_usd: 20
```
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import dagster as dg
from pydantic import Field

from seedance_assets.definitions import build_definitions
from seedance_assets.defs.resources import ProductionResource
from seedance_assets.defs.sensors.buying import LOOK_EVERY_S, NIGHTLY
from seedance_assets.defs.show import OWNERS, Show


def _says(description: str) -> dg.Resolver:
    """What a field of the YAML is for; Dagster drops `Field(description=…)` (1.13)."""
    said: dg.Resolver = dg.Resolver.default(description=description)
    return said


class ShotProductionComponent(dg.Component, dg.Resolvable, dg.Model):
    """One show: its sheet, its home, its budget. Its assets, partitions and jobs bear its name.

    Secrets are named, never written here: `token_variable` is the environment variable that holds
    the token. Without one, and with no RUNCOMFY_TOKEN, the embedded emulator serves.
    """

    show: Annotated[str, _says("Name of the show: small letters, digits and underscores.")]
    sheet: Annotated[str, _says("The shot sheet; a path is beside the component's file.")] = (
        "shots.csv"
    )
    home: Annotated[
        str, _says("Folder of everything made; storage/<show> of the working directory if empty.")
    ] = ""
    budget: Annotated[
        Mapping[str, float],
        _says("Caps in USD laid over [budget] of production.toml, such as total_usd."),
    ] = Field(default_factory=dict)
    api_base: Annotated[str, _says("Base of the service's API, if not the usual.")] = ""
    media_root: Annotated[str, _says("Folder or URL of the videos, if not in home.")] = ""
    token_variable: Annotated[str, _says("Environment variable with this show's token.")] = ""
    ledger_variable: Annotated[
        str, _says("Environment variable with the address of a ledger that shows may share.")
    ] = ""
    slack_variable: Annotated[
        str,
        _says(
            'Environment variable with the Slack webhook, for `way = "slack"` in [notices] of the '
            "show's production.toml; else SEEDANCE_SLACK_WEBHOOK."
        ),
    ] = ""
    smtp_variable: Annotated[
        str,
        _says(
            'Environment variable with the mail server, for `way = "mail"`; else SEEDANCE_SMTP_URL.'
        ),
    ] = ""
    owners: Annotated[
        Sequence[str], _says("Who answers for the assets: `team:name` or e-mail addresses.")
    ] = OWNERS
    nightly: Annotated[str, _says("When the schedule runs (cron, UTC), once it is turned on.")] = (
        NIGHTLY
    )
    look_every_s: Annotated[
        int, Field(ge=5), _says("How often the sensor that buys looks, once it is turned on.")
    ] = LOOK_EVERY_S

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The show's assets, checks, jobs, sensors and its resource. Raises `SettingsRefused`."""
        production = self._production(context.path)
        production.check_budget()
        return build_definitions(
            show=Show(self.show, tuple(self.owners)),
            production=production,
            nightly=self.nightly,
            look_every_s=self.look_every_s,
        )

    def _production(self, path: Path) -> ProductionResource:
        folder = path if path.is_dir() else path.parent
        secrets: dict[str, Any] = {
            field: dg.EnvVar(variable)
            for field, variable in (
                ("token", self.token_variable),
                ("ledger_url", self.ledger_variable),
                ("slack_webhook", self.slack_variable),
                ("smtp_url", self.smtp_variable),
            )
            if variable
        }
        return ProductionResource(
            show=self.show,
            sheet=self.sheet if "://" in self.sheet else str(folder / self.sheet),
            home=self.home or str(Path("storage", self.show)),
            budget=dict(self.budget),
            api_base=self.api_base,
            media_root=self.media_root,
            **secrets,
        )

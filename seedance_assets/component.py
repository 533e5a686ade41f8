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
from typing import Any

import dagster as dg
from pydantic import Field

from seedance_assets.definitions import build_definitions
from seedance_assets.defs.buying import LOOK_EVERY_S, NIGHTLY
from seedance_assets.defs.resources import StudioResource
from seedance_assets.defs.show import OWNERS, Show


class ShotProductionComponent(dg.Component, dg.Resolvable, dg.Model):
    """One show: its sheet, its home, its budget. Its assets, partitions and jobs bear its name.

    Secrets are named, never written here: `token_variable` is the environment variable that holds
    the token. Without one, and with no RUNCOMFY_TOKEN, the embedded emulator serves.
    """

    show: str = Field(description="Name of the show: small letters, digits and underscores.")
    sheet: str = Field(
        default="shots.csv", description="The shot sheet; a path is beside the component's file."
    )
    home: str = Field(
        default="",
        description="Folder of everything made; storage/<show> of the working directory if empty.",
    )
    budget: Mapping[str, float] = Field(
        default_factory=dict,
        description="Caps in USD laid over [budget] of production.toml, such as total_usd.",
    )
    api_base: str = Field(default="", description="Base of the service's API, if not the usual.")
    media_root: str = Field(default="", description="Folder or URL of the videos, if not in home.")
    token_variable: str = Field(
        default="", description="Environment variable with this show's token."
    )
    ledger_variable: str = Field(
        default="",
        description="Environment variable with the address of a ledger that shows may share.",
    )

    owners: Sequence[str] = Field(
        default=OWNERS, description="Who answers for the assets: `team:name` or e-mail addresses."
    )
    nightly: str = Field(
        default=NIGHTLY, description="When the schedule runs (cron, UTC), once it is turned on."
    )

    look_every_s: int = Field(
        default=LOOK_EVERY_S,
        ge=5,
        description="How often the sensor that buys looks, once it is turned on.",
    )

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The show's assets, checks, jobs, sensors and its resource."""
        return build_definitions(
            show=Show(self.show, tuple(self.owners)),
            studio=self._studio(context.path),
            nightly=self.nightly,
            look_every_s=self.look_every_s,
        )

    def _studio(self, path: Path) -> StudioResource:
        folder = path if path.is_dir() else path.parent
        secrets: dict[str, Any] = {
            field: dg.EnvVar(variable)
            for field, variable in (
                ("token", self.token_variable),
                ("ledger_url", self.ledger_variable),
            )
            if variable
        }
        return StudioResource(
            show=self.show,
            sheet=self.sheet if "://" in self.sheet else str(folder / self.sheet),
            home=self.home or str(Path("storage", self.show)),
            budget=dict(self.budget),
            api_base=self.api_base,
            media_root=self.media_root,
            **secrets,
        )

"""A show: one production in a code location, told from the others by its name.

A project with one show needs no name: its assets are called `shot_list`, `generation` and so on.
With a name, everything that Dagster knows by name bears it: `harbour/generation`, the partitions
`harbour_shots`, the job `harbour_production`.
"""

import re
from dataclasses import dataclass

import dagster as dg

from seedance_assets.core.errors import SettingsRefused

OWNERS = ("team:production",)
"""Who answers for a show's assets, if nobody else is named."""
FREE = {"costs": "nothing"}
"""Tag of every asset but one."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


@dataclass(frozen=True, slots=True)
class Show:
    """The name of a show, and what follows from it. Raises `SettingsRefused` for a bad name."""

    name: str = ""
    owners: tuple[str, ...] = OWNERS
    """Teams (`team:…`) and e-mail addresses that stand on every asset."""

    def __post_init__(self) -> None:
        if self.name and not _NAME.fullmatch(self.name):
            raise SettingsRefused(
                f"{self.name!r} cannot be the name of a show",
                advice="Use small letters, digits and underscores, a letter first, at most 31.",
            )

    def named(self, word: str) -> str:
        """A job, an op, a sensor, a group, a resource of this show."""
        return f"{self.name}_{word}" if self.name else word

    def key(self, asset: str) -> dg.AssetKey:
        """The key of one of this show's assets."""
        return dg.AssetKey([self.name, asset] if self.name else [asset])

    def op(self, asset: str) -> str:
        """The op of an asset that stands alone: Dagster joins the parts of its key."""
        return "__".join(self.key(asset).path)

    @property
    def partitions(self) -> dg.DynamicPartitionsDefinition:
        """One partition for each shot."""
        return dg.DynamicPartitionsDefinition(name=self.named("shots"))

    @property
    def production(self) -> str:
        """The key of the resource that opens this show's production."""
        return self.named("production")


THE_SHOW = Show()
"""The only show of a project of its own."""

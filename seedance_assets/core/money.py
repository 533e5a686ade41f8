"""What a take will roughly cost. The true charge comes back from the service as `cost`.

The estimate follows ByteDance's published rule: tokens = width · height · frames / 1024, with a
price per million tokens that doubles with sound. Where the service's catalogue gives a price by the
second or by the video, that may be used instead.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from seedance_assets.core.request import GenerationRequest

_BY_THE_SECOND = {"second"}
_BY_THE_VIDEO = {"output", "video"}


class PriceSource(Protocol):
    """Something that knows what a take costs."""

    @property
    def described(self) -> str:
        """Where the price comes from, for people."""

    def estimate_usd(self, request: GenerationRequest) -> float | None:
        """What one take is likely to cost, in USD; None if nobody says."""


class PriceTable(BaseModel):
    """USD per million tokens, with and without sound."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    usd_per_million_tokens_with_audio: float = Field(default=2.4, ge=0, allow_inf_nan=False)
    usd_per_million_tokens_silent: float = Field(default=1.2, ge=0, allow_inf_nan=False)

    @property
    def described(self) -> str:
        """Where the price comes from, for people."""
        return "the price table of the production"

    def estimate_usd(self, request: GenerationRequest) -> float:
        """What one take of `request` is likely to cost, in USD, to a hundredth of a cent."""
        tokens = request.size.width * request.size.height * request.frames / 1024
        rate = (
            self.usd_per_million_tokens_with_audio
            if request.audio
            else self.usd_per_million_tokens_silent
        )
        return round(tokens * rate / 1e6, 4)


class PriceSettings(PriceTable):
    """`[price]` of production.toml: the rates, and whether the catalogue's price comes first."""

    source: Literal["table", "catalogue"] = "table"

    @property
    def configured(self) -> bool:
        """Whether somebody wrote a rate down, rather than leaving it at the program's own."""
        return bool(self.model_fields_set & set(PriceTable.model_fields))


@dataclass(frozen=True, slots=True)
class CataloguePrice:
    """A price of the service's catalogue, in a unit that we understand. No locked quote."""

    usd: float
    unit: str

    @property
    def described(self) -> str:
        """Where the price comes from, for people."""
        return f"the service's catalogue: {self.usd:g} USD a {self.unit}"

    def estimate_usd(self, request: GenerationRequest) -> float:
        """Base price × seconds, or × 1, to a hundredth of a cent."""
        times = request.duration_s if self.unit in _BY_THE_SECOND else 1
        return round(self.usd * times, 4)


@dataclass(frozen=True, slots=True)
class HigherPrice:
    """The price table, or the service's catalogue where that is dearer: what a take may cost."""

    table: PriceTable
    catalogue: CataloguePrice

    @property
    def described(self) -> str:
        """Where the price comes from, for people."""
        return f"the dearer of {self.table.described} and {self.catalogue.described}"

    def estimate_usd(self, request: GenerationRequest) -> float:
        """What one take may cost, in USD."""
        return max(self.table.estimate_usd(request), self.catalogue.estimate_usd(request))

    def warning(self, request: GenerationRequest) -> str | None:
        """What to say before money is spent; None where the table is the dearer one."""
        table, catalogue = self.table.estimate_usd(request), self.catalogue.estimate_usd(request)
        if catalogue <= table:
            return None
        return (
            f"the service's catalogue says {catalogue:.4f} USD for a take, the price table "
            f"{table:.4f} USD: the dearer one is reserved"
        )


@dataclass(frozen=True, slots=True)
class NoPrice:
    """Nobody says what a take costs."""

    why: str

    @property
    def described(self) -> str:
        """Where the price comes from, for people."""
        return f"unknown: {self.why}"

    def estimate_usd(self, request: GenerationRequest) -> None:
        """Nobody says."""


def catalogue_price(usd: float | None, unit: str | None) -> CataloguePrice | NoPrice:
    """The tariff of a catalogue's entry; any unit but a second or a video says nothing."""
    if usd is None:
        return NoPrice("the service's catalogue gives no price")
    word = (unit or "").strip().lower()
    if word not in _BY_THE_SECOND | _BY_THE_VIDEO:
        said = f"by the {unit!r}" if unit else "without a unit"
        return NoPrice(f"the service's catalogue gives a price {said}, which says nothing here")
    return CataloguePrice(usd, word)


def price_source_with(settings: PriceSettings, found: CataloguePrice | NoPrice) -> PriceSource:
    """What counts once the catalogue was read: its price, else rates that somebody wrote down.

    Where the table comes first, the catalogue counts only if it is dearer: a cap must hold.
    """
    if settings.source == "table":
        return settings if isinstance(found, NoPrice) else HigherPrice(settings, found)
    return settings if isinstance(found, NoPrice) and settings.configured else found

"""What takes cost in this run: the production's own table, or the service's catalogue."""

import asyncio

from seedance_assets.core.errors import PriceUnknown, ServiceError
from seedance_assets.core.money import (
    NoPrice,
    PriceSettings,
    PriceSource,
    catalogue_price,
    price_source_with,
)
from seedance_assets.production.ports import GenerationService

_PATIENCE_S = 15.0


async def ask_price_source(
    price: PriceSettings, service: GenerationService, model_id: str
) -> PriceSource:
    """The tariff of a model: the production's table, and what the service's catalogue says.

    A catalogue that does not answer, or gives no price that can be used, leaves the table; if
    `[price] source` is `catalogue`, only rates that somebody wrote down, else none is known.
    """
    try:
        async with asyncio.timeout(_PATIENCE_S):
            entry = await service.catalogue_entry(model_id)
    except (ServiceError, TimeoutError) as exc:
        why = str(exc) or f"no answer in {_PATIENCE_S:.0f} s"
        return price_source_with(
            price, NoPrice(f"the service's catalogue could not be read: {why}")
        )
    return price_source_with(price, catalogue_price(entry.base_price_usd, entry.price_unit))


def price_unknown(shot: str, price_source: PriceSource) -> PriceUnknown:
    """The error for an order that nobody can put a price on."""
    return PriceUnknown(f"shot {shot}: the price of a take is {price_source.described}")

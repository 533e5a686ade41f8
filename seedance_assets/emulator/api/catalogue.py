"""The catalogue of models and the balance: what a client can read before it pays."""

from collections.abc import Mapping
from typing import Any

from seedance_assets.core.model_schema import ModelSchema, as_catalogue_json
from seedance_assets.emulator.api.answers import Answer, refusal
from seedance_assets.emulator.api.order import fill_defaults, read_order
from seedance_assets.emulator.api.price import Rates
from seedance_assets.emulator.jobs.scenario import Habits
from seedance_assets.emulator.jobs.store import Store
from seedance_assets.emulator.settings import EmulatorSettings

_MOST = 500
_DEFAULT_LIMIT = 100


class Catalogue:
    """Read-only answers about models, prices and the balance."""

    def __init__(self, settings: EmulatorSettings, store: Store) -> None:
        self._settings = settings
        self._store = store

    def models(self, query: Mapping[str, str]) -> Answer:
        """GET /v1/models."""
        limit = _number(query, "limit", _DEFAULT_LIMIT, lowest=1, highest=_MOST)
        offset = _number(query, "offset", 0, lowest=0, highest=10**9)
        found = [s for _, s in sorted(self._settings.schemas.items()) if _fits(s, query)]
        with_schema = query.get("include_schema", "").lower() in {"true", "1"}
        page = found[offset : offset + limit]
        return Answer(
            {
                "models": [self._entry(schema, with_schema=with_schema) for schema in page],
                "total": len(found),
                "limit": limit,
                "offset": offset,
            }
        )

    def model(self, model_id: str) -> Answer:
        """GET /v1/models/{model_id}."""
        schema = self._settings.schemas.get(model_id)
        if schema is None:
            raise refusal("not_found", f"Unknown model_id: {model_id[:200]!a}.")
        return Answer(self._entry(schema, with_schema=True))

    def categories(self) -> Answer:
        """GET /v1/models/categories."""
        names = {name for schema in self._settings.schemas.values() for name in schema.categories}
        return Answer({"categories": sorted(names)})

    def balance(self) -> Answer:
        """GET /prod/v2/balance: the balance after all charges."""
        micro = round((self._settings.balance_usd - self._store.charged_usd()) * 1e6)
        return Answer(
            {"balance_usd": micro / 1e6, "balance_microdollars": micro, "currency": "USD"}
        )

    def _entry(self, schema: ModelSchema, *, with_schema: bool) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "model_id": schema.model_id,
            "display_name": schema.display_name,
            "description": schema.description,
            "categories": list(schema.categories),
            "kind": schema.kind,
            **self._price(schema),
            "model_url": f"https://www.runcomfy.com/models/{schema.model_id}",
            "inputs": list(schema.input_schema.properties),
            "required_inputs": list(schema.input_schema.required),
        }
        if with_schema:
            entry["input_schema"] = as_catalogue_json(schema)
        return entry

    def _price(self, schema: ModelSchema) -> dict[str, Any]:
        """The model's lowest price at its default size (silent), per second or per clip."""
        habit = self._settings.scenario.habits.price
        if habit == "absent":
            return {}
        order = read_order(fill_defaults({}, schema, Habits()), schema)
        sizes = schema.video.sizes[order.resolution]
        width, height = sizes.get(order.ratio, next(iter(sizes.values())))
        rate = schema.video.frames_per_second
        rates = Rates(
            self._settings.usd_per_million_tokens_with_audio,
            self._settings.usd_per_million_tokens_silent,
        )
        frames = rate if habit == "present" else order.frames(rate)
        return {
            "base_price_usd": rates.usd(width=width, height=height, frames=frames, audio=False),
            "price_unit": "second" if habit == "present" else "output",
            "pricing_note": "EMULATED. At the default size and silent; size and sound change it.",
        }


def _fits(schema: ModelSchema, query: Mapping[str, str]) -> bool:
    text = f"{schema.model_id} {schema.display_name} {schema.description}".casefold()
    return (
        query.get("search", "").casefold() in text
        and query.get("category", "") in {"", *schema.categories}
        and query.get("kind", "") in {"", schema.kind}
    )


def _number(query: Mapping[str, str], name: str, default: int, *, lowest: int, highest: int) -> int:
    word = query.get(name, str(default))
    if not (word.isascii() and word.isdigit() and lowest <= int(word[:12]) <= highest):
        raise refusal("unprocessable", f"{name} must be a whole number, {lowest} to {highest}.")
    return int(word)

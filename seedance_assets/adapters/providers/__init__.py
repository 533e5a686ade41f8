"""The paid services behind the port `production.ports`, one package each."""

from seedance_assets.core.model_schema import ModelSchema

USUAL_PROVIDER = "runcomfy"
"""The one that is used if `production.toml` and the model's schema name no other."""


def provider_of(schema: ModelSchema) -> str:
    """The name of the provider that sells a model."""
    return schema.provider or USUAL_PROVIDER

"""RunComfy's Model API: the provider that is used if `production.toml` names no other."""

from collections.abc import Mapping

from seedance_assets.adapters.providers.runcomfy.address import (
    BASE_NAME,
    NAME,
    TOKEN_NAMES,
    USUAL_BASE,
    ServiceAddress,
)
from seedance_assets.adapters.providers.runcomfy.service import RunComfy, open_service

__all__ = ["USUAL_BASE", "RunComfy", "RunComfyProvider", "ServiceAddress", "open_service"]


class RunComfyProvider:
    """RunComfy as a `production.ports.Provider`."""

    name = NAME
    token_name = TOKEN_NAMES[0]
    base_name = BASE_NAME
    has_emulator = True

    def address_in(self, environ: Mapping[str, str]) -> ServiceAddress | None:
        """The service that the environment names; None if it names none."""
        return ServiceAddress.from_environment(environ)

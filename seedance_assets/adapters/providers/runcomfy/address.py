"""Where the service is and with which token we come: read from the environment, checked once."""

import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import httpx

from seedance_assets.adapters.providers.http.addresses import (
    Names,
    check_token,
    checked_url,
    hosts_in,
    is_here,
)
from seedance_assets.adapters.providers.http.hosts import HostRule
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.redaction import redact
from seedance_assets.core.scope import EMBEDDED, Scope
from seedance_assets.core.timing import Timing

if TYPE_CHECKING:
    from seedance_assets.adapters.providers.runcomfy.service import RunComfy

NAME = "runcomfy"
USUAL_BASE = "https://model-api.runcomfy.net/v1"
TOKEN_NAMES = ("RUNCOMFY_TOKEN", "RUNCOMFY_API_TOKEN", "RUNCOMFY_API_KEY")
BASE_NAME = "RUNCOMFY_MODEL_API_BASE"
DEFAULT_BALANCE_URL = "https://api.runcomfy.net/prod/v2/balance"
_BALANCE_PATH = "/prod/v2/balance"
_TOKEN = re.compile(r"[!-9;-~]+")  # printable ASCII without white space and colon


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """A checked address of the service. Raises `SettingsRefused`, which never holds the token.

    `api_base` holds `/v1` and no trailing slash; an empty `balance_url` is derived from it.
    """

    names: ClassVar[Names] = Names(TOKEN_NAMES[0], "the Profile page", BASE_NAME)

    api_base: str
    token: str = field(repr=False)
    balance_url: str = ""
    download_hosts: tuple[str, ...] = ()
    """Hosts beside the service's own that videos may come from: `host`, `host:port`, `.suffix`."""
    embedded: bool = False
    """Whether this is our own emulator, on a port that changes from start to start."""

    def __post_init__(self) -> None:
        _check_token(self.token, "the token")
        api_base = _checked_base(self.api_base, "api_base")
        balance_url = self.balance_url or _balance_url_beside(api_base)
        object.__setattr__(self, "api_base", api_base)
        object.__setattr__(self, "balance_url", checked_url(balance_url, "balance_url"))
        for host in self.download_hosts:
            HostRule.read(host)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "ServiceAddress | None":
        """The address that the environment names; None if it names neither token nor base.

        An emulator on this machine takes any token, so none need be set for one. Raises
        `SettingsRefused` with the variable's name, never with its value.
        """
        named = environ.get(BASE_NAME)
        name = next((name for name in TOKEN_NAMES if environ.get(name)), None)
        if name is None and not named:
            return None
        base = _checked_base(named or USUAL_BASE, BASE_NAME)
        if name is None and not is_here(base):
            raise SettingsRefused(
                f"{BASE_NAME} names a service, but no token is set",
                advice=f"Set {TOKEN_NAMES[0]} as well; or unset both, and the embedded emulator "
                "serves.",
            )
        token = environ[name] if name else "emulated"
        _check_token(token, name or TOKEN_NAMES[0])
        balance = environ.get("RUNCOMFY_BALANCE_URL", "")
        return cls(
            api_base=base,
            token=token,
            balance_url=checked_url(balance, "RUNCOMFY_BALANCE_URL") if balance else "",
            download_hosts=hosts_in(environ.get("SEEDANCE_DOWNLOAD_HOSTS", "")),
        )

    @classmethod
    def of_emulator(cls, api_base: str, root: str) -> "ServiceAddress":
        """The address of the emulator that this program has started itself; it takes any token."""
        return cls(api_base, "emulated", f"{root}{_BALANCE_PATH}", embedded=True)

    @property
    def scope(self) -> Scope:
        """What separates the takes bought here from all others."""
        return Scope(NAME, EMBEDDED if self.embedded else self.api_base)

    @property
    def on_this_machine(self) -> bool:
        """Whether the API is served from a loopback address."""
        return is_here(self.api_base)

    def redact(self, text: str) -> str:
        """`text` without the token and other secrets, in whatever spelling a foreign text has it.

        A tiny token is no secret.
        """
        return redact(text, self.token)

    def open(self, timing: Timing | None = None) -> "AbstractAsyncContextManager[RunComfy]":
        """The service at this address, with the usual patience if no other is given."""
        from seedance_assets.adapters.providers.runcomfy.service import open_service

        return open_service(self, timing=timing or Timing())


def _check_token(token: str, name: str) -> None:
    check_token(token, name, _TOKEN, "Copy the token again from RunComfy's Profile page.")


def _checked_base(text: str, name: str) -> str:
    base = checked_url(text.rstrip("/"), name)
    if not base.endswith("/v1"):
        raise SettingsRefused(
            f"{name} must end in /v1", advice=f"For example {USUAL_BASE} (the default)."
        )
    return base


def _balance_url_beside(api_base: str) -> str:
    """The wallet is on another host than the API; an emulator has both."""
    if not is_here(api_base):
        return DEFAULT_BALANCE_URL
    return str(httpx.URL(api_base).copy_with(path=_BALANCE_PATH))

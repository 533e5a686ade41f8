"""Where the service is and with which token we come: read from the environment, checked once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from seedance_assets.adapters.runcomfy.hosts import (
    HostRule,
    has_usual_port,
    host_of,
    is_host,
    is_port,
)
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.redaction import redact
from seedance_assets.core.scope import EMBEDDED, USUAL_BASE, Scope, is_loopback

TOKEN_NAMES = ("RUNCOMFY_TOKEN", "RUNCOMFY_API_TOKEN", "RUNCOMFY_API_KEY")
DEFAULT_BALANCE_URL = "https://api.runcomfy.net/prod/v2/balance"
_BALANCE_PATH = "/prod/v2/balance"
_MAX_TOKEN_LENGTH = 8192
_TOKEN = re.compile(r"[!-9;-~]+")  # printable ASCII without white space and colon


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """A checked address of the service. Raises `SettingsRefused`, which never holds the token.

    `api_base` holds `/v1` and no trailing slash; an empty `balance_url` is derived from it.
    """

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
        object.__setattr__(self, "balance_url", _checked_url(balance_url, "balance_url"))
        for host in self.download_hosts:
            HostRule.read(host)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "ServiceAddress | None":
        """The address that the environment names; None without a token.

        Raises `SettingsRefused` with the variable's name, never with its value.
        """
        name = next((name for name in TOKEN_NAMES if environ.get(name)), None)
        if name is None:
            return None
        _check_token(environ[name], name)
        base = environ.get("RUNCOMFY_MODEL_API_BASE") or USUAL_BASE
        balance = environ.get("RUNCOMFY_BALANCE_URL", "")
        return cls(
            api_base=_checked_base(base, "RUNCOMFY_MODEL_API_BASE"),
            token=environ[name],
            balance_url=_checked_url(balance, "RUNCOMFY_BALANCE_URL") if balance else "",
            download_hosts=tuple(
                re.findall(r"[^\s,]+", environ.get("SEEDANCE_DOWNLOAD_HOSTS", ""))
            ),
        )

    @property
    def scope(self) -> Scope:
        """The world that takes bought here belong to."""
        return Scope("runcomfy", EMBEDDED if self.embedded else self.api_base)

    @property
    def on_this_machine(self) -> bool:
        """Whether the API is served from a loopback address."""
        return is_loopback(host_of(httpx.URL(self.api_base)))

    def redact(self, text: str) -> str:
        """`text` without the token and other secrets, in whatever spelling a foreign text has it.

        A tiny token is no secret.
        """
        return redact(text, self.token)


def _check_token(token: str, name: str) -> None:
    if len(token) > _MAX_TOKEN_LENGTH:
        problem = f"is longer than {_MAX_TOKEN_LENGTH} characters"
    elif not _TOKEN.fullmatch(token):
        problem = "is empty or holds something that no token holds (white space, a colon, …)"
    else:
        return
    raise SettingsRefused(
        f"{name} {problem}", advice="Copy the token again from RunComfy's Profile page."
    )


def _checked_url(text: str, name: str) -> str:
    """`text` in one spelling, so that one service has one name in the ledger."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL()
    problem = _problem_with(url, text)
    if problem:
        raise SettingsRefused(
            f"{name} {problem}",
            advice="Give a plain https URL; http is for an emulator on this machine only.",
        )
    return str(url.copy_with(port=None if has_usual_port(url) else url.port))


def _problem_with(url: httpx.URL, text: str) -> str | None:
    if not (is_host(host_of(url)) and is_port(url.port) and re.fullmatch(r"[!-~]+", text)):
        return "is no URL with a host"
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(host_of(url))):
        return "must begin with https://, as the token is sent there"
    if url.userinfo:
        return "must not hold a name or password"
    if "?" in text or "#" in text:
        return "must not hold a query or fragment"
    return None


def _checked_base(text: str, name: str) -> str:
    base = _checked_url(text.rstrip("/"), name)
    if not base.endswith("/v1"):
        raise SettingsRefused(
            f"{name} must end in /v1", advice=f"For example {USUAL_BASE} (the default)."
        )
    return base


def _balance_url_beside(api_base: str) -> str:
    """The wallet is on another host than the API; an emulator has both."""
    url = httpx.URL(api_base)
    return (
        str(url.copy_with(path=_BALANCE_PATH)) if is_loopback(host_of(url)) else DEFAULT_BALANCE_URL
    )

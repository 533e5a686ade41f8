"""Checks of what the environment says of a service: its address and the token for it."""

import re
from dataclasses import dataclass
from typing import Protocol

import httpx

from seedance_assets.adapters.providers.http.hosts import (
    has_usual_port,
    host_of,
    is_host,
    is_port,
)
from seedance_assets.core.errors import SettingsRefused
from seedance_assets.core.scope import is_loopback

_MAX_TOKEN_LENGTH = 8192


@dataclass(frozen=True, slots=True)
class Names:
    """What messages call the things that a person may have to look at."""

    token: str
    """Environment variable of the token."""
    token_page: str
    """Where the provider shows the token."""
    base: str
    """Environment variable of the service's address."""


class Endpoint(Protocol):
    """What requests and their messages need to know of a service's address."""

    @property
    def names(self) -> Names:
        """What messages call its parts."""

    @property
    def api_base(self) -> str:
        """Where all paths start; without a slash at the end."""

    def redact(self, text: str) -> str:
        """`text` without the token and other secrets."""


def check_token(token: str, name: str, form: re.Pattern[str], advice: str) -> None:
    """Return if `token` may go into a header. Raises `SettingsRefused`, which never holds it."""
    if len(token) > _MAX_TOKEN_LENGTH:
        problem = f"is longer than {_MAX_TOKEN_LENGTH} characters"
    elif not form.fullmatch(token):
        problem = "is empty or holds something that no token holds (white space, a colon, …)"
    else:
        return
    raise SettingsRefused(f"{name} {problem}", advice=advice)


def checked_url(text: str, name: str) -> str:
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


def is_here(base: str) -> bool:
    """Whether an address is on this machine."""
    return is_loopback(host_of(httpx.URL(base)))


def hosts_in(text: str) -> tuple[str, ...]:
    """The hosts that SEEDANCE_DOWNLOAD_HOSTS names."""
    return tuple(re.findall(r"[^\s,]+", text))


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

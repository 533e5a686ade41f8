"""From where a video may be fetched: hosts that we know, or that a person has named.

A result's URL comes from outside. Without this list it could make us ask any machine that we can
reach, our own network included.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from seedance_assets.core.errors import HostRefused, SettingsRefused
from seedance_assets.core.scope import is_loopback

_LOOK = "Look at the take on the service's Generations page."
_MAX_PORT = 65535
_DEFAULT_PORTS = {"https": 443, "http": 80}
_NAME = re.compile(r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?")
_RULE = re.compile(r"(?P<name>\.?[a-z0-9_.-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?")


def is_host(text: str) -> bool:
    """Whether `text` has the form of a host name or an address, in lower case."""
    if ":" not in text:
        return _NAME.fullmatch(text) is not None
    try:
        return ipaddress.ip_address(text).version == 6  # noqa: PLR2004  # IPv6, as the colon says
    except ValueError:
        return False


def host_of(url: httpx.URL) -> str:
    """The host that a request to `url` would go to, in ASCII; empty if it is malformed."""
    try:
        return url.raw_host.decode("ascii") if url.host else ""
    except ValueError:  # `host` decodes the name, and not every name can be decoded
        return ""


def is_port(port: int | None) -> bool:
    """Whether `port` can be connected to; None stands for the scheme's own."""
    return port is None or 0 < port <= _MAX_PORT


def port_of(url: httpx.URL) -> int | None:
    """The port that a request to `url` would go to; None if the scheme is foreign."""
    return _DEFAULT_PORTS.get(url.scheme) if url.port is None else url.port


def has_usual_port(url: httpx.URL) -> bool:
    """Whether the port is the one that goes without saying."""
    return port_of(url) == _DEFAULT_PORTS.get(url.scheme)


@dataclass(frozen=True, slots=True)
class HostRule:
    """One host, or with a dot in front everything below it; plain HTTP only on this machine."""

    name: str
    port: int | None = None
    """None stands for the scheme's own port."""

    @classmethod
    def read(cls, text: str) -> "HostRule":
        """The rule that `host`, `host:port` or `.suffix` stands for, else `SettingsRefused`."""
        match = _RULE.fullmatch(text.lower())
        name = match["name"].strip("[]") if match else ""
        port = int(match["port"]) if match and match["port"] else None
        too_wide = name.startswith(".") and "." not in name[1:]
        if not is_host(name.removeprefix(".")) or too_wide or not is_port(port):
            raise SettingsRefused(
                f"SEEDANCE_DOWNLOAD_HOSTS: {text[:80]!r} is no host",
                advice="Write `cdn.example.com`, `cdn.example.com:8443` or `.example.com`, "
                "with commas in between.",
            )
        return cls(name, port)

    def allows(self, url: httpx.URL) -> bool:
        """Whether `url` is on this host, at this port, by a scheme that is safe there."""
        host = host_of(url)
        named = host.endswith(self.name) if self.name.startswith(".") else host == self.name
        safe = url.scheme == "https" or (url.scheme == "http" and is_loopback(host))
        return named and safe and port_of(url) == (self.port or _DEFAULT_PORTS[url.scheme])


class AllowedHosts:
    """Every host that videos may come from."""

    def __init__(self, rules: Iterable[HostRule]) -> None:
        self._rules = tuple(rules)

    @classmethod
    def of(
        cls, service_hosts: Iterable[HostRule], api_base: str, download_hosts: Iterable[str]
    ) -> "AllowedHosts":
        """The service's own hosts, those named, and the API's if it is on this machine."""
        base = httpx.URL(api_base)
        here = is_loopback(host_of(base))
        own = [HostRule(host_of(base), port_of(base))] if here else []
        return cls([*service_hosts, *own, *map(HostRule.read, download_hosts)])

    def check(self, url: httpx.URL) -> None:
        """Return if `url` may be asked. Raises `HostRefused`."""
        if url.userinfo or not is_host(host_of(url)):
            raise HostRefused("the video's address is not that of a plain host", advice=_LOOK)
        if any(rule.allows(url) for rule in self._rules):
            return
        where = f"the video lies on {url.netloc.decode()[:200]}"
        if url.scheme != "https":
            raise HostRefused(f"{where} and is not given out by https", advice=_LOOK)
        raise HostRefused(f"{where}, which is not allowed")

"""The variables by which httpx finds proxies and certificates, and what to say of unusable ones."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from seedance_assets.core.errors import SettingsRefused

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_SCHEMES = {"http", "https"}
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@contextmanager
def usable_environment() -> Iterator[None]:
    """Turn what httpx raises for an unusable variable into `SettingsRefused` with its name.

    The value is not told: a proxy's address may hold a password.
    """
    try:
        yield
    except (httpx.InvalidURL, ImportError, ValueError, OSError) as exc:
        suspects = [*_unusable()] or [name for name, _ in _given((*_CERTIFICATES, *_PROXIES))]
        names = ", ".join(suspects) or "the variables of proxies and certificates"
        raise SettingsRefused(
            f"the environment cannot be used for web connections: look at {names}",
            advice="A proxy is written as http://host:port; NO_PROXY takes host names and IPv4 "
            "addresses; SSL_CERT_FILE names a file that is there. Nothing was sent.",
        ) from exc


def _unusable() -> Iterator[str]:
    """The variables that are at fault, as far as can be told; else all that httpx reads."""
    for name, value in _given(_CERTIFICATES):
        if not Path(value).exists() or (name == "SSL_CERT_FILE" and not Path(value).is_file()):
            yield name
    for name, value in _given(_PROXIES):
        if not _is_proxy(value):
            yield name
    for name, value in _given(("NO_PROXY",)):
        if any(":" in host.strip() for host in value.split(",")):
            yield name


def _given(names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in names:
        for spelling in (name, name.lower()):
            if value := os.environ.get(spelling):
                yield spelling, value


def _is_proxy(value: str) -> bool:
    with suppress(httpx.InvalidURL, ValueError):
        return httpx.URL(value if "://" in value else f"http://{value}").scheme in _SCHEMES
    return False

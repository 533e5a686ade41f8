"""Unusable variables of proxies and certificates are named, and are no bug in this program."""

import asyncio
import os

import pytest

from seedance_assets.adapters.providers.runcomfy import ServiceAddress, open_service
from seedance_assets.core.errors import SettingsRefused

UNUSABLE = [
    ("NO_PROXY", "localhost,127.0.0.1,fd07:b51a:cc66:f0::/64"),
    ("NO_PROXY", "localhost,::1,[::1]"),
    ("ALL_PROXY", "socks5://127.0.0.1:1080"),
    ("HTTPS_PROXY", "http://user:s3cret-word@proxy.example:port"),
    ("https_proxy", "ftp://proxy.example:21"),
    ("SSL_CERT_FILE", "/nowhere/ca.pem"),
    ("SSL_CERT_FILE", __file__),
]


@pytest.mark.parametrize(("name", "value"), UNUSABLE, ids=[f"{n}={v}" for n, v in UNUSABLE])
def test_an_unusable_variable_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for other in list(os.environ):
        if other.upper().endswith("_PROXY") or other.startswith("SSL_CERT"):
            monkeypatch.delenv(other)
    monkeypatch.setenv(name, value)
    address = ServiceAddress("https://service.example/v1", "a-token-of-tests")

    async def opened() -> None:
        async with open_service(address):
            pass

    with pytest.raises(SettingsRefused) as caught:
        asyncio.run(opened())
    assert name in str(caught.value)
    assert "s3cret-word" not in f"{caught.value} {caught.value.advice}"

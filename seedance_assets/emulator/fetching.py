"""Bringing a first frame in: from a `data:` URI or over HTTP, bounded in size and time."""

import asyncio
import base64
import binascii
import ipaddress
import ssl
from functools import cache
from urllib.parse import unquote_to_bytes

import httpx

from seedance_assets.emulator.pictures import PictureRefused
from seedance_assets.emulator.scenario import Habits

_MOST_BYTES = 40_000_000
_MOST_REDIRECTS = 5
_FETCH_S = 20.0
_DIRECT = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}  # past any proxy


async def bring(address: str, habits: Habits) -> bytes:
    """The bytes at `address`. Raises `PictureRefused`."""
    if address.startswith("data:"):
        if not habits.data_uris:
            raise PictureRefused("The image must be given as a public URL.")
        return read_data_uri(address)
    if not address.startswith(("http://", "https://")):
        raise PictureRefused("The image must be given as a public URL.")
    await asyncio.sleep(habits.picture_fetch_delay_s)
    if habits.picture_fetch == "refused":
        raise PictureRefused("The image could not be fetched: HTTP 403.")
    try:
        async with asyncio.timeout(_FETCH_S):
            return await _fetch(address, habits)
    except (OSError, httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError):
        raise PictureRefused("The image could not be fetched.") from None


def read_data_uri(address: str) -> bytes:
    """The bytes that a `data:` URI carries. Raises `PictureRefused`."""
    head, comma, payload = address.partition(",")
    if not comma:
        raise PictureRefused("The image is not a valid data URI.")
    if not head.endswith(";base64"):
        return unquote_to_bytes(payload)
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise PictureRefused("The image is not a valid data URI.") from None


async def _fetch(address: str, habits: Habits) -> bytes:
    looks = [_look_at_host] if habits.picture_hosts == "public" else []
    client = httpx.AsyncClient(
        verify=_trust(),
        follow_redirects=True,
        max_redirects=_MOST_REDIRECTS,
        mounts=_DIRECT,
        event_hooks={"request": looks},
    )
    async with client, client.stream("GET", address) as response:
        if response.status_code != httpx.codes.OK:
            raise PictureRefused(f"The image could not be fetched: HTTP {response.status_code}.")
        data = bytearray()
        async for block in response.aiter_bytes():
            data += block
            if len(data) > _MOST_BYTES:
                break  # the size rule will say why
        return bytes(data)


async def _look_at_host(request: httpx.Request) -> None:
    """Refuse a host that the real service, somewhere outside, could not reach."""
    found = await asyncio.get_running_loop().getaddrinfo(request.url.host, None)
    if not all(ipaddress.ip_address(entry[4][0]).is_global for entry in found):
        raise PictureRefused("The image could not be fetched.")


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()

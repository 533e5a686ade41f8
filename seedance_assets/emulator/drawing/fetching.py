"""Fetch a first frame from a `data:` URI or over HTTP, with limits on size and time.

A URL may be untrusted, and its DNS answer may change between requests. So a public URL may
redirect only to public addresses, and never from https to http; each connection goes to exactly
the address that was checked. A URL that starts on a private address (a bucket) may redirect freely.
"""

import asyncio
import base64
import binascii
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from urllib.parse import unquote_to_bytes

import httpx

from seedance_assets.core.public_addresses import is_public
from seedance_assets.emulator.drawing.pictures import PictureRefused
from seedance_assets.emulator.jobs.scenario import Habits

_MOST_BYTES = 40_000_000
_MOST_REDIRECTS = 5
_FETCH_S = 20.0
_MOST_ADDRESSES = 4
_PORTS = {"http": 80, "https": 443}
IsPublic = Callable[[str], bool]
"""Whether an IP address is public."""


async def fetch_picture(address: str, habits: Habits, is_public: IsPublic = is_public) -> bytes:
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
            return await _follow(httpx.URL(address), habits, is_public)
    except (OSError, httpx.HTTPError, httpx.InvalidURL, ValueError, ExceptionGroup):
        raise PictureRefused("The image could not be fetched.") from None


def read_data_uri(address: str) -> bytes:
    """The bytes in a `data:` URI. Raises `PictureRefused`."""
    head, comma, payload = address.partition(",")
    if not comma:
        raise PictureRefused("The image is not a valid data URI.")
    if not head.endswith(";base64"):
        return unquote_to_bytes(payload)
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise PictureRefused("The image is not a valid data URI.") from None


async def _follow(url: httpx.URL, habits: Habits, is_public: IsPublic) -> bytes:
    """The picture at the end of a URL's redirects."""
    outside, secure = habits.picture_hosts == "public", False
    for _hop in range(_MOST_REDIRECTS + 1):
        addresses = await _addresses(url)
        public = [is_public(address) for address in addresses]
        outside, secure = outside or any(public), secure or url.scheme == "https"
        if outside and not (all(public) and url.scheme == ("https" if secure else "http")):
            break
        found = await _get(url, addresses, near=not outside)
        if isinstance(found, bytes):
            return found
        url = found
    raise PictureRefused("The image could not be fetched.")


async def _addresses(url: httpx.URL) -> list[str]:
    """The addresses of a hop's host; resolved once, so that the answer cannot change later."""
    if url.scheme not in _PORTS:
        raise PictureRefused("The image could not be fetched.")
    host, port = url.raw_host.decode("ascii"), url.port
    port = _PORTS[url.scheme] if port is None else port
    if not 0 < port < 1 << 16:
        raise PictureRefused("The image could not be fetched.")
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))[:_MOST_ADDRESSES]


async def _get(url: httpx.URL, addresses: list[str], *, near: bool) -> bytes | httpx.URL:
    """The picture or the next hop, from the first address that can be reached."""
    for address in addresses[:-1]:
        with suppress(httpx.ConnectError, httpx.ConnectTimeout):
            return await _get_from(address, url, near=near)
    return await _get_from(addresses[-1], url, near=near)


async def _get_from(address: str, url: httpx.URL, *, near: bool) -> bytes | httpx.URL:
    async with (
        httpx.AsyncClient(
            verify=_ssl_context(), trust_env=not near
        ) as client,  # a private address is reached without a proxy
        client.stream(
            "GET",
            url.copy_with(host=address),
            headers={"Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        ) as response,
    ):
        if response.has_redirect_location:
            return url.join(response.headers["Location"])
        if response.status_code != httpx.codes.OK:
            raise PictureRefused(f"The image could not be fetched: HTTP {response.status_code}.")
        return await _body(response)


async def _body(response: httpx.Response) -> bytes:
    data = bytearray()
    async for block in response.aiter_bytes():
        data += block
        if len(data) > _MOST_BYTES:
            break  # the size rule reports it
    return bytes(data)


@cache
def _ssl_context() -> ssl.SSLContext:
    return httpx.create_ssl_context()

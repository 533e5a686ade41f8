"""The HTTP clients of a service: one for orders, one for questions, one without the token."""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.request import getproxies

import httpx

from seedance_assets import __version__
from seedance_assets.adapters.providers.http.exchange import leave_redirect
from seedance_assets.adapters.web_environment import usable_environment
from seedance_assets.core.timing import Timing

_SMALL_SEND_BUFFER = [(socket.SOL_SOCKET, socket.SO_SNDBUF, 256 * 1024)]
"""On a slow line a large one would hold an order for minutes after we have "sent" it."""
_AGENT = {"User-Agent": f"seedance-assets/{__version__}", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Clients:
    """Three clients, so that none waits for another's connections."""

    ordering: httpx.AsyncClient
    asking: httpx.AsyncClient
    fetching: httpx.AsyncClient
    """Bears no token: videos lie on other hosts."""


@asynccontextmanager
async def open_clients(
    authorization: str, timing: Timing, *, max_connections: int, proxies: bool
) -> AsyncIterator[Clients]:
    """Clients with at most `max_connections` each; `authorization` is the header with the token.

    Who finds no free connection waits for one: that is no failure of the service. `proxies`:
    whether the environment's proxies are used; not between us and an emulator on this machine.
    """
    with usable_environment():
        tls = httpx.create_ssl_context(trust_env=proxies)

    def direct(limits: httpx.Limits) -> httpx.AsyncBaseTransport | None:
        if proxies and getproxies():  # httpx looks for them only without a transport of ours
            return None
        return httpx.AsyncHTTPTransport(
            verify=tls, limits=limits, socket_options=_SMALL_SEND_BUFFER
        )

    def client(
        read_timeout_s: float | None, headers: Mapping[str, str], keep: int
    ) -> httpx.AsyncClient:
        connect_s = timing.connect_timeout_s
        limits = httpx.Limits(max_connections=max_connections, max_keepalive_connections=keep)
        with usable_environment():
            return httpx.AsyncClient(
                headers={**_AGENT, **headers},
                timeout=httpx.Timeout(read_timeout_s, connect=connect_s, pool=None),
                limits=limits,
                transport=direct(limits),
                verify=tls,
                trust_env=proxies,
                follow_redirects=False,
                event_hooks={"response": [leave_redirect]},
            )

    signed = {
        "Authorization": authorization,
        "Accept": "application/json",
        "Cache-Control": "no-cache",
    }
    async with (
        client(None, signed, 0) as ordering,  # `submit` has its own, that a sleeping machine bears
        client(timing.read_timeout_s, signed, max_connections) as asking,
        client(timing.download_read_timeout_s, {}, max_connections) as fetching,
    ):
        yield Clients(ordering, asking, fetching)

"""The emulator answers to names of this machine only.

A web page whose host name is re-bound to 127.0.0.1 would otherwise be a caller like any other.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class OwnNamesOnly:
    """ASGI middleware: refuses a `Host` or an `Origin` that is not this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to a request under a foreign name; hand on all others."""
        if scope["type"] != "http" or _is_for_us(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        why = {"message": "The emulator answers only under a name of its own machine."}
        await JSONResponse(why, 421)(scope, receive, send)


def _is_for_us(headers: Headers) -> bool:
    names = [f"//{host}" for host in headers.getlist("host")]
    return all(map(_is_of_this_machine, [*names, *headers.getlist("origin")]))


def _is_of_this_machine(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # another name, or no host at all
        return False

"""Answer only requests that address this machine by one of its names.

Otherwise a web page whose host name is rebound to 127.0.0.1 could call the emulator.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class OwnNamesOnly:
    """ASGI middleware that refuses a `Host` or `Origin` other than this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to a request for another host; pass all others on."""
        if scope["type"] != "http" or _is_addressed_here(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        why = {
            "message": "The emulator answers only requests to a loopback name, such as localhost."
        }
        await JSONResponse(why, 421)(scope, receive, send)


def _is_addressed_here(headers: Headers) -> bool:
    names = [f"//{host}" for host in headers.getlist("host")]
    return all(map(_is_of_this_machine, [*names, *headers.getlist("origin")]))


def _is_of_this_machine(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # another name, or no host at all
        return False

"""A guard in front of a local web server: who may send requests, from where, and how.

Any page in the same browser can send requests to 127.0.0.1, and with DNS rebinding such a page
looks local. So every request needs the secret of this server (first in a link, then in a cookie),
the server's own name in `Host`, and no foreign `Origin`. Changes must be a POST with JSON, which a
foreign page cannot send without permission.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.websockets import WebSocketClose

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_READING = {"GET", "HEAD"}
_HTTP_PORT = 80  # browsers omit it in `Host`
_ASKS_FOR_LINK = (
    "This page needs its secret link.\n"
    "Open the address that `seedance ui` printed at the start, including ?token=….\n"
)


class RequestGuard:
    """ASGI middleware that refuses requests that the server's own page would not send.

    `token` is the secret, `host` the name on which the server listens, `port` its port.
    """

    def __init__(self, app: ASGIApp, *, token: str, host: str, port: int) -> None:
        self._app = app
        self._token = token
        self._cookie = f"seedance_ui_{port}"  # cookies of one host are shared by all its ports
        self._hosts = own_hosts(host, port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer refused requests; pass all others on."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        answer = self._answer(asked)
        if answer is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
        else:
            await answer(scope, receive, send)

    def _answer(self, asked: HTTPConnection) -> Response | None:
        """Our own answer, or None to let the server answer."""
        if not self._is_from_here(asked):
            return _refuse("Refused: the request has another host name or comes from another page.")
        offered = asked.query_params.get("token")
        if asked.scope["type"] == "http" and asked.scope["method"] in _READING and offered:
            return self._let_in(asked) if self._is_token(offered) else _refuse(_ASKS_FOR_LINK)
        if not (self._is_token(asked.cookies.get(self._cookie)) or self._is_bearer(asked)):
            return _refuse(_ASKS_FOR_LINK)
        return _refusal_of_form(asked) if asked.scope["type"] == "http" else None

    def _is_from_here(self, asked: HTTPConnection) -> bool:
        hosts = [host.lower() for host in asked.headers.getlist("host")]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return False
        own_origins = {f"http://{hosts[0]}", f"https://{hosts[0]}"}
        if not own_origins.issuperset(o.lower() for o in asked.headers.getlist("origin")):
            return False
        # A link on another page may lead here; a frame or anything else may not.
        from_elsewhere = asked.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
        return not from_elsewhere or asked.headers.get("sec-fetch-dest") == "document"

    def _is_token(self, offered: str | None) -> bool:
        return offered is not None and hmac.compare_digest(offered.encode(), self._token.encode())

    def _is_bearer(self, asked: HTTPConnection) -> bool:
        scheme, _, offered = asked.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self._is_token(offered)

    def _let_in(self, asked: HTTPConnection) -> Response:
        """Store the secret in a cookie and remove it from the address."""
        rest = [(k, v) for k, v in parse_qsl(asked.url.query, True) if k != "token"]
        path = "/" + asked.url.path.lstrip("/\\")  # `//elsewhere` would lead to another host
        answer = RedirectResponse(f"{path}?{urlencode(rest)}" if rest else path, status_code=303)
        answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
        return answer


def own_hosts(host: str, port: int) -> frozenset[str]:
    """The allowed `Host` values of a server on `host` and `port`, in lower case."""
    names = {"127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host.lower()}
    return frozenset(
        {f"{name}:{port}" for name in names} | (names if port == _HTTP_PORT else set())
    )


def _refusal_of_form(asked: HTTPConnection) -> Response | None:
    """Reads must be a GET without GraphQL; everything else a POST with JSON."""
    if asked.scope["method"] in _READING:
        if "query" in asked.query_params and asked.url.path.rstrip("/").endswith("/graphql"):
            return _refuse("Refused: send GraphQL as a POST with JSON.", 405)
        return None
    media_type = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    if asked.scope["method"] != "POST" or media_type != "application/json":
        return _refuse("Refused: send changes as a POST with JSON.", 415)
    return None


def _refuse(why: str, status: int = 403) -> Response:
    return PlainTextResponse(why, status_code=status, headers={"Cache-Control": "no-store"})

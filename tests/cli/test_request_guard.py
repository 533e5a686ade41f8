"""Only the page that was opened by its secret link may ask `seedance ui` for anything."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from seedance_assets.cli.request_guard import RequestGuard

TOKEN = "a-secret-of-this-test"  # no secret
BEARER = {"Authorization": f"Bearer {TOKEN}"}
JSON = {"Content-Type": "application/json"}


@dataclass
class Guarded:
    """A server behind the guard, and what reached it."""

    port: int
    reached: list[str] = field(default_factory=list)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def served() -> Iterator[Guarded]:
    listener = socket.create_server(("127.0.0.1", 0))
    guarded = Guarded(listener.getsockname()[1])

    async def answer(request: Request) -> PlainTextResponse:
        guarded.reached.append(f"{request.method} {request.url.path}")
        return PlainTextResponse("reached")

    guard = Middleware(RequestGuard, token=TOKEN, host="127.0.0.1", port=guarded.port)
    methods = ["GET", "HEAD", "POST", "PUT", "DELETE"]
    routes = [Route("/{path:path}", answer, methods=methods)]
    app = Starlette(routes=routes, middleware=[guard])
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)  # another thread's start
    yield guarded
    server.should_exit = True
    thread.join()
    listener.close()


def own(port: int, **headers: str) -> dict[str, str]:
    return {"Origin": f"http://127.0.0.1:{port}", **headers}


def test_the_secret_link_lets_a_browser_in_and_leaves_the_address(served: Guarded) -> None:
    with httpx.Client(base_url=served.root) as browser:
        answer = browser.get(f"/runs?token={TOKEN}&view=1")

        assert answer.status_code == 303
        assert answer.headers["location"] == "/runs?view=1"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert browser.get("/runs").text == "reached"
        sent = browser.post("/graphql", json={"query": "x"}, headers=own(served.port))
        assert sent.text == "reached"


def test_the_secret_link_leads_to_no_other_host(served: Guarded) -> None:
    answer = httpx.get(f"{served.root}//evil.example/x?token={TOKEN}")

    assert answer.headers["location"].startswith("/evil.example/")


def test_a_script_may_bring_the_secret_as_a_bearer_token(served: Guarded) -> None:
    assert httpx.get(f"{served.root}/runs", headers=BEARER).text == "reached"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {}, 403),
        ("GET", "/?token=wrong", {}, 403),
        ("GET", "/?token=", BEARER, 200),
        ("GET", "/", {"Authorization": "Bearer wrong"}, 403),
        ("GET", "/", {**BEARER, "Host": "evil.example:3000"}, 403),
        ("GET", "/", {**BEARER, "Host": "127.0.0.1"}, 403),
        ("GET", "/", {**BEARER, "Host": "127.0.0.1:1"}, 403),
        ("GET", "/", {**BEARER, "Origin": "https://evil.example"}, 403),
        ("GET", "/", {**BEARER, "Origin": "null"}, 403),
        ("GET", "/", {**BEARER, "Origin": "http://127.0.0.1:1"}, 403),
        ("GET", "/", {**BEARER, "Sec-Fetch-Site": "cross-site"}, 403),
        ("GET", "/", {**BEARER, "Sec-Fetch-Site": "same-site"}, 403),
        ("GET", "/", {**BEARER, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "iframe"}, 403),
        ("GET", "/", {**BEARER, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}, 200),
        ("GET", "/", {**BEARER, "Sec-Fetch-Site": "same-origin"}, 200),
        ("GET", "/graphql", BEARER, 200),
        ("GET", "/graphql?query=mutation", BEARER, 405),
        ("GET", "/graphql/?query=", BEARER, 405),
        ("POST", "/graphql?query=mutation", BEARER, 415),
        ("POST", "/graphql", {**BEARER, "Content-Type": "text/plain"}, 415),
        ("POST", "/graphql", {**BEARER, "Content-Type": "text/plain; application/json"}, 415),
        ("POST", "/graphql", {**BEARER, "Content-Type": "application/graphql"}, 415),
        ("POST", "/x", {**BEARER, "Content-Type": "multipart/form-data; boundary=x"}, 415),
        ("POST", "/x", {**BEARER, "Content-Type": "application/json; charset=utf-8"}, 200),
        ("POST", "/x", JSON, 403),
        ("PUT", "/x", {**BEARER, **JSON}, 415),
        ("DELETE", "/x", {**BEARER, **JSON}, 415),
    ],
    ids=str,
)
def test_what_only_another_page_would_send_does_not_reach_the_server(
    served: Guarded, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    before = len(served.reached)

    answer = httpx.request(method, served.root + path, headers=headers)

    assert answer.status_code == status
    assert len(served.reached) - before == (status == 200)
    assert TOKEN not in answer.text


def test_two_host_headers_are_refused(served: Guarded) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as line:
        own_host = f"Host: 127.0.0.1:{served.port}"
        line.sendall(
            f"GET / HTTP/1.1\r\n{own_host}\r\nHost: evil.example\r\n"
            f"Authorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n".encode()
        )
        first = line.recv(4096).split(b"\r\n")[0]

    assert first.split()[1] in {b"400", b"403"}

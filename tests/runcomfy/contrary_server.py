"""A tiny HTTP server on loopback that says exactly what a test tells it to, well-formed or not.

It shares no code with the client and none with the project's emulator, so that neither shapes what
the client must bear.
"""

import contextlib
import json
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

RESET = b"\0reset"
"""In place of an answer: break the connection off."""
HANG_UP = b"\0hang up"
"""In place of an answer: close the connection without an answer."""
SILENCE = b"\0silence"
"""In place of an answer: say nothing until the other side gives up."""
NOWHERE = ["https:foo", "data:,x", "http://[::1", "http://h:port/", "http://xn--/", "http://a..b/"]
"""Addresses that are none; httpx does not take all of them for the same sort of wrong."""
_NO_DELAY = struct.pack("ii", 1, 0)  # with this SO_LINGER, closing sends a reset


def answer(document: object, status: int = 200, **headers: str) -> bytes:
    """A JSON answer; underscores in header names stand for hyphens."""
    return page(json.dumps(document).encode(), status, Content_Type="application/json", **headers)


def page(body: bytes, status: int = 200, **headers: str) -> bytes:
    """Any answer, with its true Content-Length unless `headers` has another."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if "Transfer-Encoding" not in named:
        named.setdefault("Content-Length", str(len(body)))
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode("latin-1") + body


def cut(reply: bytes, missing_bytes: int) -> bytes:
    """An answer that ends too early; the server hangs up after it."""
    return reply[:-missing_bytes] + HANG_UP


@dataclass(frozen=True)
class Seen:
    """A request that was read to its end."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class ContraryServer:
    """Serves scripted answers; the last one for a path stays."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.asked = threading.Event()
        self.connections = 0
        self.resets_before_reading = 0
        """Connections to break off as soon as their first byte is there, without reading it."""
        self.reads_nothing = False
        """Whether connections are accepted and not a byte of them is read."""
        self._script: dict[str, list[bytes]] = defaultdict(list)
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def on(self, path: str, *replies: bytes) -> None:
        """Answer requests for `path` with these, in turn."""
        self._script[path] = list(replies)

    def count(self, method: str, path: str | None = None) -> int:
        return sum(1 for s in self.seen if s.method == method and path in {None, s.path})

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)
        for connection in self._sockets:
            connection.close()
        self._listener.close()

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                if self.resets_before_reading:
                    self.resets_before_reading -= 1
                    _reset(connection)
                    continue
                self._sockets.append(connection)
                if not self.reads_nothing:
                    self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader, contextlib.suppress(OSError):
            for request in _requests(reader):
                self.seen.append(request)
                self.asked.set()
                reply = self._reply_to(request.path)
                if reply == SILENCE:
                    reader.read()
                if reply in {SILENCE, HANG_UP, RESET}:
                    if reply == RESET:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_DELAY)
                    return
                connection.sendall(reply.removesuffix(HANG_UP))
                if reply.endswith(HANG_UP):
                    return

    def _reply_to(self, path: str) -> bytes:
        replies = self._script[path]
        if not replies:
            return page(b"no such script", 599)
        return replies.pop(0) if len(replies) > 1 else replies[0]


def _reset(connection: socket.socket) -> None:
    connection.recv(1, socket.MSG_PEEK)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_DELAY)
    connection.close()


def _requests(reader: object) -> Iterator[Seen]:
    """The requests on one connection, until the other side closes it."""
    readline, read = reader.readline, reader.read  # type: ignore[attr-defined]
    while line := readline():
        method, target, _ = line.decode("latin-1").split(" ", 2)
        headers: dict[str, str] = {}
        while (header := readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        yield Seen(method, target, headers, read(int(headers.get("content-length", 0))))

"""Serving: a loopback socket, uvicorn on a thread of its own, and a quick, silent end."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from seedance_assets.emulator.api.app import AppState, build_app
from seedance_assets.emulator.api.catalogue import Catalogue
from seedance_assets.emulator.api.order_intake import OrderIntake
from seedance_assets.emulator.api.request_api import RequestApi
from seedance_assets.emulator.jobs.output_store import OutputStore
from seedance_assets.emulator.jobs.render_workers import RenderWorkers
from seedance_assets.emulator.jobs.store import Store
from seedance_assets.emulator.settings import EmulatorSettings, RunningEmulator

_THREADS = 12  # most of them wait for first frames to be fetched
_LAST_WORDS_S = 0.3  # how long answers under way may take at the end
_KEEP_ALIVE_S = 300  # longer than any client's, so that none meets a connection just closed


@dataclass(slots=True)
class _Lines:
    """The open connections by their clients' addresses, to hang up on one."""

    by_client: dict[tuple[str, int], asyncio.Transport] = field(default_factory=dict)

    def hang_up(self, scope: Scope) -> None:
        """Close the connection of a request, once what was said has been sent."""
        if transport := self.by_client.get(tuple(scope["client"])):
            transport.close()

    def hang_up_all(self) -> None:
        """Close every connection at once."""
        for transport in list(self.by_client.values()):
            transport.abort()

    def protocol(self) -> type[H11Protocol]:
        """uvicorn's protocol, which also keeps this list."""
        lines = self.by_client

        class Line(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                if self.client:
                    lines[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client:
                    lines.pop(self.client, None)
                super().connection_lost(exc)

        return Line


class _Server(uvicorn.Server):
    """A server that says when it is ready, and ends when told: it does not keep looking."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._told_to_end = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # which also sets the clock of the Date header
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told_to_end.wait(), 1.0)

    def end(self) -> None:
        """End, from any thread."""
        self.should_exit = True
        self._have_done(self._told_to_end.set)

    def break_off(self, hang_up_all: Callable[[], None]) -> None:
        """End without a last word to anybody, from any thread."""

        def now() -> None:
            hang_up_all()  # before the handlers are cancelled, who would answer 500
            self.force_exit = True

        self._have_done(now)

    def _have_done(self, what: Callable[[], None]) -> None:
        """Have the server's own thread call something, if it is still there."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(what)


@contextmanager
def running_emulator(
    settings: EmulatorSettings, *, host: str, port: int
) -> Iterator[RunningEmulator]:
    """An emulator that serves until the block is left."""
    if not _is_loopback(host):
        raise ValueError(f"the emulator serves only on loopback, never on {host!r}")
    with ExitStack() as stack:
        listener = stack.enter_context(_listen(host, port))
        root = _root_of(listener)
        lines = _Lines()
        state = _furnish(settings, stack, root, lines)
        stack.enter_context(_serving(build_app(state), listener, lines))
        yield RunningEmulator(root)


def _furnish(settings: EmulatorSettings, stack: ExitStack, root: str, lines: _Lines) -> AppState:
    store = stack.enter_context(closing(Store(settings.state_dir)))
    output_store = OutputStore(settings, store)
    render_workers = RenderWorkers(settings, store, output_store)
    render_workers.open()
    stack.callback(render_workers.close)
    threads = stack.enter_context(ThreadPoolExecutor(_THREADS, "emulator-works"))
    return AppState(
        settings=settings,
        order_intake=OrderIntake(settings, store, render_workers.wake),
        request_api=RequestApi(settings, store, render_workers.wake),
        catalogue=Catalogue(settings, store),
        output_store=output_store,
        threads=threads,
        own_root=root,
        hang_up=lines.hang_up,
    )


@contextmanager
def _serving(app: ASGIApp, listener: socket.socket, lines: _Lines) -> Iterator[None]:
    config = uvicorn.Config(
        app,
        http=lines.protocol(),
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )
    server = _Server(config)
    # daemon: if our opener dies without leaving its block, its process shall still be able to end
    thread = threading.Thread(
        target=_serve, args=(server, listener), name="emulator-serves", daemon=True
    )
    thread.start()
    server.ready.wait()
    try:
        if not server.started:
            raise RuntimeError("the emulator could not start; its thread has said why")
        yield
    finally:
        server.end()
        thread.join(_LAST_WORDS_S)
        while thread.is_alive():
            server.break_off(lines.hang_up_all)
            thread.join(0.05)


def _serve(server: _Server, listener: socket.socket) -> None:
    try:
        asyncio.run(server.serve(sockets=[listener]))
    finally:
        server.ready.set()  # also when it could not start, or the opener would wait for ever


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's delay off: else each answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _root_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve_forever(
    settings: EmulatorSettings,
    *,
    host: str,
    port: int,
    announce: Callable[[RunningEmulator], None],
) -> None:
    """Serve in the foreground until SIGINT or SIGTERM."""
    ended = threading.Event()

    def end(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal's
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with running_emulator(settings, host=host, port=port) as emulator:
            announce(emulator)
            ended.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Serve on a loopback socket: uvicorn on its own thread, with a fast, silent shutdown."""

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

_THREADS = 12  # most of them wait while first frames are fetched
_SHUTDOWN_S = 0.3  # how long open requests may take at shutdown
_KEEP_ALIVE_S = (
    300  # longer than any client's, so that no client uses a connection that was just closed
)


@dataclass(slots=True)
class _Connections:
    """The open connections by client address, so that one of them can be closed."""

    by_client: dict[tuple[str, int], asyncio.Transport] = field(default_factory=dict)

    def hang_up(self, scope: Scope) -> None:
        """Close the connection of a request after the buffered bytes are sent."""
        if transport := self.by_client.get(tuple(scope["client"])):
            transport.close()

    def hang_up_all(self) -> None:
        """Close every connection at once."""
        for transport in list(self.by_client.values()):
            transport.abort()

    def protocol(self) -> type[H11Protocol]:
        """uvicorn's protocol, which also maintains this list."""
        connections = self.by_client

        class Connection(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                if self.client:
                    connections[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client:
                    connections.pop(self.client, None)
                super().connection_lost(exc)

        return Connection


class _Server(uvicorn.Server):
    """A server that signals when it is ready and stops when asked, without polling."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._stop_requested = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # which also sets the clock of the Date header
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop_requested.wait(), 1.0)

    def end(self) -> None:
        """Stop; any thread may call it."""
        self.should_exit = True
        self._call_soon(self._stop_requested.set)

    def abort(self, hang_up_all: Callable[[], None]) -> None:
        """Stop at once, without finishing open requests; any thread may call it."""

        def now() -> None:
            hang_up_all()  # first: a cancelled handler would answer 500
            self.force_exit = True

        self._call_soon(now)

    def _call_soon(self, what: Callable[[], None]) -> None:
        """Run a function on the server's thread, if it still runs."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(what)


@contextmanager
def running_emulator(
    settings: EmulatorSettings, *, host: str, port: int
) -> Iterator[RunningEmulator]:
    """An emulator that serves until the `with` block ends."""
    if not _is_loopback(host):
        raise ValueError(
            f"{host!r} is not a loopback address: the emulator serves only on loopback"
        )
    with ExitStack() as stack:
        listener = stack.enter_context(_listen(host, port))
        root = _root_of(listener)
        connections = _Connections()
        state = _build_state(settings, stack, root, connections)
        stack.enter_context(_serving(build_app(state), listener, connections))
        yield RunningEmulator(root)


def _build_state(
    settings: EmulatorSettings, stack: ExitStack, root: str, connections: _Connections
) -> AppState:
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
        hang_up=connections.hang_up,
    )


@contextmanager
def _serving(app: ASGIApp, listener: socket.socket, connections: _Connections) -> Iterator[None]:
    config = uvicorn.Config(
        app,
        http=connections.protocol(),
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
    # daemon: a process that dies inside the `with` block must still be able to exit
    thread = threading.Thread(
        target=_serve, args=(server, listener), name="emulator-serves", daemon=True
    )
    thread.start()
    server.ready.wait()
    try:
        if not server.started:
            raise RuntimeError("the emulator could not start; the reason is in the log above")
        yield
    finally:
        server.end()
        thread.join(_SHUTDOWN_S)
        while thread.is_alive():
            server.abort(connections.hang_up_all)
            thread.join(0.05)


def _serve(server: _Server, listener: socket.socket) -> None:
    try:
        asyncio.run(server.serve(sockets=[listener]))
    finally:
        server.ready.set()  # also if the start failed; else the opener would wait forever


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay off only if the protocol is named; it costs 40 ms an answer.
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

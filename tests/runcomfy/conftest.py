import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from seedance_assets.adapters.providers.runcomfy import RunComfy, ServiceAddress, open_service
from seedance_assets.core.timing import Timing
from tests.runcomfy.contrary_server import ContraryServer

T = TypeVar("T")
TOKEN = "tok-0123456789-secret"


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    now_s: float = 0.0
    slept_s: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_s += seconds


@dataclass
class Door:
    """Opens the service for one conversation."""

    address: ServiceAddress
    timing: Timing
    max_connections: int = 32

    def __call__(self, conversation: Callable[[RunComfy], Awaitable[T]]) -> T:
        async def talk() -> T:
            async with open_service(
                self.address, timing=self.timing, max_connections=self.max_connections
            ) as service:
                return await conversation(service)

        return asyncio.run(talk())


@pytest.fixture
def server() -> Iterator[ContraryServer]:
    server = ContraryServer()
    yield server
    server.close()


@pytest.fixture
def elsewhere() -> Iterator[ContraryServer]:
    """A second server, on a host and port that nobody has allowed."""
    server = ContraryServer()
    yield server
    server.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timing(clock: Clock) -> Timing:
    return Timing(sleep=clock.sleep, clock=clock, chance=lambda: 0.0)


@pytest.fixture
def address(server: ContraryServer) -> ServiceAddress:
    return ServiceAddress(api_base=f"{server.root}/v1", token=TOKEN)


@pytest.fixture
def service(address: ServiceAddress, timing: Timing) -> Door:
    return Door(address, timing)

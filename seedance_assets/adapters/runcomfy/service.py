"""The service behind one door: order once, ask as often as needed, bring the video home."""

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.request import getproxies

import httpx

from seedance_assets import __version__
from seedance_assets.adapters.runcomfy.address import ServiceAddress
from seedance_assets.adapters.runcomfy.answers import (
    CancelAnswer,
    CatalogueEntry,
    GenerationResult,
    GenerationStatus,
    is_request_id,
    read_balance,
    read_cancel,
    read_entry,
    read_result,
    read_status,
)
from seedance_assets.adapters.runcomfy.classification import (
    ON_BALANCE,
    ON_CATALOGUE,
    ON_GENERATION,
    Fault,
)
from seedance_assets.adapters.runcomfy.download import Downloads
from seedance_assets.adapters.runcomfy.exchange import leave_redirect
from seedance_assets.adapters.runcomfy.hosts import AllowedHosts
from seedance_assets.adapters.runcomfy.part_file import Download
from seedance_assets.adapters.runcomfy.questions import Questions
from seedance_assets.adapters.runcomfy.reasons import failure_in
from seedance_assets.adapters.runcomfy.states import GenerationState
from seedance_assets.adapters.runcomfy.submit import check_model_id, submit
from seedance_assets.adapters.runcomfy.timing import Timing
from seedance_assets.adapters.web_environment import usable_environment
from seedance_assets.core.errors import ServiceFault, UsageError

_PATIENT = Timing()
_SMALL_SEND_BUFFER = [(socket.SOL_SOCKET, socket.SO_SNDBUF, 256 * 1024)]
"""On a slow line a large one would hold an order for minutes after we have "sent" it."""
_NOT_READY = frozenset({Fault.NOT_READY, Fault.BAD_INPUT, Fault.UNCLEAR})
_AGENT = {"User-Agent": f"seedance-assets/{__version__}", "Accept-Encoding": "identity"}


class RunComfy:
    """The service. Errors are those of `core.errors`; no message holds the token.

    Questions raise `NotAuthorised`, `BalanceTooLow`, `Throttled` or `ServiceFault`, the last two
    only when they have lasted until the deadline; those about a generation also
    `GenerationMissing`. An id that cannot be one raises `UsageError`.
    """

    def __init__(
        self,
        address: ServiceAddress,
        timing: Timing,
        *,
        ordering: httpx.AsyncClient,
        asking: httpx.AsyncClient,
        fetching: httpx.AsyncClient,
    ) -> None:
        hosts = AllowedHosts.of(address.api_base, address.download_hosts)
        self._address = address
        self._timing = timing
        self._ordering = ordering
        self._questions = Questions(asking, address, timing)
        self._downloads = Downloads(fetching, hosts, timing)

    @property
    def timing(self) -> Timing:
        """Its patience and pauses."""
        return self._timing

    @property
    def is_own_emulator(self) -> bool:
        """Whether it is the emulator that this program has started itself."""
        return self._address.embedded

    async def is_answering(self) -> bool:
        """Whether the service answers a free question now."""
        return await self._questions.is_answering(self._address.balance_url)

    async def submit(
        self, model_id: str, body: Mapping[str, Any], sent: Callable[[], None] = lambda: None
    ) -> str:
        """Order one generation, **for money**, and return its request id. Sent once.

        Nothing was bought: `NeverSent`, `NotAuthorised`, `BalanceTooLow`, `UnknownModel`,
        `RequestRefused`, `Throttled`. Something may have been bought: `AnswerLost`, and so does
        any other way out of here, cancellation of the task included. `sent` is called when the
        whole order has gone out.
        """
        return await submit(self._ordering, self._address, model_id, body, self._timing, sent)

    async def status(self, request_id: str) -> GenerationStatus:
        """Where a generation is; when it is `over`, the result decides how it ended."""
        answer = await self._questions.ask(
            self._url_of(request_id, "status"), ON_GENERATION, about=request_id
        )
        return read_status(answer.document or {}, self._address.redact)

    async def result(self, request_id: str) -> GenerationResult:
        """How a generation ended, with its cost; `IN_PROGRESS` while there is no result yet.

        A 4xx that means nothing else is "not ready"; its words are given as `refusal`.
        """
        answer = await self._questions.ask(
            self._url_of(request_id, "result"),
            ON_GENERATION,
            params={"include_cost": "true"},
            tolerated=_NOT_READY,
            about=request_id,
        )
        if answer.fault is not None:
            words = "" if answer.fault is Fault.NOT_READY else str(answer)
            return GenerationResult(
                GenerationState.IN_PROGRESS, refusal=words, failure=failure_in(answer.said)
            )
        return read_result(answer.document or {}, self._address.redact, self._address.api_base)

    async def cancel(self, request_id: str) -> CancelAnswer:
        """Ask for a generation to be cancelled: free, repeatable, and no more than a hint."""
        answer = await self._questions.ask(
            self._url_of(request_id, "cancel"),
            ON_GENERATION,
            method="POST",
            tolerated=_NOT_READY,
            about=request_id,
        )
        return read_cancel(answer.document)

    async def catalogue_entry(self, model_id: str) -> CatalogueEntry:
        """What the catalogue says of a model. Raises `UnknownModel` too."""
        check_model_id(model_id)
        answer = await self._questions.ask(
            f"{self._address.api_base}/models/{model_id}", ON_CATALOGUE
        )
        return read_entry(answer.document or {}, model_id, self._address.redact)

    async def balance_usd(self) -> float:
        """What is left on the account, in USD; may be below zero."""
        answer = await self._questions.ask(self._address.balance_url, ON_BALANCE)
        balance = read_balance(answer.document or {})
        if balance is None:
            raise ServiceFault(f"{self._address.balance_url}: the answer names no balance")
        return balance

    async def download(self, url: str, part: Path, *, max_bytes: int) -> Download:
        """Stream a video to `part`, which is whole and on the disk afterwards, or absent.

        Raises `HostRefused`, `VideoGone` (read the result again for a fresh address),
        `DownloadBroken`, `StorageFull` or `StorageError`.
        """
        return await self._downloads.fetch(url, part, max_bytes=max_bytes)

    def without_secret(self, url: str | None) -> str | None:
        """The address of a video, to be kept; None if it holds a secret: the result has it anew."""
        return url if url is not None and self._address.redact(url) == url else None

    def _url_of(self, request_id: str, question: str) -> str:
        """Built from base and id: the token never goes to an address that came in an answer."""
        if not is_request_id(request_id):
            raise UsageError(f"{request_id[:128]!r} has not the form of a request id")
        return f"{self._address.api_base}/requests/{request_id}/{question}"


@asynccontextmanager
async def open_service(
    address: ServiceAddress, *, timing: Timing = _PATIENT, max_connections: int = 64
) -> AsyncIterator[RunComfy]:
    """The service at `address`, with at most `max_connections` for each of its three uses.

    Who finds no free connection waits for one: that is no failure of the service.
    """
    proxies = not address.on_this_machine  # a proxy must not come between us and our own emulator
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
        "Authorization": f"Bearer {address.token}",
        "Accept": "application/json",
        "Cache-Control": "no-cache",
    }
    async with (
        client(None, signed, 0) as ordering,  # `submit` has its own, that a sleeping machine bears
        client(timing.read_timeout_s, signed, max_connections) as asking,
        client(timing.download_read_timeout_s, {}, max_connections) as fetching,
    ):
        yield RunComfy(address, timing, ordering=ordering, asking=asking, fetching=fetching)

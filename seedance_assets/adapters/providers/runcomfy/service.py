"""RunComfy's service behind the port: order once, ask as often as needed, download the video."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from seedance_assets.adapters.providers.http.classification import (
    ON_BALANCE,
    ON_CATALOGUE,
    ON_GENERATION,
    Fault,
)
from seedance_assets.adapters.providers.http.connection import Clients, open_clients
from seedance_assets.adapters.providers.http.hosts import AllowedHosts, HostRule
from seedance_assets.adapters.providers.http.reasons import failure_in
from seedance_assets.adapters.providers.http.service import HttpService
from seedance_assets.adapters.providers.http.submit import check_model_id, check_request_id
from seedance_assets.adapters.providers.runcomfy.address import ServiceAddress
from seedance_assets.adapters.providers.runcomfy.answers import (
    read_balance,
    read_cancel,
    read_entry,
    read_result,
    read_status,
)
from seedance_assets.core.errors import ServiceFault
from seedance_assets.core.generation import (
    CancelAnswer,
    CatalogueEntry,
    GenerationResult,
    GenerationState,
    GenerationStatus,
)
from seedance_assets.core.timing import Timing

SERVICE_HOSTS = (HostRule(".runcomfy.net"), HostRule(".runcomfy.com"))
_PATIENT = Timing()
_NOT_READY = frozenset({Fault.NOT_READY, Fault.BAD_INPUT, Fault.UNCLEAR})


class RunComfy(HttpService):
    """RunComfy's Model API: see `production.ports.GenerationService`."""

    def __init__(self, address: ServiceAddress, timing: Timing, clients: Clients) -> None:
        hosts = AllowedHosts.of(SERVICE_HOSTS, address.api_base, address.download_hosts)
        super().__init__(address, timing, clients, hosts)
        self._address = address

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
        url = f"{self._address.api_base}/models/{model_id}"
        return await self._order(url, model_id, body, sent)

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

    def _url_of(self, request_id: str, question: str) -> str:
        """Built from base and id: the token never goes to an address that came in an answer."""
        check_request_id(request_id)
        return f"{self._address.api_base}/requests/{request_id}/{question}"


@asynccontextmanager
async def open_service(
    address: ServiceAddress, *, timing: Timing = _PATIENT, max_connections: int = 64
) -> AsyncIterator[RunComfy]:
    """The service at `address`, with at most `max_connections` for each of its three uses."""
    async with open_clients(
        f"Bearer {address.token}",
        timing,
        max_connections=max_connections,
        proxies=not address.on_this_machine,
    ) as clients:
        yield RunComfy(address, timing, clients)

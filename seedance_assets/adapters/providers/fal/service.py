"""fal's queue behind the port: order once, ask as often as needed, download the video."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from seedance_assets.adapters.providers.fal.address import APP, FalAddress
from seedance_assets.adapters.providers.fal.answers import (
    failure_of,
    has_failed,
    read_cancel,
    read_failure,
    read_output,
    read_status,
)
from seedance_assets.adapters.providers.http.classification import ON_GENERATION, Fault
from seedance_assets.adapters.providers.http.connection import Clients, open_clients
from seedance_assets.adapters.providers.http.exchange import Answer
from seedance_assets.adapters.providers.http.hosts import AllowedHosts, HostRule
from seedance_assets.adapters.providers.http.service import HttpService
from seedance_assets.adapters.providers.http.submit import check_model_id, check_request_id
from seedance_assets.core.errors import UnknownModel
from seedance_assets.core.generation import (
    CancelAnswer,
    CatalogueEntry,
    GenerationResult,
    GenerationState,
    GenerationStatus,
)
from seedance_assets.core.timing import Timing

SERVICE_HOSTS = (HostRule("fal.media"), HostRule(".fal.media"))
_NOBODY = "00000000-0000-0000-0000-000000000000"
_REFUSALS = frozenset({Fault.NOT_READY, Fault.BAD_INPUT, Fault.UNCLEAR})


class Fal(HttpService):
    """fal's queue API: see `production.ports.GenerationService`."""

    is_own_emulator = False

    def __init__(self, address: FalAddress, timing: Timing, clients: Clients) -> None:
        hosts = AllowedHosts.of(SERVICE_HOSTS, address.api_base, address.download_hosts)
        super().__init__(address, timing, clients, hosts)
        self._address = address

    async def is_answering(self) -> bool:
        """Whether the queue answers a free question now: it need not know the request."""
        return await self._questions.is_answering(f"{self._url_of(_NOBODY)}/status")

    async def submit(
        self, model_id: str, body: Mapping[str, Any], sent: Callable[[], None] = lambda: None
    ) -> str:
        """Order one generation, **for money**, and return its request id. Sent once."""
        check_model_id(model_id)
        if not model_id.startswith(f"{APP}/"):
            raise UnknownModel(f"{model_id} is none of the models under {APP} at fal")
        return await self._order(f"{self._address.queue}/{model_id}", model_id, body, sent)

    async def status(self, request_id: str) -> GenerationStatus:
        """Where a generation is; when it is `over`, the result decides how it ended."""
        return read_status(await self._status_of(request_id), self._address.redact)

    async def result(self, request_id: str) -> GenerationResult:
        """How a generation ended; `IN_PROGRESS` while there is no result yet. Tells no cost.

        The status comes first: the model's answer is passed on with its own HTTP status, so that
        a 500 there may be the model's failure, or passing trouble of the queue.
        """
        document = await self._status_of(request_id)
        status = read_status(document, self._address.redact)
        if not status.state.over or status.state is GenerationState.CANCELLED:
            return GenerationResult(status.state, word=status.word)
        if has_failed(document):
            answer = await self._answer_of(request_id, _REFUSALS | {Fault.SERVER, Fault.THROTTLED})
            return read_failure(document, answer.document, self._address.redact)
        answer = await self._answer_of(request_id, _REFUSALS)
        if answer.fault is None:
            return read_output(answer.document or {}, self._address.redact, self._address.api_base)
        failure = failure_of((answer.document or {}).get("detail"), answer.said)
        return GenerationResult(GenerationState.IN_PROGRESS, refusal=str(answer), failure=failure)

    async def cancel(self, request_id: str) -> CancelAnswer:
        """Ask for a generation to be cancelled: free, repeatable, and no more than a hint."""
        answer = await self._questions.ask(
            f"{self._url_of(request_id)}/cancel",
            ON_GENERATION,
            method="PUT",
            tolerated=_REFUSALS,
            about=request_id,
        )
        return read_cancel(answer.document)

    async def catalogue_entry(self, model_id: str) -> CatalogueEntry:
        """A price is never told by the queue: the production's own table counts."""
        check_model_id(model_id)
        return CatalogueEntry(model_id)

    async def balance_usd(self) -> None:
        """The queue never tells it."""
        return

    async def _status_of(self, request_id: str) -> Mapping[str, Any]:
        url = f"{self._url_of(request_id)}/status"
        answer = await self._questions.ask(url, ON_GENERATION, about=request_id)
        return answer.document or {}

    async def _answer_of(self, request_id: str, tolerated: frozenset[Fault]) -> Answer:
        return await self._questions.ask(
            self._url_of(request_id), ON_GENERATION, tolerated=tolerated, about=request_id
        )

    def _url_of(self, request_id: str) -> str:
        """Built from base and id: the key never goes to an address that came in an answer."""
        check_request_id(request_id)
        return f"{self._address.api_base}/requests/{request_id}"


@asynccontextmanager
async def open_service(
    address: FalAddress, *, timing: Timing, max_connections: int = 64
) -> AsyncIterator[Fal]:
    """The service at `address`, with at most `max_connections` for each of its three uses."""
    async with open_clients(
        f"Key {address.token}",
        timing,
        max_connections=max_connections,
        proxies=not address.on_this_machine,
    ) as clients:
        yield Fal(address, timing, clients)

"""Questions to the service: free, so they are asked again until a deadline."""

import asyncio
from collections.abc import Collection, Mapping

import httpx

from seedance_assets.adapters.providers.http.addresses import Endpoint, Names
from seedance_assets.adapters.providers.http.classification import ELSE_ON_QUESTION, Fault
from seedance_assets.adapters.providers.http.exchange import Answer, exchange
from seedance_assets.adapters.providers.http.patience import Passing, patiently
from seedance_assets.core.errors import (
    BalanceTooLow,
    Charge,
    GenerationMissing,
    NotAuthorised,
    OtherAccount,
    ServiceError,
    ServiceFault,
    Throttled,
)
from seedance_assets.core.timing import Timing

_KEPT = "paid takes are in the ledger and will be collected for free."
_ADVICE: dict[type[ServiceError], str] = {  # an order's advice says that nothing was paid for
    BalanceTooLow: f"Top up the account, then run again: {_KEPT}",
    Throttled: f"Run again later, or lower `in_flight` in production.toml: {_KEPT}",
}


class Questions:
    """Asks over a client that bears the token."""

    def __init__(self, client: httpx.AsyncClient, endpoint: Endpoint, timing: Timing) -> None:
        self._client = client
        self._endpoint = endpoint
        self._timing = timing

    async def ask(
        self,
        url: str,
        meanings: Mapping[Fault, type[ServiceError]],
        *,
        method: str = "GET",
        params: Mapping[str, str] | None = None,
        tolerated: Collection[Fault] = (),
        about: str | None = None,
    ) -> Answer:
        """The first answer that is good, or bad in a tolerated way.

        `about` is the request id that the answer must bear, if it bears one. Raises what
        `meanings` has for a bad answer, or `ServiceFault`, each after its own patience.
        """

        async def attempt() -> Answer:
            answer = await self._once(method, url, params)
            if answer.fault is None:
                self._check_id(answer, about, url)
            elif answer.fault not in tolerated:
                kind = meanings.get(answer.fault, ELSE_ON_QUESTION)
                raise self._error(answer, url, kind, about)
            return answer

        return await patiently(attempt, self._timing)

    async def is_answering(self, url: str) -> bool:
        """Ask once; whether an answer came that is no sign of trouble."""
        try:
            answer = await self._once("GET", url, None)
        except Passing:
            return False
        return answer.fault not in {Fault.SERVER, Fault.THROTTLED}

    async def _once(self, method: str, url: str, params: Mapping[str, str] | None) -> Answer:
        try:
            async with asyncio.timeout(self._timing.exchange_timeout_s):
                return await exchange(
                    self._client, method, url, redact=self._endpoint.redact, params=params
                )
        except (httpx.HTTPError, OSError) as exc:  # OSError: TimeoutError above all
            raise self._fault(f"{url}: {type(exc).__name__}: {exc}") from exc

    def _check_id(self, answer: Answer, about: str | None, url: str) -> None:
        given = (answer.document or {}).get("request_id")
        if about is not None and isinstance(given, str) and given.lower() != about.lower():
            raise self._fault(f"{url}: the answer is about another request")

    def _fault(self, message: str) -> Passing:
        return Passing(ServiceFault(message), patience_s=self._timing.retry_deadline_s)

    def _error(
        self, answer: Answer, url: str, kind: type[ServiceError], about: str | None
    ) -> Exception:
        message = f"{url}: {answer}"
        if kind is Throttled:
            error: ServiceError = Throttled(message, retry_after_s=answer.retry_after_s)
            error.retryable = True  # a question is free
        else:
            error = kind(message, http_status=answer.status)
        error.advice = _advice(kind, self._endpoint.names) or error.advice
        if kind not in {GenerationMissing, OtherAccount}:  # an order asked after stays paid for
            error.charge = Charge.NOTHING if about is None else Charge.CHARGED
        if kind in {ServiceFault, Throttled}:
            patience_s = self._timing.retry_deadline_s
        elif about is not None:  # asking after an order is free, and a replica may lag
            patience_s = self._timing.missing_grace_s
        else:
            return error
        return Passing(error, patience_s=patience_s, retry_after_s=answer.retry_after_s)


def _advice(kind: type[ServiceError], names: Names) -> str:
    if kind is NotAuthorised:
        look = f"Check {names.token} ({names.token_page} shows it), then run again"
        return f"{look}: {_KEPT}"
    if kind is OtherAccount:
        return (
            f"Set {names.token} to the token that ordered it and run again: the take is paid for "
            "and will be collected for free."
        )
    return _ADVICE.get(kind, "")

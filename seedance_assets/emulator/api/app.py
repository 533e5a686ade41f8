"""The emulator's HTTP layer: routes, token, body limits, JSON in and out."""

import asyncio
import hmac
import logging
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from seedance_assets.emulator.api import addresses
from seedance_assets.emulator.api.answers import Answer, Refused, error, refusal
from seedance_assets.emulator.api.catalogue import Catalogue
from seedance_assets.emulator.api.order_intake import OrderIntake
from seedance_assets.emulator.api.outputs import HangUp, close_and_wait, download_response
from seedance_assets.emulator.api.own_names import OwnNamesOnly
from seedance_assets.emulator.api.request_api import RequestApi
from seedance_assets.emulator.drawing.fetching import fetch_picture
from seedance_assets.emulator.drawing.pictures import PictureRefused
from seedance_assets.emulator.jobs.output_store import OutputStore
from seedance_assets.emulator.settings import EmulatorSettings

_MOST_BODY = 64 * 1024 * 1024
_TOKEN = re.compile(r"Bearer +([!-9;-~]{1,8192})", re.IGNORECASE)  # no white space, no colon

logger = logging.getLogger(__name__)
T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class AppState:
    """Everything behind the HTTP layer. Work runs on `threads`, never on the event loop."""

    settings: EmulatorSettings
    order_intake: OrderIntake
    request_api: RequestApi
    catalogue: Catalogue
    output_store: OutputStore
    threads: ThreadPoolExecutor
    own_root: str
    hang_up: HangUp

    async def do(self, work: Callable[..., T], *args: Any) -> T:
        """Run `work` on a thread."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work, *args)


def build_app(state: AppState) -> Starlette:
    """The ASGI application of an emulator."""
    face = _HttpApi(state)
    routes = [
        Route("/v1/models", face.api(face.models), methods=["GET"]),
        Route("/v1/models/categories", face.api(face.categories), methods=["GET"]),
        Route("/v1/models/{model_id:path}", face.api(face.model), methods=["GET"]),
        Route("/v1/models/{model_id:path}", face.api(face.submit), methods=["POST"]),
        Route("/v1/requests/{request_id}/status", face.api(face.status), methods=["GET"]),
        Route("/v1/requests/{request_id}/result", face.api(face.result), methods=["GET"]),
        Route("/v1/requests/{request_id}/cancel", face.api(face.cancel), methods=["POST"]),
        Route("/prod/v2/balance", face.api(face.balance), methods=["GET"]),
        Route("/_emulator/charges", face.charges, methods=["GET"]),
        Route("/{user}/{stamp}/output/{name}", face.output, methods=["GET"]),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(OwnNamesOnly)],
        exception_handlers={HTTPException: _http_error, Exception: _defect},
    )


class _HttpApi:
    def __init__(self, state: AppState) -> None:
        self._house = state

    def api(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint of the service: check the token, call the handler, send its answer."""

        async def endpoint(request: Request) -> Response:
            try:
                self._check_token(request)
                answer = await handler(request)
            except Refused as refused:
                answer = refused.answer
            return await self._respond(answer)

        return endpoint

    def _check_token(self, request: Request) -> None:
        given = _TOKEN.fullmatch(request.headers.get("authorization", ""))
        wanted = self._house.settings.token
        if given is None or not hmac.compare_digest(
            given[1], given[1] if wanted is None else wanted
        ):
            raise refusal("bad_token")

    async def _respond(self, answer: Answer) -> Response:
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        if answer.drop:
            return _Dropped(self._house.hang_up)
        if answer.html is not None:
            return HTMLResponse(answer.html, answer.status, dict(answer.headers))
        return JSONResponse(answer.body, answer.status, dict(answer.headers))

    def _root(self, request: Request) -> str:
        return addresses.root_of(request.headers.get("host", ""), self._house.own_root)

    async def submit(self, request: Request) -> Answer:
        raw = await _bounded_body(request)
        state = self._house
        draft = await state.do(state.order_intake.read, request.path_params["model_id"], raw)
        picture: bytes | PictureRefused = b""
        if draft.address is not None:
            try:
                picture = await fetch_picture(draft.address, state.settings.scenario.habits)
            except PictureRefused as exc:
                picture = exc
        return await state.do(state.order_intake.accept, draft, picture, self._root(request))

    async def status(self, request: Request) -> Answer:
        request_id = request.path_params["request_id"]
        return await self._house.do(self._house.request_api.status, request_id, self._root(request))

    async def result(self, request: Request) -> Answer:
        include_cost = request.query_params.get("include_cost", "").lower() in {"true", "1"}
        return await self._house.do(
            self._house.request_api.result,
            request.path_params["request_id"],
            self._root(request),
            include_cost,
        )

    async def cancel(self, request: Request) -> Answer:
        return await self._house.do(
            self._house.request_api.cancel, request.path_params["request_id"]
        )

    async def models(self, request: Request) -> Answer:
        return self._house.catalogue.models(request.query_params)

    async def model(self, request: Request) -> Answer:
        return self._house.catalogue.model(request.path_params["model_id"])

    async def categories(self, request: Request) -> Answer:  # noqa: ARG002 - as its siblings
        return self._house.catalogue.categories()

    async def balance(self, request: Request) -> Answer:  # noqa: ARG002 - as its siblings
        return await self._house.do(self._house.catalogue.balance)

    async def charges(self, request: Request) -> Response:  # noqa: ARG002 - as its siblings
        return await self._respond(await self._house.do(self._house.request_api.charges))

    async def output(self, request: Request) -> Response:
        name, stamp = request.path_params["name"], request.path_params["stamp"]
        try:
            found = await self._house.do(self._house.output_store.find, name, stamp)
        except Refused as refused:
            return await self._respond(refused.answer)
        if found.delay_s:
            await asyncio.sleep(found.delay_s)
        return download_response(found, self._house.hang_up)


class _Dropped(Response):
    """Closes the connection without an answer."""

    def __init__(self, hang_up: HangUp) -> None:
        super().__init__()
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Close the connection."""
        await close_and_wait(self._hang_up, scope, receive)


async def _bounded_body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for block in request.stream():
            body += block
            if len(body) > _MOST_BODY:
                message = "The body is larger than 64 MiB."
                raise Refused(Answer({"error_message": message}, 413, {"Connection": "close"}))
    except ClientDisconnect:
        raise Refused(Answer(drop=True)) from None
    return bytes(body)


async def _http_error(request: Request, exc: Exception) -> Response:  # noqa: ARG001 - Starlette
    if not isinstance(exc, HTTPException):
        raise exc
    return JSONResponse({"message": exc.detail}, exc.status_code, exc.headers)


async def _defect(request: Request, exc: Exception) -> Response:
    logger.error("the emulator failed at %s %s", request.method, request.url.path, exc_info=exc)
    answer = error("server_error")
    return JSONResponse(answer.body, answer.status)

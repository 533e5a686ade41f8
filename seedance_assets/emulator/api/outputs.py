"""Serve a clip over HTTP: whole or by range, or broken in the ways that downloads break."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from seedance_assets.emulator.jobs.output_store import FoundOutput
from seedance_assets.emulator.jobs.scenario import BreakDownload

HangUp = Callable[[Scope], None]
_VIDEO = "video/mp4"


def download_response(found: FoundOutput, hang_up: HangUp) -> Response:
    """The answer to a download."""
    fault = found.fault
    if fault is None:
        return _WholeFile(found.file, media_type=_VIDEO)
    answers: dict[str, Callable[[], Response]] = {
        "cut_length": lambda: CutShort(found.file, hang_up, declared=True),
        "cut_chunked": lambda: CutShort(found.file, hang_up, declared=False),
        "empty": lambda: Response(b"", media_type=_VIDEO),
        "wrong_type": lambda: _WholeFile(found.file, media_type=fault.content_type),
        "not_a_video": lambda: Response("<html>Sorry.</html>", media_type=_VIDEO),
        "redirect": lambda: RedirectResponse(fault.location, 302),
        "trickle": lambda: _trickling(found.file, fault),
        "server_error": lambda: Response("Internal Server Error", 500),
    }
    return answers[fault.how]()


class _WholeFile(FileResponse):
    """A file, sent in large blocks, so that most clips take only a few."""

    chunk_size = 1024 * 1024


async def close_and_wait(hang_up: HangUp, scope: Scope, receive: Receive) -> None:
    """Close the connection and wait for it, else the server would add its own answer."""
    hang_up(scope)
    while (await receive())["type"] != "http.disconnect":
        pass


class CutShort(Response):
    """Sends the first half of a file, then closes the connection."""

    def __init__(self, file: Path, hang_up: HangUp, *, declared: bool) -> None:
        super().__init__(media_type=_VIDEO)
        del self.headers["content-length"]
        self._file = file
        self._hang_up = hang_up
        self._declared = declared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        data = await run_in_threadpool(self._file.read_bytes)
        if self._declared:
            self.headers["content-length"] = str(len(data))
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        half = data[: len(data) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await close_and_wait(self._hang_up, scope, receive)


def _trickling(file: Path, fault: BreakDownload) -> Response:
    headers = {"content-length": str(file.stat().st_size)}
    return StreamingResponse(_slowly(file, fault), headers=headers, media_type=_VIDEO)


async def _slowly(file: Path, fault: BreakDownload) -> AsyncIterator[bytes]:
    data = await run_in_threadpool(file.read_bytes)
    block = max(fault.bytes_per_s // 10, 1)
    for start in range(0, len(data), block):
        yield data[start : start + block]
        await asyncio.sleep(0.1)

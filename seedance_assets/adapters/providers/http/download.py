"""Download a video, from a host that is allowed, without the token, whole or not at all."""

import asyncio
import contextlib
import re
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from seedance_assets.adapters.providers.http.exchange import retry_after_s
from seedance_assets.adapters.providers.http.hosts import AllowedHosts
from seedance_assets.adapters.providers.http.part_file import TOO_LONG, PartFile
from seedance_assets.adapters.providers.http.patience import Passing, patiently
from seedance_assets.adapters.providers.http.unpacking import Unpacking
from seedance_assets.core.errors import DownloadBroken, VideoGone
from seedance_assets.core.generation import Download
from seedance_assets.core.timing import Timing

MAX_REDIRECTS = 5
_OK = 200
_REDIRECTS = {301, 302, 303, 307, 308}
_GONE = {401, 403, 404, 410}
_PARTIAL = 206
_RANGE = re.compile(r"bytes 0-(\d{1,18})/(\d{1,18})")
_NO_VIDEO = ("text/", "application/json", "application/problem+json", "application/xml")


class Downloads:
    """Downloads from allowed hosts, over a client that bears no token."""

    def __init__(self, client: httpx.AsyncClient, hosts: AllowedHosts, timing: Timing) -> None:
        self._client = client
        self._hosts = hosts
        self._timing = timing

    async def fetch(self, url: str, part: Path, *, max_bytes: int) -> Download:
        """Stream `url` to `part`. See `GenerationService.download` for the errors."""
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(_remove, part)
            try:
                async with asyncio.timeout(self._timing.download_timeout_s):
                    download = await patiently(
                        lambda: self._attempt(_parsed(url), part, max_bytes), self._timing
                    )
            except TimeoutError as exc:
                limit_s = self._timing.download_timeout_s
                raise DownloadBroken(f"the video was not downloaded within {limit_s:g} s") from exc
            on_failure.pop_all()
        return download

    async def _attempt(self, url: httpx.URL, part: Path, max_bytes: int) -> Download:
        try:
            async with self._opened(url) as response:
                length = _expected_length(response, max_bytes)
                unpack = Unpacking(response.headers.get("Content-Encoding", ""), max_bytes)
                with PartFile(part, max_bytes) as file:
                    async for chunk in response.aiter_raw():
                        plain = unpack(chunk)
                        if not file.size_bytes and plain and _is_text(response, plain):
                            raise self._passing(_no_video(response))
                        file.write(plain)
                    if length is not None and unpack.packed_bytes != length:
                        raise self._passing(f"{unpack.packed_bytes} of {length} bytes arrived")
                    if not unpack.complete:
                        raise self._passing(f"{url.host}: the packed video was cut short")
                    return await file.finish()
        except zlib.error as exc:
            raise self._passing(f"{url.host}: the packed video is damaged: {exc}") from exc
        except (httpx.HTTPError, OSError) as exc:
            raise self._passing(f"{url.host}: {type(exc).__name__}: {exc}") from exc

    @contextlib.asynccontextmanager
    async def _opened(self, url: httpx.URL) -> AsyncIterator[httpx.Response]:
        """The answer with the video. Each hop is checked before it is asked."""
        for _ in range(1 + MAX_REDIRECTS):
            self._hosts.check(url)
            async with self._client.stream("GET", url) as response:
                if response.status_code not in _REDIRECTS:
                    self._check_status(response)
                    yield response
                    return
                url = _next_hop(response)
        raise DownloadBroken(f"{url.host}: more than {MAX_REDIRECTS} redirects")

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        problem = f"{response.url.host}: HTTP {status}"
        if status in _GONE:
            raise VideoGone(problem)
        if status == _PARTIAL and _is_whole(response.headers.get("Content-Range", "")):
            return
        if status != _OK:
            raise self._passing(problem, retry_after_s(response.headers), http_status=status)

    def _passing(
        self, problem: str, asked_s: float | None = None, http_status: int | None = None
    ) -> Passing:
        return Passing(
            DownloadBroken(problem, http_status=http_status),
            patience_s=self._timing.download_retry_s,
            retry_after_s=asked_s,
        )


def _parsed(text: str, base: httpx.URL | None = None) -> httpx.URL:
    """The address in `text`, which may be relative to `base`; not yet checked."""
    try:
        return base.join(text) if base else httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as exc:
        raise DownloadBroken("the video's address is no URL") from exc


def _next_hop(response: httpx.Response) -> httpx.URL:
    location: str = response.extensions["location"]
    if not location:
        raise DownloadBroken(f"{response.url.host}: a redirect without an address")
    return _parsed(location, response.url)


def _expected_length(response: httpx.Response, max_bytes: int) -> int | None:
    """Bytes that the header promises, as they are sent. Raises `DownloadBroken` for too many."""
    text = response.headers.get("Content-Length", "")
    length = int(text) if text.isascii() and text.isdigit() else None
    if length is not None and length > max_bytes:
        raise DownloadBroken(
            f"{response.url.host}: the video has {length} bytes, more than the {max_bytes} allowed",
            advice=TOO_LONG,
            passing=False,
        )
    return length


def _is_text(response: httpx.Response, start: bytes) -> bool:
    """Whether text comes in place of a video: a video under a wrong type is taken all the same."""
    media_type = response.headers.get("Content-Type", "").lower().strip()
    return media_type.startswith(_NO_VIDEO) and start[4:8] != b"ftyp"


def _no_video(response: httpx.Response) -> str:
    media_type = response.headers.get("Content-Type", "").lower().strip()
    return f"{response.url.host}: no video came but {media_type[:80]!r}"


def _is_whole(content_range: str) -> bool:
    """Whether `bytes 0-99/100` names all of a file."""
    found = _RANGE.fullmatch(content_range.strip().lower())
    return found is not None and int(found[1]) + 1 == int(found[2])


def _remove(part: Path) -> None:
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)

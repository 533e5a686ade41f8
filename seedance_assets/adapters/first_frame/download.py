"""Fetch a first frame from an untrusted link.

Every hop is checked before the connection: https only, and no address in a private network, so that
a sheet cannot make us read what only this machine can reach. The connection goes to exactly the
address that was checked; a second DNS query could give another answer.
"""

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import httpx

from seedance_assets.adapters.first_frame.sources import ByteLimit
from seedance_assets.adapters.web_environment import usable_environment
from seedance_assets.core.errors import FrameOutOfReach, FrameRefused
from seedance_assets.core.public_addresses import is_public

MAX_REDIRECTS = 5
MAX_ADDRESSES = 4

_LOGIN = {401, 403, 407}
_GONE = {404, 410}
_BUSY = {408, 425, 429}
_DIRECT = "Use a direct https link that needs no login, or download it and give its path."
_ASKED_BY = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_VALIDATOR = re.compile(r"[!-~]([ -~]{0,1022}[!-~])?")
_OF_THE_LINK = (httpx.HTTPError, httpx.InvalidURL, ValueError, ArithmeticError, ExceptionGroup)
"""Errors that concern only the row of the link."""
_HEADERS = {
    "Accept": "image/png, image/jpeg, image/webp",
    "Accept-Encoding": "identity",  # pictures do not compress, and this avoids decompression bombs
    "User-Agent": "seedance-assets",
}


def _redact_queries(record: logging.LogRecord) -> bool:
    """Remove signatures from httpx's log line for each request."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg for arg in record.args
        )
    return True


logging.getLogger("httpx").addFilter(_redact_queries)


def as_fetched(link: str) -> str:
    """A link in request form: spaces and accents escaped, no fragment.

    Raises `httpx.InvalidURL`.
    """
    return str(httpx.URL(link)).partition("#")[0]


@dataclass(frozen=True, slots=True)
class Fetched:
    """The content of a link, and what its host reported about it."""

    content: bytes | None
    """None: not modified."""
    validators: Mapping[str, str]
    """Headers for a conditional request."""
    public: bool
    """Whether every hop was public, so that the service can follow."""


class Downloader:
    """Fetches pictures. `allow_private` permits hosts in private networks, also by http."""

    def __init__(self, *, allow_private: bool, timeout_s: float) -> None:
        self._allow_private = allow_private
        self._timeout_s = timeout_s

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        with usable_environment():
            return httpx.create_ssl_context()  # takes 20 ms, so only once

    async def fetch(
        self, url: str, limit: ByteLimit, name: str, *, unless: Mapping[str, str] | None = None
    ) -> Fetched:
        """The content of `url`, `unless` it still matches these validators.

        Raises `FrameRefused` with `name` in the text, or `FrameOutOfReach` for an error that may
        be temporary.
        """
        known = _sendable(unless or {})
        asking = {_ASKED_BY[header]: value for header, value in known.items()}
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._follow(httpx.URL(as_fetched(url)), limit, name, asking)
        except TimeoutError as exc:
            raise FrameOutOfReach(
                f"first frame {name} did not arrive within {self._timeout_s:g} s"
            ) from exc
        except (httpx.TransportError, OSError) as exc:
            if _is_permanent(exc):
                raise FrameRefused(_not_fetched(name, exc), advice=_DIRECT) from exc
            raise FrameOutOfReach(_not_fetched(name, exc)) from exc
        except _OF_THE_LINK as exc:
            raise FrameRefused(_not_fetched(name, exc), advice=_DIRECT) from exc

    async def _follow(
        self, url: httpx.URL, limit: ByteLimit, name: str, asking: Mapping[str, str]
    ) -> Fetched:
        public = True
        for _hop in range(MAX_REDIRECTS + 1):
            addresses = await self._allowed_addresses(url, name)
            public = public and all(is_public(address) for address in addresses)
            found = await self._get(url, addresses, limit, name, asking)
            if isinstance(found, Fetched):
                return replace(found, public=public)
            url = found
        raise FrameRefused(
            f"first frame {name} is redirected more than {MAX_REDIRECTS} times", advice=_DIRECT
        )

    async def _allowed_addresses(self, url: httpx.URL, name: str) -> list[str]:
        """The addresses of the link's host; all are allowed."""
        host = url.raw_host.decode("ascii")
        if url.scheme not in {"https", "http"} or not host or url.userinfo:
            raise FrameRefused(f"first frame {name} is not a plain https link", advice=_DIRECT)
        if url.scheme == "http" and not self._allow_private:
            raise FrameRefused(f"first frame {name} leads to http, not https", advice=_DIRECT)
        port = (443 if url.scheme == "https" else 80) if url.port is None else url.port
        if not 0 < port < 1 << 16:
            raise FrameRefused(f"first frame {name} has an invalid port", advice=_DIRECT)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        private = [address for address in addresses if not is_public(address)]
        if private and not self._allow_private:
            raise FrameRefused(
                f"first frame {name} leads to {host} ({private[0]}), inside a private network",
                advice=_DIRECT,
            )
        if url.scheme == "http" and len(private) < len(addresses):
            raise FrameRefused(f"first frame {name} leads to http, not https", advice=_DIRECT)
        if not addresses:
            raise FrameRefused(f"first frame {name}: {host} has no address", advice=_DIRECT)
        return addresses[:MAX_ADDRESSES]

    async def _get(
        self,
        url: httpx.URL,
        addresses: list[str],
        limit: ByteLimit,
        name: str,
        asking: Mapping[str, str],
    ) -> Fetched | httpx.URL:
        """The picture or the next hop, from the first address that can be reached."""
        for address in addresses[:-1]:
            try:
                return await self._get_from(address, url, limit, name, asking)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._get_from(addresses[-1], url, limit, name, asking)

    def _client(self, address: str) -> httpx.AsyncClient:
        with usable_environment():
            return httpx.AsyncClient(
                verify=self._tls,
                timeout=httpx.Timeout(20.0, connect=10.0),
                trust_env=is_public(address),  # no proxy for private addresses
            )

    async def _get_from(
        self, address: str, url: httpx.URL, limit: ByteLimit, name: str, asking: Mapping[str, str]
    ) -> Fetched | httpx.URL:
        async with (
            self._client(address) as client,
            client.stream(
                "GET",
                url.copy_with(host=address),
                headers={**_HEADERS, **asking, "Host": url.netloc.decode("ascii")},
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
            ) as response,
        ):
            if response.has_redirect_location:
                return url.join(response.headers["Location"])
            if asking and response.status_code == httpx.codes.NOT_MODIFIED:
                return Fetched(None, _validators(response), public=True)
            _check_answer(response, limit, name)
            content = await _body(response, limit, name)
            return Fetched(content, _validators(response), public=True)


def _is_permanent(exc: BaseException | None) -> bool:
    """Whether the error is permanent: an unknown host, an untrusted certificate."""
    while exc is not None:
        if isinstance(exc, socket.gaierror) and exc.errno == socket.EAI_NONAME:
            return True
        if isinstance(exc, ssl.SSLCertVerificationError):
            return True
        exc = exc.__cause__ or exc.__context__
    return False


def _not_fetched(name: str, exc: Exception) -> str:
    return f"first frame {name} cannot be fetched: {str(exc) or type(exc).__name__}"


def _validators(response: httpx.Response) -> dict[str, str]:
    return _sendable({header: response.headers.get(header, "") for header in _ASKED_BY})


def _sendable(validators: Mapping[str, str]) -> dict[str, str]:
    """The validators that can be sent back: HTTP headers are ASCII, but hosts send anything."""
    return {header: value for header, value in validators.items() if _VALIDATOR.fullmatch(value)}


def _check_answer(response: httpx.Response, limit: ByteLimit, name: str) -> None:
    status = response.status_code
    if status in _LOGIN:
        raise FrameRefused(f"first frame {name} needs a login (HTTP {status})", advice=_DIRECT)
    if status in _GONE:
        raise FrameRefused(f"first frame {name} was not found (HTTP {status})", advice=_DIRECT)
    if status in _BUSY or httpx.codes.is_server_error(status):
        raise FrameOutOfReach(f"first frame {name}: its host answers HTTP {status}")
    if status != httpx.codes.OK:
        raise FrameRefused(f"first frame {name}: its host answers HTTP {status}", advice=_DIRECT)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FrameRefused(f"first frame {name} is sent compressed", advice=_DIRECT)
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and float(length) > limit.max_bytes:
        raise limit.refusal(name)


async def _body(response: httpx.Response, limit: ByteLimit, name: str) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > limit.max_bytes:
            raise limit.refusal(name)
    return bytes(content)

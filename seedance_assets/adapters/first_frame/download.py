"""Fetching a first frame from a link that a stranger may have written.

Every hop is looked at before it is connected to: https only, and no address of a private network,
so that a sheet cannot make us read what only this machine may see. The connection then goes to
the very address that was looked at; asking the name server twice would leave a gap between.
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
"""Whatever is wrong with one link concerns its row alone."""
_HEADERS = {
    "Accept": "image/png, image/jpeg, image/webp",
    "Accept-Encoding": "identity",  # a picture gains nothing, and a packed bomb stays out
    "User-Agent": "seedance-assets",
}


def _conceal_queries(record: logging.LogRecord) -> bool:
    """Keep signatures out of the line that httpx logs for each request."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg for arg in record.args
        )
    return True


logging.getLogger("httpx").addFilter(_conceal_queries)


def as_fetched(link: str) -> str:
    """A link as it is asked for: blanks and accents in their escapes, and no fragment.

    Raises `httpx.InvalidURL`.
    """
    return str(httpx.URL(link)).partition("#")[0]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a link gave, and what its host said about it."""

    content: bytes | None
    """None: what was there before is still good."""
    validators: Mapping[str, str]
    """Headers by which the host can be asked whether it is still the same."""
    public: bool
    """Whether every hop was in the open internet, where the service can follow."""


class Downloader:
    """Fetches pictures. With `allow_private`, hosts in private networks too, even by http."""

    def __init__(self, *, allow_private: bool, timeout_s: float) -> None:
        self._allow_private = allow_private
        self._timeout_s = timeout_s

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        with usable_environment():
            return httpx.create_ssl_context()  # 20 ms, so once for all

    async def fetch(
        self, url: str, limit: ByteLimit, name: str, *, unless: Mapping[str, str] | None = None
    ) -> Fetched:
        """What is behind `url`, `unless` it is still what these validators stand for.

        Raises `FrameRefused`, which calls the picture `name`; `FrameOutOfReach` if another time it
        may go better.
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
            if _stays(exc):
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
            found = await self._ask(url, addresses, limit, name, asking)
            if isinstance(found, Fetched):
                return replace(found, public=public)
            url = found
        raise FrameRefused(
            f"first frame {name} is redirected more than {MAX_REDIRECTS} times", advice=_DIRECT
        )

    async def _allowed_addresses(self, url: httpx.URL, name: str) -> list[str]:
        """The addresses of the link's host, all of them allowed."""
        host = url.raw_host.decode("ascii")
        if url.scheme not in {"https", "http"} or not host or url.userinfo:
            raise FrameRefused(f"first frame {name} leads to no plain https link", advice=_DIRECT)
        if url.scheme == "http" and not self._allow_private:
            raise FrameRefused(f"first frame {name} leads to http, not https", advice=_DIRECT)
        port = (443 if url.scheme == "https" else 80) if url.port is None else url.port
        if not 0 < port < 1 << 16:
            raise FrameRefused(f"first frame {name} leads to no port of a host", advice=_DIRECT)
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

    async def _ask(
        self,
        url: httpx.URL,
        addresses: list[str],
        limit: ByteLimit,
        name: str,
        asking: Mapping[str, str],
    ) -> Fetched | httpx.URL:
        """The picture, or the next hop; the first address that can be reached answers."""
        for address in addresses[:-1]:
            try:
                return await self._ask_at(address, url, limit, name, asking)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._ask_at(addresses[-1], url, limit, name, asking)

    def _client(self, address: str) -> httpx.AsyncClient:
        with usable_environment():
            return httpx.AsyncClient(
                verify=self._tls,
                timeout=httpx.Timeout(20.0, connect=10.0),
                trust_env=is_public(address),  # no proxy to what is near
            )

    async def _ask_at(
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


def _stays(exc: BaseException | None) -> bool:
    """Whether it would go no better later: no such host, a certificate that nobody trusts."""
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
    """Those that can go back to their host: HTTP's headers are ASCII, whatever hosts write."""
    return {header: value for header, value in validators.items() if _VALIDATOR.fullmatch(value)}


def _check_answer(response: httpx.Response, limit: ByteLimit, name: str) -> None:
    status = response.status_code
    if status in _LOGIN:
        raise FrameRefused(f"first frame {name} needs a login (HTTP {status})", advice=_DIRECT)
    if status in _GONE:
        raise FrameRefused(f"first frame {name} is not there (HTTP {status})", advice=_DIRECT)
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

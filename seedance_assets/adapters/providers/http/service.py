"""What the services of all providers have in common."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from seedance_assets.adapters.providers.http.addresses import Endpoint
from seedance_assets.adapters.providers.http.connection import Clients
from seedance_assets.adapters.providers.http.download import Downloads
from seedance_assets.adapters.providers.http.hosts import AllowedHosts
from seedance_assets.adapters.providers.http.questions import Questions
from seedance_assets.adapters.providers.http.submit import submit
from seedance_assets.core.generation import Download
from seedance_assets.core.timing import Timing


class HttpService:
    """A service over HTTP. Errors are those of `core.errors`; no message holds the token."""

    def __init__(
        self, address: Endpoint, timing: Timing, clients: Clients, hosts: AllowedHosts
    ) -> None:
        self._endpoint = address
        self._timing = timing
        self._ordering = clients.ordering
        self._questions = Questions(clients.asking, address, timing)
        self._downloads = Downloads(clients.fetching, hosts, timing)

    @property
    def timing(self) -> Timing:
        """Its patience and pauses."""
        return self._timing

    async def _order(
        self, url: str, model_id: str, body: Mapping[str, Any], sent: Callable[[], None]
    ) -> str:
        return await submit(self._ordering, self._endpoint, url, model_id, body, self._timing, sent)

    async def download(self, url: str, part: Path, *, max_bytes: int) -> Download:
        """Stream a video to `part`, which is whole and on the disk afterwards, or absent.

        Raises `HostRefused`, `VideoGone` (read the result again for a fresh address),
        `DownloadBroken`, `StorageFull` or `StorageError`.
        """
        return await self._downloads.fetch(url, part, max_bytes=max_bytes)

    def without_secret(self, url: str | None) -> str | None:
        """The address of a video, to be kept; None if it holds a secret: the result has it anew."""
        return url if url is not None and self._endpoint.redact(url) == url else None

"""What the production needs of a provider. Only the wiring chooses one; see docs/providers.md."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

from seedance_assets.core.generation import (
    CancelAnswer,
    CatalogueEntry,
    Download,
    GenerationResult,
    GenerationStatus,
)
from seedance_assets.core.scope import Scope
from seedance_assets.core.timing import Timing


class GenerationService(Protocol):
    """A service that makes videos for money. Errors are those of `core.errors`, without the token.

    Questions are free. They raise `NotAuthorised`, `BalanceTooLow`, `Throttled` or `ServiceFault`,
    the last two only when they have lasted until a deadline; those about a generation also
    `GenerationMissing`. An id that cannot be one raises `UsageError`.
    """

    @property
    def timing(self) -> Timing:
        """Its patience and pauses."""

    @property
    def is_own_emulator(self) -> bool:
        """Whether it is the emulator that this program has started itself."""

    async def is_answering(self) -> bool:
        """Whether the service answers a free question now."""

    async def submit(
        self, model_id: str, body: Mapping[str, Any], sent: Callable[[], None] = lambda: None
    ) -> str:
        """Order one generation, **for money**, and return its request id. Sent once.

        Nothing was bought: `NeverSent`, `NotAuthorised`, `BalanceTooLow`, `UnknownModel`,
        `RequestRefused`, `InputModerated`, `Throttled`. Something may have been bought:
        `AnswerLost`, and so does any other way out of here, cancellation of the task included.
        `sent` is called when the whole order has gone out.
        """

    async def status(self, request_id: str) -> GenerationStatus:
        """Where a generation is; when it is `over`, the result decides how it ended."""

    async def result(self, request_id: str) -> GenerationResult:
        """How a generation ended, with its cost; `IN_PROGRESS` while there is no result yet."""

    async def cancel(self, request_id: str) -> CancelAnswer:
        """Ask for a generation to be cancelled: free, repeatable, and no more than a hint."""

    async def catalogue_entry(self, model_id: str) -> CatalogueEntry:
        """What the service says a model costs. Raises `UnknownModel` too."""

    async def balance_usd(self) -> float | None:
        """What is left on the account, may be below zero; None if the service does not tell."""

    async def download(self, url: str, part: Path, *, max_bytes: int) -> Download:
        """Stream a video to `part`, which is whole and on the disk afterwards, or absent.

        Raises `HostRefused`, `VideoGone` (read the result again for a fresh address),
        `DownloadBroken`, `StorageFull` or `StorageError`.
        """

    def without_secret(self, url: str | None) -> str | None:
        """The address of a video, to be kept; None if it holds a secret."""


class ServiceAddress(Protocol):
    """Where a service is, and with which token it is used."""

    @property
    def scope(self) -> Scope:
        """What separates the takes bought here from all others."""

    def redact(self, text: str) -> str:
        """`text` without the token and other secrets."""

    def open(self, timing: Timing | None = None) -> AbstractAsyncContextManager[GenerationService]:
        """The service at this address, with the usual patience if no other is given."""


class Provider(Protocol):
    """A company that sells generations."""

    @property
    def name(self) -> str:
        """Its name in `production.toml`, in model schemas and in the ledger's scope keys."""

    @property
    def token_name(self) -> str:
        """The environment variable that holds the token."""

    @property
    def base_name(self) -> str:
        """The environment variable that holds the service's address, if it is not the usual one."""

    @property
    def has_emulator(self) -> bool:
        """Whether the embedded emulator speaks its contract, and serves when no token is set."""

    def address_in(self, environ: Mapping[str, str]) -> ServiceAddress | None:
        """The service that the environment names; None if none. Raises `SettingsRefused`."""

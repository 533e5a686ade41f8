"""Where fal's queue is and with which key we come: read from the environment, checked once."""

import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from seedance_assets.adapters.providers.http.addresses import (
    Names,
    check_token,
    checked_url,
    hosts_in,
    is_here,
)
from seedance_assets.adapters.providers.http.hosts import HostRule
from seedance_assets.core.redaction import redact
from seedance_assets.core.scope import Scope
from seedance_assets.core.timing import Timing

if TYPE_CHECKING:
    from seedance_assets.adapters.providers.fal.service import Fal

NAME = "fal"
APP = "fal-ai/bytedance"
"""Owner and app of ByteDance's models: a request is asked after under this path alone."""
TOKEN_NAME = "FAL_KEY"  # noqa: S105  # the variable's name, not the key
BASE_NAME = "FAL_QUEUE_URL"
USUAL_QUEUE = "https://queue.fal.run"
_TOKEN = re.compile(r"[!-~]+")  # printable ASCII without white space: `key id:secret`


@dataclass(frozen=True, slots=True)
class FalAddress:
    """A checked address of fal's queue. Raises `SettingsRefused`, which never holds the key."""

    names: ClassVar[Names] = Names(TOKEN_NAME, "fal's dashboard", BASE_NAME)

    queue: str
    token: str = field(repr=False)
    download_hosts: tuple[str, ...] = ()
    """Hosts beside fal's own that videos may come from: `host`, `host:port`, `.suffix`."""

    def __post_init__(self) -> None:
        check_token(self.token, TOKEN_NAME, _TOKEN, "Copy the key again from fal's dashboard.")
        object.__setattr__(self, "queue", checked_url(self.queue.rstrip("/"), BASE_NAME))
        for host in self.download_hosts:
            HostRule.read(host)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "FalAddress | None":
        """The address that the environment names; None without a key."""
        key = environ.get(TOKEN_NAME)
        if not key:
            return None
        return cls(
            queue=environ.get(BASE_NAME) or USUAL_QUEUE,
            token=key,
            download_hosts=hosts_in(environ.get("SEEDANCE_DOWNLOAD_HOSTS", "")),
        )

    @property
    def api_base(self) -> str:
        """Where the paths of requests start."""
        return f"{self.queue}/{APP}"

    @property
    def scope(self) -> Scope:
        """What separates the takes bought here from all others."""
        return Scope(NAME, self.api_base)

    @property
    def on_this_machine(self) -> bool:
        """Whether the queue is served from a loopback address."""
        return is_here(self.queue)

    def redact(self, text: str) -> str:
        """`text` without the key, its secret half and other secrets."""
        return redact(redact(text, self.token), self.token.partition(":")[2])

    def open(self, timing: Timing | None = None) -> "AbstractAsyncContextManager[Fal]":
        """The service at this address, with the usual patience if no other is given."""
        from seedance_assets.adapters.providers.fal.service import open_service

        return open_service(self, timing=timing or Timing())

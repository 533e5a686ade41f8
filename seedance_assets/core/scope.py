"""Which world a take belongs to: a real service, or an emulator of it.

Takes of different worlds never meet: going live must not reuse an emulated clip, and the emulator
must never touch a real one. So the ledger files every take under its scope.
"""

import hashlib
import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

EMBEDDED = "emulator:embedded"
EMULATED_FOLDER = "EMULATED"


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address is this machine's own; `127.example.com` is not."""
    if host is None or host == "localhost":
        return host is not None
    try:
        return ip_address(host).is_loopback
    except ValueError:  # another name
        return False


@dataclass(frozen=True, slots=True)
class Scope:
    """A provider and where it is (its base URL, or `emulator:embedded`); and the show, if named.

    Shows that share a ledger each have their own takes and their own budget in it.
    """

    provider: str
    base: str
    show: str = ""

    @property
    def key(self) -> str:
        """The text by which the ledger files takes. None of its words bears a blank."""
        return " ".join(filter(None, (self.provider, self.base, self.show)))

    @classmethod
    def parse(cls, key: str) -> "Scope":
        """The scope that `key` was made of."""
        return cls(*key.split(" ", 2))

    @property
    def emulated(self) -> bool:
        """Whether clips of this world are drawn here rather than made by the model.

        The real service is never on a loopback address, so whatever is there is an emulator.
        """
        return self.base == EMBEDDED or is_loopback(urlsplit(self.base).hostname)

    def folders(self, top_base: str) -> tuple[str, ...]:
        """The folders, one in the other, that hold what was made in this scope and in no other.

        Takes are numbered anew in each scope, so two of them in one folder would share file names.
        Those of the service at `top_base` lie at the top.
        """
        emulated = (EMULATED_FOLDER,) if self.emulated else ()
        elsewhere = () if self.base in {EMBEDDED, top_base} else (_folder_of_base(self.base),)
        return (*emulated, *elsewhere, *((_folder_of_show(self.show),) if self.show else ()))

    def request_url(self, request_id: str) -> str:
        """Where the service tells how a request fares; empty if it has no address that lasts."""
        if not request_id or "://" not in self.base:
            return ""
        return f"{self.base}/requests/{quote(request_id, safe='')}/status"

    @property
    def label(self) -> str:
        """The word that people see on everything that was made in this world."""
        return "EMULATED" if self.emulated else "live"


def _folder_of_base(base: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "_", base.partition("://")[2]).strip("._") or "elsewhere"


def _folder_of_show(show: str) -> str:
    """The name; one that is no plain name for a folder gets a hash, to be nobody else's."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", show)
    ours = plain == show and plain.upper() != EMULATED_FOLDER
    return plain if ours else f"{plain}-{hashlib.sha256(show.encode()).hexdigest()[:8]}"

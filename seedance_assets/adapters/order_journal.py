"""A plain file beside the ledger with every order and its request id: a second record of purchases.

A line is appended before an order is sent, with space for the request id, and is on disk when
`open_order` returns. So the id can always be written later, even with a full disk or a locked
ledger. A line is JSON; `request_id` is null until the answer arrives, and false if the order was
certainly not accepted. Calls block: make them in a thread.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from seedance_assets.adapters.whole_files import storage_errors
from seedance_assets.core.errors import StorageError

ID_ROOM = 160
"""Bytes for the id, more than `is_request_id` allows; the rest stays blank."""
LARGEST_BYTES = 8 * 1024 * 1024
"""At this size the file replaces the former file."""
_LOCK_S = 30.0
_END = b"}\n"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """The position of an order in the journal."""

    inode: int
    start: int
    head: bytes
    """The text before the space for its id."""


class OrderJournal:
    """The journal of one home, shared by its processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._former = path.with_name(f"{path.stem}.former{path.suffix}")
        self._one_at_a_time = threading.Lock()

    def open_order(self, facts: Mapping[str, Any]) -> OrderLine:
        """Record an order before it is sent. Raises `StorageFull` or `StorageError`."""
        text = json.dumps({**facts, "request_id": None}, ensure_ascii=False).encode()
        head = text.removesuffix(b"null}")
        with storage_errors(f"cannot write {self.path}"), self._alone():
            if self.path.exists() and self.path.stat().st_size > LARGEST_BYTES:
                self.path.replace(self._former)
            with self.path.open("ab") as file:
                start = file.seek(0, os.SEEK_END)
                torn = b"\n" if start and not self._ends_well() else b""
                try:
                    file.write(torn + head + b"null".ljust(ID_ROOM) + _END)
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    with suppress(OSError):
                        file.truncate(start)
                    raise
                inode = os.fstat(file.fileno()).st_ino
        return OrderLine(inode, start + len(torn), head)

    def note_id(self, line: OrderLine, request_id: str | None) -> None:
        """Write the id of an order into its reserved space; None: it was not accepted.

        Raises `StorageError`.
        """
        value = json.dumps(request_id or False).encode().ljust(ID_ROOM)
        if len(value) > ID_ROOM:
            raise StorageError(f"{self.path} has no space for the id {request_id}")
        with storage_errors(f"cannot write {self.path}"), self._alone():
            for path in (self.path, self._former):
                with suppress(FileNotFoundError), path.open("r+b") as file:
                    if _stands_in(file, line):
                        file.seek(line.start + len(line.head))
                        file.write(value)
                        file.flush()
                        os.fsync(file.fileno())
                        return
        raise StorageError(f"{self.path} was removed or replaced while an order was being sent")

    def orders(self) -> Iterator[dict[str, Any]]:
        """All readable orders, oldest first. Raises `StorageError`."""
        for path in (self._former, self.path):
            with storage_errors(f"cannot read {path}"):
                try:
                    lines = path.read_bytes().splitlines()
                except FileNotFoundError:
                    continue
            for line in lines:
                with suppress(ValueError):  # incomplete after a crash: its order was never sent
                    found = json.loads(line)
                    if isinstance(found, dict):
                        yield found

    def _ends_well(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path.with_suffix(".lock"), timeout=_LOCK_S)
        with self._one_at_a_time:
            try:
                with lock:
                    yield
            except Timeout as exc:
                raise StorageError(f"another process keeps {self.path} locked") from exc


def _stands_in(file: BinaryIO, line: OrderLine) -> bool:
    """Whether the order is in this file: the inode of a removed file may be reused."""
    if os.fstat(file.fileno()).st_ino != line.inode:
        return False
    file.seek(line.start)
    return file.read(len(line.head)) == line.head

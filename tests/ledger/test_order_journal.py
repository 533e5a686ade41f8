"""The journal of orders keeps each request id, whatever happens to the ledger."""

import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from seedance_assets.adapters import order_journal
from seedance_assets.adapters.order_journal import OrderJournal
from seedance_assets.core.errors import StorageError

LONG_ID = "r" * 128


@pytest.fixture
def journal(tmp_path: Path) -> OrderJournal:
    return OrderJournal(tmp_path / "home" / "orders.jsonl")


@contextmanager
def no_room_beyond(size_bytes: int) -> Iterator[None]:
    """No file of this process may grow past a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_order_is_on_disk_before_its_id_and_with_it_afterwards(journal: OrderJournal) -> None:
    first = journal.open_order({"shot": "sh010", "prompt": "Ein Boot, müde."})
    second = journal.open_order({"shot": "sh020"})
    assert [order["request_id"] for order in journal.orders()] == [None, None]

    journal.note_id(second, LONG_ID)
    journal.note_id(first, None)

    assert list(journal.orders()) == [
        {"shot": "sh010", "prompt": "Ein Boot, müde.", "request_id": False},
        {"shot": "sh020", "request_id": LONG_ID},
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits of files")
def test_an_id_needs_no_room_that_was_not_kept_for_it(journal: OrderJournal) -> None:
    line = journal.open_order({"shot": "sh010"})
    size = journal.path.stat().st_size

    with no_room_beyond(size):
        journal.note_id(line, LONG_ID)
        with pytest.raises(StorageError):
            journal.open_order({"shot": "sh020"})

    assert journal.path.stat().st_size == size
    assert [order["request_id"] for order in journal.orders()] == [LONG_ID]


def test_many_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    journals = [OrderJournal(tmp_path / "orders.jsonl") for _ in range(4)]

    def order(n: int) -> None:
        journal = journals[n % 4]
        journal.note_id(journal.open_order({"shot": f"sh{n:03d}"}), f"id-{n:03d}")

    with ThreadPoolExecutor(8) as hands:
        list(hands.map(order, range(60)))

    found = {order["shot"]: order["request_id"] for order in journals[0].orders()}
    assert found == {f"sh{n:03d}": f"id-{n:03d}" for n in range(60)}


def test_a_line_that_a_crash_tore_off_spoils_no_other(journal: OrderJournal) -> None:
    journal.note_id(journal.open_order({"shot": "sh010"}), "first")
    with journal.path.open("ab") as file:
        file.write(b'{"shot": "sh020", "requ')

    journal.note_id(journal.open_order({"shot": "sh030"}), "third")

    assert [order["request_id"] for order in journal.orders()] == ["first", "third"]


def test_the_journal_does_not_grow_for_ever(
    journal: OrderJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_journal, "LARGEST_BYTES", 1000)
    lines = [journal.open_order({"shot": f"sh{n:03d}", "prompt": "x" * 300}) for n in range(4)]

    journal.note_id(lines[2], "in the former file by now")

    assert [order["request_id"] for order in journal.orders()][2] == "in the former file by now"
    for n in range(20):
        journal.open_order({"shot": f"sh{n:03d}", "prompt": "x" * 300})
    assert sum(file.stat().st_size for file in journal.path.parent.iterdir()) < 4000


def test_a_journal_that_was_removed_meanwhile_is_said(journal: OrderJournal) -> None:
    line = journal.open_order({"shot": "sh010"})
    journal.path.unlink()
    another = journal.open_order({"shot": "another"})  # often in a file with the same inode

    with pytest.raises(StorageError, match="removed"):
        journal.note_id(line, "lost")

    journal.note_id(another, "found")
    assert list(journal.orders()) == [{"shot": "another", "request_id": "found"}]


@pytest.mark.parametrize(
    "now", ["", '{"shot": "another"}\n', '{"shot": "sh999", "request_id": 1}\n']
)
def test_an_id_is_never_written_into_other_content_of_the_same_file(
    journal: OrderJournal, now: str
) -> None:
    line = journal.open_order({"shot": "sh010"})
    journal.path.write_text(now, encoding="utf-8")  # keeps the inode

    with pytest.raises(StorageError, match="replaced"):
        journal.note_id(line, "lost")

    assert journal.path.read_text(encoding="utf-8") == now

"""An order is its writer's alone for as long as it can be under way, whatever clocks say."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from seedance_assets.adapters.ledger import Ledger, open_ledger
from seedance_assets.adapters.ledger.lease import CLOCKS_DIFFER, ORDER_LEASE, WRITING_DOWN
from seedance_assets.adapters.ledger.owner import is_gone, lives, this_owner
from seedance_assets.core.take import LONGEST_ORDER_S, Take, TakeState
from seedance_assets.core.timing import Timing
from tests.ledger.conftest import Clock
from tests.ledger.test_ledger import claim

_A_DAY_S = 86_400.0
_ORDERING = """
import sys
from seedance_assets.adapters.ledger import open_ledger
from tests.ledger.test_ledger import claim

ledger = open_ledger(sys.argv[1])
print(claim(ledger).take.id, flush=True)
sys.stdin.read()
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the mark says more on Linux")


@contextmanager
def ordering(ledger_url: str) -> Iterator[int]:
    """The id of an intent that another process of this host has written and not settled yet."""
    with subprocess.Popen(
        [sys.executable, "-c", _ORDERING, ledger_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


def elsewhere(take: Take) -> Take:
    """The same intent, of a host that nobody here can look at."""
    return replace(take, owner="elsewhere/17/a-world.4711")


def test_the_lease_of_an_order_is_longer_than_it_may_be_under_way(ledger: Ledger) -> None:
    taken = claim(ledger).take

    assert taken.owned_until is not None
    lease = taken.owned_until - taken.created_at
    assert lease == ORDER_LEASE
    assert lease >= timedelta(seconds=Timing().submit_timeout_s) + WRITING_DOWN + CLOCKS_DIFFER


def test_no_client_may_let_an_order_take_longer_than_its_lease_allows_for() -> None:
    with pytest.raises(ValueError, match="longer than 300 s"):
        Timing(submit_timeout_s=LONGEST_ORDER_S + 1)


@on_linux
def test_an_order_of_a_process_that_lives_on_this_host_is_never_abandoned(
    ledger_url: str, clock: Clock
) -> None:
    with ordering(ledger_url) as take_id:
        ledger = open_ledger(ledger_url, clock)
        take = ledger.take(take_id)
        assert take.owned_until is not None
        clock.now = take.owned_until + timedelta(days=1)

        assert not ledger.order_is_abandoned(take)

    assert ledger.order_is_abandoned(take)
    ledger.close()


def test_an_order_of_this_very_process_is_never_abandoned(ledger: Ledger, clock: Clock) -> None:
    taken = claim(ledger).take
    clock.advance(_A_DAY_S)

    assert not ledger.order_is_abandoned(taken)


def test_an_order_of_another_host_is_abandoned_when_its_lease_ends(
    ledger: Ledger, clock: Clock
) -> None:
    taken = elsewhere(claim(ledger).take)

    clock.advance(ORDER_LEASE.total_seconds())
    assert not ledger.order_is_abandoned(taken)
    clock.advance(1)
    assert ledger.order_is_abandoned(taken)


def test_an_order_under_way_is_not_abandoned_where_the_clock_is_fast(
    ledger: Ledger, clock: Clock
) -> None:
    taken = elsewhere(claim(ledger).take)

    clock.advance(LONGEST_ORDER_S + CLOCKS_DIFFER.total_seconds())

    assert not ledger.order_is_abandoned(taken)


def test_only_an_intent_can_be_abandoned(ledger: Ledger, clock: Clock) -> None:
    taken = ledger.move(claim(ledger).take, TakeState.SUBMITTED, "ordered", request_id="q1")
    clock.advance(_A_DAY_S)

    assert not ledger.order_is_abandoned(elsewhere(taken))


def _other_owners() -> dict[str, str | None]:
    """Owners of which nobody can be sure that they live."""
    host, pid, mark = this_owner().split("/")
    world, _, born = mark.rpartition(".")
    return {
        "nobody": None,
        "nonsense": "nonsense",
        "another host": f"elsewhere/{pid}/{mark}",
        "another boot or container": f"{host}/{pid}/another-world.{born}",
        "a world that cannot be seen": f"{host}/{pid}/.{born}",
        "another birth": f"{host}/{pid}/{world}.1",
        "a made-up mark": f"{host}/{os.getppid()}/abc",
    }


@pytest.mark.parametrize("which", _other_owners())
def test_that_an_owner_lives_is_believed_only_when_it_is_certain(which: str) -> None:
    assert lives(this_owner())
    assert not lives(_other_owners()[which])


@on_linux
def test_where_worlds_cannot_be_seen_nothing_is_certain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host, pid, mark = this_owner().split("/")
    unseen = f"{host}/{pid}/.{mark.rpartition('.')[2]}"
    monkeypatch.setattr("seedance_assets.adapters.ledger.owner._world", lambda: "")

    assert not lives(unseen)
    assert not is_gone(f"{host}/{os.getppid()}/.1")


def test_an_intent_of_a_dead_process_on_this_host_is_abandoned_at_once(ledger: Ledger) -> None:
    taken = claim(ledger).take
    host = this_owner().split("/")[0]
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pid = ended.pid

    assert is_gone(f"{host}/{pid}/abc")
    assert not is_gone(f"{host}/{os.getppid()}/abc")
    assert not is_gone(f"elsewhere/{pid}/abc")
    assert ledger.order_is_abandoned(replace(taken, owner=f"{host}/{pid}/abc"))


def _birth_of(pid: int) -> str:
    """The owner that a process of ours would write down."""
    script = "import sys; from seedance_assets.adapters.ledger import owner; "
    script += "print(owner._born(int(sys.argv[1])))"
    done = subprocess.run(
        [sys.executable, "-c", script, str(pid)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@on_linux
def test_a_process_id_that_was_given_to_another_process_is_not_the_owner() -> None:
    host, pid, mark = this_owner().split("/")
    world, _, born = mark.rpartition(".")

    assert not is_gone(this_owner())
    assert is_gone(f"{host}/{pid}/{world}.{int(born) - 1}")
    assert is_gone(f"{host}/{os.getppid()}/{world}.1")
    assert not is_gone(f"{host}/{os.getppid()}/{world}.{_birth_of(os.getppid())}")


@on_linux
def test_a_container_of_the_same_name_says_nothing_about_our_processes() -> None:
    host = this_owner().split("/")[0]
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pid = ended.pid

    assert not is_gone(f"{host}/{pid}/another-world.17")


@on_linux
def test_a_process_that_is_dead_and_not_buried_is_gone() -> None:
    host, _, mark = this_owner().split("/")
    world = mark.rpartition(".")[0]
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owner = f"{host}/{process.pid}/{world}.{_birth_of(process.pid)}"
        assert lives(owner)
        assert not is_gone(owner)

        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead; its parent has not looked

        assert is_gone(owner)
        assert not lives(owner)

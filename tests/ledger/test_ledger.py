"""The ledger writes every purchase down before it is made, and finds it again afterwards."""

import itertools
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine, text

from seedance_assets.adapters.ledger import Claim, Ledger, open_ledger
from seedance_assets.adapters.ledger.engine import LIBPQ_SETTINGS, open_engine
from seedance_assets.adapters.ledger.owner import this_owner
from seedance_assets.adapters.ledger.tables import metadata
from seedance_assets.core.errors import LedgerError, SettingsRefused, TransitionRefused
from seedance_assets.core.take import INACTIVE_STATES, TRANSITIONS, TakeState
from tests.ledger.conftest import Clock, request

WORLD = "runcomfy https://service.example/v1"


def claim(ledger: Ledger, prompt: str = "A boat drifts.", **how: object) -> Claim:
    asked = {"scope": WORLD, "shot": "sh010", "ordinal": 1, "estimate_usd": 0.12, "run_id": "r1"}
    return ledger.claim(request(prompt), **(asked | how))  # type: ignore[arg-type]


def test_the_same_request_is_bought_once(ledger: Ledger) -> None:
    first = claim(ledger)
    again = claim(ledger)

    assert first.new
    assert not again.new
    assert again.take == first.take


def test_a_second_take_of_the_same_request_is_a_purchase_of_its_own(ledger: Ledger) -> None:
    first, second = claim(ledger), claim(ledger, ordinal=2)

    assert second.new
    assert (first.take.number, second.take.number) == (1, 2)
    assert second.take.name == "sh010_t002"


def test_another_shot_with_the_same_request_shares_the_purchase(ledger: Ledger) -> None:
    bought = claim(ledger)
    shared = claim(ledger, shot="sh020")

    assert not shared.new
    assert shared.take.name == bought.take.name


def test_worlds_never_meet(ledger: Ledger) -> None:
    live = claim(ledger)
    emulated = claim(ledger, scope="runcomfy emulator:embedded")

    assert live.new
    assert emulated.new


def test_an_intent_is_on_disk_before_anything_is_sent(ledger: Ledger, ledger_url: str) -> None:
    taken = claim(ledger).take

    other = open_ledger(ledger_url)
    assert other.take(taken.id).state is TakeState.INTENT
    other.close()


def test_many_hands_at_once_share_one_purchase(ledger: Ledger) -> None:
    with ThreadPoolExecutor(8) as hands:
        claims = list(hands.map(lambda _: claim(ledger), range(24)))

    assert sum(c.new for c in claims) == 1
    assert len({c.take.id for c in claims}) == 1


def test_numbers_of_a_shot_are_never_reused(ledger: Ledger) -> None:
    withdrawn = ledger.move(claim(ledger).take, TakeState.WITHDRAWN, "never sent")
    reorder = claim(ledger)

    assert reorder.new
    assert (withdrawn.number, reorder.take.number) == (1, 2)


def test_a_failed_take_holds_its_place_until_a_person_asks_again(ledger: Ledger) -> None:
    taken = ledger.move(claim(ledger).take, TakeState.SUBMITTED, "answered", request_id="q1")
    failed = ledger.move(taken, TakeState.FAILED, "job failed", error="moderation")
    assert not claim(ledger).new

    ledger.move(failed, TakeState.RETRIED, "asked again")
    assert claim(ledger).new


ALL_WAYS = list(itertools.product(TakeState, TakeState))


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)  # the table is ours, not SQL's
@pytest.mark.parametrize(("before", "after"), ALL_WAYS, ids=[f"{a}-{b}" for a, b in ALL_WAYS])
def test_only_the_ways_of_the_table_can_be_gone(
    ledger: Ledger, before: TakeState, after: TakeState
) -> None:
    taken = claim(ledger).take
    for state in _way_to(before):
        taken = ledger.move(taken, state, "on the way")

    if after in TRANSITIONS[before]:
        assert ledger.move(taken, after, "a legal way").state is after
    else:
        with pytest.raises(TransitionRefused):
            ledger.move(taken, after, "no such way")


def _way_to(goal: TakeState) -> list[TakeState]:
    """The shortest way from an intent to `goal`."""
    ways: list[list[TakeState]] = [[TakeState.INTENT]]
    while ways[0][-1] is not goal:
        way = ways.pop(0)
        ways += [[*way, s] for s in sorted(TRANSITIONS[way[-1]]) if s not in way]
    return ways[0][1:]


def test_two_hands_cannot_move_the_same_take(ledger: Ledger) -> None:
    taken = claim(ledger).take
    ledger.move(taken, TakeState.SUBMITTED, "answered", request_id="q1")

    with pytest.raises(TransitionRefused, match="no longer intent"):
        ledger.move(taken, TakeState.UNKNOWN, "answer lost")


def test_every_transition_is_kept_with_its_cause_run_and_host(ledger: Ledger, clock: Clock) -> None:
    taken = claim(ledger).take
    clock.advance(2)
    taken = ledger.move(taken, TakeState.SUBMITTED, "answered", run_id="r2", request_id="q1")

    history = ledger.history(taken)
    assert [(t.from_state, t.to_state, t.cause, t.run_id) for t in history] == [
        (None, TakeState.INTENT, "ordered", "r1"),
        (TakeState.INTENT, TakeState.SUBMITTED, "answered", "r2"),
    ]
    assert (history[1].at - history[0].at).total_seconds() == 2
    assert history[0].owner == this_owner()


def test_a_request_id_belongs_to_one_take(ledger: Ledger) -> None:
    ledger.move(claim(ledger).take, TakeState.SUBMITTED, "ordered", request_id="q1")
    other = claim(ledger, ordinal=2).take

    with pytest.raises(TransitionRefused, match="another take"):
        ledger.move(other, TakeState.SUBMITTED, "ordered", request_id="q1")
    assert ledger.take(other.id).state is TakeState.INTENT


def test_service_times_come_back_oldest_first(ledger: Ledger, clock: Clock) -> None:
    for ordinal, seconds in enumerate((30, 90), 1):
        taken = claim(ledger, ordinal=ordinal).take
        taken = ledger.move(
            taken, TakeState.SUBMITTED, "", request_id=f"q{ordinal}", submitted_at=clock()
        )
        clock.advance(seconds)
        ledger.move(taken, TakeState.SUCCEEDED, "", succeeded_at=clock())

    assert ledger.service_times_s(WORLD, taken.model_id) == [30, 90]


def test_a_ledger_survives_being_opened_by_many_at_once(ledger_url: str) -> None:
    def open_and_close(_: int) -> str:
        opened = open_ledger(ledger_url)
        state = claim(opened).take.state
        opened.close()
        return state

    with ThreadPoolExecutor(8) as hands:
        assert set(hands.map(open_and_close, range(32))) == {"intent"}


def test_the_migrations_end_where_the_tables_are(ledger_url: str) -> None:
    engine = open_engine(ledger_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


_ADDED_IN = {
    "0001": ["parked_at", "cancel_refused_at", "resubmission", "fallback_of"],
    "0002": ["resubmission", "fallback_of"],
    "0003": [],
}


@pytest.mark.parametrize("revision", _ADDED_IN)
def test_a_ledger_of_an_earlier_version_is_brought_up_to_date_with_all_it_holds(
    ledger_url: str, revision: str
) -> None:
    older = open_ledger(ledger_url)
    claimed = claim(older).take
    failed = older.move(
        claim(older, ordinal=2).take,
        TakeState.WITHDRAWN,
        "not ordered",
        error_kind="balance_too_low",
    )
    older.close()
    with _database(ledger_url) as database:
        for column in _ADDED_IN[revision]:
            database.execute(text(f"ALTER TABLE takes DROP COLUMN {column}"))
        database.execute(
            text("UPDATE takes SET error_kind = 'BalanceTooLow' WHERE error_kind IS NOT NULL")
        )
        database.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})

    newer = open_ledger(ledger_url)

    assert newer.takes() == [claimed, failed]
    newer.close()
    with _database(ledger_url) as database:
        kinds = set(database.execute(text("SELECT error_kind FROM takes")).scalars())
        assert kinds == {None, "balance_too_low"}
        context = MigrationContext.configure(database)
        assert compare_metadata(context, metadata) == []


def test_what_an_earlier_version_still_writes_is_read_as_a_code(ledger: Ledger) -> None:
    take = claim(ledger).take
    ledger.move(take, TakeState.WITHDRAWN, "not ordered", error_kind="NeverSent")

    assert [take.error_kind for take in ledger.takes()] == ["no_connection"]


@contextmanager
def _database(url: str) -> Iterator[Connection]:
    """The database as another program sees it, in a transaction."""
    engine = create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _all_of(url: str) -> dict[str, Sequence[object]]:
    """Every table of a database, with its columns and its rows."""
    with _database(url) as connection:
        tables = MetaData()
        tables.reflect(connection)
        return {
            name: [*table.columns.keys(), *map(tuple, connection.execute(table.select()))]
            for name, table in tables.tables.items()
        }


def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(ledger_url: str) -> None:
    ours = open_ledger(ledger_url)
    claim(ours)
    ours.close()
    with _database(ledger_url) as database:
        database.execute(text("ALTER TABLE takes ADD COLUMN mood VARCHAR(9)"))
        database.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    before = _all_of(ledger_url)

    with pytest.raises(LedgerError, match="newer version of seedance-assets") as refused:
        open_ledger(ledger_url)

    assert "Update seedance-assets on this host." in refused.value.advice
    assert _all_of(ledger_url) == before


def test_a_file_of_a_newer_version_stays_open_to_whom_it_was_open(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    open_ledger(f"sqlite:///{file}").close()
    with _database(f"sqlite:///{file}") as database:
        database.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    file.chmod(0o660)

    with pytest.raises(LedgerError, match="newer version"):
        open_ledger(f"sqlite:///{file}")

    assert file.stat().st_mode & 0o777 == 0o660


def test_the_database_of_another_program_is_not_taken_for_a_ledger(ledger_url: str) -> None:
    if ledger_url.startswith("sqlite"):
        Path(ledger_url.removeprefix("sqlite:///")).parent.mkdir()
    with _database(ledger_url) as database:
        database.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        database.execute(text("INSERT INTO alembic_version VALUES ('16e3655b4d9b')"))
    before = _all_of(ledger_url)

    with pytest.raises(LedgerError, match="belongs to another program"):
        open_ledger(ledger_url)

    assert _all_of(ledger_url) == before


def test_a_remark_moves_nothing_and_stays_in_the_history(ledger: Ledger, clock: Clock) -> None:
    take = ledger.move(claim(ledger).take, TakeState.SUBMITTED, "ordered", request_id="r1")
    clock.advance(60)

    parked = ledger.remark(take, "parked", run_id="run-2", parked_at=clock.now)

    last = ledger.history(take)[-1]
    assert (parked.state, parked.parked_at) == (TakeState.SUBMITTED, clock.now)
    assert (last.from_state, last.to_state) == (TakeState.SUBMITTED, TakeState.SUBMITTED)
    assert (last.at, last.cause, last.run_id) == (clock.now, "parked", "run-2")
    assert ledger.move(parked, TakeState.SUCCEEDED, "finished").parked_at is None


def test_a_remark_on_a_take_that_has_gone_on_meanwhile_is_not_made(ledger: Ledger) -> None:
    take = ledger.move(claim(ledger).take, TakeState.SUBMITTED, "ordered", request_id="r1")
    ledger.move(take, TakeState.SUCCEEDED, "finished")

    now = ledger.remark(take, "parked", parked_at=take.created_at)

    assert (now.state, now.parked_at) == (TakeState.SUCCEEDED, None)
    assert ledger.history(take)[-1].cause == "finished"


def test_states_that_let_go_lead_nowhere_but_what_was_written_off_may_turn_up() -> None:
    assert all(not TRANSITIONS[state] for state in INACTIVE_STATES - {TakeState.WRITTEN_OFF})
    assert TRANSITIONS[TakeState.WRITTEN_OFF] == {TakeState.SUBMITTED}
    assert set(TRANSITIONS) == set(TakeState)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("no address at all", SettingsRefused),
        ("sqlite:////proc/no/such/place/ledger.db", LedgerError),
        ("postgresql+nodriver://u:geheim@127.0.0.1/x", LedgerError),
    ],
    ids=["no-address", "no-place", "no-driver"],
)
def test_a_ledger_that_cannot_be_opened_says_so_without_its_password(
    url: str, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        open_ledger(url)

    assert "geheim" not in str(caught.value)


def test_a_postgresql_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIBPQ_SETTINGS, "connect_timeout", "2")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"postgresql+psycopg://me@127.0.0.1:{mute.getsockname()[1]}/ledger"
        with pytest.raises(LedgerError, match="cannot be opened"):
            open_ledger(url)

"""Reading and writing takes. Every change is one short transaction, and appended to the history."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from seedance_assets.adapters.ledger.backup import back_up
from seedance_assets.adapters.ledger.engine import open_engine
from seedance_assets.adapters.ledger.lease import ORDER_LEASE, is_abandoned
from seedance_assets.adapters.ledger.owner import this_owner
from seedance_assets.adapters.ledger.records import Claim, Transition, take_of, transition_of
from seedance_assets.adapters.ledger.reorder import Reorder
from seedance_assets.adapters.ledger.restore import LostTake, insert_lost
from seedance_assets.adapters.ledger.retakes import REPORTED, Purchase, unreported
from seedance_assets.adapters.ledger.spending import account_of, queue_up
from seedance_assets.adapters.ledger.tables import takes, transitions
from seedance_assets.core.budget import Budget, CapUsage, SpendingByPeriod, reserve
from seedance_assets.core.errors import LedgerError, StorageFull, TransitionRefused
from seedance_assets.core.request import GenerationRequest
from seedance_assets.core.take import TRANSITIONS, Take, TakeState, take_name

MAX_ORDINAL = 2**31 - 1
_ATTEMPTS = 20  # others may take the same number or place between our look and our insert
_NO_CAPS = Budget()
_FIRST = Reorder()


def _now() -> datetime:
    return datetime.now(UTC)


def open_ledger(url: str, clock: Callable[[], datetime] = _now) -> "Ledger":
    """Open (and if need be make, or bring up to date) the ledger at a SQLAlchemy address."""
    return Ledger(open_engine(url), clock)


class Ledger:
    """The record of takes. Its methods block for milliseconds; asyncio calls them in a thread."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = _now) -> None:
        self._engine = engine
        self._clock = clock
        self._owner = this_owner()

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    # -- buying ------------------------------------------------------------------------------

    def claim(
        self,
        request: GenerationRequest,
        *,
        scope: str,
        shot: str,
        ordinal: int,
        estimate_usd: float | None,
        run_id: str | None,
        budget: Budget = _NO_CAPS,
        reorder: Reorder = _FIRST,
    ) -> Claim:
        """The take of (scope, fingerprint, ordinal): the one that is there, or a new intent.

        The new intent is on disk when this returns, so the order may be sent; its estimate is
        reserved in the same transaction, so that orders at the same moment never pass a cap
        together. The take that `reorder` replaces is retired in that transaction too, so that of
        many who want another try at once, one gets it and the others find it. Raises `BudgetSpent`
        if a new one would pass a cap of `budget`; then nothing has changed.
        """
        for _ in range(_ATTEMPTS):
            held = self.holder(scope, request.fingerprint, ordinal)
            if held is not None and not reorder.is_replaced_by(held):
                return Claim(held, new=False)
            try:
                with self._writing() as connection:
                    queue_up(connection, scope)
                    if held is not None:
                        self._move(connection, held, TakeState.RETRIED, reorder.cause, run_id, {})
                    if self._place_is_held(connection, scope, request.fingerprint, ordinal):
                        continue
                    nearly = self._reserve(connection, budget, scope, shot, run_id, estimate_usd)
                    row = self._intent(connection, request, scope, shot, ordinal)
                    row |= {"estimate_usd": estimate_usd, "run_id": run_id}
                    row |= {
                        "resubmission": reorder.resubmission,
                        "fallback_of": reorder.fallback_of,
                    }
                    take_id = connection.execute(insert(takes).values(row)).inserted_primary_key
                    assert take_id is not None  # noqa: S101  # for the type checker: one row went in
                    why = f"ordered: {reorder.note}" if reorder.note else "ordered"
                    self._append(connection, take_id[0], None, TakeState.INTENT, why, run_id)
                return Claim(self.take(take_id[0]), new=True, nearly_spent=nearly)
            except (IntegrityError, TransitionRefused):
                continue
        raise LedgerError(f"shot {shot}: the ledger is too busy to write down a take")

    def _place_is_held(
        self, connection: Connection, scope: str, fingerprint: str, ordinal: int
    ) -> bool:
        held = select(takes.c.id).where(*_holds(scope, fingerprint, ordinal))
        return connection.execute(held).first() is not None

    def _reserve(
        self,
        connection: Connection,
        budget: Budget,
        scope: str,
        shot: str,
        run_id: str | None,
        estimate_usd: float | None,
    ) -> tuple[CapUsage, ...]:
        """Look whether one more take keeps every cap; returns those that it brings near their end.

        Nobody else can order between this look and the end of the transaction.
        """
        if not budget.caps:
            return ()
        account = account_of(connection, scope, shot=shot, run_id=run_id, now=self._clock())
        stop = budget.stop(account, estimate_usd)
        if stop is not None:
            raise stop.refusal(shot, estimate_usd)
        return budget.nearly_spent(reserve(account, estimate_usd))

    def _intent(
        self,
        connection: Connection,
        request: GenerationRequest,
        scope: str,
        shot: str,
        ordinal: int,
    ) -> dict[str, Any]:
        highest = select(func.max(takes.c.number)).where(
            takes.c.scope == scope, takes.c.shot == shot
        )
        now = self._clock()
        frame = request.first_frame
        return {
            "scope": scope,
            "shot": shot,
            "number": (connection.execute(highest).scalar() or 0) + 1,
            "fingerprint": request.fingerprint,
            "ordinal": ordinal,
            "model_id": request.model_id,
            "request": request.canonical()["inputs"],
            "frame_sha256": frame.sha256 if frame else None,
            "state": TakeState.INTENT.value,
            "holds_place": True,
            "created_at": now,
            "updated_at": now,
            "owner": self._owner,
            "owned_until": now + ORDER_LEASE,
        }

    def order_is_abandoned(self, take: Take) -> bool:
        """Whether an intent's writer has died, or is out of sight and its lease has ended."""
        return is_abandoned(take, self._clock())

    def order_is_detached(self, take: Take) -> bool:
        """As above, for a process that is about to end: its own orders count as abandoned."""
        return take.owner == self._owner or self.order_is_abandoned(take)

    # -- changing ----------------------------------------------------------------------------

    def move(
        self,
        take: Take,
        to: TakeState,
        cause: str,
        *,
        run_id: str | None = None,
        **facts: object,
    ) -> Take:
        """Take `take` to another state and note `facts` (columns) with it, in one transaction.

        Raises `TransitionRefused` if the table of `core.take` has no such way, or if somebody else
        has moved the take meanwhile.
        """
        if to not in TRANSITIONS[take.state]:
            raise TransitionRefused(f"take {take.name} cannot go from {take.state} to {to}")
        with self._writing() as connection:
            self._move(connection, take, to, cause, run_id, facts)
        return self.take(take.id)

    def _move(
        self,
        connection: Connection,
        take: Take,
        to: TakeState,
        cause: str,
        run_id: str | None,
        facts: Mapping[str, object],
    ) -> None:
        values = {
            "state": to.value,
            "holds_place": to.is_active,
            "updated_at": self._clock(),
            "parked_at": None,
            **facts,
        }
        change = update(takes).where(takes.c.id == take.id, takes.c.state == take.state.value)
        try:
            changed = connection.execute(change.values(values)).rowcount
        except IntegrityError as exc:
            raise TransitionRefused(
                f"take {take.name} cannot be {values.get('request_id')}: another take is",
                advice="`seedance ledger list` shows which take has that request id.",
            ) from exc
        if changed != 1:
            raise TransitionRefused(f"take {take.name} is no longer {take.state}")
        self._append(connection, take.id, take.state, to, cause, run_id)

    def remark(self, take: Take, cause: str, *, run_id: str | None = None, **facts: object) -> Take:
        """Append a line to the history of a take that stays as it is, and note `facts` with it.

        A take that somebody else has moved meanwhile is left alone. Returns it as it is now.
        """
        with self._writing() as connection:
            change = update(takes).where(takes.c.id == take.id, takes.c.state == take.state.value)
            if connection.execute(change.values(updated_at=self._clock(), **facts)).rowcount:
                self._append(connection, take.id, take.state, take.state, cause, run_id)
        return self.take(take.id)

    def note(self, take: Take, **facts: object) -> Take:
        """Note facts (columns) that change no state: a charge told late, why a download failed."""
        with self._writing() as connection:
            change = update(takes).where(takes.c.id == take.id)
            connection.execute(change.values(updated_at=self._clock(), **facts))
        return self.take(take.id)

    def report_retakes(self, scope: str, reason: str, shots: Collection[str]) -> None:
        """Note that a person has been told of the retakes of these shots that are stored."""
        with self._reading() as connection:
            found = unreported(connection, scope, reason)
        for take in map(self.take, found.values()):
            if take.shot in shots and take.state.is_stored:
                self.remark(take, REPORTED)

    def restore(self, lost: LostTake, cause: str) -> Take:
        """Write a take into the ledger that was in it once. Raises `LedgerError` if it is there."""
        try:
            with self._writing() as connection:
                take_id = insert_lost(connection, lost, self._clock())
                self._append(connection, take_id, None, lost.state, cause, None)
        except IntegrityError as exc:
            raise LedgerError(
                f"{take_name(lost.shot, lost.number)} cannot be restored: the ledger has another "
                "take of that name or request id",
                advice="`seedance ledger list` shows it.",
            ) from exc
        return self.take(take_id)

    def back_up(self, folder: Path) -> Path | None:
        """Copy a SQLite ledger into `folder` if it has changed. Raises `StorageError`."""
        return back_up(self._engine, folder, self.last_transition_id())

    # -- reading -----------------------------------------------------------------------------

    def unanswered(self, scope: str) -> list[Take]:
        """Takes whose order was written down and whose request id is not known."""
        states = (TakeState.INTENT.value, TakeState.UNKNOWN.value)
        return self._read(
            takes.c.scope == scope, takes.c.state.in_(states), takes.c.request_id.is_(None)
        )

    def unreported_retakes(
        self, scope: str, reason: str, asked_at: datetime, fingerprint: str | None = None
    ) -> frozenset[Purchase]:
        """Purchases of retakes for `reason` of which nobody had been told at `asked_at`."""
        with self._reading() as connection:
            return frozenset(
                unreported(connection, scope, reason, asked_at=asked_at, fingerprint=fingerprint)
            )

    def take(self, take_id: int) -> Take:
        """One take, afresh."""
        found = self._read(takes.c.id == take_id)
        if not found:
            raise LedgerError(f"the ledger has no take {take_id}")
        return found[0]

    def holder(self, scope: str, fingerprint: str, ordinal: int) -> Take | None:
        """The take that holds a purchase, if there is one."""
        found = self._read(*_holds(scope, fingerprint, ordinal))
        return found[0] if found else None

    def account(self, scope: str, *, shot: str | None, run_id: str | None) -> SpendingByPeriod:
        """What is spent and reserved: for the shot, in the run, today (UTC), and in all."""
        with self._reading() as connection:
            return account_of(connection, scope, shot=shot, run_id=run_id, now=self._clock())

    def holders(self, scope: str, fingerprint: str, ordinals: int = MAX_ORDINAL) -> list[Take]:
        """The takes that hold the first `ordinals` purchases of a request, in their order."""
        found = self._read(
            takes.c.scope == scope,
            takes.c.fingerprint == fingerprint,
            takes.c.ordinal <= ordinals,
            takes.c.holds_place,
        )
        return sorted(found, key=lambda take: take.ordinal)

    def latest(self, scope: str, fingerprint: str, ordinal: int) -> Take | None:
        """The last take of a purchase, active or not."""
        found = self._read(
            takes.c.scope == scope, takes.c.fingerprint == fingerprint, takes.c.ordinal == ordinal
        )
        return found[-1] if found else None

    def takes(
        self, *, scope: str | None = None, shot: str | None = None, run_id: str | None = None
    ) -> list[Take]:
        """Takes in the order in which they were written down."""
        wanted = []
        if scope is not None:
            wanted.append(takes.c.scope == scope)
        if shot is not None:
            wanted.append(takes.c.shot == shot)
        if run_id is not None:
            wanted.append(takes.c.run_id == run_id)
        return self._read(*wanted)

    def history(self, take: Take) -> list[Transition]:
        """Every transition of a take, oldest first."""
        query = (
            select(transitions).where(transitions.c.take_id == take.id).order_by(transitions.c.id)
        )
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [transition_of(row) for row in rows]

    def last_transition_id(self) -> int:
        """The place of what was written down last, of any take; 0 in an empty ledger."""
        with self._reading() as connection:
            return connection.execute(select(func.max(transitions.c.id))).scalar() or 0

    def service_times_s(self, scope: str, model_id: str, latest: int = 50) -> list[float]:
        """Seconds from order to success of the latest takes of a model, oldest first."""
        query = (
            select(takes.c.submitted_at, takes.c.succeeded_at)
            .where(
                takes.c.scope == scope,
                takes.c.model_id == model_id,
                takes.c.submitted_at.is_not(None),
                takes.c.succeeded_at.is_not(None),
            )
            .order_by(takes.c.id.desc())
            .limit(latest)
        )
        with self._reading() as connection:
            times = [(end - start).total_seconds() for start, end in connection.execute(query)]
        return times[::-1]

    # -- inside ------------------------------------------------------------------------------

    def _read(self, *where: Any) -> list[Take]:  # SQLAlchemy's expressions
        query = select(takes).where(*where).order_by(takes.c.id)
        with self._reading() as connection:
            return [take_of(row) for row in connection.execute(query).mappings()]

    def _append(
        self,
        connection: Connection,
        take_id: int,
        before: TakeState | None,
        after: TakeState,
        cause: str,
        run_id: str | None,
    ) -> None:
        line = {
            "take_id": take_id,
            "at": self._clock(),
            "from_state": before.value if before else None,
            "to_state": after.value,
            "cause": cause,
            "run_id": run_id,
            "owner": self._owner,
        }
        connection.execute(insert(transitions).values(line))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _clear_errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            _clear_errors(),
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as exc:
        if "disk is full" in str(exc.orig):
            raise StorageFull("the ledger cannot be written: the disk is full") from exc
        raise LedgerError(
            f"the ledger could not be read or written: {exc.orig}",
            advice="Look at the disk and the database, then run again; nothing is bought twice.",
        ) from exc


def _holds(scope: str, fingerprint: str, ordinal: int) -> tuple[ColumnElement[bool], ...]:
    return (
        takes.c.scope == scope,
        takes.c.fingerprint == fingerprint,
        takes.c.ordinal == ordinal,
        takes.c.holds_place,
    )

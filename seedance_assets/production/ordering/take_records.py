"""What is known of paid takes outside the ledger: side-cars of clips, and the journal of orders.

A ledger may be lost, emptied, restored from an older backup, or copied without its write-ahead log.
Then nothing may be bought before a person has decided: what looks new may be paid for already.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from seedance_assets.adapters.ledger import Ledger, LostTake
from seedance_assets.adapters.media_library import MediaLibrary
from seedance_assets.adapters.order_journal import OrderJournal
from seedance_assets.core.errors import LedgerBehind, LedgerError, TransitionRefused
from seedance_assets.core.scope import Scope
from seedance_assets.core.sentences import listed
from seedance_assets.core.take import Take, TakeState, take_name

_NAMED = 5


class TakeRecord(BaseModel):
    """A take as a side-car or the journal has it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    base: str
    provider: str
    shot: str
    take: int
    fingerprint: str
    model_id: str
    request: dict[str, Any]
    request_id: str | bool | None = None
    """None: no answer was written down; False: the order was not taken."""
    ordinal: int | None = None
    frame_sha256: str | None = None
    first_frame: dict[str, Any] | None = None
    estimate_usd: float | None = None
    cost_usd: float | None = None
    ordered_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    video_sha256: str | None = None
    fallback_of: str | None = None
    show: str | None = None

    @property
    def name(self) -> str:
        """How people call the take."""
        return take_name(self.shot, self.take)


def journal_facts(take: Take) -> dict[str, Any]:
    """What the journal says of an order."""
    scope = Scope.parse(take.scope)
    return {
        "provider": scope.provider,
        "base": scope.base,
        "show": scope.show,
        "shot": take.shot,
        "take": take.number,
        "ordinal": take.ordinal,
        "fingerprint": take.fingerprint,
        "model_id": take.model_id,
        "request": take.request,
        "frame_sha256": take.frame_sha256,
        "fallback_of": take.fallback_of,
        "estimate_usd": take.estimate_usd,
        "ordered_at": datetime.now(UTC).isoformat(),
    }


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """Takes that the ledger does not know."""

    records: tuple[TakeRecord, ...] = ()
    clips: tuple[tuple[str, str], ...] = ()
    """Shot and name of clips of which nothing else is known."""

    def error_for(self, shot: str) -> LedgerBehind | None:
        """Why nothing may be bought for a shot; None if nothing speaks against it."""
        if self.records:
            lost = listed([record.name for record in self.records], _NAMED)
            return LedgerBehind(
                f"the ledger does not know {len(self.records)} takes that were ordered: {lost}; "
                "it is new, or older than they are"
            )
        names = [name for owner, name in self.clips if owner == shot]
        if not names:
            return None
        return LedgerBehind(
            f"shot {shot}: media/ holds clips that are not in the ledger: {listed(names, _NAMED)}",
            advice="Move them out of that folder if they are not wanted, then run again; nothing "
            "was bought.",
        )


def find_unrecorded(
    scope: Scope, ledger: Ledger, library: MediaLibrary, journal: OrderJournal
) -> Unrecorded:
    """The takes outside the ledger. Raises `LedgerError`, `StorageError`."""
    names = sorted(set(library.records()))  # before the ledger is read: its row comes first
    orders = list(_of_scope(journal.orders(), scope))
    takes = ledger.takes(scope=scope.key)
    numbers = {take.name for take in takes}
    ids = {take.request_id for take in takes}
    # The journal has an id first: the ledger gets it a moment later, or by `recover_orders`.
    unanswered = {
        (take.name, take.fingerprint)
        for take in takes
        if take.request_id is None and take.state in {TakeState.INTENT, TakeState.UNKNOWN}
    }
    found = {
        order.name: order
        for order in orders
        if order.request_id is not False
        and (order.name, order.fingerprint) not in unanswered
        and (order.request_id not in ids if order.request_id else order.name not in numbers)
    }
    clips = []
    for shot, name in names:
        if name in numbers or name in found:
            continue
        record = _sidecar(library, scope, shot, name)
        if record is None:
            clips.append((shot, name))
        elif record.request_id not in ids:
            found[name] = record
    return Unrecorded(tuple(found.values()), tuple(clips))


def recover_orders(scope: Scope, ledger: Ledger, journal: OrderJournal) -> list[Take]:
    """Give unanswered takes the request ids that only the journal has; returns those takes. Free.

    An id that came while the ledger could not be written stands there alone.
    """
    waiting = ledger.unanswered(scope.key)
    if not waiting:
        return []
    orders = {(o.name, o.fingerprint): o for o in _of_scope(journal.orders(), scope)}
    recovered = []
    for take in waiting:
        order = orders.get((take.name, take.fingerprint))
        if order is None or order.request_id is None:
            continue
        with suppress(TransitionRefused):  # its own process was quicker
            recovered.append(_answered(ledger, take, order))
    return recovered


def _answered(ledger: Ledger, take: Take, order: TakeRecord) -> Take:
    if not order.request_id:
        if take.state is TakeState.INTENT and not ledger.order_is_abandoned(take):
            return take
        return ledger.move(take, TakeState.WITHDRAWN, "not ordered, says the journal of orders")
    return ledger.move(
        take,
        TakeState.SUBMITTED,
        "its request id stood in the journal of orders",
        request_id=order.request_id,
        submitted_at=order.ordered_at or datetime.now(UTC),
        error_kind=None,
        error=None,
    )


def rebuild(
    scope: Scope, ledger: Ledger, library: MediaLibrary, journal: OrderJournal
) -> tuple[list[Take], Unrecorded]:
    """Write unrecorded takes back into the ledger; returns them, and what could not be. Free."""
    written = []
    for record in find_unrecorded(scope, ledger, library, journal).records:
        with suppress(LedgerError):  # another take has its name: it stays unrecorded, and is told
            written.append(ledger.restore(_lost(record, scope, library), "restored by a person"))
    return written, find_unrecorded(scope, ledger, library, journal)


def _lost(record: TakeRecord, scope: Scope, library: MediaLibrary) -> LostTake:
    path = library.path_of(record.shot, record.name)
    sha256 = record.video_sha256
    there = library.has(path, sha256)
    if there and sha256 is None:
        sha256 = library.sha256(path)
    state = TakeState.UNKNOWN
    if record.request_id:
        finished = TakeState.SUCCEEDED if record.finished_at else TakeState.SUBMITTED
        state = TakeState.STORED if there else finished
    return LostTake(
        scope=scope.key,
        shot=record.shot,
        number=record.take,
        fingerprint=record.fingerprint,
        ordinal=record.ordinal,
        model_id=record.model_id,
        request=record.request,
        frame_sha256=record.frame_sha256 or (record.first_frame or {}).get("sha256"),
        state=state,
        request_id=str(record.request_id) if record.request_id else None,
        estimate_usd=record.estimate_usd,
        cost_usd=record.cost_usd,
        submitted_at=record.ordered_at,
        succeeded_at=record.finished_at,
        video_sha256=sha256 if there else None,
        video_path=path if there else None,
        fallback_of=record.fallback_of,
    )


def _sidecar(library: MediaLibrary, scope: Scope, shot: str, name: str) -> TakeRecord | None:
    content = library.read_bytes(shot, f"{name}.json")
    if content is None:
        return None
    try:
        record = TakeRecord.model_validate_json(content)
    except ValidationError:
        return None
    ours = (record.provider, record.base, record.name) == (scope.provider, scope.base, name)
    return record if ours and record.request_id else None


def _of_scope(orders: Iterable[Mapping[str, Any]], scope: Scope) -> Iterator[TakeRecord]:
    """The journal's orders of a scope that may have been taken, the last word on each."""
    for facts in orders:
        with suppress(ValidationError):
            order = TakeRecord.model_validate(facts)
            if (order.provider, order.base, order.show) == (scope.provider, scope.base, scope.show):
                yield order

"""Takes that the ledger has lost, written into it again from what else is known of them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from seedance_assets.adapters.ledger.tables import takes
from seedance_assets.core.take import TakeState


@dataclass(frozen=True, slots=True, kw_only=True)
class LostTake:
    """What is known of a take that the ledger does not have. `ordinal` None: the next free one."""

    scope: str
    shot: str
    number: int
    fingerprint: str
    model_id: str
    request: dict[str, Any]
    state: TakeState
    ordinal: int | None = None
    frame_sha256: str | None = None
    request_id: str | None = None
    estimate_usd: float | None = None
    cost_usd: float | None = None
    submitted_at: datetime | None = None
    succeeded_at: datetime | None = None
    video_sha256: str | None = None
    video_path: str | None = None
    measurements: dict[str, Any] | None = None
    fallback_of: str | None = None
    run_id: str | None = None


def insert_lost(connection: Connection, lost: LostTake, now: datetime) -> int:
    """Insert the row of a lost take; returns its id."""
    held = select(takes.c.ordinal).where(
        takes.c.scope == lost.scope, takes.c.fingerprint == lost.fingerprint, takes.c.holds_place
    )
    there = {row[0] for row in connection.execute(held)}
    ordinal = lost.ordinal
    if ordinal is None or ordinal in there:
        ordinal = next(n for n in range(1, len(there) + 2) if n not in there)
    row = asdict(lost) | {
        "ordinal": ordinal,
        "state": lost.state.value,
        "holds_place": lost.state.is_active,
        "created_at": lost.submitted_at or now,
        "updated_at": now,
    }
    key = connection.execute(insert(takes).values(row)).inserted_primary_key
    assert key is not None  # noqa: S101  # for the type checker: one row went in
    return int(key[0])

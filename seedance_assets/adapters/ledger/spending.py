"""What the ledger's takes have cost, and what they have reserved, span by span.

The database only adds up; which states may have been charged is decided in `core.budget`.
"""

import zlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, text, true

from seedance_assets.adapters.ledger.tables import takes
from seedance_assets.core.budget import Span, Spending, SpendingByPeriod, may_be_charged
from seedance_assets.core.take import TakeState

_LOCK_CLASS = 7305155  # beside the migrations' own 7305154


def queue_up(connection: Connection, scope: str) -> None:
    """Let the orders of one scope be written down one after the other, until this transaction ends.

    SQLite has one writer at a time anyway (BEGIN IMMEDIATE). PostgreSQL sees in each statement
    what was committed before it began, so whoever waits here sees what the one before has reserved.
    """
    if connection.dialect.name == "postgresql":
        number = zlib.crc32(scope.encode()) - 2**31  # PostgreSQL wants a signed one
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:kind, :number)"),
            {"kind": _LOCK_CLASS, "number": number},
        )


def account_of(
    connection: Connection, scope: str, *, shot: str | None, run_id: str | None, now: datetime
) -> SpendingByPeriod:
    """Spent and reserved for the shot, in the run, since midnight UTC, and in all; one query."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    spans: dict[Span, ColumnElement[bool]] = {
        Span.SHOT: takes.c.shot == shot,
        Span.RUN: takes.c.run_id == run_id,
        Span.DAY: takes.c.created_at >= midnight,
        Span.ALL: true(),
    }
    ordered = takes.c.request_id.is_not(None)
    query = (
        select(takes.c.state, ordered.label("ordered"), *_sums(spans))
        .where(takes.c.scope == scope)
        .group_by(takes.c.state, ordered)
    )
    account = {span: Spending() for span in Span}
    for row in connection.execute(query).mappings():
        charged = may_be_charged(TakeState(row["state"]), ordered=bool(row["ordered"]))
        for span in Span:
            reserved = row[f"{span}_reserved"] or 0.0 if charged else 0.0
            account[span] += Spending(row[f"{span}_spent"] or 0.0, reserved)
    return account


def _sums(spans: dict[Span, ColumnElement[bool]]) -> list[ColumnElement[Any]]:
    """For each span, the charges that are known, and the estimates of the takes without one."""
    unsettled = takes.c.cost_usd.is_(None)
    sums: list[ColumnElement[Any]] = []
    for span, within in spans.items():
        spent = func.sum(case((within, takes.c.cost_usd)))
        reserved = func.sum(case((and_(within, unsettled), takes.c.estimate_usd)))
        sums += [spent.label(f"{span}_spent"), reserved.label(f"{span}_reserved")]
    return sums

"""Which retakes were asked for and whose result nobody has been told of yet.

A retake has no number of its own in a sheet, so the same request for it, given again after a crash,
must find what the first one bought. It is known by its reason, which stands in the take's history.
As soon as a run has reported the retake, the same words ask for another one.
"""

from datetime import datetime

from sqlalchemy import Connection, select

from seedance_assets.adapters.ledger.tables import takes, transitions

REPORTED = "the retake was reported"

Purchase = tuple[str, int]
"""Fingerprint and ordinal."""


def retake_note(reason: str) -> str:
    """What the history says of the order of a retake."""
    return f"a retake: {reason}"


def unreported(
    connection: Connection,
    scope: str,
    reason: str,
    *,
    asked_at: datetime | None = None,
    fingerprint: str | None = None,
) -> dict[Purchase, int]:
    """The purchases of retakes for `reason`, with the take's id, that nobody has been told of.

    One that was reported after `asked_at` counts too: whoever asked then had not read of it.
    """
    query = (
        select(takes.c.fingerprint, takes.c.ordinal, takes.c.id)
        .select_from(transitions.join(takes))
        .where(takes.c.scope == scope, transitions.c.cause == f"ordered: {retake_note(reason)}")
    )
    told = (
        select(takes.c.fingerprint, takes.c.ordinal)
        .select_from(transitions.join(takes))
        .where(takes.c.scope == scope, transitions.c.cause == REPORTED)
    )
    if asked_at is not None:
        told = told.where(transitions.c.at <= asked_at)
    if fingerprint is not None:
        query = query.where(takes.c.fingerprint == fingerprint)
        told = told.where(takes.c.fingerprint == fingerprint)
    closed = {(row[0], row[1]) for row in connection.execute(told)}
    found = {(row[0], row[1]): row[2] for row in connection.execute(query)}
    return {purchase: take for purchase, take in found.items() if purchase not in closed}

"""The order in which changes of deliveries become visible, so that whoever follows along misses none.

A serial number would not do: a transaction that commits late shows rows below what a reader has already
passed (reproduced). On PostgreSQL a change carries its transaction's id, and a reader sees only changes of
transactions older than every one still running. On SQLite writers stand in line, so a counter is enough.
`tick.base` is that counter; on PostgreSQL it is added to the ids, and raised when a restored database starts
again with low ones.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, literal, select, update
from sqlalchemy.types import String

from storage.prepared import Prepared
from storage.tables import delivery, tick

_BASE = select(tick.c.base).where(tick.c.id == 1).scalar_subquery()
_TRANSACTION = cast(cast(func.pg_current_xact_id(), String), BigInteger)
_OLDEST_RUNNING = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), String), BigInteger)
_COUNT = Prepared(update(tick).where(tick.c.id == 1).values(base=tick.c.base + 1))


def next_change(tx: Connection) -> ColumnElement[int]:
    """The place in the feed of what this transaction changes."""
    if tx.dialect.name == "postgresql":
        return _BASE + _TRANSACTION
    _COUNT.run(tx)
    return _BASE


def settled(tx: Connection) -> ColumnElement[bool]:
    """True of a delivery whose change can no longer be overtaken by an earlier one."""
    if tx.dialect.name == "postgresql":
        return delivery.c.changed < _BASE + _OLDEST_RUNNING
    return literal(True)


def resume(tx: Connection) -> None:
    """After a restore into another server: new changes must come after all that were there."""
    if tx.dialect.name == "postgresql":
        newest = select(func.coalesce(func.max(delivery.c.changed), 0)).scalar_subquery()
        tx.execute(
            update(tick)
            .where(tick.c.id == 1, tick.c.base + _TRANSACTION <= newest)
            .values(base=newest - _TRANSACTION + 1)
        )


def leap(tx: Connection, now: datetime) -> None:
    """After a restore: whoever follows along has seen changes made after the backup, and stands ahead of it.

    Milliseconds since 1970 are more changes than were ever made, and more the next time, too."""
    newest = select(func.coalesce(func.max(delivery.c.changed), 0)).scalar_subquery()
    tx.execute(update(tick).values(base=newest + int(now.timestamp() * 1000)))

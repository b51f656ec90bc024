"""Bytes in the store, once per content: they stay for as long as a row of any table names them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, exists, or_, select

from storage.files import Stored
from storage.prepared import Prepared
from storage.sql import missing
from storage.tables import blob, metadata

STORED = (blob.c.key, blob.c.sha256, blob.c.size, blob.c.blocks)


def stored_in(row: Any) -> Stored:
    """The bytes that a row with these columns names."""
    return Stored(row.key, row.sha256, row.size, bytes(row.blocks))


class Kept(NamedTuple):
    """A blob, and the key of a second copy of the same content, to be deleted after the commit."""

    blob_id: int
    spare_key: str | None


def keep(tx: Connection, stored: Stored, content_type: str, at: datetime) -> Kept:
    _insert_missing(tx.dialect.name).run(
        tx,
        sha256=stored.sha256,
        key=stored.key,
        size=stored.size,
        content_type=content_type,
        blocks=stored.blocks,
        created_at=at,
    )
    # Locked, so that a sweep of what nobody names waits, and then finds the row that is about to name it.
    won = _WON.first(tx, content=stored.sha256)
    assert won is not None
    return Kept(int(won.id), None if won.key == stored.key else stored.key)


_WON = Prepared(
    select(blob.c.id, blob.c.key)
    .where(blob.c.sha256 == bindparam("content"))
    .with_for_update(key_share=True, read=True)
)


@cache
def _insert_missing(engine: str) -> Prepared:
    return Prepared(missing(engine, blob).inline())


def named_in(tables: Iterable[Table]) -> ColumnElement[bool]:
    """Of a blob that a row of one of these tables names."""
    return or_(
        *(exists(select(1).where(table.c.blob_id == blob.c.id)) for table in tables if "blob_id" in table.c)
    )


NAMED = named_in(metadata.sorted_tables)


def forget_unnamed(tx: Connection) -> list[str]:
    """Drop bytes that nobody names; their keys are deleted after the commit."""
    return list(tx.execute(delete(blob).where(~NAMED).returning(blob.c.key)).scalars())

"""Lines in the books."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.exc import IntegrityError

from saraban.errors import NotFound
from saraban.permissions import Actor
from storage.database import TryAgain
from storage.prepared import Prepared
from storage.tables import entry
from storage.visibility import sees_entry

_ADD = Prepared(insert(entry).returning(entry.c.id))


def add(tx: Connection, **values: Any) -> int:
    try:
        return int(_ADD.only(tx, **values))
    except IntegrityError as taken:
        # Two deliveries of a letter acknowledged at once: the second, run again, finds the first's line.
        if "entry_incoming_once" in str(taken.orig):
            raise TryAgain from taken
        raise


def standing(tx: Connection, house_id: int, letter_id: int) -> Row[Any] | None:
    """The line a letter already has in a house's incoming book, held: nobody voids it before the commit."""
    line = select(entry).where(
        entry.c.house_id == house_id,
        entry.c.letter_id == letter_id,
        entry.c.kind == "incoming",
        entry.c.void_at.is_(None),
    )
    return tx.execute(line.with_for_update(key_share=True)).first()


def of_letter(tx: Connection, actor: Actor, letter_id: int) -> Row[Any] | None:
    """A letter's line in the actor's own books, if the actor may see it: the newest, of several."""
    mine = select(entry).where(entry.c.letter_id == letter_id, sees_entry(actor))
    return tx.execute(mine.order_by(entry.c.id.desc())).first()


def visible(tx: Connection, actor: Actor, entry_id: int, *, lock: bool = False) -> Row[Any]:
    query = select(entry).where(entry.c.id == entry_id, sees_entry(actor))
    row = tx.execute(query.with_for_update(key_share=True) if lock else query).first()
    if row is None:
        raise NotFound()
    return row

"""Lines in the books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select
from sqlalchemy.exc import IntegrityError

from saraban.errors import NotFound
from saraban.permissions import Actor
from storage.database import TryAgain
from storage.prepared import Prepared
from storage.registers import Taken
from storage.rows import Row as NewRow
from storage.tables import entry
from storage.visibility import sees_entry


def new(taken: Taken, actor: Actor, at: datetime, **values: Any) -> NewRow:
    """A numbered line."""
    numbered = {
        "id": taken.entry_id,
        "house_id": actor.house_id,
        "register_id": taken.register_id,
        "kind": taken.kind,
        "year": taken.year,
        "number": taken.number,
        "registered_at": at,
        "registered_by": actor.person_id,
        "version": 1,
        "void_reason": "",
    }
    return NewRow(entry, {**numbered, **values})


@contextmanager
def once() -> Iterator[None]:
    """Whoever acknowledged the same letter at once was quicker; run again, this finds what they did."""
    try:
        yield
    except IntegrityError as taken:
        if "entry_incoming_once" in str(taken.orig) or "receipt_pkey" in str(taken.orig):
            raise TryAgain from taken
        raise


_STANDING = Prepared(
    select(entry)
    .where(
        entry.c.house_id == bindparam("house"),
        entry.c.letter_id == bindparam("of_letter"),
        entry.c.kind == "incoming",
        entry.c.void_at.is_(None),
    )
    .with_for_update(key_share=True)
)


def standing(tx: Connection, house_id: int, letter_id: int) -> Any | None:
    """The line a letter already has in a house's incoming book, held: nobody voids it before the commit."""
    return _STANDING.first(tx, house=house_id, of_letter=letter_id)


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

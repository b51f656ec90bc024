"""Acts of sending, as their sender's house sees them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, select

from saraban.errors import NotFound
from saraban.permissions import Actor
from storage.tables import delivery, dispatch
from storage.visibility import sent_by


def sent(tx: Connection, actor: Actor, dispatch_id: int, *, lock: bool = False) -> Row[Any]:
    """A dispatch of the actor's house whose letter the actor may see."""
    query = select(dispatch).where(
        dispatch.c.id == dispatch_id,
        dispatch.c.house_id == actor.house_id,
        sent_by(actor, dispatch.c.letter_id),
    )
    # Not a plain FOR UPDATE: a school that acknowledges names the dispatch and holds what a recall waits for.
    row = tx.execute(query.with_for_update(key_share=True) if lock else query).first()
    if row is None:
        raise NotFound()
    return row


def recalled_count(tx: Connection, dispatch_id: int) -> int:
    return int(
        tx.execute(
            select(func.count()).where(delivery.c.dispatch_id == dispatch_id, delivery.c.state == "recalled")
        ).scalar_one()
    )

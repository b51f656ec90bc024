"""Acts of sending, as their sender's house sees them."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from saraban.errors import NotFound
from saraban.permissions import Actor
from storage.prepared import Prepared
from storage.tables import Id, delivery, dispatch
from storage.visibility import Sight, ids_of, sent_by, sight_of


def sent(tx: Connection, actor: Actor, dispatch_id: int, *, lock: bool = False) -> Any:
    """A dispatch of the actor's house whose letter the actor may see."""
    row = _sent(sight_of(actor), lock).first(tx, dispatch=dispatch_id, **ids_of(actor))
    if row is None:
        raise NotFound()
    return row


@cache
def _sent(sight: Sight, lock: bool) -> Prepared:
    query = select(dispatch).where(
        dispatch.c.id == bindparam("dispatch", type_=Id),
        dispatch.c.house_id == sight.anybody.house_id,
        sent_by(sight.anybody, dispatch.c.letter_id),
    )
    # Not a plain FOR UPDATE: a school that acknowledges names the dispatch and holds what a recall waits for.
    return Prepared(query.with_for_update(key_share=True) if lock else query)


def recalled_count(tx: Connection, dispatch_id: int) -> int:
    return int(
        tx.execute(
            select(func.count()).where(delivery.c.dispatch_id == dispatch_id, delivery.c.state == "recalled")
        ).scalar_one()
    )

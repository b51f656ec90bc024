"""The sender calls a dispatch back: what waits is recalled, what was acknowledged is visibly marked."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Connection, update

from saraban.ids import DispatchId
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import deliveries, dispatches, events
from storage.tables import dispatch


class Recalled(BaseModel):
    id: DispatchId
    recalled: int
    recalled_at: datetime
    reason: str


def recall_dispatch(office: Office, actor: Actor, dispatch_id: int, reason: str) -> Recalled:
    actor.must(Act.SEND)
    now = office.clock()

    def command(tx: Connection) -> Recalled:
        row = dispatches.sent(tx, actor, dispatch_id, lock=True)
        if row.recalled_at is not None:
            count = dispatches.recalled_count(tx, dispatch_id)
            return Recalled(
                id=dispatch_id, recalled=count, recalled_at=row.recalled_at, reason=row.recall_reason
            )
        recalled = recall(tx, actor, [dispatch_id], now, reason)
        events.record(
            tx, actor, "recall", now, row.letter_id, dispatch=dispatch_id, recalled=recalled, reason=reason
        )
        return Recalled(id=dispatch_id, recalled=recalled, recalled_at=now, reason=reason)

    return office.db.write(command)


def recall(tx: Connection, actor: Actor, dispatch_ids: list[int], now: datetime, reason: str) -> int:
    tx.execute(
        update(dispatch)
        .where(dispatch.c.id.in_(dispatch_ids), dispatch.c.recalled_at.is_(None))
        .values(recalled_at=now, recalled_by=actor.person_id, recall_reason=reason)
    )
    return deliveries.recall(tx, dispatch_ids, now)

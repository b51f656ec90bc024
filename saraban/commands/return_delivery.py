"""A receiver returns a letter that is wrong, with a reason; a line it already has in the book is voided."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel
from sqlalchemy import Connection, exists, select, update

from saraban.errors import DeliveryRecalled
from saraban.ids import DeliveryId
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import deliveries, events
from storage.tables import delivery, entry


class Returned(BaseModel):
    id: DeliveryId
    state: Literal["returned"]
    returned_at: datetime
    reason: str


def return_delivery(office: Office, actor: Actor, delivery_id: int, reason: str) -> Returned:
    actor.must(Act.RECEIVE)
    now = office.clock()

    def command(tx: Connection) -> Returned:
        row = deliveries.move(
            tx,
            actor,
            delivery_id,
            [deliveries.WAITING, deliveries.ACKNOWLEDGED],
            now,
            state=deliveries.RETURNED,
            closed_at=now,
            closed_by=actor.person_id,
            reason=reason,
        )
        if row is None:
            row = deliveries.received(tx, actor, delivery_id)
            if row.state == deliveries.RECALLED:
                raise DeliveryRecalled(reason=row.recall_reason)
            return Returned(id=delivery_id, state="returned", returned_at=row.closed_at, reason=row.reason)
        if row.entry_id is not None:
            _void_the_line(tx, actor, row, now, reason)
        events.record(tx, actor, "return", now, row.letter_id, delivery=delivery_id, reason=reason)
        return Returned(id=delivery_id, state="returned", returned_at=now, reason=reason)

    return office.db.write(command)


def _void_the_line(tx: Connection, actor: Actor, row: object, now: datetime, reason: str) -> None:
    """Unless another delivery of the same letter still stands under that number."""
    # Held first: who acknowledges another delivery under this line is seen below, or finds it voided.
    tx.execute(select(entry.c.id).where(entry.c.id == row.entry_id).with_for_update(key_share=True))  # type: ignore[attr-defined]
    delivered = delivery.alias("other")
    kept = exists(
        select(1).where(delivered.c.entry_id == entry.c.id, delivered.c.state == deliveries.ACKNOWLEDGED)
    )
    tx.execute(
        update(entry)
        .where(entry.c.id == row.entry_id, entry.c.void_at.is_(None), ~kept)  # type: ignore[attr-defined]
        .values(void_at=now, void_by=actor.person_id, void_reason=reason, version=entry.c.version + 1)
    )

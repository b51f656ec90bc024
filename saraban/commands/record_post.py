"""The registry writes down the tracking number of a letter that left by post, and when it was received."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Connection, select, update

from saraban.errors import DispatchRecalled, Invalid, NotByPost, NotFound
from saraban.fields import A_FEW_MINUTES, Given, Line, Moment, example
from saraban.ids import DeliveryId
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import deliveries, events
from storage.feed import next_change
from storage.tables import delivery
from storage.visibility import sent_by


class PostChange(Given):
    model_config = example(tracking_no="EB123456785TH", received_at="2026-07-01T09:00:00+07:00")

    tracking_no: Line | None = None
    received_at: Moment | None = None


class Posted(BaseModel):
    id: DeliveryId
    to_text: str
    tracking_no: str | None
    state: str
    received_at: datetime | None


def record_post(office: Office, actor: Actor, delivery_id: int, change: PostChange) -> Posted:
    actor.must(Act.SEND)
    now = office.clock()
    if change.received_at is not None and change.received_at > now + A_FEW_MINUTES:
        raise Invalid(("received_at", "วันเวลาที่รับยังมาไม่ถึง"))

    def command(tx: Connection) -> Posted:
        row = tx.execute(
            select(delivery)
            .where(
                delivery.c.id == delivery_id,
                delivery.c.sender_id == actor.house_id,
                sent_by(actor, delivery.c.letter_id),
            )
            .with_for_update(key_share=True)
        ).first()
        if row is None:
            raise NotFound()
        if row.office_id is not None:
            raise NotByPost()
        if row.state == deliveries.RECALLED:
            raise DispatchRecalled()
        values: dict[str, object] = {}
        if change.tracking_no is not None:
            values["tracking_no"] = change.tracking_no
        if change.received_at is not None:
            values |= {"received_at": change.received_at, "state": deliveries.ACKNOWLEDGED}
            values |= {"closed_at": now, "closed_by": actor.person_id}
        row = tx.execute(
            update(delivery)
            .where(delivery.c.id == delivery_id)
            .values(**values, changed=next_change(tx), changed_at=now)
            .returning(delivery)
        ).one()
        said = {"tracking_no": change.tracking_no, "received_at": change.received_at}
        events.record(tx, actor, "record_post", now, row.letter_id, delivery=delivery_id, **said)
        return Posted.model_validate(dict(row._mapping))

    return office.db.write(command)

"""The sender reminds only those who have not acknowledged: the letter moves to the top of their inbox."""

from __future__ import annotations

from pydantic import BaseModel
from sqlalchemy import Connection

from saraban.errors import DispatchRecalled
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import deliveries, dispatches, events


class Reminded(BaseModel):
    reminded: int


def remind_missing(office: Office, actor: Actor, dispatch_id: int) -> Reminded:
    actor.must(Act.SEND)
    now = office.clock()

    def command(tx: Connection) -> Reminded:
        row = dispatches.sent(tx, actor, dispatch_id, lock=True)
        if row.recalled_at is not None:
            raise DispatchRecalled()
        reminded = deliveries.remind(tx, dispatch_id, row.urgency, now)
        if reminded:
            events.record(tx, actor, "remind", now, row.letter_id, dispatch=dispatch_id, reminded=reminded)
        return Reminded(reminded=reminded)

    return office.db.write(command)

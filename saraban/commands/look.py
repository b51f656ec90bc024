"""What looking leaves behind: `seen_at` on a delivery, an event for a secret letter. Never a receipt."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Actor
from storage import events
from storage.deliveries import came_to
from storage.feed import next_change
from storage.tables import delivery


def mark_seen(office: Office, actor: Actor, delivery_id: int) -> datetime | None:
    """The sender is shown เปิดดูแล้ว; the state stays what it was."""
    now = office.clock()

    def command(tx: Connection) -> datetime | None:
        unseen = (delivery.c.id == delivery_id) & delivery.c.seen_at.is_(None) & came_to(actor)
        tx.execute(
            update(delivery).where(unseen).values(seen_at=now, changed=next_change(tx), changed_at=now)
        )
        seen_at: datetime | None = tx.execute(
            select(delivery.c.seen_at).where(delivery.c.id == delivery_id)
        ).scalar()
        return seen_at

    return office.db.write(command)


def trace_look(office: Office, actor: Actor, secrecy: int, letter_id: int, what: str) -> None:
    """Every look at a secret letter is an event, before it is shown."""
    if secrecy > Secrecy.OPEN:
        now = office.clock()
        office.db.write(lambda tx: events.record(tx, actor, "look", now, letter_id, seen=what))

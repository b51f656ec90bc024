"""A number is never deleted: it is voided, and stays in the book with who, when and why."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Connection, select, update

from saraban.commands.recall_dispatch import recall
from saraban.errors import EntryReceived, EntryVoid
from saraban.ids import EntryId
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import deliveries, entries, events, letters
from storage.tables import delivery, dispatch, entry


class Voided(BaseModel):
    id: EntryId
    number: int
    year: int
    void_at: datetime
    void_reason: str


def void_entry(office: Office, actor: Actor, entry_id: int, reason: str) -> Voided:
    actor.must(Act.VOID)
    now = office.clock()

    def command(tx: Connection) -> Voided:
        # The letter before its line, as everywhere: a send that has begun ends first, and is recalled here.
        letters.lock(tx, actor, entries.visible(tx, actor, entry_id).letter_id)
        line = entries.visible(tx, actor, entry_id, lock=True)
        if line.void_at is not None:
            if line.void_reason == reason:
                return _voided(line, line.void_at, reason)
            raise EntryVoid()
        if line.kind == "incoming":
            _must_not_be_received(tx, entry_id)
        tx.execute(
            update(entry)
            .where(entry.c.id == entry_id)
            .values(void_at=now, void_by=actor.person_id, void_reason=reason, version=entry.c.version + 1)
        )
        recalled = 0
        if line.kind != "incoming":
            sent = select(dispatch.c.id).where(
                dispatch.c.letter_id == line.letter_id, dispatch.c.recalled_at.is_(None)
            )
            if dispatch_ids := list(tx.execute(sent).scalars()):
                recalled = recall(tx, actor, dispatch_ids, now, reason)
        events.record(
            tx,
            actor,
            "void",
            now,
            line.letter_id,
            entry=entry_id,
            number=line.number,
            recalled=recalled,
            reason=reason,
        )
        return _voided(line, now, reason)

    return office.db.write(command)


def _must_not_be_received(tx: Connection, entry_id: int) -> None:
    """A line made by acknowledging is undone by returning the letter, so that its sender is told."""
    received = select(delivery.c.id).where(
        delivery.c.entry_id == entry_id, delivery.c.state == deliveries.ACKNOWLEDGED
    )
    if tx.execute(received).first() is not None:
        raise EntryReceived()


def _voided(line: object, at: datetime, reason: str) -> Voided:
    return Voided(id=line.id, number=line.number, year=line.year, void_at=at, void_reason=reason)  # type: ignore[attr-defined]

"""A school acknowledges a letter: the same act gives it the next number of the school's own incoming book."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import Connection, insert, select, update

from saraban.commands.assign import hand_to
from saraban.errors import DeliveryRecalled, DeliveryReturned, Invalid
from saraban.fields import A_FEW_MINUTES, Given, Moment, Note, example
from saraban.ids import DeliveryId, EntryId, show
from saraban.letters import AssignTo
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.receipts import ReceiptFacts, utc_text
from saraban.thai.dates import buddhist_year
from storage import arrivals, deliveries, entries, events, registers
from storage.rows import Row
from storage.tables import entry, receipt, revision


class Acknowledging(Given):
    """Nothing need be said: then it was received now."""

    model_config = example(
        received_at="2026-07-01T09:57:26+07:00",
        note="",
        assign_to={"office": "9901-01", "instruction": "เพื่อทราบ"},
    )

    received_at: Moment | None = None
    note: Note = ""
    assign_to: AssignTo | None = None


class Acknowledged(BaseModel):
    """The same answer to everyone who acknowledges this delivery, now or later."""

    id: DeliveryId
    entry: EntryId | None
    number: int | None
    year: int
    acknowledged_at: datetime
    receipt: dict[str, Any]


def acknowledge(office: Office, actor: Actor, delivery_id: int, given: Acknowledging) -> Acknowledged:
    actor.must(Act.RECEIVE)
    now = office.clock()
    received_at = given.received_at or now
    if received_at > now + A_FEW_MINUTES:
        raise Invalid(("received_at", "วันเวลาที่รับยังมาไม่ถึง"))

    def command(tx: Connection) -> Acknowledged:
        arriving = arrivals.arriving(tx, actor, delivery_id)
        if not arriving or arriving[0].state != deliveries.WAITING:
            return _again(tx, actor, delivery_id)
        row = arriving[0]
        line, rows = _line(tx, actor, row, now, received_at, given)
        document = office.signer.sign(_facts(arriving, actor, line, now, received_at))
        proof = {"delivery_id": delivery_id, "document": json.dumps(document, ensure_ascii=False)}
        moved = arrivals.acknowledged(tx, delivery_id, actor, now, received_at, line.id if line else None)
        told = {"delivery": delivery_id, "number": line.number if line else None}
        with entries.once():
            # All it writes: whoever was quicker has it done again, and is found by then.
            events.record(
                tx, actor, "acknowledge", now, row.letter_id, [*rows, Row(receipt, proof)], moved, **told
            )
        if given.assign_to is not None:
            hand_to(tx, actor, line and entries.visible(tx, actor, line.id), given.assign_to, now)
        return Acknowledged(
            id=delivery_id,
            entry=line.id if line else None,
            number=line.number if line else None,
            year=line.year if line else buddhist_year(now),
            acknowledged_at=now,
            receipt=dict(document),
        )

    return office.db.write(command)


class Line(NamedTuple):
    """Where the letter stands in the receiver's book."""

    id: int
    number: int
    year: int


def _line(
    tx: Connection, actor: Actor, row: Any, now: datetime, received_at: datetime, given: Acknowledging
) -> tuple[Line | None, list[Row]]:
    """The letter's line in the receiver's book: the one it has or a new one; none within one house."""
    if row.sender_id == actor.house_id:
        return None, []
    line = entries.standing(tx, actor.house_id, row.letter_id) if row.line_id else None
    if line is not None:
        if given.note:
            _note(tx, actor, line, now, given.note)
        return Line(line.id, line.number, line.year), []
    year = buddhist_year(now)
    taken = registers.take_next_number(tx, actor.house_id, registers.INCOMING, year, year)
    new = entries.new(
        taken,
        actor,
        now,
        letter_id=row.letter_id,
        secrecy=row.secrecy,
        channel="system",
        action="",
        note=given.note,
        action_office_id=row.office_id,
        action_person_id=None,
        received_at=received_at,
    )
    return Line(taken.entry_id, taken.number, taken.year), [new]


def _note(tx: Connection, actor: Actor, line: Any, now: datetime, note: str) -> None:
    """What is noted at a further acknowledgement stands below what was noted at the first."""
    tx.execute(
        insert(revision).values(
            entry_id=line.id,
            version=line.version,
            changed_at=now,
            changed_by=actor.person_id,
            before={"note": line.note},
        )
    )
    tx.execute(
        update(entry)
        .where(entry.c.id == line.id)
        .values(note=f"{line.note}\n{note}" if line.note else note, version=line.version + 1)
    )


def _facts(
    arriving: Sequence[Any], actor: Actor, line: Line | None, now: datetime, received_at: datetime
) -> ReceiptFacts:
    """What the receipt proves, read inside the transaction that makes it true."""
    row = arriving[0]
    return {
        "delivery": show("D", row.id),
        "letter_no": row.letter_no,
        "dated": row.dated.isoformat(),
        "sender": {"code": row.sender_code, "name": row.sender_name},
        "receiver": {"code": row.receiver_code, "name": row.receiver_name},
        "files": [
            {"filename": file.filename, "sha256": file.sha256, "size": file.size}
            for file in arriving
            if file.sha256 is not None
        ],
        "number": line.number if line else None,
        "year": line.year if line else buddhist_year(now),
        "person": actor.person_name,
        "acknowledged_at": utc_text(now),
        "received_at": utc_text(received_at),
    }


def _again(tx: Connection, actor: Actor, delivery_id: int) -> Acknowledged:
    """Somebody was first: the same answer to both; or it was returned or recalled."""
    row = deliveries.received(tx, actor, delivery_id)
    if row.state == deliveries.RECALLED:
        raise DeliveryRecalled(reason=row.recall_reason)
    if row.state == deliveries.RETURNED:
        raise DeliveryReturned()
    document = json.loads(
        tx.execute(select(receipt.c.document).where(receipt.c.delivery_id == delivery_id)).scalar_one()
    )
    return Acknowledged(
        id=delivery_id,
        entry=row.entry_id,
        number=document["receipt"]["number"],
        year=document["receipt"]["year"],
        acknowledged_at=row.closed_at,
        receipt=document,
    )

"""A school acknowledges a letter: the same act gives it the next number of the school's own incoming book."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import Connection, bindparam, insert, select, update

from saraban.commands.assign import hand_to
from saraban.errors import DeliveryRecalled, DeliveryReturned, Invalid
from saraban.ids import DeliveryId, EntryId, show
from saraban.letters import A_FEW_MINUTES, AssignTo, Given, Moment, Note, example
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.receipts import ReceiptFacts, utc_text
from saraban.thai.dates import buddhist_year
from storage import deliveries, entries, events, letters, registers
from storage.prepared import Prepared
from storage.rows import Row
from storage.tables import delivery, dispatch, entry, letter, office as offices, receipt, revision


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
        row = deliveries.move(
            tx,
            actor,
            delivery_id,
            [deliveries.WAITING],
            now,
            state=deliveries.ACKNOWLEDGED,
            closed_at=now,
            closed_by=actor.person_id,
            received_at=received_at,
        )
        if row is None:
            return _again(tx, actor, delivery_id)
        line = _line(tx, actor, row, now, received_at, given)
        document = office.signer.sign(_facts(tx, actor, row, line, now, received_at))
        if line is not None:
            _POINT.run(tx, of_delivery=delivery_id, entry_id=line.id)
        if given.assign_to is not None:
            hand_to(tx, actor, line and entries.visible(tx, actor, line.id), given.assign_to, now)
        proof = {"delivery_id": delivery_id, "document": json.dumps(document, ensure_ascii=False)}
        told = {"delivery": delivery_id, "number": line.number if line else None}
        events.record(tx, actor, "acknowledge", now, row.letter_id, [Row(receipt, proof)], **told)
        return Acknowledged(
            id=delivery_id,
            entry=line.id if line else None,
            number=line.number if line else None,
            year=line.year if line else buddhist_year(now),
            acknowledged_at=now,
            receipt=dict(document),
        )

    return office.db.write(command)


_POINT = Prepared(update(delivery).where(delivery.c.id == bindparam("of_delivery")))


class Line(NamedTuple):
    """Where the letter stands in the receiver's book."""

    id: int
    number: int
    year: int


def _line(
    tx: Connection, actor: Actor, row: Any, now: datetime, received_at: datetime, given: Acknowledging
) -> Line | None:
    """The letter's line in the receiver's book: the one it has or a new one; none within one house."""
    if row.sender_id == actor.house_id:
        return None
    line = entries.standing(tx, actor.house_id, row.letter_id)
    if line is not None:
        if given.note:
            _note(tx, actor, line, now, given.note)
        return Line(line.id, line.number, line.year)
    year = buddhist_year(now)
    taken = registers.take_next_number(tx, actor.house_id, registers.INCOMING, year, year)
    line = entries.new(
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
    entries.add(tx, line)
    return Line(taken.entry_id, taken.number, taken.year)


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


_SENDER, _RECEIVER = offices.alias("sender"), offices.alias("receiver")
_TOLD = Prepared(
    select(letter.c.letter_no, letter.c.dated)
    .add_columns(_SENDER.c.code.label("sender_code"), _SENDER.c.name.label("sender_name"))
    .add_columns(_RECEIVER.c.code.label("receiver_code"), _RECEIVER.c.name.label("receiver_name"))
    .join(dispatch, dispatch.c.letter_id == letter.c.id)
    .join(_SENDER, _SENDER.c.id == dispatch.c.office_id)
    .join(_RECEIVER, _RECEIVER.c.id == bindparam("receiver"))
    .where(dispatch.c.id == bindparam("of_dispatch"))
)


def _facts(
    tx: Connection, actor: Actor, row: Any, line: Line | None, now: datetime, received_at: datetime
) -> ReceiptFacts:
    """What the receipt proves, read inside the transaction that makes it true."""
    told = _TOLD.first(tx, receiver=row.office_id, of_dispatch=row.dispatch_id)
    assert told is not None
    return {
        "delivery": show("D", row.id),
        "letter_no": told.letter_no,
        "dated": told.dated.isoformat(),
        "sender": {"code": told.sender_code, "name": told.sender_name},
        "receiver": {"code": told.receiver_code, "name": told.receiver_name},
        "files": [
            {"filename": file.filename, "sha256": file.sha256, "size": file.size}
            for file in letters.files_of_dispatch(tx, row.dispatch_id)
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

"""The central registry hands an entry to a group, a head to a person; who acts stands in the register."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import Connection, insert, update

from saraban.errors import AssignmentClosed, EntryVoid, Invalid, NotFound
from saraban.ids import AssignmentId, EntryId, PersonId
from saraban.letters import AssignTo
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import entries, events, offices
from storage.assignments import visible
from storage.tables import assignment, entry


class Assigned(BaseModel):
    """An assignment as it stands."""

    id: AssignmentId
    entry: EntryId
    office: str | None
    person: PersonId | None
    instruction: str
    due: date | None
    state: Literal["open", "accepted", "done", "handed_back"]
    assigned_at: datetime
    accepted_at: datetime | None
    closed_at: datetime | None
    note: str


def assign(office: Office, actor: Actor, entry_id: int, to: AssignTo) -> Assigned:
    actor.must(Act.ASSIGN)
    now = office.clock()

    def command(tx: Connection) -> Assigned:
        line = entries.visible(tx, actor, entry_id, lock=True)
        if line.void_at is not None:
            raise EntryVoid()
        assignment_id = hand_to(tx, actor, line, to, now)
        events.record(tx, actor, "assign", now, line.letter_id, entry=entry_id, assignment=assignment_id)
        return assigned(tx, actor, assignment_id)

    return office.db.write(command)


def hand_to(tx: Connection, actor: Actor, line: Any | None, to: AssignTo, now: datetime) -> int:
    """Write the assignment, and who acts into the line of the book."""
    actor.must(Act.ASSIGN)
    if line is None:
        raise Invalid(("assign_to", "หนังสือระหว่างกลุ่มในหน่วยงานเดียวกันไม่มีเลขรับ จึงมอบหมายจากทะเบียนไม่ได้"))
    if (to.office is None) == (to.person is None):
        raise Invalid(("office", "เลือกกลุ่มหรือบุคคลอย่างใดอย่างหนึ่ง"))
    office_id = None if to.office is None else offices.own_office(tx, actor, to.office, "office")
    if to.person is not None:
        offices.must_be_of_the_house(tx, actor, to.person, line.secrecy, "person")
    elif line.secrecy > Secrecy.OPEN:
        raise Invalid(("person", "หนังสือลับต้องมอบหมายให้บุคคลที่มีสิทธิ์เข้าถึงโดยระบุชื่อ"))
    assignment_id = tx.execute(
        insert(assignment)
        .values(
            house_id=actor.house_id,
            entry_id=line.id,
            office_id=office_id,
            person_id=to.person,
            instruction=to.instruction,
            due=to.due,
            state="open",
            assigned_at=now,
            assigned_by=actor.person_id,
            note="",
        )
        .returning(assignment.c.id)
    ).scalar_one()
    acts = {"action_person_id": to.person} if to.person is not None else {"action_office_id": office_id}
    tx.execute(update(entry).where(entry.c.id == line.id).values(**acts, version=entry.c.version + 1))
    return int(assignment_id)


def accept(office: Office, actor: Actor, assignment_id: int) -> Assigned:
    return _move(office, actor, assignment_id, "accepted", "accept", ["open"], "")


def hand_back(office: Office, actor: Actor, assignment_id: int, reason: str) -> Assigned:
    return _move(office, actor, assignment_id, "handed_back", "hand_back", ["open", "accepted"], reason)


def finish(office: Office, actor: Actor, assignment_id: int, note: str) -> Assigned:
    return _move(office, actor, assignment_id, "done", "done", ["open", "accepted"], note)


def _move(
    office: Office, actor: Actor, assignment_id: int, state: str, act: str, states: list[str], note: str
) -> Assigned:
    actor.must(Act.WORK)
    now = office.clock()
    if state == "accepted":
        values: dict[str, Any] = {"accepted_at": now, "accepted_by": actor.person_id}
    else:
        values = {"closed_at": now, "closed_by": actor.person_id, "note": note}

    def command(tx: Connection) -> Assigned:
        row = visible(tx, actor, assignment_id)
        if not _is_for(actor, row):
            raise NotFound()
        moved = tx.execute(
            update(assignment)
            .where(assignment.c.id == assignment_id, assignment.c.state.in_(states))
            .values(state=state, **values)
        ).rowcount
        if moved:
            events.record(tx, actor, act, now, row.letter_id, assignment=assignment_id, note=note or None)
        elif visible(tx, actor, assignment_id).state != state:
            raise AssignmentClosed()
        return assigned(tx, actor, assignment_id)

    return office.db.write(command)


def _is_for(actor: Actor, row: Any) -> bool:
    return row.person_id == actor.person_id or (row.office_id is not None and row.office_id == actor.office_id)


def assigned(tx: Connection, actor: Actor, assignment_id: int) -> Assigned:
    row = visible(tx, actor, assignment_id)
    return Assigned(
        id=row.id,
        entry=row.entry_id,
        office=row.office_code,
        person=row.person_id,
        instruction=row.instruction,
        due=row.due,
        state=row.state,
        assigned_at=row.assigned_at,
        accepted_at=row.accepted_at,
        closed_at=row.closed_at,
        note=row.note,
    )

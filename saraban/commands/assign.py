"""The central registry hands an entry to a group, a head to a person; who acts stands in the register."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel
from sqlalchemy import Connection, Row, insert, update

from saraban.commands.once import Nonce, write_once
from saraban.errors import AssignmentClosed, EntryVoid, Invalid, NotFound
from saraban.fields import in_thai
from saraban.ids import AssignmentId, EntryId, PersonId
from saraban.letters import AssignTo
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.words import TASK_STATES
from storage import assignments, entries, events, offices
from storage.tables import assignment

TaskState = Annotated[
    Literal["open", "accepted", "done", "handed_back"],
    in_thai(**TASK_STATES),
]


class Assigned(BaseModel):
    """An assignment as it stands."""

    id: AssignmentId
    entry: EntryId
    office: str | None
    person: PersonId | None
    instruction: str
    due: date | None
    state: TaskState
    assigned_at: datetime
    accepted_at: datetime | None
    closed_at: datetime | None
    note: str


def assign(office: Office, actor: Actor, entry_id: int, to: AssignTo, nonce: Nonce | None = None) -> Assigned:
    actor.must(Act.ASSIGN)
    now = office.clock()

    def command(tx: Connection) -> Assigned:
        line = entries.visible(tx, actor, entry_id, lock=True)
        assignment_id = hand_to(tx, actor, line, to, now)
        events.record(tx, actor, "assign", now, line.letter_id, entry=entry_id, assignment=assignment_id)
        return assigned(tx, assignment_id)

    return write_once(office, actor, nonce, Assigned, command)


def hand_to(tx: Connection, actor: Actor, line: Any | None, to: AssignTo, now: datetime) -> int:
    """Write the assignment, and who acts into the line of the book."""
    actor.must(Act.ASSIGN)
    if line is None:
        raise Invalid(("assign_to", "หนังสือระหว่างกลุ่มในหน่วยงานเดียวกันไม่มีเลขรับ จึงมอบหมายจากทะเบียนไม่ได้"))
    if (to.office is None) == (to.person is None):
        raise Invalid(("office", "เลือกกลุ่มหรือบุคคลอย่างใดอย่างหนึ่ง"))
    if to.person is not None:
        offices.must_be_of_the_house(tx, actor, to.person, line.secrecy, "person")
        acting = assignments.desk_of(tx, actor, to.person, line.action_office_id)
    else:
        acting = offices.own_office(tx, actor, str(to.office), "office")
        if line.secrecy > Secrecy.OPEN:
            raise Invalid(("person", "หนังสือลับต้องมอบหมายให้บุคคลที่มีสิทธิ์เข้าถึงโดยระบุชื่อ"))
    assignments.set_acting(tx, actor, line.id, acting, to.person, now)
    new = insert(assignment).values(
        house_id=actor.house_id,
        entry_id=line.id,
        office_id=acting if to.person is None else None,
        person_id=to.person,
        instruction=to.instruction,
        due=to.due,
        state="open",
        assigned_at=now,
        assigned_by=actor.person_id,
        note="",
    )
    return int(tx.execute(new.returning(assignment.c.id)).scalar_one())


def accept(office: Office, actor: Actor, assignment_id: int) -> Assigned:
    return _move(office, actor, assignment_id, "accepted", "accept", ["open"], "")


def hand_back(office: Office, actor: Actor, assignment_id: int, reason: str) -> Assigned:
    return _move(office, actor, assignment_id, "handed_back", "hand_back", ["open", "accepted"], reason)


def finish(office: Office, actor: Actor, assignment_id: int, note: str) -> Assigned:
    return _move(office, actor, assignment_id, "done", "done", ["open", "accepted"], note)


def _move(
    office: Office,
    actor: Actor,
    assignment_id: int,
    state: TaskState,
    act: str,
    states: list[TaskState],
    note: str,
) -> Assigned:
    """Whoever changes the row owns the move; asked again it has been done; from elsewhere it cannot be."""
    actor.must(Act.WORK)
    now = office.clock()
    values: dict[str, Any] = {"closed_at": now, "closed_by": actor.person_id, "note": note}
    if state == "accepted":
        values = {"accepted_at": now, "accepted_by": actor.person_id}

    def command(tx: Connection) -> Assigned:
        given = assignments.visible(tx, actor, assignment_id)
        if not _is_for(actor, given):
            raise NotFound()
        moved = tx.execute(
            update(assignment)
            .where(assignment.c.id == assignment_id, assignment.c.state.in_(states))
            .values(state=state, **values)
        ).rowcount
        now_is = assigned(tx, assignment_id)
        if moved:
            if given.void_at is not None:
                raise EntryVoid()
            if state == "handed_back":
                assignments.fall_back(tx, actor, given, now)
            events.record(tx, actor, act, now, given.letter_id, assignment=assignment_id, note=note or None)
        elif now_is.state != state:
            raise AssignmentClosed()
        return now_is

    return office.db.write(command)


def _is_for(actor: Actor, given: Row[Any]) -> bool:
    if given.person_id is not None:
        return bool(given.person_id == actor.person_id)
    return bool(given.office_id == actor.office_id)


def assigned(tx: Connection, assignment_id: int) -> Assigned:
    """Whether or not who has just handed it on still sees it."""
    return told(tx.execute(assignments.TASKS.where(assignment.c.id == assignment_id)).one())


def told(row: Row[Any]) -> Assigned:
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

"""What has been handed to me, to my office, to anybody of the house?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from saraban.commands.assign import Assigned, TaskState, told
from saraban.fields import SecrecyWord, UrgencyWord
from saraban.ids import LetterId
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.inbox import Box
from saraban.queries.paging import Page, Paging, Place, turn
from saraban.queries.registers import RegisterKind
from storage.assignments import TASKS
from storage.keyset import newest_first
from storage.tables import assignment, entry
from storage.visibility import sees_entry


class AssignmentFilters(Paging):
    box: Box = "mine"
    state: TaskState | None = None


class Task(Assigned):
    """An assignment with the line it is about."""

    letter: LetterId
    kind: RegisterKind
    year: int
    number: int
    letter_no: str
    subject: str
    dated: date
    urgency: UrgencyWord
    secrecy: SecrecyWord
    office_name: str | None
    person_name: str | None
    assigned_by: str


_IN_ORDER = newest_first(assignment.c.id)


def assignments(office: Office, actor: Actor, asked: AssignmentFilters) -> Page[Task]:
    """The newest first; of a voided line nothing is left to do."""
    actor.must(Act.READ)
    tasks = TASKS.where(assignment.c.house_id == actor.house_id, entry.c.void_at.is_(None), sees_entry(actor))
    if asked.box == "mine":
        tasks = tasks.where(assignment.c.person_id == actor.person_id)
    if asked.box == "office":
        tasks = tasks.where(assignment.c.office_id == actor.office_id)
    if asked.state is not None:
        tasks = tasks.where(assignment.c.state == asked.state)

    def query(db: Connection) -> Page[Task]:
        def read(place: Place | None, back: bool, limit: int) -> Sequence[Row[Any]]:
            return db.execute(_IN_ORDER.read(tasks, place, back).limit(limit)).all()

        turned = turn(asked, (int,), read, lambda row: (row.id,))
        items = [_task(row) for row in turned.rows]
        return Page(items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)


def tasks_of(office: Office, actor: Actor, entry_id: int) -> list[Task]:
    """What has become of one line: to whom it was handed, one after the other."""
    actor.must(Act.READ)
    tasks = TASKS.where(assignment.c.entry_id == entry_id, sees_entry(actor)).order_by(assignment.c.id)
    return [_task(row) for row in office.db.read(lambda db: db.execute(tasks).all())]


def _task(row: Row[Any]) -> Task:
    return Task(
        **dict(told(row)),
        letter=row.letter_id,
        kind=row.kind,
        year=row.year,
        number=row.number,
        letter_no=row.letter_no,
        subject=row.subject,
        dated=row.dated,
        urgency=Urgency(row.urgency).word,
        secrecy=Secrecy(row.secrecy).word,
        office_name=row.office_name,
        person_name=row.person_name,
        assigned_by=row.giver_name,
    )

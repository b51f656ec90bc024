"""What has been handed to me, to my office, to anybody of the house?"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from saraban.commands.assign import Assigned, TaskState, told
from saraban.ids import LetterId
from saraban.letters import SecrecyWord, UrgencyWord
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.inbox import Box
from saraban.queries.paging import Page, Paging, cursor_at, page_of, place_of
from saraban.queries.registers import RegisterKind
from storage.assignments import TASKS
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


def assignments(office: Office, actor: Actor, asked: AssignmentFilters) -> Page[Task]:
    """The newest first; of a voided line nothing is left to do."""
    actor.must(Act.READ)
    place = place_of(asked.cursor, int)
    tasks = TASKS.where(assignment.c.house_id == actor.house_id, entry.c.void_at.is_(None), sees_entry(actor))
    if asked.box == "mine":
        tasks = tasks.where(assignment.c.person_id == actor.person_id)
    if asked.box == "office":
        tasks = tasks.where(assignment.c.office_id == actor.office_id)
    if asked.state is not None:
        tasks = tasks.where(assignment.c.state == asked.state)
    if place is not None:
        tasks = tasks.where(assignment.c.id < place[0])
    tasks = tasks.order_by(assignment.c.id.desc()).limit(asked.limit + 1)

    def query(db: Connection) -> Page[Task]:
        shown, last = page_of(list(db.execute(tasks).all()), asked.limit)
        items = [
            Task(
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
            for row in shown
        ]
        return Page(items=items, next=None if last is None else cursor_at(last.id))

    return office.db.read(query)

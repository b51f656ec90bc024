"""What has become of a line of our book: who acts, who acted, what it said before?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, Row, select

from saraban.commands import assign
from saraban.commands.assign import Assigned
from saraban.commands.look import trace_look
from saraban.errors import NotFound
from saraban.fields import SecrecyWord, UrgencyWord
from saraban.ids import EntryId, LetterId, show
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.inbox import OfficeRef
from saraban.queries.register_lines import LineState, Void, told
from saraban.queries.registers import RegisterKind
from saraban.queries.tracking import PersonRef
from storage.assignments import TASKS
from storage.lines import LINES
from storage.tables import assignment, entry, office as offices, person, revision
from storage.visibility import sees_entry


class Revised(BaseModel):
    """What stood there before a correction, of what was changed."""

    version: int
    at: datetime
    by: PersonRef
    before: dict[str, Any]


class Line(BaseModel):
    """A letter's line in the house's book."""

    id: EntryId
    kind: RegisterKind
    year: int
    number: int
    action: str
    note: str
    action_office: OfficeRef
    action_person: PersonRef | None
    registered_at: datetime
    received_at: datetime | None
    channel: str
    state: LineState
    void: Void | None
    version: int


class EntryView(Line):
    letter: LetterId
    letter_no: str
    subject: str
    dated: date
    urgency: UrgencyWord
    secrecy: SecrecyWord
    assignments: list[Assigned]
    history: list[Revised]


def entry_view(office: Office, actor: Actor, entry_id: int) -> EntryView:
    actor.must(Act.READ)

    def query(db: Connection) -> EntryView:
        row = db.execute(LINES.where(entry.c.id == entry_id, sees_entry(actor))).first()
        if row is None:
            raise NotFound()
        given = db.execute(TASKS.where(assignment.c.entry_id == entry_id).order_by(assignment.c.id))
        return EntryView(
            **{**line_told(row), "letter": row.letter_id},
            assignments=[assign.told(task) for task in given],
            history=history(db, revision.c.entry_id == entry_id),
        )

    view = office.db.read(query)
    trace_look(office, actor, Secrecy.named(view.secrecy), view.letter, "entry")
    return view


def line_told(row: Row[Any]) -> dict[str, Any]:
    return {**told(row), "id": row.id, "version": row.version}


def history(db: Connection, of: ColumnElement[bool]) -> list[dict[str, Any]]:
    rows = db.execute(
        select(revision, person.c.name)
        .join(person, person.c.id == revision.c.changed_by)
        .where(of)
        .order_by(revision.c.version)
    ).all()
    named = {row.before["action_office_id"] for row in rows if "action_office_id" in row.before}
    codes = _codes(db, sorted(named))
    return [
        {
            "version": row.version,
            "at": row.changed_at,
            "by": {"id": row.changed_by, "name": row.name},
            "before": dict(_as_given(name, value, codes) for name, value in row.before.items()),
        }
        for row in rows
    ]


def _codes(db: Connection, ids: Sequence[int]) -> dict[int, str]:
    return {
        row.id: row.code
        for row in db.execute(select(offices.c.id, offices.c.code).where(offices.c.id.in_(ids)))
    }


def _as_given(name: str, value: Any, codes: dict[int, str]) -> tuple[str, Any]:
    """A stored value, as the API would take it."""
    match name:
        case "urgency":
            return name, Urgency(value).word
        case "secrecy":
            return name, Secrecy(value).word
        case "action_office_id":
            return "action_office", codes[value]
        case "action_person_id":
            return "action_person", None if value is None else show("P", value)
    return name, value

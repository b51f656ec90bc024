"""Who did what in this house lately? The log as people read it: the newest first, by person, by act."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, or_, select

from saraban.fields import Line
from saraban.ids import LetterId, PersonId
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.paging import Page, Paging, Place, turn
from saraban.thai.text import tidy
from storage.keyset import newest_first
from storage.tables import event, letter, office as offices, person
from storage.visibility import sees_letter


class ActivityFilters(Paging):
    person: Annotated[Line, Field(description="part of a name")] | None = None
    act: Annotated[Line, Field(description="`register_outgoing`, `log_in` …")] | None = None


class Activity(BaseModel):
    """Of a letter that the reader may not see nothing is told but that somebody did something to one."""

    seq: int
    at: datetime
    person: PersonId
    name: str
    office_name: str
    act: str
    masked: bool
    letter: LetterId | None
    letter_no: str | None
    secret: bool
    about: dict[str, Any]


_EVENTS = (
    select(event.c.seq, event.c.at, event.c.act, event.c.letter_id, event.c.body)
    .add_columns(letter.c.letter_no, letter.c.secrecy)
    .add_columns(person.c.id.label("person"), person.c.name, offices.c.name.label("office_name"))
    .join(person, person.c.id == event.c.person_id)
    .join(offices, offices.c.id == event.c.office_id)
    .outerjoin(letter, letter.c.id == event.c.letter_id)
)
_NEWEST_FIRST = newest_first(event.c.seq)


def activity(office: Office, actor: Actor, asked: ActivityFilters) -> Page[Activity]:
    actor.must(Act.READ_EVENTS)
    may_see = or_(event.c.letter_id.is_(None), sees_letter(actor, event.c.letter_id)).label("may_see")
    rows = _EVENTS.add_columns(may_see).where(event.c.house_id == actor.house_id)
    if asked.act:
        rows = rows.where(event.c.act == asked.act)
    if asked.person:
        rows = rows.where(person.c.name.contains(tidy(asked.person), autoescape=True))

    def query(db: Connection) -> Page[Activity]:
        def read(place: Place | None, back: bool, limit: int) -> Sequence[Row[Any]]:
            return db.execute(_NEWEST_FIRST.read(rows, place, back).limit(limit)).all()

        turned = turn(asked, (int,), read, lambda row: (row.seq,))
        told = [json.loads(row.body)["about"] if row.may_see else {} for row in turned.rows]
        names = _names(db, [one["person"] for one in told if isinstance(one.get("person"), int)])
        items = [_item(row, _named(about, names)) for row, about in zip(turned.rows, told, strict=True)]
        return Page[Activity](items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)


def _names(db: Connection, people: Sequence[int]) -> dict[int, str]:
    """Whom the events of a page are about, in one statement."""
    if not people:
        return {}
    rows = db.execute(select(person.c.id, person.c.name).where(person.c.id.in_(set(people))))
    return {row.id: row.name for row in rows}


def _named(about: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    whom = about.get("person")
    return about | {"person": names[whom]} if whom in names else about


def _item(row: Row[Any], about: dict[str, Any]) -> Activity:
    return Activity(
        seq=row.seq,
        at=row.at,
        person=row.person,
        name=row.name,
        office_name=row.office_name,
        act=row.act,
        masked=not row.may_see,
        letter=row.letter_id if row.may_see else None,
        letter_no=row.letter_no if row.may_see else None,
        secret=bool(row.may_see and row.secrecy),
        about=about,
    )

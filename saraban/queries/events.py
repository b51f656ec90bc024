"""What has been done in this house, in order: a follower that remembers the last `seq` misses nothing."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import Row, and_, or_, select

from saraban.ids import LetterId, PersonId, show
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.paging import Page, page_of
from storage.tables import event, office as offices, person
from storage.visibility import sees_letter

# What an event tells of is told as the rest of the API names it.
PUBLIC = {"entry": "E", "attachment": "A", "dispatch": "S", "delivery": "D", "assignment": "T", "person": "P"}


class Doer(BaseModel):
    id: PersonId
    name: str = Field(examples=["สมศรี ตัวอย่าง"])


class EventItem(BaseModel):
    """Of a letter that the reader may not see `letter` and `about` are null; the act and its doer remain."""

    seq: int = Field(examples=[2631])
    at: datetime
    person: Doer
    office: str = Field(examples=["9901-01"])
    act: str = Field(examples=["register_outgoing"])
    letter: LetterId | None
    about: dict[str, Any] | None = Field(examples=[{"number": 2631, "year": 2569}])
    hash: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])


class EventFilters(BaseModel):
    model_config = {"extra": "forbid", "frozen": True}

    after: Annotated[int, Field(ge=0, lt=2**62, description="`seq` of the last event known")] = 0
    limit: Annotated[int, Field(ge=1, le=500, description="events of a page")] = 50


def events_of_the_house(office: Office, actor: Actor, asked: EventFilters) -> Page[EventItem]:
    """A chain's row is locked until the commit, so no event ever appears below one that was read."""
    actor.must(Act.READ_EVENTS)
    may_see = or_(event.c.letter_id.is_(None), sees_letter(actor, event.c.letter_id))
    rows = (
        select(event.c.seq, event.c.at, event.c.act, event.c.letter_id, event.c.body, event.c.hash)
        .add_columns(person.c.id.label("person_id"), person.c.name, offices.c.code, may_see.label("may_see"))
        .join(person, person.c.id == event.c.person_id)
        .join(offices, offices.c.id == event.c.office_id)
        .where(and_(event.c.house_id == actor.house_id, event.c.seq > asked.after))
        .order_by(event.c.seq)
        .limit(asked.limit + 1)
    )
    shown, end = page_of(list(office.db.read(lambda db: db.execute(rows).all())), asked.limit)
    return Page[EventItem](items=[_item(row) for row in shown], next=None if end is None else str(end.seq))


def _item(row: Row[Any]) -> EventItem:
    return EventItem(
        seq=row.seq,
        at=row.at,
        person=Doer(id=row.person_id, name=row.name),
        office=row.code,
        act=row.act,
        letter=row.letter_id if row.may_see else None,
        about=_about(row.body) if row.may_see else None,
        hash=row.hash.hex(),
    )


def _about(body: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(body)["about"]
    return {
        name: show(PUBLIC[name], value) if name in PUBLIC and isinstance(value, int) else value
        for name, value in told.items()
    }

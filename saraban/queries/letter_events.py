"""What has been done with one letter in this house, by whom, when?"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from saraban.office import Office
from saraban.permissions import Act, Actor
from storage.tables import event, office as offices, person
from storage.visibility import sees_letter

MOST = 200  # of one letter; the whole chain is read in the activity log


class Happened(NamedTuple):
    at: datetime
    person: str
    office: str
    act: str


def letter_events(office: Office, actor: Actor, letter_id: int) -> list[Happened]:
    """The newest first; nothing for those who may not read the activity log."""
    if not actor.may(Act.READ_EVENTS):
        return []
    rows = (
        select(event.c.at, person.c.name.label("person"), offices.c.name.label("office"), event.c.act)
        .join(person, person.c.id == event.c.person_id)
        .join(offices, offices.c.id == event.c.office_id)
        .where(event.c.letter_id == letter_id, event.c.house_id == actor.house_id)
        .where(sees_letter(actor, event.c.letter_id))
        .order_by(event.c.seq.desc())
        .limit(MOST)
    )
    return [Happened(*row) for row in office.db.read(lambda db: db.execute(rows).all())]

"""Which programs hold a key to the offices an administrator keeps?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Row, select

from saraban.fields import SecrecyWord
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Act, Actor, Role
from saraban.queries.paging import Page, Paging, Place, turn
from storage import tree
from storage.keyset import newest_first
from storage.tables import key, membership, office as offices, person


class KeyItem(BaseModel):
    """A key as it is known after it was told: by name, never by what it is."""

    id: int
    name: str
    office: str
    office_name: str
    role: Role
    clearance: SecrecyWord
    created_at: datetime
    revoked_at: datetime | None


_KEYS = (
    select(
        key.c.id, key.c.created_at, key.c.revoked_at, person.c.name, membership.c.role, membership.c.clearance
    )
    .add_columns(offices.c.code.label("office"), offices.c.name.label("office_name"))
    .join(membership, membership.c.id == key.c.membership_id)
    .join(person, person.c.id == membership.c.person_id)
    .join(offices, offices.c.id == membership.c.office_id)
    .where(person.c.is_program)
)
_NEWEST_FIRST = newest_first(key.c.id)


def keys(office: Office, actor: Actor, asked: Paging) -> Page[KeyItem]:
    """The newest first; what was withdrawn stays in the list, with when."""
    actor.must(Act.KEEP_PEOPLE)
    rows = _KEYS.where(membership.c.office_id.in_(tree.below(actor)))

    def query(db: Connection) -> Page[KeyItem]:
        def read(place: Place | None, back: bool, limit: int) -> Sequence[Row[Any]]:
            return db.execute(_NEWEST_FIRST.read(rows, place, back).limit(limit)).all()

        turned = turn(asked, (int,), read, lambda row: (row.id,))
        items = [
            KeyItem.model_validate({**row._mapping, "clearance": Secrecy(row.clearance).word})
            for row in turned.rows
        ]
        return Page[KeyItem](items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)

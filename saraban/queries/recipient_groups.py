"""Which groups of receivers has the house saved?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, select

from saraban.errors import NotFound
from saraban.ids import GroupId
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.paging import Page, Paging, Place, turn
from storage.keyset import in_order_of
from storage.tables import office as offices, recipient_group, recipient_group_office


class Member(BaseModel):
    code: str = Field(examples=["99010001"])
    name: str = Field(examples=["บ้านตัวอย่าง"])
    is_open: bool


class GroupItem(BaseModel):
    """A saved group: the codes as they were given, and once more with names."""

    id: GroupId
    name: str = Field(examples=["โรงเรียนขนาดเล็ก"])
    offices: list[str] = Field(examples=[["99010001"]])
    members: list[Member]
    changed_at: datetime


_IN_ORDER = in_order_of(recipient_group.c.id)


def recipient_groups(office: Office, actor: Actor, asked: Paging) -> Page[GroupItem]:
    """The oldest first."""
    actor.must(Act.READ)

    def query(db: Connection) -> Page[GroupItem]:
        rows = select(recipient_group).where(recipient_group.c.house_id == actor.house_id)

        def read(place: Place | None, back: bool, limit: int) -> Sequence[Row[Any]]:
            return db.execute(_IN_ORDER.read(rows, place, back).limit(limit)).all()

        turned = turn(asked, (int,), read, lambda row: (row.id,))
        return Page[GroupItem](items=_items(db, turned.rows), next=turned.next, previous=turned.previous)

    return office.db.read(query)


def recipient_group_of(office: Office, actor: Actor, group_id: int) -> GroupItem:
    actor.must(Act.READ)
    return office.db.read(lambda db: group_item(db, actor, group_id))


def group_item(db: Connection, actor: Actor, group_id: int) -> GroupItem:
    one = select(recipient_group).where(
        recipient_group.c.id == group_id, recipient_group.c.house_id == actor.house_id
    )
    row = db.execute(one).first()
    if row is None:
        raise NotFound()
    return _items(db, [row])[0]


def _items(db: Connection, groups: Sequence[Row[Any]]) -> list[GroupItem]:
    members = defaultdict(list)
    rows = (
        select(recipient_group_office.c.group_id, offices.c.code, offices.c.name, offices.c.is_open)
        .join(offices, offices.c.id == recipient_group_office.c.office_id)
        .where(recipient_group_office.c.group_id.in_([group.id for group in groups]))
        .order_by(offices.c.sort_key, offices.c.id)
    )
    for row in db.execute(rows):
        members[row.group_id].append(Member(code=row.code, name=row.name, is_open=row.is_open))
    return [
        GroupItem(
            id=group.id,
            name=group.name,
            offices=[member.code for member in members[group.id]],
            members=members[group.id],
            changed_at=group.changed_at,
        )
        for group in groups
    ]

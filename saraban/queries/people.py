"""Who works in this house, where, in which role, with which clearance?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, literal, select

from saraban.errors import NotFound
from saraban.fields import OfficeCode, SecrecyWord
from saraban.ids import PersonId
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import ALLOWED, Act, Actor, Role
from saraban.queries.paging import Page, Paging, Place, turn
from storage import tree
from storage.keyset import in_order_of
from storage.offices import by_code
from storage.tables import membership, office as offices, person


class PersonItem(BaseModel):
    """A person in an office: one line for each office and role."""

    id: PersonId
    name: str = Field(examples=["สมศรี ตัวอย่าง"])
    username: str | None = Field(examples=["somsri"])
    office: str = Field(examples=["9901-01"])
    office_name: str = Field(examples=["กลุ่มอำนวยการ"])
    role: Role
    clearance: SecrecyWord
    is_program: bool


class PeopleFilters(Paging):
    office: Annotated[OfficeCode, Field(description="code of one office")] | None = None


_ITEM = (
    select(person.c.id, person.c.name, person.c.username, person.c.is_program)
    .add_columns(membership.c.id.label("membership_id"), membership.c.role, membership.c.clearance)
    .add_columns(offices.c.code.label("office"), offices.c.name.label("office_name"))
    .join(membership, membership.c.person_id == person.c.id)
    .join(offices, offices.c.id == membership.c.office_id)
)
_WORKING = _ITEM.where(membership.c.ended_at.is_(None), person.c.is_active)
_last, _where = membership.alias("last"), offices.alias("where")
_IN_ORDER = in_order_of(offices.c.sort_key, membership.c.id)


def people(office: Office, actor: Actor, asked: PeopleFilters) -> Page[PersonItem]:
    """Office by office, in the order in which people came."""
    actor.must(Act.READ)

    def query(db: Connection) -> Page[PersonItem]:
        rows = _WORKING
        if asked.office is None:
            rows = rows.where(offices.c.house_id == actor.house_id)
        else:
            rows = rows.where(offices.c.id == _readable(db, actor, asked.office))

        def read(place: Place | None, back: bool, limit: int) -> Sequence[Row[Any]]:
            here = place and (_key_of(place[0]), literal(place[0]))
            return db.execute(_IN_ORDER.read(rows, here, back).limit(limit)).all()

        turned = turn(asked, (int,), read, lambda row: (row.membership_id,))
        items = [_item(row) for row in turned.rows]
        return Page[PersonItem](items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)


def _key_of(membership_id: int) -> Any:
    at = select(_where.c.sort_key).join(_last, _last.c.office_id == _where.c.id)
    return at.where(_last.c.id == membership_id).scalar_subquery()


def _readable(db: Connection, actor: Actor, code: str) -> int:
    """An office of the house; for those who keep people, also one below it."""
    if actor.role in ALLOWED[Act.KEEP_PEOPLE]:
        return int(tree.own(db, actor, code).id)
    row = by_code(db, code)
    if row is None or row.house_id != actor.house_id:
        raise NotFound()
    return int(row.id)


def person_item(db: Connection, membership_id: int) -> PersonItem:
    return _item(db.execute(_ITEM.where(membership.c.id == membership_id)).one())


def _item(row: Row[Any]) -> PersonItem:
    return PersonItem.model_validate({**row._mapping, "clearance": Secrecy(row.clearance).word})

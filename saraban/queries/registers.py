"""Which books does the house keep, and how far have they come?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, and_, func, or_, select

from saraban.letters import in_thai
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.paging import Page, Paging, cursor_at, page_of, place_of
from storage.tables import entry, register

RegisterKind = Annotated[
    Literal["incoming", "outgoing", "outgoing_circular"],
    in_thai(incoming="ทะเบียนหนังสือรับ", outgoing="ทะเบียนหนังสือส่ง", outgoing_circular="ทะเบียนหนังสือเวียน"),
]


class RegisterItem(BaseModel):
    """A book: `used` numbers have been given, `void` of them are voided."""

    kind: RegisterKind
    year: int = Field(examples=[2569])
    prefix: str = Field(examples=["ศธ 04999/"])
    first_number: int = Field(examples=[1])
    next_number: int = Field(examples=[2632])
    is_open: bool
    used: int = Field(examples=[2631])
    void: int = Field(examples=[4])


class RegisterFilters(Paging):
    year: Annotated[int, Field(ge=2400, le=2800, description="Buddhist year", examples=[2569])] | None = None


_VOIDED = (
    select(func.count())
    .where(entry.c.register_id == register.c.id, entry.c.void_at.isnot(None))
    .correlate(register)
    .scalar_subquery()
)
_ITEM = select(
    register, (register.c.next_number - register.c.first_number).label("used"), _VOIDED.label("void")
)


def registers(office: Office, actor: Actor, asked: RegisterFilters) -> Page[RegisterItem]:
    """The newest year first."""
    actor.must(Act.READ)
    place = place_of(asked.cursor, int, str)
    rows = _ITEM.where(register.c.house_id == actor.house_id)
    if asked.year is not None:
        rows = rows.where(register.c.year == asked.year)
    if place is not None:
        year, kind = place
        later = and_(register.c.year == year, register.c.kind > kind)
        rows = rows.where(or_(register.c.year < year, later))
    rows = rows.order_by(register.c.year.desc(), register.c.kind).limit(asked.limit + 1)
    shown, end = page_of(list(office.db.read(lambda db: db.execute(rows).all())), asked.limit)
    return Page[RegisterItem](
        items=[_item(row) for row in shown], next=None if end is None else cursor_at(end.year, end.kind)
    )


def register_item(db: Connection, register_id: int) -> RegisterItem:
    return _item(db.execute(_ITEM.where(register.c.id == register_id)).one())


def _item(row: Row[Any]) -> RegisterItem:
    return RegisterItem.model_validate(dict(row._mapping))

"""Which books does the house keep, and how far have they come?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, bindparam, func, select

from saraban.fields import in_thai
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.paging import Page, Paging, Place, turn
from saraban.thai.dates import buddhist_year
from saraban.words import BOOKS
from storage.keyset import By, Order
from storage.prepared import Prepared
from storage.registers import OUTGOING, usual_prefix
from storage.tables import entry, register

RegisterKind = Annotated[
    Literal["incoming", "outgoing", "outgoing_circular"],
    in_thai(**BOOKS),
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

_IN_ORDER = Order(By(register.c.year, falling=True), By(register.c.kind))


def registers(office: Office, actor: Actor, asked: RegisterFilters) -> Page[RegisterItem]:
    """The newest year first."""
    actor.must(Act.READ)
    rows = _ITEM.where(register.c.house_id == actor.house_id)
    if asked.year is not None:
        rows = rows.where(register.c.year == asked.year)

    def query(db: Connection) -> Page[RegisterItem]:
        def read(place: Place | None, back: bool, limit: int) -> Sequence[Row[Any]]:
            return db.execute(_IN_ORDER.read(rows, place, back).limit(limit)).all()

        turned = turn(asked, (int, str), read, lambda row: (row.year, row.kind))
        items = [_item(row) for row in turned.rows]
        return Page[RegisterItem](items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)


_YEARS = Prepared(select(register.c.kind, register.c.year).where(register.c.house_id == bindparam("house")))


def years_of(office: Office, actor: Actor, kinds: Collection[str]) -> list[int]:
    """This year, and every year of which there is a book of these kinds; the newest first."""
    actor.must(Act.READ)
    books = office.db.read(lambda db: _YEARS.all(db, house=actor.house_id))
    kept = {book.year for book in books if book.kind in kinds}
    return sorted(kept | {buddhist_year(office.clock())}, reverse=True)


def outgoing_prefix(office: Office, actor: Actor) -> str:
    """What the number of a letter that is registered now begins with."""
    actor.must(Act.REGISTER)
    year = buddhist_year(office.clock())
    return office.db.read(lambda db: usual_prefix(db, actor.house_id, OUTGOING, year))


def register_item(db: Connection, register_id: int) -> RegisterItem:
    return _item(db.execute(_ITEM.where(register.c.id == register_id)).one())


def _item(row: Row[Any]) -> RegisterItem:
    return RegisterItem.model_validate(dict(row._mapping))

"""Which offices are there? The tree is everybody's to read: whoever sends must find the receiver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, Select, literal, select

from saraban.fields import Line, OfficeCode, in_thai
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.paging import Page, Paging, Place, turn
from saraban.thai.text import fold
from saraban.words import OFFICE_KINDS
from storage import tree
from storage.keyset import in_order_of
from storage.tables import office as offices

OfficeKind = Annotated[Literal["root", "area", "group", "school", "agency"], in_thai(**OFFICE_KINDS)]


class OfficeItem(BaseModel):
    """An office: `house` is whose books it writes in, `area` the area it belongs to."""

    code: str = Field(examples=["99010001"])
    kind: OfficeKind = Field(examples=["school"])
    name: str = Field(examples=["บ้านตัวอย่าง"])
    parent: str | None = Field(examples=["9901"])
    area: str | None = Field(examples=["9901"])
    house: str = Field(examples=["99010001"])
    prefix: str = Field(examples=["ศธ 04999.001/"])
    district: str = Field(examples=["เมืองตัวอย่าง"])
    network: str = Field(examples=["เครือข่ายที่ 1"])
    is_open: bool
    own_books: bool


class OfficeFilters(Paging):
    kind: OfficeKind | None = None
    parent: Annotated[OfficeCode, Field(description="code of the office right above")] | None = None
    district: Line | None = None
    network: Line | None = None
    q: Annotated[Line, Field(description="part of the name or the code", examples=["หมากมี่"])] | None = None


_parent, _area, _house, _after = (offices.alias(name) for name in ("parent", "area", "house", "after"))
_ITEM = (
    select(offices.c.id, offices.c.code, offices.c.kind, offices.c.name, offices.c.prefix)
    .add_columns(offices.c.district, offices.c.network, offices.c.is_open, offices.c.own_books)
    .add_columns(_parent.c.code.label("parent"), _area.c.code.label("area"), _house.c.code.label("house"))
    .outerjoin(_parent, _parent.c.id == offices.c.parent_id)
    .outerjoin(_area, _area.c.id == offices.c.area_id)
    .join(_house, _house.c.id == offices.c.house_id)
)
_IN_ORDER = in_order_of(offices.c.sort_key, offices.c.id)


def offices_of_the_tree(office: Office, actor: Actor, asked: OfficeFilters) -> Page[OfficeItem]:
    """In the order of a Thai dictionary."""
    actor.must(Act.READ)
    return _page(office, asked, _narrowed(asked))


def _page(office: Office, asked: OfficeFilters, rows: Select[Any]) -> Page[OfficeItem]:
    def query(db: Connection) -> Page[OfficeItem]:
        def read(place: Place | None, back: bool, limit: int) -> Sequence[Row[Any]]:
            # The name itself would make a cursor longer than an address may be.
            here = place and (_key_of(place[0]), literal(place[0]))
            return db.execute(_IN_ORDER.read(rows, here, back).limit(limit)).all()

        turned = turn(asked, (int,), read, lambda row: (row.id,))
        items = [_item(row) for row in turned.rows]
        return Page[OfficeItem](items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)


def own_offices(office: Office, actor: Actor, asked: OfficeFilters) -> Page[OfficeItem]:
    """The same of the offices an administrator keeps: the house and what is below it."""
    actor.must(Act.KEEP_OFFICES)
    return _page(office, asked, _narrowed(asked).where(offices.c.id.in_(tree.below(actor))))


def own_office(office: Office, actor: Actor, code: str) -> OfficeItem:
    actor.must(Act.KEEP_OFFICES)

    def query(db: Connection) -> OfficeItem:
        tree.own(db, actor, code)
        return office_item(db, code)

    return office.db.read(query)


def _narrowed(asked: OfficeFilters) -> Select[Any]:
    rows = _ITEM
    if asked.kind is not None:
        rows = rows.where(offices.c.kind == asked.kind)
    if asked.parent is not None:
        rows = rows.where(_parent.c.code == asked.parent)
    if asked.district:
        rows = rows.where(offices.c.district == asked.district)
    if asked.network:
        rows = rows.where(offices.c.network == asked.network)
    if asked.q and (part := fold(asked.q)):
        rows = rows.where(offices.c.folded.contains(part, autoescape=True))
    return rows


def _key_of(office_id: int) -> Any:
    return select(_after.c.sort_key).where(_after.c.id == office_id).scalar_subquery()


def office_item(db: Connection, code: str) -> OfficeItem:
    return _item(db.execute(_ITEM.where(offices.c.code == code)).one())


def _item(row: Row[Any]) -> OfficeItem:
    return OfficeItem.model_validate(dict(row._mapping))

"""An administrator adds offices below the house, and keeps their names, prefixes and doors."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from sqlalchemy import Connection, Row, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from saraban import numbering
from saraban.commands.once import Nonce, write_once
from saraban.errors import AlreadyExists, BooksInUse, Invalid
from saraban.fields import Flag, Given, Line, Name, OfficeCode, in_thai, wrong
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.offices import OfficeItem, office_item
from saraban.thai.digits import to_arabic
from saraban.words import OFFICE_KINDS
from storage import events, tree
from storage.tables import office as offices, register

# A code stands in addresses, in files and on paper: no blanks, no slashes.
_CODE = r"^[0-9A-Za-zก-ฮ][0-9A-Za-zก-๎._-]{0,63}$"


def _tidy_code(code: str) -> str:
    tidied = to_arabic(code)
    if not re.fullmatch(_CODE, tidied):
        raise wrong("รหัสหน่วยงานใช้ได้เฉพาะตัวอักษร ตัวเลข จุด และขีด ไม่เว้นวรรค เช่น 99010001")
    return tidied


NewCode = Annotated[
    OfficeCode, AfterValidator(_tidy_code), WithJsonSchema({"type": "string", "pattern": _CODE})
]
Prefix = Annotated[Line, AfterValidator(numbering.tidy_prefix)]


class NewOffice(Given):
    """An office to be added; without a parent it stands right below the house."""

    code: NewCode = Field(examples=["9901-01"])
    kind: Annotated[Literal["area", "group", "school", "agency"], in_thai(**OFFICE_KINDS)] = Field(
        examples=["group"]
    )
    name: Name = Field(examples=["กลุ่มอำนวยการ"])
    parent: OfficeCode | None = Field(None, examples=["9901"])
    prefix: Prefix = Field("", examples=["ศธ 04999"])
    district: Line = ""
    network: Line = ""
    own_books: Flag = False


class OfficeChange(Given):
    """What is not named stays."""

    name: Name | None = Field(None, examples=["บ้านตัวอย่างวิทยา"])
    prefix: Prefix | None = Field(None, examples=["ศธ 04999.001"])
    district: Line | None = Field(None, examples=["เมืองตัวอย่าง"])
    network: Line | None = Field(None, examples=["เครือข่ายที่ 1"])
    is_open: Flag | None = None
    own_books: Flag | None = None


def add_office(office: Office, actor: Actor, new: NewOffice, nonce: Nonce | None = None) -> OfficeItem:
    actor.must(Act.KEEP_OFFICES)
    now = office.clock()

    def command(tx: Connection) -> OfficeItem:
        parent = _parent(tx, actor, new)
        more = new.model_dump(include={"prefix", "district", "network", "own_books"})
        row = tree.fresh(new.code, new.kind, new.name, **more) | {"parent_id": parent.id, "created_at": now}
        try:
            added = tx.execute(insert(offices).values(row).returning(offices.c.id)).scalar_one()
        except IntegrityError as taken:
            raise AlreadyExists(field="code", what=f"รหัสหน่วยงาน {new.code}") from taken
        tree.settle(tx, added)
        events.record(tx, actor, "create_office", now, office=new.code, kind=new.kind, parent=parent.code)
        return office_item(tx, new.code)

    return write_once(office, actor, nonce, OfficeItem, command)


def _parent(tx: Connection, actor: Actor, new: NewOffice) -> Row[Any]:
    parent = tree.chosen(tx, actor, new.parent or actor.house_code, "parent")
    if parent.kind not in tree.PARENTS[new.kind]:
        raise Invalid(("parent", f"หน่วยงานชนิด {new.kind} อยู่ใต้หน่วยงานชนิด {parent.kind} ไม่ได้"))
    if new.own_books and new.kind != "group":
        raise Invalid(("own_books", _ONLY_GROUPS))
    return parent


_ONLY_GROUPS = "กำหนดได้เฉพาะกลุ่ม: หน่วยงานอื่นมีทะเบียนของตนเองอยู่แล้ว"


def change_office(office: Office, actor: Actor, code: str, change: OfficeChange) -> OfficeItem:
    actor.must(Act.KEEP_OFFICES)
    now = office.clock()
    said = change.model_dump(exclude_unset=True)
    if empty := [name for name, value in said.items() if value is None]:
        raise Invalid(*[(name, "เว้นว่างไม่ได้: ไม่ต้องระบุช่องที่ไม่แก้ไข") for name in empty])

    def command(tx: Connection) -> OfficeItem:
        row = tree.own(tx, actor, code)
        changed = {name: value for name, value in said.items() if getattr(row, name) != value}
        if changed:
            _must_be_possible(tx, actor, row, changed)
            values = {**changed, **(tree.named(code, changed["name"]) if "name" in changed else {})}
            tx.execute(update(offices).where(offices.c.id == row.id).values(values))
            if "own_books" in changed:
                tree.settle(tx, row.id)
            events.record(tx, actor, "change_office", now, office=code, **changed)
        return office_item(tx, code)

    return office.db.write(command)


def _must_be_possible(tx: Connection, actor: Actor, row: Row[Any], changed: dict[str, Any]) -> None:
    if changed.get("is_open") is False and row.id in (actor.office_id, actor.house_id):
        raise Invalid(("is_open", "ปิดหน่วยงานของตนเองไม่ได้: ให้ผู้ดูแลระบบของหน่วยงานต้นสังกัดดำเนินการ"))
    if "own_books" not in changed:
        return
    if row.kind != "group":
        raise Invalid(("own_books", _ONLY_GROUPS))
    if row.own_books and tx.execute(_USED, {"house": row.id}).first() is not None:
        # Its lines would stand in books that nobody can open any more.
        raise BooksInUse(field="own_books")


_USED = select(register.c.id).where(
    register.c.house_id == bindparam("house"), register.c.next_number > register.c.first_number
)

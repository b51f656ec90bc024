"""The books of a year are set up: prefix, first number, open or closed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, Strict
from sqlalchemy import Connection, Row, select, update

from saraban import numbering
from saraban.errors import Invalid, RegisterInUse
from saraban.fields import Flag, Given, Line
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.registers import RegisterItem, RegisterKind, register_item
from saraban.thai.dates import buddhist_year
from storage import events, registers
from storage.tables import register

FIRST_YEAR = 2400  # before it there was no such office; a smaller one is a Christian year
LARGEST = 9_999_999


class RegisterChange(Given):
    """What is not named stays, or is as last year's."""

    prefix: Annotated[Line, AfterValidator(numbering.tidy_prefix)] | None = Field(
        None, examples=["ศธ 04999/"]
    )
    first_number: Annotated[int, Strict(), Field(ge=1, le=LARGEST)] | None = Field(None, examples=[1])
    is_open: Flag | None = None


def set_register(
    office: Office, actor: Actor, kind: RegisterKind, year: int, said: RegisterChange
) -> RegisterItem:
    actor.must(Act.KEEP_REGISTERS)
    now = office.clock()
    _must_be_near(year, buddhist_year(now))
    given = said.model_dump(exclude_none=True)

    def command(tx: Connection) -> RegisterItem:
        is_new = registers.find(tx, actor.house_id, kind, year) is None
        registers.open_book(tx, actor.house_id, kind, year, given.get("first_number", 1))
        book = tx.execute(
            select(register)
            .where(register.c.house_id == actor.house_id, register.c.kind == kind, register.c.year == year)
            .with_for_update()
        ).one()
        changed = {name: value for name, value in given.items() if getattr(book, name) != value}
        if changed:
            tx.execute(update(register).where(register.c.id == book.id).values(_values(book, changed)))
        if changed or is_new:
            events.record(tx, actor, "set_register", now, None, kind=kind, year=year, **given)
        return register_item(tx, book.id)

    return office.db.write(command)


def _must_be_near(year: int, this_year: int) -> None:
    if not FIRST_YEAR <= year <= this_year + 1:
        raise Invalid(("year", f"ปีต้องเป็น พ.ศ. ไม่เกิน {this_year + 1} (เช่น {this_year}): ปี {year} ไม่ถูกต้อง"))


def _values(book: Row[Any], changed: dict[str, Any]) -> dict[str, Any]:
    if "first_number" not in changed:
        return changed
    # The row is locked (SQLite: the writer is alone), so no number can be taken in between.
    if book.next_number > book.first_number:
        raise RegisterInUse(field="first_number", year=book.year)
    return {**changed, "next_number": changed["first_number"]}

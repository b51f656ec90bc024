"""What have I asked to be printed, and how far has it come?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, select

from saraban.errors import NotFound, NotPrinted, PrintFailed
from saraban.fields import in_thai
from saraban.ids import PrintoutId
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.attachment import FileFound
from saraban.queries.filed_lines import Book, PrintedQuestion, Question
from saraban.queries.paging import Page, Paging, Place, turn
from saraban.queries.who_is_asking import WHO, actor_of
from saraban.thai.dates import days_in_words
from saraban.words import BOOKS, PRINTOUT_STATES
from storage.blobs import stored_in
from storage.keyset import newest_first
from storage.printouts import DONE, KEPT, UNFINISHED, own
from storage.tables import blob, membership, office as offices, person, printout

PrintoutState = Annotated[
    Literal["waiting", "running", "done", "failed", "cancelled"], in_thai(**PRINTOUT_STATES)
]


class PrintoutItem(BaseModel):
    """A register that is printed in the background: `done` of `total` lines are on paper."""

    id: PrintoutId
    book: Book
    filters: PrintedQuestion
    title: str = Field(examples=["ทะเบียนหนังสือรับ พ.ศ. 2569"])
    state: PrintoutState
    done: int
    total: int
    pages: int | None
    asked_at: datetime
    ended_at: datetime | None
    expires_at: datetime
    reason: Annotated[str | None, Field(description="why it failed")]

    @property
    def unfinished(self) -> bool:
        return self.state in UNFINISHED


_IN_ORDER = newest_first(printout.c.id)


def printouts(office: Office, actor: Actor, asked: Paging) -> Page[PrintoutItem]:
    """The newest first."""
    actor.must(Act.READ)
    mine = select(printout).where(own(actor))

    def query(db: Connection) -> Page[PrintoutItem]:
        def read(place: Place | None, back: bool, limit: int) -> Sequence[Row[Any]]:
            return db.execute(_IN_ORDER.read(mine, place, back).limit(limit)).all()

        turned = turn(asked, (int,), read, lambda row: (row.id,))
        items = [_item(row) for row in turned.rows]
        return Page[PrintoutItem](items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)


def printout_of(office: Office, actor: Actor, printout_id: int) -> PrintoutItem:
    actor.must(Act.READ)
    return office.db.read(lambda db: printout_item(db, actor, printout_id))


def printout_item(db: Connection, actor: Actor, printout_id: int) -> PrintoutItem:
    row = db.execute(select(printout).where(own(actor), printout.c.id == printout_id)).first()
    if row is None:
        raise NotFound()
    return _item(row)


def printed_file(office: Office, actor: Actor, printout_id: int) -> FileFound:
    actor.must(Act.READ)

    def query(db: Connection) -> FileFound:
        item = printout_item(db, actor, printout_id)
        if item.state != DONE:
            raise NotPrinted()
        named = select(blob).join(printout, printout.c.blob_id == blob.c.id)
        row = db.execute(named.where(printout.c.id == printout_id)).one()
        return FileFound(f"{item.title}.pdf", row.content_type, stored_in(row))

    return office.db.read(query)


def asker_of(office: Office, row: Row[Any]) -> Actor:
    """Who asked, as they are by now: with the clearance of today, and nobody who works there no longer."""
    whose = WHO.where(person.c.id == row.person_id, offices.c.id == row.office_id)
    found = office.db.read(lambda db: db.execute(whose.where(membership.c.role == row.role)).first())
    if found is None:
        raise PrintFailed(reason="ผู้สั่งพิมพ์ไม่มีหน้าที่นี้แล้ว")
    return actor_of(found)


def _item(row: Row[Any]) -> PrintoutItem:
    asked = PrintedQuestion.model_validate(row.filters)
    told = {**row._mapping, "filters": asked, "expires_at": row.asked_at + KEPT}
    return PrintoutItem.model_validate({**told, "title": title_of(row.book, asked)})


def title_of(book: Book, asked: Question) -> str:
    """What the file is called: the book and the time it covers."""
    year = f"พ.ศ. {asked.year}" if asked.year else ""
    when = days_in_words(asked.registered_from, asked.registered_to) or year
    said = set(asked.model_dump(exclude_defaults=True)) - {"year", "registered_from", "registered_to"}
    return " ".join(filter(None, [BOOKS[book], when, "เฉพาะที่ค้น" if said else ""]))

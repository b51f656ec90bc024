"""Books: one returning statement on the register's row takes a number, in the entry's own transaction."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, Row, bindparam, select, update

from saraban.errors import Invalid, RegisterClosed
from storage.prepared import Prepared
from storage.rows import next_id
from storage.sql import insert_missing
from storage.tables import entry, letter, office, register

INCOMING, OUTGOING, OUTGOING_CIRCULAR = "incoming", "outgoing", "outgoing_circular"
KINDS = (INCOMING, OUTGOING, OUTGOING_CIRCULAR)


class Taken(NamedTuple):
    """A number, the book that gave it, and the ids of what is about to stand there."""

    register_id: int
    kind: str
    year: int
    number: int
    prefix: str
    letter_id: int
    entry_id: int


_TAKE = Prepared(
    update(register)
    .where(
        register.c.house_id == bindparam("house"),
        register.c.kind == bindparam("book"),
        register.c.year == bindparam("of_year"),
        register.c.is_open,
    )
    .values(next_number=register.c.next_number + 1)
    .returning(
        register.c.id,
        register.c.next_number,
        register.c.prefix,
        next_id(letter).label("letter_id"),
        next_id(entry).label("entry_id"),
    )
)


def take_next_number(tx: Connection, house_id: int, kind: str, year: int, this_year: int) -> Taken:
    """The next number of the book; this year's opens by itself, a closed one refuses."""
    book = {"house": house_id, "book": kind, "of_year": year}
    row = _TAKE.first(tx, **book)
    if row is None:
        _must_be_open(tx, house_id, kind, year, this_year)
        row = _TAKE.first(tx, **book)
        if row is None:
            raise RegisterClosed(year=year)
    return Taken(row.id, kind, year, row.next_number - 1, row.prefix, row.letter_id, row.entry_id)


def _must_be_open(tx: Connection, house_id: int, kind: str, year: int, this_year: int) -> None:
    """There was no open book; on New Year's morning another clerk may have opened it just now."""
    book = find(tx, house_id, kind, year)
    if book is not None and book.is_open:
        return
    if book is not None or year < this_year:
        raise RegisterClosed(year=year)
    if year > this_year:
        raise Invalid(("year", f"ยังไม่ถึงปี {year}: ลงทะเบียนได้ถึงปี {this_year}"))
    open_book(tx, house_id, kind, year)


def open_book(tx: Connection, house_id: int, kind: str, year: int, first_number: int = 1) -> None:
    """A new year's book, with last year's prefix; whoever comes second finds it open."""
    insert_missing(
        tx,
        register,
        {
            "house_id": house_id,
            "kind": kind,
            "year": year,
            "prefix": usual_prefix(tx, house_id, kind, year),
            "first_number": first_number,
            "next_number": first_number,
            "is_open": True,
        },
    )


def usual_prefix(tx: Connection, house_id: int, kind: str, year: int) -> str:
    """The prefix of the newest earlier book, of the ordinary series, or the office's own."""
    if kind == INCOMING:
        return ""
    for book in (kind, OUTGOING):
        earlier = tx.execute(
            select(register.c.prefix)
            .where(register.c.house_id == house_id, register.c.kind == book, register.c.year <= year)
            .order_by(register.c.year.desc())
            .limit(1)
        ).scalar()
        if earlier:
            return str(earlier)
    return str(tx.execute(select(office.c.prefix).where(office.c.id == house_id)).scalar_one())


def outgoing_kind(tx: Connection, house_id: int, circular: bool, year: int) -> str:
    """Circulars go in the ordinary series, unless the house keeps them apart this year or did last year."""
    if not circular:
        return OUTGOING
    apart = find(tx, house_id, OUTGOING_CIRCULAR, year)
    if apart is None:
        before = find(tx, house_id, OUTGOING_CIRCULAR, year - 1)
        return OUTGOING_CIRCULAR if before is not None and _keeps_apart(before) else OUTGOING
    return OUTGOING_CIRCULAR if _keeps_apart(apart) else OUTGOING


def _keeps_apart(book: Row[tuple[object, ...]]) -> bool:
    """A closed book that never gave a number says: this year in the ordinary series."""
    return bool(book.is_open or book.next_number > book.first_number)


def find(tx: Connection, house_id: int, kind: str, year: int) -> Row[tuple[object, ...]] | None:
    return tx.execute(
        select(register).where(
            register.c.house_id == house_id, register.c.kind == kind, register.c.year == year
        )
    ).first()

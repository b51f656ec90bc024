"""Every book's numbers, from its first to its last, each once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from saraban.ids import show
from saraban.queries.check.report import Report, span, stream
from storage.tables import entry, office as offices, register

_BOOKS = (
    select(register, offices.c.code, func.count(entry.c.id).label("entries"))
    .add_columns(func.count(entry.c.number.distinct()).label("numbers"))
    .add_columns(func.min(entry.c.number).label("lowest"), func.max(entry.c.number).label("highest"))
    .add_columns(func.count(entry.c.void_at).label("void"))
    .join(offices, offices.c.id == register.c.house_id)
    .outerjoin(entry, entry.c.register_id == register.c.id)
    .group_by(register.c.id, offices.c.code)
    .order_by(register.c.id)
)
_STRAYS = (
    select(entry.c.id)
    .join(register, register.c.id == entry.c.register_id)
    .where(
        or_(
            entry.c.house_id != register.c.house_id,
            entry.c.kind != register.c.kind,
            entry.c.year != register.c.year,
        )
    )
)


def numbers(db: Connection, report: Report) -> None:
    """Complete means every number from the book's first to its last, once."""
    for book in stream(db, _BOOKS):
        report.counted.update(registers=1, entries=book.entries, void=book.void)
        given = book.next_number - book.first_number
        ends = (book.first_number, book.next_number - 1) if given else (None, None)
        if (book.entries, book.numbers, book.lowest, book.highest) != (given, given, *ends):
            _misnumbered(db, report, book)
    for stray in stream(db, _STRAYS):
        report.find("entry_in_wrong_book", show("E", stray.id), "รายการไม่ตรงกับทะเบียนที่ลงไว้")


def _misnumbered(db: Connection, report: Report, book: Row[Any]) -> None:
    name = f"{book.code} {book.kind} {book.year}"
    expected = book.first_number
    given = select(entry.c.number).where(entry.c.register_id == book.id).order_by(entry.c.number)
    for (number,) in stream(db, given):
        if number > expected:
            report.find("number_missing", name, span("เลขหาย", expected, number - 1))
        elif number < book.first_number or number < expected:
            report.find("number_twice", name, f"เลข {number} ซ้ำ หรืออยู่ก่อนเลขเริ่มต้น")
        expected = max(expected, number + 1)
    if expected < book.next_number:
        report.find("number_missing", name, span("เลขหาย", expected, book.next_number - 1))
    elif expected > book.next_number:
        report.find("number_ahead", name, span("เลขเกินเลขถัดไปของทะเบียน", book.next_number, expected - 1))

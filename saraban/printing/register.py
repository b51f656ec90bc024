"""A book, or part of it, as the HTML of forms 13 and 14."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby, islice
from typing import NamedTuple, TypeVar

from saraban import rendering
from saraban.errors import BookTooLong
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.filed_lines import SERIES, Book, Question, filed_lines
from saraban.queries.register_lines import RegisterLine
from saraban.thai.dates import bangkok_day, buddhist_year

AT_ONCE = 500  # lines that somebody waits for: three seconds
LETTERS = 200_000  # of these, or of a piece: as many as make the press work for another five seconds


class Row(NamedTuple):
    """A line, and the day it was written, when that is another than the line's above."""

    line: RegisterLine
    day: date | None = None

    @property
    def id(self) -> str:
        return f"n{self.line.number}"


class Volume(NamedTuple):
    """One book of one year: it has its own numbers, and begins a page."""

    kind: str
    year: int
    rows: Iterable[Row]


Line = TypeVar("Line", Row, RegisterLine)


def volumes(office: Office, asked: Question, book: Book, lines: Iterable[RegisterLine]) -> Iterator[Volume]:
    """The lines by book and year; when there are none, a book that says so."""
    days = asked.registered_from is None or asked.registered_from != asked.registered_to
    empty = True
    for (kind, year), own in groupby(lines, key=lambda line: (line.kind, line.year)):
        empty = False
        yield Volume(kind, year, _rows(own, days))
    if empty:
        year = buddhist_year(asked.registered_from or office.clock())
        yield Volume(SERIES[book][0], asked.year or year, [])


def _rows(lines: Iterable[RegisterLine], days: bool) -> Iterator[Row]:
    before: date | None = None
    for line in lines:
        # A masked line says no day, and stands among those of the line above it.
        day = bangkok_day(line.registered_at) if days and line.registered_at else before
        yield Row(line, None if day == before else day)
        before = day


def register_html(
    house: str, asked: Question, parts: Sequence[Volume], *, numbered: bool, called: str | None = None
) -> str:
    """These volumes as one document that counts its own pages, or a piece of one that does not; `called` is
    the house's name in full."""
    seen = next((row.line for part in parts for row in part.rows if row.line.entry is not None), None)
    return rendering.html(
        "pdf/register.html",
        house=house,
        called=called or house,
        asked=asked,
        volumes=parts,
        seen=seen,
        numbered=numbered,
    )


def some(lines: Iterator[Line], most: int) -> list[Line]:
    """The next of them: so many at most, and as soon as there is much to read no more."""
    taken: list[Line] = []
    letters = 0
    for line in islice(lines, most):
        taken.append(line)
        letters += _letters(line.line if isinstance(line, Row) else line)
        if letters > LETTERS:
            break
    return taken


def _letters(line: RegisterLine) -> int:
    said = (
        line.subject,
        line.from_text,
        line.to_text,
        line.note,
        line.action,
        line.void and line.void.reason,
    )
    return sum(len(one) for one in said if one)


def fits_at_once(office: Office, actor: Actor, book: Book, asked: Question) -> bool:
    return _at_once(office, actor, book, asked) is not None


def _at_once(office: Office, actor: Actor, book: Book, asked: Question) -> list[RegisterLine] | None:
    """What somebody waits for, if it is no more than that."""
    lines = filed_lines(office, actor, book, asked)
    shown = some(lines, AT_ONCE)
    return shown if next(lines, None) is None else None


def short_register(office: Office, actor: Actor, book: Book, asked: Question) -> str:
    lines = _at_once(office, actor, book, asked)
    if lines is None:
        raise BookTooLong(limit=AT_ONCE)
    found = volumes(office, asked, book, lines)
    parts = [Volume(kind, year, list(rows)) for kind, year, rows in found]
    return register_html(actor.house_name, asked, parts, numbered=True, called=actor.house_in_full)

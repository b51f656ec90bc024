"""What stands in a book from its first line to its last, as it is filed on paper?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from sqlalchemy import ColumnElement, Connection, FromClause, and_, or_

from saraban.fields import in_thai
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.register_lines import (
    BookQuestion,
    IncomingQuestion,
    LineState,
    OutgoingQuestion,
    RegisterLine,
    line_of,
    lines_asked,
    narrowed,
)
from saraban.thai.dates import FIRST_DAY, LAST_DAY, day_begins
from saraban.words import BOOKS
from storage import lines
from storage.registers import INCOMING, OUTGOING, OUTGOING_CIRCULAR
from storage.ways import Asked, Place

Book = Annotated[Literal["incoming", "outgoing"], in_thai(**BOOKS)]
SERIES: dict[str, Sequence[str]] = {"incoming": (INCOMING,), "outgoing": (OUTGOING, OUTGOING_CIRCULAR)}
PAGE = 500


class PrintedQuestion(BookQuestion):
    """Which lines of a book; with days alone the whole book of those days, its masked lines too."""

    state: LineState | None = None

    @classmethod
    def names(cls) -> set[str]:
        """As they stand in an address."""
        return {field.alias or name for name, field in cls.model_fields.items()}


# The lists' own questions are answered as well.
Question = PrintedQuestion | OutgoingQuestion | IncomingQuestion


def filed_lines(office: Office, actor: Actor, book: Book, asked: Question) -> Iterator[RegisterLine]:
    """The oldest first, one series after the other; read on as they are taken."""
    actor.must(Act.READ)
    for kind in SERIES[book]:
        yield from _series(office, actor, kind, asked)


def _series(office: Office, actor: Actor, kind: str, asked: Question) -> Iterator[RegisterLine]:
    which = office.db.read(lambda db: _asked(db, actor, kind, asked))

    def page_after(place: Place | None) -> Sequence[Any]:
        # Read back from the end of the list, whose order is the newest first: the nearest are the oldest.
        return office.db.read(lambda db: lines.page(db, actor, *which, place, True, PAGE))

    rows = page_after(None)
    yield from map(line_of, rows)
    while place := lines.read_on(rows):
        rows = page_after(place)
        yield from map(line_of, rows)


def count_lines(office: Office, actor: Actor, book: Book, asked: Question) -> int:
    actor.must(Act.READ)

    def query(db: Connection) -> int:
        return sum(lines.how_many(db, actor, *_asked(db, actor, kind, asked)) for kind in SERIES[book])

    return office.db.read(query)


def _asked(db: Connection, actor: Actor, kind: str, asked: Question) -> tuple[Asked, lines.Narrowing]:
    which = lines_asked((kind,), asked)
    if not _days_alone(asked):
        return which, lambda e: narrowed(actor, asked, asked.state, e)
    begins = day_begins(asked.registered_from or FIRST_DAY)
    ends = day_begins((asked.registered_to or LAST_DAY) + timedelta(days=1))
    parts = lines.stretches(db, actor, kind, asked.year, begins, ends)

    def within(e: FromClause) -> list[ColumnElement[bool]]:
        return [or_(False, *(_in(part, e) for part in parts))]

    return which, within


def _in(part: lines.Stretch, e: FromClause) -> ColumnElement[bool]:
    return and_(e.c.year == part.year, e.c.number.between(part.first, part.last))


def _days_alone(asked: Question) -> bool:
    said = set(asked.model_dump(exclude_defaults=True)) - {"year"}
    return bool(said) and said <= {"registered_from", "registered_to"}

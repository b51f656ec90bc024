"""The ways to the lines that are asked for: by their numbers, by a few letters found otherwise, or through
the book itself, as far as one request may read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Text,
    bindparam,
    func,
    literal_column,
    select,
)

from saraban.numbering import letter_key
from saraban.permissions import Actor
from saraban.thai.text import fold
from storage import search
from storage.prepared import Prepared
from storage.registers import INCOMING
from storage.sql import ALL, among
from storage.tables import entry, letter, register
from storage.visibility import sees_entry

# In so few lines reading them all is quicker than asking an index.
FEW = 1_000
# Lines that one request looks through at most (20 to 100 ms, measured), and of how many it reads the texts
# (15 ms): nobody waits for what is rare in a long book, nor does anybody else.
WINDOW, TEXTS = 50_000, 10_000

Place = tuple[int, int, str]


class Asked(NamedTuple):
    """Which lines: of these books, with this number, whose letters hold these words."""

    kinds: Sequence[str]
    year: int | None
    number: str
    words: Sequence[str]
    by_text: bool  # by these words or by others, so that texts are read


class Way(NamedTuple):
    """Where lines of one kind are looked for: in the book itself, or among a few found otherwise."""

    lines: FromClause
    kind: str
    year: Any | None
    only: ColumnElement[bool] | None = None
    through: bool = False  # line by line, so that it may be long


class Ways(NamedTuple):
    """All ways to what is asked, and the books that they lead through."""

    each: Sequence[Way]
    books: Sequence[Any]
    window: int

    def reach(self, place: Place | None, back: bool) -> Place | None:
        """Up to which line a page may look; None is to the end. Counted, not read: numbers have no holes."""
        kinds = [way.kind for way in self.each if way.through]
        ends = [self._end(kind, self.window // len(kinds), place, back) for kind in kinds]
        short = [end for end in ends if end is not None]
        if not short:
            return None
        # The nearest of all: beyond it one kind is not looked through, and its lines may stand between.
        return (*min(short), min(kinds)) if back else (*max(short), max(kinds))

    def _end(self, kind: str, room: int, place: Place | None, back: bool) -> tuple[int, int] | None:
        for book in sorted((book for book in self.books if book.kind == kind), reverse=not back):
            first, last = book.first_number, book.next_number - 1
            if place is not None and (book.year < place[0] if back else book.year > place[0]):
                continue
            if place is not None and book.year == place[0]:
                first, last = (max(first, place[1]), last) if back else (first, min(last, place[1]))
            if last - first >= room:
                return book.year, first + room - 1 if back else last - room + 1
            room -= max(0, last - first + 1)
        return None


def ways(db: Connection, actor: Actor, asked: Asked) -> Ways:
    books = [book for book in _BOOKS.all(db, house=actor.house_id) if asked.year in (None, book.year)]
    kept = {book.kind for book in books}
    asked = asked._replace(kinds=[kind for kind in asked.kinds if kind in kept])
    books = [book for book in books if book.kind in asked.kinds]
    return Ways(list(_ways(db, actor, asked, books)), books, TEXTS if asked.by_text else WINDOW)


_BOOKS = Prepared(
    select(register.c.year, register.c.kind, register.c.first_number, register.c.next_number).where(
        register.c.house_id == bindparam("house")
    )
)


def _ways(db: Connection, actor: Actor, asked: Asked, books: Sequence[Any]) -> Iterator[Way]:
    number = fold(asked.number).replace(" ", "")
    if number.isascii() and number.isdigit():
        for book in books:
            if book.first_number <= int(number) < book.next_number:
                yield Way(entry, book.kind, book.year, entry.c.number == int(number))
        if INCOMING in asked.kinds and (ending := number.lstrip("0")):
            found = _ENDING.all(db, ending=ending, most=search.COMMON + 1)
            ids = [row.id for row in found]
            for way in _to_letters(db, actor, asked, [INCOMING], ids if len(ids) <= search.COMMON else None):
                yield way._replace(only=(_ending == ending) & sees_entry(actor, way.lines))
    elif number:
        same = select(letter.c.id).where(letter.c.letter_key == letter_key(asked.number))
        for way in _where(actor, asked, asked.kinds, entry.c.letter_id.in_(same)):
            yield way._replace(only=sees_entry(actor, way.lines))
    else:
        size = sum(book.next_number - book.first_number for book in books)
        said = None
        if asked.words and size > FEW:
            # Circulars with numbers of their own are judged by the other letters of the house.
            said = search.matching(db, asked.words, search.newest(db, actor.house_id, asked.kinds[0]))
        yield from _to_letters(db, actor, asked, asked.kinds, said)


def _to_letters(
    db: Connection, actor: Actor, asked: Asked, kinds: Sequence[str], found: Sequence[int] | None
) -> Iterator[Way]:
    """To the lines of a few letters; of too many, or of nobody knows which, through the book."""
    if found is None:
        yield from (Way(entry, kind, asked.year, through=True) for kind in kinds)
    elif found:
        yield from _where(actor, asked, kinds, among(db.dialect.name, entry.c.letter_id, "found", found))


def _where(actor: Actor, asked: Asked, kinds: Sequence[str], these: ColumnElement[bool]) -> Iterator[Way]:
    # A planner without statistics would rather read the whole book and compare.
    lines = select(entry).where(these, entry.c.house_id == actor.house_id).limit(ALL).subquery("found")
    yield from (Way(lines, kind, asked.year) for kind in kinds)


# The sender's number, whatever stands before it: as an index has it (migration 0006), to the letter.
_DIGITS: ColumnElement[str] = literal_column("'0123456789'")
_AT = func.length(func.rtrim(letter.c.letter_key, _DIGITS)) + literal_column("1")
_ending = func.ltrim(func.substr(letter.c.letter_key, _AT), literal_column("'0'"), type_=Text())
_ENDING = Prepared(
    select(letter.c.id)
    .where(_ending == bindparam("ending", type_=Text()))
    .limit(bindparam("most", type_=Integer))
)

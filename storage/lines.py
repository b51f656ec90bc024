"""Lines of a house's books, newest first: the ways to reach a page of them without reading the book."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    tuple_,
    union,
    union_all,
)

from saraban.permissions import Actor
from storage.keyset import By, Order, Short, newest_first, value_of_place
from storage.prepared import Prepared
from storage.registers import INCOMING
from storage.sql import among
from storage.tables import (
    assignment,
    attachment,
    dispatch,
    entry,
    letter,
    letter_text,
    office,
    person,
)
from storage.visibility import Sight, ids_of, sees_entry, sees_file, sight_of, some
from storage.ways import Asked, Place, Way, ways

Narrowing = Callable[[FromClause], Sequence[ColumnElement[bool]]]


def state_of(e: FromClause = entry) -> ColumnElement[str]:
    """How far a line has come (joined with its letter)."""
    work = select(1).select_from(assignment).where(assignment.c.entry_id == e.c.id)
    given = some(work.where(or_(assignment.c.state == "open", assignment.c.state == "accepted")))
    done = some(work.where(assignment.c.state == "done"))
    received = e.c.kind == INCOMING
    return case(
        (e.c.void_at.isnot(None), "void"),
        (and_(~received, letter.c.sent_at.isnot(None)), "sent"),
        (and_(received, given), "assigned"),
        (and_(received, done), "done"),
        else_="registered",
    )


_acting, _acts, _voider = office.alias("acting"), person.alias("acts"), person.alias("voider")
LINES = (
    select(entry.c.id, entry.c.letter_id, entry.c.kind, entry.c.year, entry.c.number, entry.c.channel)
    .add_columns(entry.c.action, entry.c.note, entry.c.registered_at, entry.c.received_at, entry.c.version)
    .add_columns(entry.c.void_at, entry.c.void_by, entry.c.void_reason, entry.c.secrecy)
    .add_columns(letter.c.letter_no, letter.c.circular, letter.c.dated, letter.c.from_text, letter.c.to_text)
    .add_columns(letter.c.subject, letter.c.urgency, state_of().label("state"))
    .add_columns(_acting.c.code.label("office_code"), _acting.c.name.label("office_name"))
    .add_columns(
        entry.c.action_person_id, _acts.c.name.label("person_name"), _voider.c.name.label("void_name")
    )
    .join(letter, letter.c.id == entry.c.letter_id)
    .join(_acting, _acting.c.id == entry.c.action_office_id)
    .outerjoin(_acts, _acts.c.id == entry.c.action_person_id)
    .outerjoin(_voider, _voider.c.id == entry.c.void_by)
)
_LIMIT = bindparam("limit", type_=Integer)
_IN_ORDER = Order(By(entry.c.year, falling=True), By(entry.c.number, falling=True), By(entry.c.kind))


def page(
    db: Connection,
    actor: Actor,
    asked: Asked,
    narrow: Narrowing | None,
    place: Place | None,
    back: bool,
    limit: int,
) -> Sequence[Any]:
    """The first lines after a place (or back from it, nearest first), each saying whether the actor may see
    more of it than its number; narrowed by nothing, the book is asked by a prepared statement."""
    if narrow is None and not asked.number and not asked.words:
        after = None if place is None else (place[2], place[0] == asked.year, back)
        book = _prepared(sight_of(actor), tuple(asked.kinds), asked.year is not None, after)
        at_year, at_number, _ = place or (0, 0, "")
        values = {"year": asked.year, "at_year": at_year, "at_number": at_number, "limit": limit}
        return book.all(db, **ids_of(actor), **values)
    found = ways(db, actor, asked)
    if not found.each:
        return []
    reached = found.reach(place, back)
    pages = [_first(actor, way, narrow or _all, place, back, limit, reached) for way in found.each]
    # Only what leads to the lines is put together for each question; what they say is asked as it always is.
    # A line that becomes secret in between is shown as its number.
    ids = [row.id for row in db.execute(union_all(*pages))]
    lines = _of_ids(sight_of(actor), db.dialect.name, back)
    rows = lines.all(db, ids=ids, limit=limit, **ids_of(actor)) if ids else []
    return rows if reached is None or len(rows) == limit else Short(rows, reached)


def read_on(rows: Sequence[Any]) -> Place | None:
    """Where a list goes on after a page; None at its end."""
    if isinstance(rows, Short):
        return rows.reached
    return (rows[-1].year, rows[-1].number, rows[-1].kind) if rows else None


def _all(_: FromClause) -> Sequence[ColumnElement[bool]]:
    return ()


@cache
def _prepared(
    sight: Sight, kinds: tuple[str, ...], of_year: bool, after: tuple[str, bool, bool] | None
) -> Prepared:
    """The book as it stands, from its beginning or after a line: of which kind, of the year that is asked
    for, and in which direction."""
    year = bindparam("year", type_=Integer) if of_year else None
    place: Any = None
    if after is not None:
        at_year = year if after[1] else value_of_place("at_year", Integer)
        place = (at_year, value_of_place("at_number", Integer), after[0])
    whole = [Way(entry, kind, year) for kind in kinds]
    back = after is not None and after[2]
    pages = [_first(sight.anybody, way, _all, place, back, _LIMIT) for way in whole]
    return _lines(sight, entry.c.id.in_(union_all(*pages)), back)


@cache
def _of_ids(sight: Sight, engine: str, back: bool) -> Prepared:
    return _lines(sight, among(engine, entry.c.id, "ids"), back)


def _lines(sight: Sight, these: ColumnElement[bool], back: bool) -> Prepared:
    """Lines in their order: the pages of all ways to them, laid together."""
    me = sight.anybody
    lines = LINES.add_columns(
        sees_entry(me).label("seen"), _files(me).label("attachments"), _sent(me).label("dispatches")
    )
    return Prepared(lines.where(these).order_by(*_IN_ORDER.by(back)).limit(_LIMIT))


def _files(actor: Actor) -> ColumnElement[int]:
    """How many files of a line's letter the actor may have."""
    mine = (attachment.c.letter_id == letter.c.id, attachment.c.removed_at.is_(None), sees_file(actor))
    return select(func.count()).select_from(attachment).where(*mine).correlate(letter).scalar_subquery()


def _sent(actor: Actor) -> ColumnElement[int]:
    """How often the house has sent it."""
    ours = (dispatch.c.letter_id == entry.c.letter_id, dispatch.c.house_id == actor.house_id)
    return select(func.count()).select_from(dispatch).where(*ours).correlate(entry).scalar_subquery()


def _first(
    actor: Actor,
    way: Way,
    narrow: Narrowing,
    place: Place | None,
    back: bool,
    limit: Any,
    reached: Place | None = None,
) -> Select[Any]:
    """The lines of a way, from a place on."""
    e = way.lines
    asks = list(narrow(e)) if way.only is None else [way.only, *narrow(e)]
    rows = select(e.c.id).where(e.c.house_id == actor.house_id, e.c.kind == way.kind, *asks)
    # What is asked of says which tables are read: each costs a line half as much again.
    read = select(*asks).columns_clause_froms if asks else ()
    for table, its in ((letter, letter.c.id), (letter_text, letter_text.c.letter_id)):
        if table in read:
            rows = rows.where(its == e.c.letter_id)
    if way.year is not None:
        rows = rows.where(e.c.year == way.year)
    if place is not None:
        rows = rows.where(_past(way, back, *place))
    if reached is not None:
        at, end = _where(way, *reached[:2])
        rows = rows.where(at <= end if back else at >= end)
    first = rows.order_by(*newest_first(e.c.year, e.c.number).by(back)).limit(limit).subquery()
    return select(first.c.id)


def _past(way: Way, back: bool, year: Any, number: Any, kind: str) -> ColumnElement[bool]:
    """Past a place in the order year ↓, number ↓, kind ↑."""
    at, here = _where(way, year, number)
    if back:
        return at >= here if way.kind < kind else at > here  # type: ignore[no-any-return]
    return at <= here if way.kind > kind else at < here  # type: ignore[no-any-return]


def _where(way: Way, year: Any, number: Any) -> tuple[Any, Any]:
    """A line's place and this one, said so that the index can begin there: of the year that is asked for,
    SQLite would begin at the newest year's end."""
    if way.year is year or (isinstance(year, int) and way.year == year):
        return way.lines.c.number, number
    return tuple_(way.lines.c.year, way.lines.c.number), tuple_(year, number)


def how_many(db: Connection, actor: Actor, asked: Asked, narrow: Narrowing) -> int:
    """The lines of all pages."""
    found = [_first(actor, way, narrow, None, False, None) for way in ways(db, actor, asked).each]
    if not found:
        return 0
    return int(db.execute(select(func.count()).select_from(union(*found).subquery())).scalar_one())


class Stretch(NamedTuple):
    """The part of a book that was written in some days, by its numbers."""

    year: int
    first: int
    last: int


def stretches(
    db: Connection, actor: Actor, kind: str, year: int | None, begins: datetime, ends: datetime
) -> list[Stretch]:
    """Where in the books of a kind these days stand, by the lines that the actor sees. A masked line says no
    day: it belongs to the stretch of the line before it, so that each is in one and none is missing."""
    e = entry
    inside = e.c.registered_at < ends
    rows = (
        select(e.c.year)
        .add_columns(func.min(case((inside, e.c.number))).label("first"))
        .add_columns(func.max(case((inside, e.c.number))).label("last"))
        .add_columns(func.min(case((~inside, e.c.number))).label("following"))
        .where(e.c.house_id == actor.house_id, e.c.kind == kind, e.c.registered_at >= begins)
        .where(sees_entry(actor))
        .group_by(e.c.year)
    )
    found = db.execute(rows if year is None else rows.where(e.c.year == year)).all()
    return [
        Stretch(row.year, row.first, max(row.last, row.following - 1) if row.following else 2**31 - 1)
        for row in found
        if row.first is not None
    ]

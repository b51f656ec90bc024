"""The tree of offices: in whose books one writes, and to which area it belongs, follow from what is above."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    bindparam,
    case,
    or_,
    select,
    true,
    update,
)

from saraban.errors import NotFound, UnknownOffices
from saraban.permissions import Actor
from saraban.thai.collation import sort_key
from saraban.thai.text import fold
from storage.offices import by_code
from storage.tables import office

ROOT = "root"
# An outside agency is a house too: what is sent to it must not land in the books of the office that noted it.
HOUSES = (ROOT, "area", "school", "agency")
# What may stand under what.
PARENTS = {
    "area": {ROOT},
    "school": {"area"},
    "agency": {ROOT, "area"},
    "group": {ROOT, "area", "school", "agency", "group"},
}


def named(code: str, name: str) -> dict[str, str]:
    """A name with what lists sort it by and searches find it by."""
    return {"name": name, "sort_key": sort_key(name), "folded": fold(f"{name} {code}")}


def _house(o: FromClause, above: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((or_(o.c.kind.in_(HOUSES), o.c.own_books == true()), o.c.id), else_=above)


def _area(o: FromClause, above: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((o.c.kind == "area", o.c.id), else_=above)


_top, _above, _child = office.alias("top"), office.alias("above"), office.alias("child")
_first = (
    select(
        _top.c.id,
        _house(_top, _above.c.house_id).label("house_id"),
        _area(_top, _above.c.area_id).label("area_id"),
    )
    .outerjoin(_above, _above.c.id == _top.c.parent_id)
    .where(_top.c.id == bindparam("top_id"))
    .cte("tree", recursive=True)
)
_TREE = _first.union_all(
    select(_child.c.id, _house(_child, _first.c.house_id), _area(_child, _first.c.area_id)).join(
        _first, _child.c.parent_id == _first.c.id
    )
)
_SETTLE = (
    update(office)
    .where(
        office.c.id == _TREE.c.id,
        or_(
            office.c.house_id.is_distinct_from(_TREE.c.house_id),
            office.c.area_id.is_distinct_from(_TREE.c.area_id),
        ),
    )
    .values(house_id=_TREE.c.house_id, area_id=_TREE.c.area_id)
)


def settle(tx: Connection, top_id: int) -> None:
    """House and area of an office and of everything below it, in one statement."""
    tx.execute(_SETTLE, {"top_id": top_id})


_start = office.alias("start")
_line = (
    select(_start.c.id, _start.c.parent_id)
    .where(_start.c.code == bindparam("code"))
    .cte("line", recursive=True)
)
_upward = office.alias("upward")
_LINE = _line.union_all(
    select(_upward.c.id, _upward.c.parent_id).join(_line, _upward.c.id == _line.c.parent_id)
)
_OWN = select(office).where(
    office.c.code == bindparam("code"),
    select(1).select_from(_LINE).where(_LINE.c.id == bindparam("house_id")).exists(),
)


def own(tx: Connection, actor: Actor, code: str) -> Row[Any]:
    """An office of the actor's house or below it; any other is not found."""
    row = tx.execute(_OWN, {"code": code, "house_id": actor.house_id}).first()
    if row is None:
        raise NotFound()
    return row


def below(actor: Actor) -> Select[tuple[int]]:
    """The ids of the actor's house and of every office below it."""
    top = select(office.c.id).where(office.c.id == actor.house_id).cte("below", recursive=True)
    under = office.alias("under")
    whole = top.union_all(select(under.c.id).join(top, under.c.parent_id == top.c.id))
    return select(whole.c.id)


def chosen(tx: Connection, actor: Actor, code: str, field: str) -> Row[Any]:
    """The office a form names: one that nobody has is a wrong field, one of somebody else is not found."""
    if by_code(tx, code) is None:
        raise UnknownOffices(field=field, offices=[code])
    return own(tx, actor, code)


def fresh(code: str, kind: str, name: str, **more: Any) -> dict[str, Any]:
    """A row of a new office, open and without books of its own."""
    blank = {"prefix": "", "district": "", "network": "", "is_open": True, "own_books": False}
    return {"code": code, "kind": kind, **named(code, name), **blank, **more}

"""The one policy of who may see what, as conditions for every list, count, search, export and download.

An open letter is seen by everyone of a house whose books it stands in or to which it came. A secret one needs
the clearance and the need: to have registered it, to be named for it, to be assigned to it, to have received
or returned it, to be the house's secret registrar; and before it stands in the book, to be cleared in the
very office it was sent to. From then on the book's rule is the delivery's too: there is no way round a masked
line through the inbox.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    literal,
    literal_column,
    or_,
    select,
)

from saraban.levels import Secrecy
from saraban.permissions import Actor, Role
from storage.tables import Id, assignment, attachment, delivery, dispatch_attachment, entry, letter


class Sight(NamedTuple):
    """All of an actor that makes the policy say something else; the ids are only its values."""

    clearance: Secrecy
    keeps_secrets: bool

    @property
    def anybody(self) -> Actor:
        """Stands in a prepared statement for whoever has this sight: the statement is made once."""
        return _anybody(self)


def sight_of(actor: Actor) -> Sight:
    return Sight(actor.clearance, actor.role == Role.SECRET_REGISTRAR)


def ids_of(actor: Actor) -> dict[str, int]:
    """The values of a prepared statement that are the actor's own."""
    return {"my_house": actor.house_id, "my_office": actor.office_id, "my_self": actor.person_id}


@cache
def _anybody(sight: Sight) -> Actor:
    def mine(name: str) -> Any:
        return bindparam(name, type_=Id)

    return Actor(
        person_id=mine("my_self"),
        person_name="",
        office_id=mine("my_office"),
        office_code="",
        office_name="",
        office_kind="",
        house_id=mine("my_house"),
        house_code="",
        house_name="",
        house_kind="",
        area_id=None,
        role=Role.SECRET_REGISTRAR if sight.keeps_secrets else Role.OFFICER,
        clearance=sight.clearance,
    )


def sees_entry(actor: Actor, e: FromClause = entry) -> ColumnElement[bool]:
    """Of an entry in the actor's own books (the house is part of the condition)."""
    mine = e.c.house_id == actor.house_id
    if actor.clearance == Secrecy.OPEN:
        return and_(mine, e.c.secrecy == int(Secrecy.OPEN))
    return and_(mine, or_(e.c.secrecy == int(Secrecy.OPEN), and_(_cleared(actor, e), _needs_entry(actor, e))))


def sees_delivery(actor: Actor, d: FromClause = delivery) -> ColumnElement[bool]:
    """Of a delivery to the actor's own house, as its receiver."""
    mine = d.c.house_id == actor.house_id
    if actor.clearance == Secrecy.OPEN:
        return and_(mine, d.c.secrecy == int(Secrecy.OPEN))
    return and_(
        mine, or_(d.c.secrecy == int(Secrecy.OPEN), and_(_cleared(actor, d), _needs_delivery(actor, d)))
    )


def sees_letter(actor: Actor, letter_id: ColumnElement[int] = letter.c.id) -> ColumnElement[bool]:
    """Of a letter, through a line in the actor's books or a delivery to the actor's house."""
    e, d = entry.alias("seen_entry"), delivery.alias("seen_delivery")
    return or_(
        some(select(1).select_from(e).where(e.c.letter_id == letter_id, sees_entry(actor, e))),
        some(select(1).select_from(d).where(d.c.letter_id == letter_id, sees_delivery(actor, d))),
    )


def sees_file(actor: Actor) -> ColumnElement[bool]:
    """Of a file of a letter the actor sees: the writer's house has them all, a receiver those that were sent
    to it and not called back unread."""
    d, sent = delivery.alias("file_delivery"), dispatch_attachment.alias("file_sent")
    return or_(
        letter.c.house_id == actor.house_id,
        some(
            select(1)
            .select_from(sent.join(d, d.c.dispatch_id == sent.c.dispatch_id))
            .where(sent.c.attachment_id == attachment.c.id, d.c.state != "recalled", sees_delivery(actor, d))
        ),
    )


def sent_by(actor: Actor, letter_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Of a letter that the actor's house wrote and the actor may see: its journeys are theirs to follow."""
    e = entry.alias("sent_entry")
    return some(
        select(1)
        .select_from(e)
        .where(e.c.letter_id == letter_id, e.c.kind != "incoming", sees_entry(actor, e))
    )


def some(found: Select[Any]) -> ColumnElement[bool]:
    """Whether there is any, asked row by row: of an EXISTS behind an OR, PostgreSQL would rather read a whole
    table beforehand than believe that it is seldom asked (100 ms in the books of ten years, measured)."""
    return found.limit(literal_column("1")).scalar_subquery().is_not(None)


def _cleared(actor: Actor, t: FromClause) -> ColumnElement[bool]:
    return t.c.secrecy <= int(actor.clearance)


def _needs_entry(actor: Actor, e: FromClause) -> ColumnElement[bool]:
    if actor.role == Role.SECRET_REGISTRAR:
        return literal(True)
    a = assignment.alias("named")
    return or_(
        e.c.registered_by == actor.person_id,
        e.c.action_person_id == actor.person_id,
        some(select(1).select_from(a).where(a.c.entry_id == e.c.id, a.c.person_id == actor.person_id)),
    )


def _needs_delivery(actor: Actor, d: FromClause) -> ColumnElement[bool]:
    if actor.role == Role.SECRET_REGISTRAR:
        return literal(True)
    e = entry.alias("own_entry")
    return or_(
        and_(d.c.office_id == actor.office_id, d.c.entry_id.is_(None)),
        d.c.closed_by == actor.person_id,
        some(select(1).select_from(e).where(e.c.id == d.c.entry_id, sees_entry(actor, e))),
    )

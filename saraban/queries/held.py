"""Who has a letter of ours that was sent, and has not had it called back?"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from saraban.office import Office
from saraban.permissions import Act, Actor
from storage.deliveries import ACKNOWLEDGED, WAITING
from storage.tables import delivery, dispatch, office as offices
from storage.visibility import sent_by


class Held(NamedTuple):
    receivers: int
    acknowledged: int


def held(office: Office, actor: Actor, letter_id: int) -> Held:
    """From how many a letter would be called back, and how many of those have acknowledged it."""
    actor.must(Act.READ)
    by_state = select(delivery.c.state, func.count().label("n")).group_by(delivery.c.state)
    rows = office.db.read(lambda db: db.execute(_out(by_state, actor, letter_id)).all())
    counts = {row.state: row.n for row in rows}
    acknowledged = counts.get(ACKNOWLEDGED, 0)
    return Held(acknowledged + counts.get(WAITING, 0), acknowledged)


def waits_at(office: Office, actor: Actor, letter_id: int) -> frozenset[str]:
    """The codes of the offices where a letter lies unacknowledged: sent again, they have it twice."""
    actor.must(Act.READ)
    codes = select(offices.c.code).distinct().join(delivery, delivery.c.office_id == offices.c.id)
    waiting = _out(codes, actor, letter_id).where(delivery.c.state == WAITING)
    return frozenset(office.db.read(lambda db: db.execute(waiting).scalars().all()))


def _out(what: Select[Any], actor: Actor, letter_id: int) -> Select[Any]:
    mine = (dispatch.c.letter_id == letter_id, dispatch.c.house_id == actor.house_id)
    standing = (dispatch.c.recalled_at.is_(None), sent_by(actor, dispatch.c.letter_id))
    return what.join(dispatch, dispatch.c.id == delivery.c.dispatch_id).where(*mine, *standing)

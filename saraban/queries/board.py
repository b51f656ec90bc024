"""How far has a sending come, at a glance: a square for each receiver, a line for each district."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, case, func, select

from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.tracking import DISPATCHES, Totals, totals_of
from storage import dispatches
from storage.deliveries import ACKNOWLEDGED, WAITING
from storage.tables import delivery, dispatch, office as offices

# More squares than this say nothing to the eye: the bar and the districts do.
MOST_SQUARES = 600


class Square(NamedTuple):
    """A receiver: what still waits is `waiting`, or `overdue`, `seen` or both."""

    position: int
    name: str
    state: str


class District(NamedTuple):
    name: str
    receivers: int
    acknowledged: int
    waiting: int


class Board(NamedTuple):
    squares: list[Square]
    districts: list[District]


def board(office: Office, actor: Actor, dispatch_id: int) -> Board:
    actor.must(Act.READ)
    now = office.clock()

    def query(db: Connection) -> Board:
        late = dispatches.sent(db, actor, dispatch_id).overdue_at <= now
        districts = _districts(db, dispatch_id)
        few = sum(one.receivers for one in districts) <= MOST_SQUARES
        return Board(_squares(db, dispatch_id, late) if few else [], districts if len(districts) > 1 else [])

    return office.db.read(query)


def totals_now(office: Office, actor: Actor, dispatch_id: int) -> Totals:
    """Only numbers, for a page that stays open: no look at what a secret letter says."""
    actor.must(Act.READ)
    now = office.clock()

    def query(db: Connection) -> Totals:
        dispatches.sent(db, actor, dispatch_id)
        row = db.execute(DISPATCHES.where(dispatch.c.id == dispatch_id)).one()
        return totals_of(db, actor, [row], now)[dispatch_id]

    return office.db.read(query)


def _squares(db: Connection, dispatch_id: int, late: bool) -> list[Square]:
    rows = db.execute(
        select(delivery.c.position, delivery.c.state, delivery.c.seen_at, delivery.c.to_text)
        .add_columns(delivery.c.office_id, offices.c.name)
        .outerjoin(offices, offices.c.id == delivery.c.office_id)
        .where(delivery.c.dispatch_id == dispatch_id)
        .order_by(delivery.c.position)
    )

    def state(of: str, by_system: bool, seen: bool) -> str:
        if of != WAITING or not by_system:
            return of
        return " ".join(word for word, said in (("overdue", late), ("seen", seen)) if said) or of

    return [
        Square(
            row.position,
            row.name or row.to_text,
            state(row.state, row.office_id is not None, row.seen_at is not None),
        )
        for row in rows
    ]


def _districts(db: Connection, dispatch_id: int) -> list[District]:
    """The latest on top; what has no district is counted under no name."""
    name = func.coalesce(offices.c.district, "")
    waiting = func.sum(case((delivery.c.state == WAITING, 1), else_=0))
    rows = db.execute(
        select(name.label("name"), func.count().label("receivers"))
        .add_columns(func.sum(case((delivery.c.state == ACKNOWLEDGED, 1), else_=0)).label("acknowledged"))
        .add_columns(waiting.label("waiting"))
        .select_from(delivery)
        .outerjoin(offices, offices.c.id == delivery.c.office_id)
        .where(delivery.c.dispatch_id == dispatch_id)
        .group_by(name)
        .order_by(waiting.desc(), name)
    )
    return [District(row.name, row.receivers, int(row.acknowledged), int(row.waiting)) for row in rows]

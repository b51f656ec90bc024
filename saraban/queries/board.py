"""How far has a sending come, at a glance: a square for each receiver, a line for each district."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, case, func, select

from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.tracking import Totals, Tracked, dispatch_row, first_of, totals_of
from storage import dispatches
from storage.deliveries import ACKNOWLEDGED, WAITING
from storage.prepared import Prepared
from storage.tables import Id, delivery, office as offices

# More squares than this say nothing to the eye: the bar and the districts do.
MOST_SQUARES = 600
# Whoever gets it by post is in no district of ours and registers nothing here.
BY_POST = "ไปรษณีย์"


# The place of a receiver, its name, and its shade: its state; of an office that waits `waiting`, `overdue`,
# `seen` or the last two; of what goes by post `post`.
Square = tuple[int, str, str]


class District(NamedTuple):
    name: str
    receivers: int
    acknowledged: int
    waiting: int


class Board(NamedTuple):
    squares: list[Square]
    districts: list[District]


def board(office: Office, actor: Actor, dispatch_id: int, lines: Tracked | None = None) -> Board:
    """Drawn from the lines, where all are at hand; of more than an eye tells apart only the districts."""
    actor.must(Act.READ)
    if lines is not None:
        return _drawn(lines)

    def query(db: Connection) -> Board:
        sent = dispatches.sent(db, actor, dispatch_id)
        few = first_of(db, actor, sent, MOST_SQUARES + 1, office.clock())
        if len(few.rows) <= MOST_SQUARES:
            return _drawn(few)
        return Board([], [District(*row) for row in _DISTRICTS.all(db, dispatch=dispatch_id)])

    return office.db.read(query)


def totals_now(office: Office, actor: Actor, dispatch_id: int) -> Totals:
    """Only numbers, for a page that stays open: no look at what a secret letter says."""
    actor.must(Act.READ)
    now = office.clock()

    def query(db: Connection) -> Totals:
        row = dispatch_row(db, actor, dispatch_id)
        return totals_of(db, actor, [row], now)[dispatch_id]

    return office.db.read(query)


def _drawn(lines: Tracked) -> Board:
    """The latest districts on top; what has none is counted under no name."""
    unseen, seen = ("overdue", "overdue seen") if lines.late else (WAITING, "seen")
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    squares = []
    for row in lines.rows:
        state = row.state
        if row.office_id is None:
            name, count = row.to_text or "", counts[BY_POST]
            shade = "post" if state in (WAITING, ACKNOWLEDGED) else state
        else:
            name, count = row.name, counts[row.district or ""]
            shade = state if state != WAITING else unseen if row.seen_at is None else seen
            count[2] += state == WAITING
        count[0] += 1
        count[1] += state == ACKNOWLEDGED
        squares.append((row.position, name, shade))
    districts = [District(name, *count) for name, count in counts.items()]
    districts.sort(key=lambda one: (-one.waiting, one.name))
    return Board(squares, districts if len(districts) > 1 else [])


_by_system = delivery.c.office_id.isnot(None)
_name = case((_by_system, func.coalesce(offices.c.district, "")), else_=BY_POST)
_waiting = func.sum(case((and_(delivery.c.state == WAITING, _by_system), 1), else_=0))
_DISTRICTS = Prepared(
    select(_name.label("name"), func.count().label("receivers"))
    .add_columns(func.sum(case((delivery.c.state == ACKNOWLEDGED, 1), else_=0)).label("acknowledged"))
    .add_columns(_waiting.label("waiting"))
    .select_from(delivery)
    .outerjoin(offices, offices.c.id == delivery.c.office_id)
    .where(delivery.c.dispatch_id == bindparam("dispatch", type_=Id))
    .group_by(_name)
    .order_by(_waiting.desc(), _name)
)

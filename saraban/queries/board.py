"""How far has a sending come, at a glance: a square for each receiver, a line for each district."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, case, func, select

from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.tracking import DeliveryLine, Totals, dispatch_row, first_lines, totals_of
from storage import dispatches
from storage.deliveries import ACKNOWLEDGED, WAITING
from storage.prepared import Prepared
from storage.tables import Id, delivery, office as offices

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


def board(
    office: Office, actor: Actor, dispatch_id: int, lines: Sequence[DeliveryLine] | None = None
) -> Board:
    """Drawn from the lines, where all are at hand; of more than an eye tells apart only the districts."""
    actor.must(Act.READ)
    if lines is not None:
        return _drawn(lines)

    def query(db: Connection) -> Board:
        sent = dispatches.sent(db, actor, dispatch_id)
        few = first_lines(db, actor, sent, MOST_SQUARES + 1, office.clock())
        if len(few) <= MOST_SQUARES:
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


def _drawn(lines: Sequence[DeliveryLine]) -> Board:
    """The latest districts on top; what has none is counted under no name."""
    counts: dict[str, list[int]] = {}
    for line in lines:
        count = counts.setdefault(line.district or "", [0, 0, 0])
        count[0] += 1
        count[1] += line.state == ACKNOWLEDGED
        count[2] += line.state == WAITING
    districts = [District(name, *count) for name, count in counts.items()]
    districts.sort(key=lambda one: (-one.waiting, one.name))
    return Board([_square(line) for line in lines], districts if len(districts) > 1 else [])


def _square(line: DeliveryLine) -> Square:
    if line.office is None:
        return Square(line.position, line.to_text or "", line.state)
    said = ""
    if line.state == WAITING:
        said = "overdue seen" if line.overdue and line.seen_at else "overdue" if line.overdue else ""
        said = said or ("seen" if line.seen_at else "")
    return Square(line.position, line.office.name, said or line.state)


_name = func.coalesce(offices.c.district, "")
_waiting = func.sum(case((delivery.c.state == WAITING, 1), else_=0))
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

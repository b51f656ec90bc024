"""How fast are the letters of this month acknowledged, hour by hour since each was sent?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Integer, Subquery, bindparam, case, func, select

from saraban.permissions import Actor
from saraban.queries.tracking import may_follow
from saraban.thai.dates import BANGKOK, in_bangkok
from storage.columns import Instant
from storage.deliveries import ACKNOWLEDGED
from storage.prepared import Prepared
from storage.sql import ALL, in_hours
from storage.tables import delivery, dispatch
from storage.visibility import Sight, ids_of, sight_of

# A busy area sends some 400 letters a month to 252 schools each: more rows than a look should read (100 ms,
# measured), so the chart is drawn from as many of them, evenly over the month.
LETTERS_OF_THE_CHART, LETTERS_OF_A_MONTH = 30, 2000
HOURS = (1, 2, 4, 8, 24, 48, 72, 120)


class Point(BaseModel):
    """Of the deliveries that are as old as this, the share that had been acknowledged by then."""

    hours: int
    acknowledged: int
    deliveries: int

    @property
    def share(self) -> float:
        return self.acknowledged / self.deliveries


class Pace(BaseModel):
    letters: int
    sampled: int
    since: date
    points: list[Point]


def pace(db: Connection, actor: Actor, now: datetime) -> Pace | None:
    month = datetime(in_bangkok(now).year, in_bangkok(now).month, 1, tzinfo=BANGKOK)
    about = {"month": month, "most": LETTERS_OF_THE_CHART, **ids_of(actor)}
    rows = _acknowledged(sight_of(actor)).all(db, **about)
    points = [point for hours in HOURS if (point := _point(rows, hours, now)) is not None]
    if not points:
        return None
    letters = max(len(rows), rows[0].letters if rows[0].letters > LETTERS_OF_THE_CHART else 0)
    return Pace(letters=letters, sampled=len(rows), since=month.date(), points=points)


@cache
def _acknowledged(sight: Sight) -> Prepared:
    """Of each letter: to how many it went by the system, and how many had acknowledged it by then."""
    sample = _sample(sight.anybody)
    hours = in_hours(delivery.c.closed_at) - sample.c.sent_hours
    # Behind a LIMIT, lest SQLite reckons the hours of each delivery once for every column.
    took = (
        select(sample.c.id, sample.c.sent_at, sample.c.letters)
        .add_columns(case((delivery.c.state == ACKNOWLEDGED, hours)).label("hours"))
        .join(delivery, delivery.c.dispatch_id == sample.c.id)
        .where(delivery.c.office_id.isnot(None))
        .limit(ALL)
        .subquery()
    )
    by_then = [func.count(case((took.c.hours <= hours, 1))).label(f"by_{hours}") for hours in HOURS]
    return Prepared(
        select(took.c.sent_at, took.c.letters, func.count().label("n"), *by_then).group_by(
            took.c.id, took.c.sent_at, took.c.letters
        )
    )


def _sample(actor: Actor) -> Subquery:
    """Every dispatch of the month, or every second, third … of them, so that the look costs the same."""
    newest = (
        select(dispatch.c.id, dispatch.c.sent_at)
        .where(dispatch.c.house_id == actor.house_id, may_follow(actor), dispatch.c.recalled_at.is_(None))
        .order_by(dispatch.c.id.desc())
        .limit(LETTERS_OF_A_MONTH)
        .subquery()
    )
    numbered = (
        select(newest.c.id, newest.c.sent_at, in_hours(newest.c.sent_at).label("sent_hours"))
        .add_columns(
            func.count().over().label("letters"), func.row_number().over(order_by=newest.c.id).label("place")
        )
        .where(newest.c.sent_at >= bindparam("month", type_=Instant))
        .subquery()
    )
    most = bindparam("most", type_=Integer)
    step = (numbered.c.letters + most - 1) // most
    return select(numbered).where(numbered.c.place % step == 0).subquery()


def _point(rows: Sequence[Any], hours: int, now: datetime) -> Point | None:
    """Only of letters that old: what was sent an hour ago says nothing of the third day."""
    old = [row for row in rows if now - row.sent_at >= timedelta(hours=hours)]
    if not old:
        return None
    acknowledged = sum(getattr(row, f"by_{hours}") for row in old)
    return Point(hours=hours, acknowledged=acknowledged, deliveries=sum(row.n for row in old))

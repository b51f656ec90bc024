"""What needs me now? For me, for my office, for whoever leads it: numbers that lead to lists.

Six statements at most, whatever there is (a test counts them); each begins at the house, and counts only what
the actor may see.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, Subquery, and_, case, func, or_, select

from saraban.letters import UrgencyWord
from saraban.levels import Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor, Role
from saraban.queries.inbox import IS_WAITING
from saraban.thai.dates import BANGKOK, bangkok_day, in_bangkok
from storage.deliveries import ACKNOWLEDGED, REMINDED, RETURNED, WAITING, came_to
from storage.sql import in_hours
from storage.tables import assignment, delivery, dispatch, entry, office as offices, person
from storage.visibility import sees_entry, sent_by

RETURNED_DAYS = 30
# A busy area sends some 400 letters a month to 252 schools each: more rows than a look should read (100 ms,
# measured), so the chart is drawn from as many of them, evenly over the month.
LETTERS_OF_THE_CHART, LETTERS_OF_A_MONTH = 60, 2000
HOURS = (1, 2, 4, 8, 24, 48, 72, 120)
LEADERS = (Role.HEAD, Role.ADMIN, Role.REGISTRAR)
UNDONE = ("open", "accepted")


class Waiting(BaseModel):
    urgency: UrgencyWord
    count: int
    overdue: int


class Tasks(BaseModel):
    """Work that is not done, and of it what is due today or was before."""

    open: int = 0
    due: int = 0


class Journeys(BaseModel):
    letters: int = 0
    deliveries: int = 0


class PersonsWork(BaseModel):
    name: str
    open: int
    overdue: int


class GroupsWork(BaseModel):
    """A group of the house: what is in its hands, and in whose."""

    name: str
    open: int = 0
    accepted: int = 0
    overdue: int = 0
    people: list[PersonsWork] = []


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


class LateDistrict(BaseModel):
    name: str
    deliveries: int
    offices: int


class Desk(BaseModel):
    waiting: list[Waiting]
    reminded: int
    mine: Tasks
    ours: Tasks
    unacknowledged: Journeys
    overdue: Journeys
    returned: int
    picture: list[GroupsWork] | None
    pace: Pace | None
    late: list[LateDistrict]


def desk(office: Office, actor: Actor) -> Desk:
    actor.must(Act.READ)
    now = office.clock()
    today = bangkok_day(now)

    def query(db: Connection) -> Desk:
        waiting, reminded = _waiting(db, actor, now)
        mine, ours = _tasks(db, actor, today)
        unacknowledged, overdue, returned = _sent(db, actor, now)
        return Desk(
            waiting=waiting,
            reminded=reminded,
            mine=mine,
            ours=ours,
            unacknowledged=unacknowledged,
            overdue=overdue,
            returned=returned,
            picture=_picture(db, actor, today) if actor.role in LEADERS else None,
            pace=_pace(db, actor, now),
            late=_late(db, actor, now) if overdue.deliveries else [],
        )

    return office.db.read(query)


def _waiting(db: Connection, actor: Actor, now: datetime) -> tuple[list[Waiting], int]:
    """What has come and waits, the most urgent first."""
    late = case((dispatch.c.overdue_at <= now, 1), else_=0)
    rows = db.execute(
        select(delivery.c.priority, func.count().label("n"), func.sum(late).label("late"))
        .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
        .where(IS_WAITING, came_to(actor))
        .group_by(delivery.c.priority)
    ).all()
    counts = {level: Waiting(urgency=level.word, count=0, overdue=0) for level in reversed(Urgency)}
    for row in rows:
        one = counts[Urgency(row.priority % REMINDED)]
        one.count += row.n
        one.overdue += row.late
    return list(counts.values()), sum(row.n for row in rows if row.priority >= REMINDED)


def _tasks(db: Connection, actor: Actor, today: date) -> tuple[Tasks, Tasks]:
    mine, ours = assignment.c.person_id == actor.person_id, assignment.c.office_id == actor.office_id
    due = assignment.c.due <= today
    row = db.execute(
        select(
            _sum(mine).label("mine"),
            _sum(mine, due).label("mine_due"),
            _sum(ours).label("ours"),
            _sum(ours, due).label("ours_due"),
        )
        .join(entry, entry.c.id == assignment.c.entry_id)
        .where(_undone(actor), or_(mine, ours))
    ).one()
    return Tasks(open=row.mine, due=row.mine_due), Tasks(open=row.ours, due=row.ours_due)


def _undone(actor: Actor) -> ColumnElement[bool]:
    """Work of the house that is not done; of a voided line nothing is left to do."""
    return and_(
        assignment.c.house_id == actor.house_id,
        assignment.c.state.in_(UNDONE),
        entry.c.void_at.is_(None),
        sees_entry(actor),
    )


def _sum(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)


def _ours(actor: Actor) -> ColumnElement[bool]:
    """A dispatch of the house whose journeys the actor may follow."""
    return and_(
        dispatch.c.house_id == actor.house_id,
        or_(dispatch.c.secrecy == 0, sent_by(actor, dispatch.c.letter_id)),
    )


def _sent(db: Connection, actor: Actor, now: datetime) -> tuple[Journeys, Journeys, int]:
    by_system, late = delivery.c.office_id.isnot(None), dispatch.c.overdue_at <= now
    rows = db.execute(
        select(delivery.c.state, late.label("late"), func.count().label("n"))
        .add_columns(func.count(delivery.c.dispatch_id.distinct()).label("letters"))
        .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
        .where(_ours(actor), by_system, delivery.c.state.in_((WAITING, RETURNED)))
        .where(or_(delivery.c.state == WAITING, delivery.c.closed_at > now - timedelta(days=RETURNED_DAYS)))
        .group_by(delivery.c.state, late)
    ).all()
    unacknowledged, overdue, returned = Journeys(), Journeys(), 0
    for row in rows:
        if row.state == RETURNED:
            returned += row.n
            continue
        unacknowledged.letters += row.letters
        unacknowledged.deliveries += row.n
        if row.late:
            overdue = Journeys(letters=row.letters, deliveries=row.n)
    return unacknowledged, overdue, returned


def _picture(db: Connection, actor: Actor, today: date) -> list[GroupsWork]:
    """Every group of the house, the idle too; work that a person has counts where that person acts."""
    e = entry
    work = (
        select(e.c.action_office_id, assignment.c.person_id, assignment.c.state)
        .add_columns(func.count().label("n"), _sum(assignment.c.due < today).label("late"))
        .join(e, e.c.id == assignment.c.entry_id)
        .where(_undone(actor))
        .group_by(e.c.action_office_id, assignment.c.person_id, assignment.c.state)
        .subquery()
    )
    rows = db.execute(
        select(
            offices.c.id, offices.c.name, work.c.state, work.c.n, work.c.late, person.c.name.label("person")
        )
        .outerjoin(work, work.c.action_office_id == offices.c.id)
        .outerjoin(person, person.c.id == work.c.person_id)
        .where(offices.c.house_id == actor.house_id, or_(offices.c.is_open, work.c.n > 0))
        .order_by(offices.c.id != actor.house_id, offices.c.sort_key, offices.c.id, person.c.name)
    ).all()
    groups = {row.id: GroupsWork(name=row.name, people=[]) for row in rows}
    people: dict[tuple[int, str], PersonsWork] = {}
    for row in rows:
        if row.n is None:
            continue
        group = groups[row.id]
        setattr(group, row.state, getattr(group, row.state) + row.n)
        group.overdue += row.late
        if row.person is not None:
            one = people.get((row.id, row.person))
            if one is None:
                one = people[row.id, row.person] = PersonsWork(name=row.person, open=0, overdue=0)
                group.people.append(one)
            one.open += row.n
            one.overdue += row.late
    return list(groups.values())


def _pace(db: Connection, actor: Actor, now: datetime) -> Pace | None:
    """How fast the letters of this month were acknowledged, hour by hour since each was sent."""
    month = datetime(in_bangkok(now).year, in_bangkok(now).month, 1, tzinfo=BANGKOK)
    sample = _sample(db, actor, month)
    took = in_hours(db, delivery.c.closed_at) - sample.c.sent_hours
    acknowledged = delivery.c.state == ACKNOWLEDGED
    by_then = [_sum(acknowledged, took <= hours).label(f"by_{hours}") for hours in HOURS]
    rows = db.execute(
        select(sample.c.sent_at, sample.c.letters, func.count().label("n"), *by_then)
        .join(delivery, delivery.c.dispatch_id == sample.c.id)
        .where(delivery.c.office_id.isnot(None))
        .group_by(sample.c.id, sample.c.sent_at, sample.c.letters)
    ).all()
    points = [point for hours in HOURS if (point := _point(rows, hours, now)) is not None]
    if not points:
        return None
    letters = max(len(rows), rows[0].letters if rows[0].letters > LETTERS_OF_THE_CHART else 0)
    return Pace(letters=letters, sampled=len(rows), since=month.date(), points=points)


def _sample(db: Connection, actor: Actor, month: datetime) -> Subquery:
    """Every dispatch of the month, or every second, third … of them, so that the look costs the same."""
    newest = (
        select(dispatch.c.id, dispatch.c.sent_at)
        .where(_ours(actor), dispatch.c.recalled_at.is_(None))
        .order_by(dispatch.c.id.desc())
        .limit(LETTERS_OF_A_MONTH)
        .subquery()
    )
    numbered = (
        select(newest.c.id, newest.c.sent_at, in_hours(db, newest.c.sent_at).label("sent_hours"))
        .add_columns(
            func.count().over().label("letters"), func.row_number().over(order_by=newest.c.id).label("place")
        )
        .where(newest.c.sent_at >= month)
        .subquery()
    )
    step = (numbered.c.letters + LETTERS_OF_THE_CHART - 1) // LETTERS_OF_THE_CHART
    return select(numbered).where(numbered.c.place % step == 0).subquery()


def _point(rows: Sequence[Any], hours: int, now: datetime) -> Point | None:
    """Only of letters that old: what was sent an hour ago says nothing of the third day."""
    old = [row for row in rows if now - row.sent_at >= timedelta(hours=hours)]
    if not old:
        return None
    acknowledged = sum(getattr(row, f"by_{hours}") for row in old)
    return Point(hours=hours, acknowledged=acknowledged, deliveries=sum(row.n for row in old))


def _late(db: Connection, actor: Actor, now: datetime) -> list[LateDistrict]:
    """Where those are who are past their deadline, the most first."""
    rows = db.execute(
        select(
            offices.c.district, func.count().label("n"), func.count(offices.c.id.distinct()).label("offices")
        )
        .select_from(dispatch)
        .join(delivery, delivery.c.dispatch_id == dispatch.c.id)
        .join(offices, offices.c.id == delivery.c.office_id)
        .where(_ours(actor), IS_WAITING, dispatch.c.overdue_at <= now)
        .group_by(offices.c.district)
        .order_by(func.count().desc(), offices.c.district)
        .limit(10)
    )
    return [
        LateDistrict(name=row.district or "ไม่ระบุอำเภอ", deliveries=row.n, offices=row.offices) for row in rows
    ]

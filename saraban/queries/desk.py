"""What needs me now? For me, for my office, for whoever leads it: numbers that lead to lists.

Six statements at most, whatever there is (a test counts them); each begins at the house, and counts only what
the actor may see.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    true,
)

from saraban.fields import UrgencyWord
from saraban.levels import URGENCY_WORDS, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor, Role
from saraban.queries.answers import answer
from saraban.queries.pace import Pace, pace
from saraban.queries.tracking import may_follow
from saraban.thai.dates import bangkok_day
from storage.assignments import IS_UNDONE
from storage.columns import Instant
from storage.deliveries import IS_RETURNED, IS_WAITING, REMINDED, came_to
from storage.prepared import Prepared
from storage.sql import ALL
from storage.tables import assignment, delivery, dispatch, entry, office as offices, person
from storage.visibility import Sight, ids_of, sees_entry, sight_of

RETURNED_DAYS, SENT_DAYS = 30, 365
LEADERS = (Role.HEAD, Role.ADMIN, Role.REGISTRAR)


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

    @property
    def come(self) -> int:
        return sum(one.count for one in self.waiting)

    @property
    def come_late(self) -> int:
        return sum(one.overdue for one in self.waiting)


def desk(office: Office, actor: Actor) -> Desk:
    actor.must(Act.READ)
    now = office.clock()
    sight = sight_of(actor)
    values = {
        "now": now,
        "today": bangkok_day(now),
        "returned_since": now - timedelta(days=RETURNED_DAYS),
        "sent_since": now - timedelta(days=SENT_DAYS),
        **ids_of(actor),
    }

    def query(db: Connection) -> Desk:
        waiting, reminded = _by_urgency(_waiting(sight).all(db, **values))
        (counts,) = _counts(sight).all(db, **values)
        (missing,) = _missing(sight).all(db, **values)
        unacknowledged, overdue = _journeys(missing)
        leads = actor.role in LEADERS
        return Desk(
            waiting=waiting,
            reminded=reminded,
            mine=Tasks(open=counts.mine, due=counts.mine_due),
            ours=Tasks(open=counts.ours, due=counts.ours_due),
            unacknowledged=unacknowledged,
            overdue=overdue,
            returned=counts.returned,
            picture=_groups(_work(sight).all(db, **values)) if leads else None,
            pace=pace(db, actor, now),
            late=_districts(_late(sight).all(db, **values)) if overdue.deliveries else [],
        )

    return office.db.read(query)


NOW, TODAY = bindparam("now", type_=Instant), bindparam("today", type_=Date)


@cache
def _waiting(sight: Sight) -> Prepared:
    """What has come and waits."""
    late = case((dispatch.c.overdue_at <= NOW, 1), else_=0)
    return Prepared(
        select(delivery.c.priority, func.count().label("n"), func.sum(late).label("late"))
        .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
        .where(IS_WAITING, came_to(sight.anybody))
        .group_by(delivery.c.priority)
    )


def _by_urgency(rows: Sequence[Any]) -> tuple[list[Waiting], int]:
    """The most urgent first, and how many the sender has reminded us of."""
    counts = {level: [0, 0] for level in _FALLING}
    reminded = 0
    for row in rows:
        count = counts[row.priority % REMINDED]
        count[0] += row.n
        count[1] += row.late
        reminded += row.n if row.priority >= REMINDED else 0
    told = [
        answer(Waiting, {"urgency": URGENCY_WORDS[level], "count": n, "overdue": late})
        for level, (n, late) in counts.items()
    ]
    return told, reminded


_FALLING = tuple(int(level) for level in reversed(Urgency))


@cache
def _counts(sight: Sight) -> Prepared:
    """The numbers that stand alone. Mine and ours are counted apart, each by its own index: in one sum they
    are looked for in all the work that the house has ever done."""
    me = sight.anybody
    mine = _undone_by(me, assignment.c.person_id == me.person_id)
    ours = _undone_by(me, assignment.c.office_id == me.office_id)
    returned = (
        select(func.count())
        .select_from(delivery)
        .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
        .where(delivery.c.sender_id == me.house_id, IS_RETURNED, _ours(me))
        .where(delivery.c.closed_at > bindparam("returned_since", type_=Instant))
        .scalar_subquery()
    )
    return Prepared(
        select(mine.c.open.label("mine"), mine.c.due.label("mine_due"))
        .add_columns(ours.c.open.label("ours"), ours.c.due.label("ours_due"), returned.label("returned"))
        .select_from(mine.join(ours, true()))
    )


def _undone_by(actor: Actor, whose: ColumnElement[bool]) -> Subquery:
    return (
        select(func.count().label("open"), _sum(assignment.c.due <= TODAY).label("due"))
        .join(entry, entry.c.id == assignment.c.entry_id)
        .where(_undone(actor), whose)
        .subquery()
    )


def _undone(actor: Actor) -> ColumnElement[bool]:
    """Work of the house that is not done; of a voided line nothing is left to do."""
    return and_(
        assignment.c.house_id == actor.house_id,
        IS_UNDONE,
        entry.c.void_at.is_(None),
        sees_entry(actor),
    )


def _sum(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)


def _ours(actor: Actor) -> ColumnElement[bool]:
    """A dispatch of the house whose journeys the actor may follow."""
    return and_(dispatch.c.house_id == actor.house_id, may_follow(actor))


SENT_LATELY = dispatch.c.sent_at >= bindparam("sent_since", type_=Instant)
IS_MISSING = and_(
    delivery.c.dispatch_id == dispatch.c.id, IS_WAITING, delivery.c.office_id.isnot(None)
)  # of a dispatch: who gets it by the system and has not acknowledged it


def _missing_of_each(actor: Actor) -> Subquery:
    """The year's dispatches, each with how many are missing: ten years take no longer."""
    missing = select(func.count()).select_from(delivery).where(IS_MISSING).correlate(dispatch)
    return (
        select(dispatch.c.id, dispatch.c.overdue_at, missing.scalar_subquery().label("n"))
        .where(_ours(actor), SENT_LATELY)
        .limit(ALL)  # lest each mention of it counts again
        .subquery()
    )


@cache
def _missing(sight: Sight) -> Prepared:
    one = _missing_of_each(sight.anybody)
    late = case((one.c.overdue_at <= NOW, 1), else_=0)
    return Prepared(
        select(func.count().label("letters"), func.sum(one.c.n).label("n"))
        .add_columns(func.sum(late).label("late_letters"), func.sum(late * one.c.n).label("late"))
        .where(one.c.n > 0)
    )


def _journeys(row: Any) -> tuple[Journeys, Journeys]:
    """What nobody has acknowledged yet, and of it what is past its day."""
    return (
        Journeys(letters=row.letters, deliveries=row.n or 0),
        Journeys(letters=row.late_letters or 0, deliveries=row.late or 0),
    )


@cache
def _work(sight: Sight) -> Prepared:
    """Every group of the house, the idle too; work that a person has counts where that person acts."""
    me, e = sight.anybody, entry
    work = (
        select(e.c.action_office_id, assignment.c.person_id, assignment.c.state)
        .add_columns(func.count().label("n"), _sum(assignment.c.due < TODAY).label("late"))
        .join(e, e.c.id == assignment.c.entry_id)
        .where(_undone(me))
        .group_by(e.c.action_office_id, assignment.c.person_id, assignment.c.state)
        .subquery()
    )
    return Prepared(
        select(offices.c.id, offices.c.name, work.c.state, work.c.n, work.c.late)
        .add_columns(person.c.name.label("person"))
        .outerjoin(work, work.c.action_office_id == offices.c.id)
        .outerjoin(person, person.c.id == work.c.person_id)
        .where(offices.c.house_id == me.house_id, or_(offices.c.is_open, work.c.n > 0))
        .order_by(offices.c.id != me.house_id, offices.c.sort_key, offices.c.id, person.c.name)
    )


def _groups(rows: Sequence[Any]) -> list[GroupsWork]:
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


@cache
def _late(sight: Sight) -> Prepared:
    """Where those are who are past their deadline: by office, then by district."""
    me = sight.anybody
    by_office = (
        select(delivery.c.office_id, func.count().label("n"))
        .select_from(delivery.join(dispatch, IS_MISSING))
        .where(_ours(me), SENT_LATELY, dispatch.c.overdue_at <= NOW)
        .group_by(delivery.c.office_id)
        .subquery()
    )
    return Prepared(
        select(offices.c.district, func.sum(by_office.c.n).label("n"), func.count().label("offices"))
        .select_from(by_office)
        .join(offices, offices.c.id == by_office.c.office_id)
        .group_by(offices.c.district)
        .order_by(func.sum(by_office.c.n).desc(), offices.c.district)
        .limit(10)
    )


def _districts(rows: Sequence[Any]) -> list[LateDistrict]:
    """The most first."""
    return [
        LateDistrict(name=row.district or "ไม่ระบุอำเภอ", deliveries=row.n, offices=row.offices) for row in rows
    ]

"""Registers on their way to paper. The row is the job: who takes it renews it, or another takes it over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update

from saraban.permissions import Actor
from storage.tables import printout

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
UNFINISHED = (WAITING, RUNNING)

KEPT = timedelta(days=7)


def ask(tx: Connection, actor: Actor, book: str, filters: Mapping[str, Any], total: int, at: datetime) -> int:
    new = insert(printout).values(
        house_id=actor.house_id,
        office_id=actor.office_id,
        person_id=actor.person_id,
        role=str(actor.role),
        clearance=int(actor.clearance),
        book=book,
        filters=filters,
        state=WAITING,
        total=total,
        asked_at=at,
    )
    return int(tx.execute(new.returning(printout.c.id)).scalar_one())


def own(actor: Actor) -> ColumnElement[bool]:
    """Whose it is: the same person at the same desk, if still cleared for all that it was made with."""
    return and_(
        printout.c.house_id == actor.house_id,
        printout.c.office_id == actor.office_id,
        printout.c.person_id == actor.person_id,
        printout.c.role == str(actor.role),
        printout.c.clearance <= int(actor.clearance),
    )


def unfinished(tx: Connection, actor: Actor) -> int:
    mine = select(func.count()).where(own(actor), printout.c.state.in_(UNFINISHED))
    return int(tx.execute(mine).scalar_one())


def cancel(tx: Connection, actor: Actor, printout_id: int, at: datetime) -> None:
    """What is finished stays so."""
    mine = update(printout).where(own(actor), printout.c.id == printout_id)
    tx.execute(mine.where(printout.c.state.in_(UNFINISHED)).values(state=CANCELLED, ended_at=at))


# -- whoever prints -------------------------------------------------------------------------------


def stale(now: datetime, longest_seconds: int) -> datetime:
    """Who was last heard of before then has died: between two signs of life the press is asked once, and may
    let us wait as long as it may work."""
    return now - timedelta(seconds=2 * longest_seconds + 60)


def _free(stale: datetime) -> ColumnElement[bool]:
    left = and_(printout.c.state == RUNNING, printout.c.renewed_at < stale)
    return or_(printout.c.state == WAITING, left)


def is_any_free(db: Connection, stale: datetime) -> bool:
    return db.execute(select(printout.c.id).where(_free(stale)).limit(1)).first() is not None


def take(tx: Connection, runner: str, now: datetime, stale: datetime) -> Row[Any] | None:
    """The oldest that nobody prints, of whoever was last served longest ago: behind five books of one person
    nobody waits for more than the one that is being printed. Two who ask at the same time are given two, or
    one of them none."""
    before = printout.alias()
    served = select(func.max(before.c.renewed_at)).where(before.c.person_id == printout.c.person_id)
    turn = (served.scalar_subquery().asc().nulls_first(), printout.c.id)
    oldest = select(printout.c.id).where(_free(stale)).order_by(*turn).limit(1)
    first = oldest.with_for_update(skip_locked=True, of=printout).scalar_subquery()
    taken = (
        update(printout)
        .where(printout.c.id == first, _free(stale))
        .values(state=RUNNING, runner=runner, renewed_at=now, done=0, runs=printout.c.runs + 1)
    )
    return tx.execute(taken.returning(*printout.c)).first()


def change(tx: Connection, printout_id: int, runner: str, **values: Any) -> bool:
    """Whether it was still this runner's to change: not cancelled, not taken over."""
    mine = update(printout).where(printout.c.id == printout_id, printout.c.runner == runner)
    return tx.execute(mine.where(printout.c.state == RUNNING).values(**values)).rowcount == 1


def forget(tx: Connection, now: datetime) -> None:
    """What is still being printed then finds itself gone, and stops."""
    tx.execute(delete(printout).where(printout.c.asked_at < now - KEPT))

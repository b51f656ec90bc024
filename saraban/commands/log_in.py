"""A person logs in with user name and password; failures slow down, and lock for a while."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, case, delete, insert, or_, select, update

from saraban.errors import TooOften, WrongPassword
from saraban.office import Office
from saraban.passwords import matches, nobodys
from saraban.queries.visitor import Visitor, desks_in, home_of, sitting_at
from saraban.queries.who_is_asking import digest_of
from saraban.thai.text import fold
from storage import events
from storage.tables import password, person, session

FREE_TRIES = 3  # then each failure doubles the wait
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=15)
FORGOTTEN = timedelta(days=1)  # after the last lock; then one counts from the beginning
# A session that is over still says whose half-written letter it was; who logged in when stays in the events.
REMEMBERED = timedelta(days=30)
IDLE, LONGEST = timedelta(hours=8), timedelta(days=7)


class LoggedIn(NamedTuple):
    """Who has one office sits in it at once; who has several chooses."""

    token: str
    person_id: int
    must_change: bool
    seated: bool


def log_in(office: Office, username: str, typed: str, browser: str = "", address: str = "") -> LoggedIn:
    """The event names the address: the Computer Crime Act asks who used a system, when, and from where."""
    now = office.clock()
    row = office.db.read(lambda db: _find(db, username))
    if row is None:
        matches(typed, nobodys())
        raise WrongPassword()
    locked_until = office.db.write(lambda tx: count_try(tx, row.person_id, now))
    # Slow on purpose, and outside the transaction.
    if not matches(typed, row.hash):
        if locked_until is not None:
            office.db.write(lambda tx: tell_of_lock(tx, row.person_id, now, locked_until, address))
        raise WrongPassword()
    token = secrets.token_urlsafe(32)

    def command(tx: Connection) -> LoggedIn:
        forgive(tx, row.person_id)
        desks = desks_in(tx, row.person_id)
        seat = desks[0].membership_id if len(desks) == 1 else None
        came = {"created_at": now, "seen_at": now, "expires_at": now + IDLE, "browser": browser[:200]}
        tx.execute(
            insert(session).values(
                digest=digest_of(token), person_id=row.person_id, membership_id=seat, **came
            )
        )
        if (actor := home_of(tx, row.person_id)) is not None:
            events.record(tx, actor, "log_in", now, address=address or None)
        return LoggedIn(token, row.person_id, row.must_change, seat is not None)

    return office.db.write(command)


def _find(db: Connection, username: str) -> Row[Any] | None:
    return db.execute(
        select(password)
        .join(person, person.c.id == password.c.person_id)
        .where(person.c.username == fold(username), person.c.is_active)
    ).first()


def count_try(tx: Connection, person_id: int, now: datetime) -> datetime | None:
    """Counted before the password is looked at: a thousand tries at once are a few tries and a lock.

    The end of the lock that this try brings when it fails; while one stands nothing is tried, for a lock that
    tells right from wrong would be no lock."""
    long_ago = password.c.locked_until < now - FORGOTTEN
    counted = (
        update(password)
        .where(
            password.c.person_id == person_id,
            or_(password.c.locked_until.is_(None), password.c.locked_until <= now),
        )
        .values(failures=case((long_ago, 1), else_=password.c.failures + 1))
        .returning(password.c.failures)
    )
    failures = tx.execute(counted).scalar()
    if failures is None:
        until = select(password.c.locked_until).where(password.c.person_id == person_id)
        raise TooOften(wait=_in_words(tx.execute(until).scalar_one() - now))
    if failures <= FREE_TRIES:
        return None
    locked: datetime = now + min(FIRST_WAIT * 2 ** min(failures - FREE_TRIES - 1, 20), LONGEST_WAIT)
    tx.execute(update(password).where(password.c.person_id == person_id).values(locked_until=locked))
    return locked


def _in_words(wait: timedelta) -> str:
    seconds = ceil(wait.total_seconds())
    return f"{seconds} วินาที" if seconds <= 90 else f"{-(-seconds // 60)} นาที"


def tell_of_lock(tx: Connection, person_id: int, now: datetime, until: datetime, address: str = "") -> None:
    """Somebody keeps guessing: whoever reads the events of the house should know."""
    if (actor := home_of(tx, person_id)) is not None:
        events.record(tx, actor, "lock_password", now, until=until.isoformat(), address=address or None)


def forgive(tx: Connection, person_id: int) -> None:
    tx.execute(
        update(password).where(password.c.person_id == person_id).values(failures=0, locked_until=None)
    )


def log_out(office: Office, who: Visitor) -> None:
    now = office.clock()

    def command(tx: Connection) -> None:
        mine = update(session).where(session.c.digest == who.digest, session.c.ended_at.is_(None))
        if tx.execute(mine.values(ended_at=now)).rowcount and (actor := sitting_at(tx, who)) is not None:
            events.record(tx, actor, "log_out", now)

    office.db.write(command)


def end_sessions(tx: Connection, person_id: int, now: datetime, but: str | None = None) -> int:
    """End everything this person has open elsewhere."""
    open_ones = update(session).where(session.c.person_id == person_id, session.c.ended_at.is_(None))
    if but is not None:
        open_ones = open_ones.where(session.c.digest != but)
    return tx.execute(open_ones.values(ended_at=now)).rowcount


def forget_sessions(tx: Connection, now: datetime) -> None:
    tx.execute(delete(session).where(session.c.expires_at < now - REMEMBERED))

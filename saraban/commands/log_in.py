"""A person logs in with user name and password; failures slow down, and lock for a while."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from saraban.errors import TooOften, WrongPassword
from saraban.office import Office
from saraban.passwords import matches, nobodys
from saraban.queries.who_is_asking import digest_of
from saraban.thai.text import fold
from storage.tables import password, person, session

FREE_TRIES = 3  # then each failure doubles the wait
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=15)
IDLE, LONGEST = timedelta(hours=8), timedelta(days=7)


class LoggedIn(NamedTuple):
    token: str
    person_id: int
    must_change: bool


def log_in(office: Office, username: str, typed: str, browser: str = "") -> LoggedIn:
    now = office.clock()
    row = office.db.read(lambda db: _find(db, username))
    if row is not None and row.locked_until is not None and row.locked_until > now:
        # The password is not even tried: a lock that tells right from wrong would be no lock.
        raise TooOften(seconds=int((row.locked_until - now).total_seconds()) + 1)
    # Slow on purpose, and outside the transaction.
    right = matches(typed, row.hash if row is not None else nobodys())
    if row is None or not right:
        if row is not None:
            office.db.write(lambda tx: _count_failure(tx, row, now))
        raise WrongPassword()
    token = secrets.token_urlsafe(32)

    def command(tx: Connection) -> LoggedIn:
        tx.execute(
            update(password).where(password.c.person_id == row.person_id).values(failures=0, locked_until=None)
        )
        tx.execute(
            insert(session).values(
                digest=digest_of(token),
                person_id=row.person_id,
                membership_id=None,
                browser=browser[:200],
                created_at=now,
                seen_at=now,
                expires_at=now + IDLE,
            )
        )
        return LoggedIn(token, row.person_id, row.must_change)

    return office.db.write(command)


def _find(db: Connection, username: str) -> Row[Any] | None:
    return db.execute(
        select(password)
        .join(person, person.c.id == password.c.person_id)
        .where(person.c.username == fold(username), person.c.is_active)
    ).first()


def _count_failure(tx: Connection, row: Row[Any], now: datetime) -> None:
    """Counted by the database, so that tries at once are all counted."""
    failures = tx.execute(
        update(password)
        .where(password.c.person_id == row.person_id)
        .values(failures=password.c.failures + 1)
        .returning(password.c.failures)
    ).scalar_one()
    if failures > FREE_TRIES:
        wait = min(FIRST_WAIT * 2 ** min(failures - FREE_TRIES - 1, 20), LONGEST_WAIT)
        tx.execute(update(password).where(password.c.person_id == row.person_id).values(locked_until=now + wait))


def log_out(office: Office, token: str) -> None:
    now = office.clock()
    office.db.write(
        lambda tx: tx.execute(
            update(session).where(session.c.digest == digest_of(token), session.c.ended_at.is_(None)).values(ended_at=now)
        ).rowcount
    )


def end_sessions(tx: Connection, person_id: int, now: datetime, but: str | None = None) -> None:
    """End everything this person has open elsewhere."""
    kept = session.c.digest != but if but is not None else session.c.digest.isnot(None)
    tx.execute(
        update(session).where(session.c.person_id == person_id, session.c.ended_at.is_(None), kept).values(ended_at=now)
    )

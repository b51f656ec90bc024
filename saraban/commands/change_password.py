"""A person changes the password; everything open elsewhere ends. An administrator gives a first one."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from saraban.commands.log_in import count_try, end_sessions, forgive, tell_of_lock
from saraban.errors import Invalid, NotFound
from saraban.office import Office
from saraban.passwords import hashed, matches, weakness
from saraban.permissions import Act, Actor
from saraban.queries.visitor import Visitor, sitting_at
from storage import events, people
from storage.sql import insert_or_change
from storage.tables import password, person

# Without letters and digits that look alike: it is read out, or copied from paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def change_password(office: Office, who: Visitor, old: str, new: str) -> None:
    """The old one is asked for, under the same lock: a browser left alone is no invitation to guess."""
    now = office.clock()
    row = office.db.read(lambda db: _kept(db, who.person_id))
    locked_until = office.db.write(lambda tx: count_try(tx, who.person_id, now))
    if not matches(old, row.hash):
        if locked_until is not None:
            office.db.write(lambda tx: tell_of_lock(tx, who.person_id, now, locked_until))
        raise Invalid(("old", "รหัสผ่านเดิมไม่ถูกต้อง"))
    office.db.write(lambda tx: forgive(tx, who.person_id))
    if old == new:
        raise Invalid(("new", "รหัสผ่านใหม่ต้องไม่ซ้ำของเดิม"))
    if why := weakness(new, row.username or ""):
        raise Invalid(("new", why))
    kept = hashed(new)

    def command(tx: Connection) -> None:
        _set(tx, who.person_id, kept, now, must_change=False)
        end_sessions(tx, who.person_id, now, but=who.digest)
        if (actor := sitting_at(tx, who)) is not None:
            events.record(tx, actor, "change_password", now)

    office.db.write(command)


def _kept(db: Connection, person_id: int) -> Any:
    row = db.execute(
        select(password.c.hash, person.c.username)
        .join(person, person.c.id == password.c.person_id)
        .where(password.c.person_id == person_id)
    ).first()
    if row is None:
        raise NotFound()
    return row


def give_password(office: Office, actor: Actor, person_id: int, chosen: str | None = None) -> str:
    """A first password, shown once; its owner must change it at the first log-in."""
    actor.must(Act.KEEP_PEOPLE)
    now = office.clock()
    first = chosen or "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    kept = hashed(first)

    def command(tx: Connection) -> None:
        whose = people.kept_by(tx, actor, person_id)
        if whose.username is None:
            raise Invalid(("username", "บุคลากรนี้ยังไม่มีชื่อผู้ใช้: ตั้งชื่อผู้ใช้ก่อน"))
        _set(tx, person_id, kept, now, must_change=chosen is None)
        end_sessions(tx, person_id, now)
        events.record(tx, actor, "give_password", now, person=person_id)

    office.db.write(command)
    return first


def _set(tx: Connection, person_id: int, kept: str, now: datetime, *, must_change: bool) -> None:
    values = {
        "person_id": person_id,
        "hash": kept,
        "must_change": must_change,
        "failures": 0,
        "locked_until": None,
        "changed_at": now,
    }
    insert_or_change(
        tx, password, [values], by=["person_id"], changing=[name for name in values if name != "person_id"]
    )

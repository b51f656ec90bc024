"""Keys for programs: a program is a person too, so that every act and receipt names one."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from saraban.commands.add_person import NewPerson, create, grant, stated
from saraban.commands.create_root import operator
from saraban.errors import Invalid, NotFound
from saraban.ids import read, show
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.queries.who_is_asking import digest_of
from storage import events, tree
from storage.tables import key, membership, person
from storage.tables import office as offices


class NewKey(NamedTuple):
    """The secret is told this once: only its hash is kept."""

    id: str
    secret: str


def add_key(office: Office, *, office_code: str, role: str, clearance: str, name: str) -> NewKey:
    actor, now = operator(office), office.clock()
    new: NewPerson = stated(
        NewPerson, {"name": name, "office": office_code, "role": role, "clearance": clearance}
    )
    secret = "sbn_" + secrets.token_urlsafe(32)

    def command(tx: Connection) -> NewKey:
        where = tree.chosen(tx, actor, office_code, "office")
        person_id = create(tx, new.name, now, username=None, is_program=True)
        membership_id = grant(tx, person_id, where.id, new.role, Secrecy[new.clearance.upper()])
        row = {"membership_id": membership_id, "digest": digest_of(secret), "created_at": now}
        key_id = show("K", tx.execute(insert(key).values(row).returning(key.c.id)).scalar_one())
        told = {"person": person_id, "office": where.code, "role": str(new.role), "clearance": new.clearance}
        events.record(tx, actor, "add_key", now, None, key=key_id, **told)
        return NewKey(key_id, secret)

    return office.db.write(command)


def revoke_key(office: Office, name_or_id: str) -> None:
    """The key opens nothing from now on, and its program is nobody who could be cleared for anything."""
    actor, now = operator(office), office.clock()

    def command(tx: Connection) -> None:
        found = _named(tx, name_or_id)
        tx.execute(update(key).where(key.c.id == found.id).values(revoked_at=now))
        tx.execute(update(membership).where(membership.c.id == found.membership_id).values(ended_at=now))
        tx.execute(update(person).where(person.c.id == found.person_id).values(is_active=False))
        told = {"key": show("K", found.id), "person": found.person_id, "office": found.office}
        events.record(tx, actor, "revoke_key", now, None, **told)

    office.db.write(command)


def _named(tx: Connection, name_or_id: str) -> Any:
    """The one key that still opens and has this id or this name."""
    which = person.c.name == name_or_id.strip()
    if (number := read("K", name_or_id.strip())) is not None:
        which |= key.c.id == number
    found = tx.execute(_OPENING.where(which)).all()
    if not found:
        raise NotFound()
    if len(found) > 1:
        ids = ", ".join(f"{show('K', row.id)} ({row.office})" for row in found)
        raise Invalid(("name", f"มีกุญแจชื่อนี้หลายดอก: ระบุรหัสแทนชื่อ {ids}"))
    return found[0]


_OPENING = (
    select(key.c.id, key.c.membership_id, membership.c.person_id, offices.c.code.label("office"))
    .join(membership, membership.c.id == key.c.membership_id)
    .join(person, person.c.id == membership.c.person_id)
    .join(offices, offices.c.id == membership.c.office_id)
    .where(key.c.revoked_at.is_(None))
    .order_by(key.c.id)
)

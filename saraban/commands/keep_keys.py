"""Keys for programs: a program is a person too, so that every act and receipt names one."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import Connection, insert, select, update

from saraban.commands.add_person import create, grant, stated
from saraban.commands.create_root import operator
from saraban.commands.once import Nonce, write_once
from saraban.errors import Invalid, NotFound
from saraban.fields import Given, Name, OfficeCode, SecrecyWord
from saraban.ids import read, show
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Act, Actor, Role
from saraban.queries.who_is_asking import digest_of
from storage import events, tree
from storage.tables import key, membership, office as offices, person


class NewKey(NamedTuple):
    """The secret is told this once: only its hash is kept."""

    id: str
    secret: str | None


class NewProgram(Given):
    """A program that is to hold a key, and as what it will act."""

    name: Name
    office: OfficeCode
    role: Role
    clearance: SecrecyWord = "open"


class KeyMade(BaseModel):
    id: str


def add_key(office: Office, *, office_code: str, role: str, clearance: str, name: str) -> NewKey:
    """From the command line."""
    said = {"name": name, "office": office_code, "role": role, "clearance": clearance}
    made = issue_key(office, operator(office), stated(NewProgram, said))
    assert made.secret is not None
    return made


def issue_key(office: Office, actor: Actor, new: NewProgram, nonce: Nonce | None = None) -> NewKey:
    """Asked twice, the same key is named but not told again: an answer that held the secret would keep it."""
    actor.must(Act.KEEP_PEOPLE)
    now = office.clock()
    secret = "sbn_" + secrets.token_urlsafe(32)
    told_now: list[str] = []

    def command(tx: Connection) -> KeyMade:
        where = tree.chosen(tx, actor, new.office, "office")
        person_id = create(tx, new.name, now, username=None, is_program=True)
        membership_id = grant(tx, person_id, where.id, new.role, Secrecy[new.clearance.upper()])
        row = {"membership_id": membership_id, "digest": digest_of(secret), "created_at": now}
        key_id = show("K", tx.execute(insert(key).values(row).returning(key.c.id)).scalar_one())
        told = {"person": person_id, "office": where.code, "role": str(new.role), "clearance": new.clearance}
        events.record(tx, actor, "add_key", now, None, key=key_id, **told)
        told_now.append(secret)
        return KeyMade(id=key_id)

    made = write_once(office, actor, nonce, KeyMade, command)
    return NewKey(made.id, secret if told_now else None)


def revoke_key(office: Office, name_or_id: str) -> None:
    """From the command line, by name or id."""
    actor = operator(office)
    _revoke(office, actor, lambda tx: _named(tx, name_or_id))


def withdraw_key(office: Office, actor: Actor, key_id: int) -> None:
    """A key of the administrator's own tree; withdrawn already, it stays so."""
    actor.must(Act.KEEP_PEOPLE)
    own = _KEYS.where(key.c.id == key_id, membership.c.office_id.in_(tree.below(actor)), person.c.is_program)

    def find(tx: Connection) -> Any:
        row = tx.execute(own).first()
        if row is None:
            raise NotFound()
        return row

    _revoke(office, actor, find)


def _revoke(office: Office, actor: Actor, find: Callable[[Connection], Any]) -> None:
    """The key opens nothing from now on, and its program is nobody who could be cleared for anything."""
    now = office.clock()

    def command(tx: Connection) -> None:
        found = find(tx)
        standing = update(key).where(key.c.id == found.id, key.c.revoked_at.is_(None)).values(revoked_at=now)
        if not tx.execute(standing).rowcount:
            return
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


_KEYS = (
    select(key.c.id, key.c.membership_id, membership.c.person_id, offices.c.code.label("office"))
    .join(membership, membership.c.id == key.c.membership_id)
    .join(person, person.c.id == membership.c.person_id)
    .join(offices, offices.c.id == membership.c.office_id)
    .order_by(key.c.id)
)
_OPENING = _KEYS.where(key.c.revoked_at.is_(None))

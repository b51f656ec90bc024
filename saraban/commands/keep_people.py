"""An administrator corrects who a person is and what they may do, ends their work, and opens a lock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, update
from sqlalchemy.exc import IntegrityError

from saraban.commands.add_person import Username, grant
from saraban.commands.log_in import end_sessions, forgive
from saraban.commands.once import Nonce, write_once
from saraban.errors import AlreadyExists, NotAllowed, NotFound
from saraban.fields import Given, Name, SecrecyWord
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Act, Actor, Role
from saraban.queries.people import PersonItem, person_item
from storage import events, people
from storage.tables import membership, person, session


class PersonChange(Given):
    """What is not named stays."""

    name: Name | None = None
    username: Username | None = None


class WorkChange(Given):
    """The role and the clearance of a person in an office, both."""

    role: Role
    clearance: SecrecyWord


def change_person(office: Office, actor: Actor, person_id: int, said: PersonChange) -> None:
    actor.must(Act.KEEP_PEOPLE)
    now = office.clock()

    def command(tx: Connection) -> None:
        row = people.kept_by(tx, actor, person_id)
        given = said.model_dump(exclude_none=True)
        changed = {name: value for name, value in given.items() if getattr(row, name) != value}
        if not changed:
            return
        try:
            tx.execute(update(person).where(person.c.id == person_id).values(changed))
        except IntegrityError as taken:
            raise AlreadyExists(field="username", what=f"ชื่อผู้ใช้ {said.username}") from taken
        events.record(tx, actor, "change_person", now, None, person=person_id, **changed)

    office.db.write(command)


def change_work(
    office: Office, actor: Actor, membership_id: int, said: WorkChange, nonce: Nonce | None = None
) -> PersonItem:
    """Another role is other work: what was done before stays under the role in which it was done."""
    actor.must(Act.KEEP_PEOPLE)
    now, level = office.clock(), Secrecy[said.clearance.upper()]

    def command(tx: Connection) -> PersonItem:
        row = _others_work(tx, actor, membership_id)
        before = {"role": row.role, "clearance": Secrecy(row.clearance).word}
        if before == said.model_dump():
            return person_item(tx, membership_id)
        stays = membership_id
        if row.role == said.role:
            tx.execute(
                update(membership).where(membership.c.id == membership_id).values(clearance=int(level))
            )
        else:
            tx.execute(update(membership).where(membership.c.id == membership_id).values(ended_at=now))
            stays = grant(tx, row.person_id, row.office_id, said.role, level)
            tx.execute(
                update(session).where(session.c.membership_id == membership_id).values(membership_id=stays)
            )
        told = {"person": row.person_id, "office": row.code, **said.model_dump(mode="json"), "before": before}
        events.record(tx, actor, "change_work", now, None, **told)
        return person_item(tx, stays)

    return write_once(office, actor, nonce, PersonItem, command)


def end_work(office: Office, actor: Actor, membership_id: int) -> None:
    """Somebody has left an office: at once, wherever they sit in it; what they did keeps their name."""
    actor.must(Act.KEEP_PEOPLE)
    now = office.clock()

    def command(tx: Connection) -> None:
        row = _others_work(tx, actor, membership_id)
        tx.execute(update(membership).where(membership.c.id == membership_id).values(ended_at=now))
        sitting = update(session).where(
            session.c.membership_id == membership_id, session.c.ended_at.is_(None)
        )
        tx.execute(sitting.values(ended_at=now))
        events.record(tx, actor, "end_work", now, None, person=row.person_id, office=row.code, role=row.role)

    office.db.write(command)


def log_out_everywhere(office: Office, actor: Actor, person_id: int) -> int:
    """A lost telephone: whatever is open in this person's name, anywhere, is open no longer."""
    actor.must(Act.KEEP_PEOPLE)
    now = office.clock()

    def command(tx: Connection) -> int:
        people.known_to(tx, actor, person_id)
        ended = end_sessions(tx, person_id, now)
        events.record(tx, actor, "end_sessions", now, None, person=person_id, count=ended)
        return ended

    return office.db.write(command)


def unlock(office: Office, actor: Actor, person_id: int) -> None:
    """Whoever mistyped need not wait until the lock opens by itself."""
    actor.must(Act.KEEP_PEOPLE)
    now = office.clock()

    def command(tx: Connection) -> None:
        people.kept_by(tx, actor, person_id)
        forgive(tx, person_id)
        events.record(tx, actor, "unlock", now, None, person=person_id)

    office.db.write(command)


def _others_work(tx: Connection, actor: Actor, membership_id: int) -> Row[Any]:
    """Nobody raises, lowers or ends oneself; a program's work ends with its key."""
    row = people.work_in_the_tree(tx, actor, membership_id)
    if row.is_program:
        raise NotFound()
    if row.person_id == actor.person_id:
        raise NotAllowed()
    return row

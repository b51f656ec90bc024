"""Entries handed to a group or a person of the house."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, literal_column, select, update

from saraban.errors import EntryVoid, NotFound
from saraban.permissions import Actor
from storage.tables import assignment, entry, letter, membership, office, person, revision
from storage.visibility import sees_entry

# Written out, not bound: SQLite uses a partial index only where the query says its condition.
IS_UNDONE = assignment.c.state.in_([literal_column("'open'"), literal_column("'accepted'")])

_worker, _giver = person.alias("worker"), person.alias("giver")
TASKS = (
    select(assignment)
    .add_columns(
        entry.c.letter_id, entry.c.kind, entry.c.year, entry.c.number, entry.c.secrecy, entry.c.void_at
    )
    .add_columns(letter.c.letter_no, letter.c.subject, letter.c.dated, letter.c.urgency)
    .add_columns(office.c.code.label("office_code"), office.c.name.label("office_name"))
    .add_columns(_worker.c.name.label("person_name"), _giver.c.name.label("giver_name"))
    .join(entry, entry.c.id == assignment.c.entry_id)
    .join(letter, letter.c.id == entry.c.letter_id)
    .join(_giver, _giver.c.id == assignment.c.assigned_by)
    .outerjoin(office, office.c.id == assignment.c.office_id)
    .outerjoin(_worker, _worker.c.id == assignment.c.person_id)
)


def visible(tx: Connection, actor: Actor, assignment_id: int) -> Row[Any]:
    """An assignment of an entry the actor may see."""
    row = tx.execute(TASKS.where(assignment.c.id == assignment_id, sees_entry(actor))).first()
    if row is None:
        raise NotFound()
    return row


def desk_of(tx: Connection, actor: Actor, person_id: int, now_at: int) -> int:
    """The office of the house where a person works: the one that acts now, if they work there too."""
    desks = list(
        tx.execute(
            select(office.c.id)
            .join(membership, membership.c.office_id == office.c.id)
            .where(
                membership.c.person_id == person_id,
                membership.c.ended_at.is_(None),
                office.c.house_id == actor.house_id,
            )
            # A group before the house itself: the director of an area may head one of its groups too.
            .order_by(office.c.id == actor.house_id, office.c.id)
        ).scalars()
    )
    return now_at if now_at in desks or not desks else int(desks[0])


def set_acting(
    tx: Connection, actor: Actor, entry_id: int, office_id: int, person_id: int | None, at: datetime
) -> None:
    """Who acts stands in the line of the book, with what stood there before; a voided line takes nobody."""
    line = tx.execute(select(entry).where(entry.c.id == entry_id).with_for_update(key_share=True)).one()
    if line.void_at is not None:
        raise EntryVoid()
    acts = {"action_office_id": office_id, "action_person_id": person_id}
    before = {name: getattr(line, name) for name, acting in acts.items() if getattr(line, name) != acting}
    if before:
        tx.execute(update(entry).where(entry.c.id == entry_id).values(**acts, version=line.version + 1))
        tx.execute(
            insert(revision).values(
                entry_id=entry_id,
                version=line.version,
                changed_at=at,
                changed_by=actor.person_id,
                before=before,
            )
        )


def fall_back(tx: Connection, actor: Actor, given: Row[Any], at: datetime) -> None:
    """Who handed it back acts no longer, but who had it before, or else the office that registered it."""
    line = tx.execute(
        select(entry.c.action_office_id, entry.c.action_person_id, entry.c.house_id)
        .add_columns(letter.c.office_id, letter.c.house_id.label("writer_id"))
        .join(letter, letter.c.id == entry.c.letter_id)
        .where(entry.c.id == given.entry_id)
    ).one()
    if not _still_names(line, given):
        return
    before = tx.execute(
        select(assignment.c.office_id, assignment.c.person_id)
        .where(assignment.c.entry_id == given.entry_id, assignment.c.state != "handed_back")
        .order_by(assignment.c.id.desc())
    ).first()
    registering = line.office_id if line.writer_id == line.house_id else line.house_id
    if before is None:
        set_acting(tx, actor, given.entry_id, registering, None, at)
    elif before.person_id is None:
        set_acting(tx, actor, given.entry_id, before.office_id, None, at)
    else:
        desk = desk_of(tx, actor, before.person_id, line.action_office_id)
        set_acting(tx, actor, given.entry_id, desk, before.person_id, at)


def _still_names(line: Row[Any], given: Row[Any]) -> bool:
    """The line may have been corrected, or handed on, since."""
    if given.person_id is not None:
        return bool(line.action_person_id == given.person_id)
    return bool(line.action_office_id == given.office_id and line.action_person_id is None)

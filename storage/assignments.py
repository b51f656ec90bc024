"""Entries handed to a group or a person of the house."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from saraban.errors import NotFound
from saraban.permissions import Actor
from storage.tables import assignment, entry, office
from storage.visibility import sees_entry


def visible(tx: Connection, actor: Actor, assignment_id: int) -> Row[Any]:
    """An assignment of an entry the actor may see."""
    row = tx.execute(
        select(assignment, entry.c.letter_id, office.c.code.label("office_code"))
        .join(entry, entry.c.id == assignment.c.entry_id)
        .outerjoin(office, office.c.id == assignment.c.office_id)
        .where(assignment.c.id == assignment_id, sees_entry(actor))
    ).first()
    if row is None:
        raise NotFound()
    return row

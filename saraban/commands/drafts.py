"""What was typed into a form whose session had ended waits for the same person to log in again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from saraban.office import Office
from storage.tables import draft

LIVES = timedelta(days=2)
SECRETS = {"csrf", "nonce", "old", "new", "again", "password"}


def keep_draft(office: Office, person_id: int, draft_id: str, fields: dict[str, list[str]]) -> None:
    kept = {name: values for name, values in fields.items() if name not in SECRETS}
    now = office.clock()

    office.db.write(
        lambda tx: (
            tx.execute(
                insert(draft).values(id=draft_id, person_id=person_id, fields=kept, created_at=now)
            ).rowcount
        )
    )


def draft_of(office: Office, person_id: int, draft_id: str) -> dict[str, list[str]]:
    """Given back only to whom it belongs."""
    fields = office.db.read(
        lambda db: db.execute(
            select(draft.c.fields).where(
                draft.c.id == draft_id,
                draft.c.person_id == person_id,
                draft.c.created_at >= office.clock() - LIVES,
            )
        ).scalar()
    )
    return fields or {}


def forget_drafts(tx: Connection, now: datetime) -> None:
    tx.execute(delete(draft).where(draft.c.created_at < now - LIVES))

"""Has another letter been issued in the place of this one?"""

from __future__ import annotations

from sqlalchemy import select

from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.tracking import LetterRef
from storage.tables import letter
from storage.visibility import sees_letter


def replaced_by(office: Office, actor: Actor, letter_id: int) -> LetterRef | None:
    """The newest, of those the actor may see."""
    actor.must(Act.READ)
    newest = (
        select(letter.c.id, letter.c.letter_no, letter.c.subject, letter.c.dated)
        .where(letter.c.replaces_id == letter_id, sees_letter(actor))
        .order_by(letter.c.id.desc())
    )
    row = office.db.read(lambda db: db.execute(newest).first())
    return None if row is None else LetterRef.model_validate(dict(row._mapping))

"""What stands on the paper of a letter written here, and the file that was made of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, insert, select, update

from saraban.permissions import Actor
from storage.rows import Row as NewRow
from storage.tables import attachment, letter, letter_paper
from storage.visibility import sees_letter

p = letter_paper.c


def new(letter_id: int, said: Mapping[str, Any]) -> NewRow:
    return NewRow(letter_paper, {"letter_id": letter_id, **said})


# The file, if it was made of what the letter says now and nobody has taken it out since: who takes it out
# leaves its id here, a correction does not.
_FILE = (attachment.c.id == p.attachment_id) & attachment.c.removed_at.is_(None)
_PAPER = select(letter_paper, attachment.c.id.label("file"), attachment.c.blob_id.label("made"))


def of_letter(tx: Connection, letter_id: int) -> Row[Any] | None:
    return tx.execute(_PAPER.outerjoin(attachment, _FILE).where(p.letter_id == letter_id)).first()


def is_due(letter_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the letter was written here, and no file was made yet of what it says now."""
    return exists().where(p.letter_id == letter_id, p.attachment_id.is_(None))


def change(tx: Connection, letter_id: int, **values: Any) -> None:
    tx.execute(update(letter_paper).where(p.letter_id == letter_id).values(**values))


def drop_file(tx: Connection, paper: Row[Any], at: datetime) -> None:
    """The file says what the letter said before: it goes as a file goes that a person takes out."""
    if paper.file is not None:
        tx.execute(update(attachment).where(attachment.c.id == paper.file).values(removed_at=at))
        change(tx, paper.letter_id, attachment_id=None)


def attach_first(tx: Connection, letter_id: int, at: datetime, person_id: int, **file: Any) -> None:
    """The letter itself comes before what it encloses, though those files may have come before it."""
    first = tx.execute(
        select(func.coalesce(func.min(attachment.c.position), 1)).where(attachment.c.letter_id == letter_id)
    ).scalar_one()
    added = insert(attachment).values(
        letter_id=letter_id, position=first - 1, added_at=at, added_by=person_id, **file
    )
    made = tx.execute(added.returning(attachment.c.id)).scalar_one()
    change(tx, letter_id, attachment_id=made)


def written(tx: Connection, actor: Actor, letter_id: int) -> Row[Any] | None:
    """A letter of the actor's house with its paper (without, its `form` is missing), for whom it is shown."""
    found = (
        select(letter, *(column for column in p if column is not p.letter_id))
        .outerjoin(letter_paper, p.letter_id == letter.c.id)
        .where(letter.c.id == letter_id, letter.c.house_id == actor.house_id, sees_letter(actor))
    )
    return tx.execute(found).first()

"""Letters, their searchable words and their attachments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row as Found, and_, bindparam, func, select, update

from saraban.errors import NotFound
from saraban.permissions import Actor
from saraban.thai.text import compact, searchable
from storage.prepared import Prepared
from storage.rows import Row, insert_each
from storage.tables import Id, attachment, blob, dispatch_attachment, letter, letter_text
from storage.visibility import Sight, ids_of, sees_file, sees_letter, sight_of

_SET_TEXT = (
    update(letter_text)
    .where(letter_text.c.letter_id == bindparam("of_letter"))
    .values({name: bindparam(f"new_{name}") for name in ("text", "from_key", "to_key")})
)


def new(**values: Any) -> list[Row]:
    """A letter and the words it is found by."""
    return [Row(letter, values), Row(letter_text, {"letter_id": values["id"], **_words(values)})]


def change(tx: Connection, letter_id: int, **values: Any) -> Found[Any]:
    """The letter as it is now; its words are found by what it says now."""
    row = tx.execute(update(letter).where(letter.c.id == letter_id).values(**values).returning(letter)).one()
    words = {f"new_{name}": words for name, words in _words(row._mapping).items()}
    tx.execute(_SET_TEXT, {"of_letter": letter_id, **words})
    return row


def _words(values: Any) -> dict[str, str]:
    said = [values[name] for name in ("subject", "from_text", "to_text", "summary")]
    return {
        "text": searchable(*said, number=values["letter_key"]),
        "from_key": compact(values["from_text"]),
        "to_key": compact(values["to_text"]),
    }


def lock(tx: Connection, actor: Actor, letter_id: int) -> Found[Any]:
    """A letter the actor may see, held until the commit (on SQLite the writer is alone anyway)."""
    row: Found[Any] | None = _held_by(sight_of(actor)).first(tx, of_letter=letter_id, **ids_of(actor))
    if row is None:
        raise NotFound()
    return row


@cache
def _held_by(sight: Sight) -> Prepared:
    seen = select(letter).where(letter.c.id == bindparam("of_letter", type_=Id), sees_letter(sight.anybody))
    # Lines, deliveries and events that only name the letter do not wait for it: with a plain FOR UPDATE
    # they would, some of them holding what this transaction waits for.
    return Prepared(seen.with_for_update(key_share=True))


_FILES = (
    select(attachment.c.id, attachment.c.letter_id, attachment.c.filename, attachment.c.description)
    .add_columns(attachment.c.blob_id, attachment.c.added_at, blob.c.sha256, blob.c.size, blob.c.content_type)
    .join(blob, blob.c.id == attachment.c.blob_id)
    .join(letter, letter.c.id == attachment.c.letter_id)
    .where(attachment.c.removed_at.is_(None))
    .order_by(attachment.c.position)
)


def files_of(tx: Connection, actor: Actor, letter_id: int, ids: Sequence[int] | None = None) -> Sequence[Any]:
    """The files of a letter that the actor may have, in their order: all of them, or those named."""
    found = _files_for(sight_of(actor)).all(tx, of_letter=letter_id, **ids_of(actor))
    if ids is None:
        return found
    wanted = set(ids)
    return [row for row in found if row.id in wanted]


@cache
def _files_for(sight: Sight) -> Prepared:
    of_letter = attachment.c.letter_id == bindparam("of_letter", type_=Id)
    return Prepared(_FILES.where(of_letter, sees_file(sight.anybody)))


_SENT = Prepared(
    _FILES.join(dispatch_attachment, dispatch_attachment.c.attachment_id == attachment.c.id).where(
        dispatch_attachment.c.dispatch_id == bindparam("of_dispatch")
    )
)


def files_of_dispatch(tx: Connection, dispatch_id: int) -> Sequence[Found[Any]]:
    """The files that went with a sending."""
    return _SENT.all(tx, of_dispatch=dispatch_id)


def attach(
    tx: Connection, letter_id: int, files: Sequence[dict[str, Any]], at: datetime, person_id: int
) -> None:
    """Add files (blob, name, description) after those that are there."""
    if not files:
        return
    last = tx.execute(
        select(func.coalesce(func.max(attachment.c.position), 0)).where(attachment.c.letter_id == letter_id)
    ).scalar_one()
    insert_each(tx, attached(letter_id, files, at, person_id, after=last))


def attached(
    letter_id: int, files: Sequence[dict[str, Any]], at: datetime, person_id: int, after: int = 0
) -> list[Row]:
    """The files of a new letter, in their order."""
    told = {"letter_id": letter_id, "added_at": at, "added_by": person_id}
    return [
        Row(attachment, {**told, "position": place, **file})
        for place, file in enumerate(files, start=after + 1)
    ]


def visible(tx: Connection, actor: Actor, letter_id: int) -> Found[Any]:
    row = tx.execute(select(letter).where(and_(letter.c.id == letter_id, sees_letter(actor)))).first()
    if row is None:
        raise NotFound()
    return row


def seen(tx: Connection, actor: Actor, ids: Iterable[int | None]) -> set[int]:
    """Those of these letters that the actor sees: a link must not tell the id of one that it hides."""
    known = {one for one in ids if one is not None}
    if not known:
        return set()
    return set(tx.execute(select(letter.c.id).where(letter.c.id.in_(known), sees_letter(actor))).scalars())

"""Files added to a letter, before sending or after (they travel with the next send); removed only before."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, select, update

from saraban.commands.enter_letter import Filed, filed
from saraban.commands.once import Nonce, write_once
from saraban.errors import EntryVoid, LetterSent, NotFound, TooManyFiles, TopSecretNotSent
from saraban.fields import Given, example
from saraban.letters import FileGiven
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import events, letters, uploads
from storage.tables import attachment, entry
from storage.visibility import sees_entry


class MoreFiles(Given):
    model_config = example(files=[{"upload": "U12", "description": "แบบตอบรับ"}])

    files: list[FileGiven] = Field(min_length=1)


class Attached(BaseModel):
    """All the files of the letter, those just added among them."""

    attachments: list[Filed]


def attach_files(
    office: Office, actor: Actor, letter_id: int, more: MoreFiles, nonce: Nonce | None = None
) -> Attached:
    actor.must(Act.REGISTER)
    if len(more.files) > office.settings.max_files:
        raise TooManyFiles(field="files", limit=office.settings.max_files)
    now = office.clock()

    def command(tx: Connection) -> Attached:
        row = own_letter(tx, actor, letter_id)
        if row.secrecy == Secrecy.TOP_SECRET:
            raise TopSecretNotSent(field="files")
        given = uploads.use(tx, actor, [(file.upload, file.description) for file in more.files], now)
        letters.attach(tx, letter_id, given, now, actor.person_id)
        events.record(tx, actor, "attach", now, letter_id, files=len(given))
        return Attached(attachments=filed(tx, actor, letter_id))

    return write_once(office, actor, nonce, Attached, command)


def remove_file(office: Office, actor: Actor, attachment_id: int) -> None:
    actor.must(Act.CORRECT)
    now = office.clock()

    def command(tx: Connection) -> None:
        letter_id = tx.execute(
            select(attachment.c.letter_id).where(attachment.c.id == attachment_id)
        ).scalar()
        if letter_id is None:
            raise NotFound()
        row = own_letter(tx, actor, letter_id)
        if row.sent_at is not None:
            raise LetterSent()
        removed = tx.execute(
            update(attachment)
            .where(attachment.c.id == attachment_id, attachment.c.removed_at.is_(None))
            .values(removed_at=now)
        ).rowcount
        if removed:
            events.record(tx, actor, "remove_file", now, letter_id, attachment=attachment_id)

    office.db.write(command)


def own_letter(tx: Connection, actor: Actor, letter_id: int) -> Row[Any]:
    """A letter of the actor's house, in a line of its book that still stands."""
    row = letters.lock(tx, actor, letter_id)
    if row.house_id != actor.house_id:
        raise NotFound()
    line = tx.execute(
        select(entry.c.void_at).where(entry.c.letter_id == letter_id, sees_entry(actor))
    ).first()
    if line is None:
        raise NotFound()
    if line.void_at is not None:
        raise EntryVoid()
    return row

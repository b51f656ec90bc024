"""A file's bytes, for those who may have them."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from saraban.commands.look import trace_look
from saraban.errors import NotFound
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage.blobs import STORED, stored_in
from storage.files import Stored
from storage.prepared import Prepared
from storage.tables import Id, attachment as attachments, blob, letter
from storage.visibility import Sight, ids_of, sees_file, sees_letter, sight_of


class FileFound(NamedTuple):
    filename: str
    content_type: str
    stored: Stored


def attachment(office: Office, actor: Actor, attachment_id: int) -> FileFound:
    actor.must(Act.READ)

    def query(db: Connection) -> tuple[FileFound, int, int]:
        row = _seen_by(sight_of(actor)).first(db, attachment=attachment_id, **ids_of(actor))
        if row is None:
            raise NotFound()
        return FileFound(row.filename, row.content_type, stored_in(row)), row.secrecy, row.letter_id

    found, secrecy, letter_id = office.db.read(query)
    trace_look(office, actor, secrecy, letter_id, f"file {attachment_id}")
    return found


@cache
def _seen_by(sight: Sight) -> Prepared:
    return Prepared(
        select(attachments.c.filename, attachments.c.letter_id, letter.c.secrecy)
        .add_columns(*STORED, blob.c.content_type)
        .join(blob, blob.c.id == attachments.c.blob_id)
        .join(letter, letter.c.id == attachments.c.letter_id)
        .where(attachments.c.id == bindparam("attachment", type_=Id), attachments.c.removed_at.is_(None))
        .where(sees_letter(sight.anybody), sees_file(sight.anybody))
    )

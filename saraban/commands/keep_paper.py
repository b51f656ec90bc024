"""What was written becomes a file: made outside, kept here as the first of the letter's files."""

from __future__ import annotations

from sqlalchemy import Connection

from saraban.commands.attach_files import Attached, own_letter
from saraban.commands.enter_letter import filed
from saraban.commands.keep_made import keep_made
from saraban.errors import LetterSent, NotWrittenHere, StaleVersion
from saraban.filetypes import PDF
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import events, letter_paper


def keep_paper(
    office: Office, actor: Actor, letter_id: int, version: int, filename: str, description: str, pdf: bytes
) -> Attached:
    """In the place of the file that was made before; after the first sending that one stays."""
    actor.must(Act.REGISTER)
    now = office.clock()

    def act(tx: Connection, blob_id: int) -> Attached:
        row = own_letter(tx, actor, letter_id)
        paper = letter_paper.of_letter(tx, letter_id)
        if paper is None:
            raise NotWrittenHere()
        if row.version != version:
            raise StaleVersion()
        if row.sent_at is not None and paper.file is not None:
            raise LetterSent()
        if paper.made == blob_id:  # asked twice, or again: the same letter stays the same file
            return Attached(attachments=filed(tx, actor, letter_id))
        letter_paper.drop_file(tx, paper, now)
        file = {"blob_id": blob_id, "filename": filename, "description": description}
        letter_paper.attach_first(tx, letter_id, now, actor.person_id, **file)
        events.record(tx, actor, "attach", now, letter_id, files=1, filename=filename)
        return Attached(attachments=filed(tx, actor, letter_id))

    return keep_made(office, pdf, PDF, now, act)

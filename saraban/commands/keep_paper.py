"""What was written becomes a file: made outside, kept here as the first of the letter's files."""

from __future__ import annotations

from sqlalchemy import Connection

from saraban.commands.attach_files import Attached, own_letter
from saraban.commands.enter_letter import filed
from saraban.errors import LetterSent, NotWrittenHere, StaleVersion
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import blobs, events, letter_paper
from storage.files import Spool


def keep_paper(
    office: Office, actor: Actor, letter_id: int, version: int, filename: str, description: str, pdf: bytes
) -> Attached:
    """In the place of the file that was made before; after the first sending that one stays."""
    actor.must(Act.REGISTER)
    now, settings = office.clock(), office.settings
    with Spool(settings.spool, settings.max_file_bytes, filename) as spool:
        spool.write(pdf)
        stored = office.files.keep(spool)

    def command(tx: Connection) -> tuple[Attached, str | None]:
        row = own_letter(tx, actor, letter_id)
        paper = letter_paper.of_letter(tx, letter_id)
        if paper is None:
            raise NotWrittenHere()
        if row.version != version:
            raise StaleVersion()
        if row.sent_at is not None and paper.file is not None:
            raise LetterSent()
        letter_paper.drop_file(tx, paper, now)
        kept = blobs.keep(tx, stored, "application/pdf", now)
        file = {"blob_id": kept.blob_id, "filename": filename, "description": description}
        letter_paper.attach_first(tx, letter_id, now, actor.person_id, **file)
        events.record(tx, actor, "attach", now, letter_id, files=1, filename=filename)
        return Attached(attachments=filed(tx, actor, letter_id)), kept.spare_key

    attached, spare_key = office.db.write(command)
    if spare_key is not None:
        office.files.delete(spare_key)
    return attached

"""A file arrives: its content is recognised, its bytes are durable, and then a row names them."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

from saraban.filetypes import clean_filename, recognise
from saraban.ids import UploadId
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import uploads
from storage.files import Spool


class Uploaded(BaseModel):
    id: UploadId
    filename: str
    size: int
    sha256: str
    content_type: str
    expires_at: datetime


def keep_upload(office: Office, actor: Actor, spool: Spool, filename: str) -> Uploaded:
    actor.must(Act.REGISTER)
    name = clean_filename(filename)
    kind = recognise(spool.rewound(), name)
    # Slow and outside the transaction: the bytes are on disk before a row names them.
    stored = office.files.keep(spool)
    now, lives = office.clock(), timedelta(hours=office.settings.upload_hours)
    kept = office.db.write(lambda tx: uploads.keep(tx, actor, stored, kind.content_type, name, now, lives))
    if kept.spare_key is not None:
        office.files.delete(kept.spare_key)
    return Uploaded(
        id=kept.upload_id,
        filename=name,
        size=stored.size,
        sha256=stored.sha256,
        content_type=kind.content_type,
        expires_at=now + lives,
    )

"""Files that have arrived and wait for their letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from saraban.errors import Invalid, UploadUsed
from saraban.permissions import Actor
from storage import blobs
from storage.files import Stored
from storage.prepared import Prepared
from storage.sql import among
from storage.tables import upload
from storage.visibility import ids_of


class Kept(NamedTuple):
    """An upload, and the key of a second copy of the same content, to be deleted after the commit."""

    upload_id: int
    spare_key: str | None


def keep(
    tx: Connection,
    actor: Actor,
    stored: Stored,
    content_type: str,
    filename: str,
    at: datetime,
    lives: timedelta,
) -> Kept:
    kept = blobs.keep(tx, stored, content_type, at)
    upload_id = _NEW.only(
        tx,
        blob_id=kept.blob_id,
        house_id=actor.house_id,
        person_id=actor.person_id,
        filename=filename,
        created_at=at,
        expires_at=at + lives,
    )
    return Kept(int(upload_id), kept.spare_key)


_NEW = Prepared(insert(upload).returning(upload.c.id))


def use(
    tx: Connection, actor: Actor, uploads: Sequence[tuple[int, str]], at: datetime
) -> list[dict[str, Any]]:
    """Turn the actor's own uploads into what becomes attachments; each can be used once."""
    if not uploads:
        return []
    ids = [upload_id for upload_id, _ in uploads]
    if len(set(ids)) < len(ids):
        raise Invalid(("files", "ระบุไฟล์เดียวกันมากกว่าหนึ่งครั้ง"))
    used = {
        row.id: row for row in _using(tx.dialect.name).all(tx, ids=ids, now=at, used_at=at, **ids_of(actor))
    }
    missing = [upload_id for upload_id in ids if upload_id not in used]
    if missing:
        mine = (upload.c.person_id == actor.person_id) & (upload.c.house_id == actor.house_id)
        known = tx.execute(
            select(upload.c.id).where(upload.c.id.in_(missing), mine, upload.c.used_at.isnot(None))
        ).all()
        if known:
            raise UploadUsed(field="files")
        raise Invalid(("files", "ไม่พบไฟล์ที่อัปโหลด หรือหมดอายุแล้ว: อัปโหลดใหม่อีกครั้ง"))
    return [
        {"blob_id": used[upload_id].blob_id, "filename": used[upload_id].filename, "description": description}
        for upload_id, description in uploads
    ]


@cache
def _using(engine: str) -> Prepared:
    mine = (upload.c.person_id == bindparam("my_self")) & (upload.c.house_id == bindparam("my_house"))
    waiting = upload.c.used_at.is_(None) & (upload.c.expires_at > bindparam("now"))
    return Prepared(
        update(upload)
        .where(among(engine, upload.c.id, "ids"), mine, waiting)
        .returning(upload.c.id, upload.c.blob_id, upload.c.filename)
    )


def forget_expired(tx: Connection, now: datetime) -> None:
    """Drop uploads that found no letter."""
    tx.execute(delete(upload).where((upload.c.expires_at <= now) | upload.c.used_at.isnot(None)))

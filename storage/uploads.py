"""Files that have arrived, and the bytes they share: one blob per content, whoever sends it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, exists, insert, select, update

from saraban.errors import Invalid, UploadUsed
from saraban.permissions import Actor
from storage.files import Stored
from storage.sql import insert_missing
from storage.tables import attachment, blob, upload


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
    insert_missing(
        tx,
        blob,
        {
            "sha256": stored.sha256,
            "key": stored.key,
            "size": stored.size,
            "content_type": content_type,
            "blocks": stored.blocks,
            "created_at": at,
        },
    )
    # Locked, so that a sweep of what nobody names waits, and then finds this upload naming it.
    won = tx.execute(
        select(blob.c.id, blob.c.key)
        .where(blob.c.sha256 == stored.sha256)
        .with_for_update(key_share=True, read=True)
    ).one()
    upload_id = tx.execute(
        insert(upload)
        .values(
            blob_id=won.id,
            house_id=actor.house_id,
            person_id=actor.person_id,
            filename=filename,
            created_at=at,
            expires_at=at + lives,
        )
        .returning(upload.c.id)
    ).scalar_one()
    return Kept(int(upload_id), None if won.key == stored.key else stored.key)


def use(
    tx: Connection, actor: Actor, uploads: Sequence[tuple[int, str]], at: datetime
) -> list[dict[str, Any]]:
    """Turn the actor's own uploads into what becomes attachments; each can be used once."""
    if not uploads:
        return []
    ids = [upload_id for upload_id, _ in uploads]
    if len(set(ids)) < len(ids):
        raise Invalid(("files", "ระบุไฟล์เดียวกันมากกว่าหนึ่งครั้ง"))
    mine = (upload.c.person_id == actor.person_id) & (upload.c.house_id == actor.house_id)
    used = {
        row.id: row
        for row in tx.execute(
            update(upload)
            .where(upload.c.id.in_(ids), mine, upload.c.used_at.is_(None), upload.c.expires_at > at)
            .values(used_at=at)
            .returning(upload.c.id, upload.c.blob_id, upload.c.filename)
        )
    }
    missing = [upload_id for upload_id in ids if upload_id not in used]
    if missing:
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


def forget_expired(tx: Connection, now: datetime) -> list[str]:
    """Drop uploads that found no letter, and bytes nobody names; their keys are deleted after the commit."""
    tx.execute(delete(upload).where((upload.c.expires_at <= now) | upload.c.used_at.isnot(None)))
    unnamed = ~exists(select(1).where(attachment.c.blob_id == blob.c.id)) & ~exists(
        select(1).where(upload.c.blob_id == blob.c.id)
    )
    return list(tx.execute(delete(blob).where(unnamed).returning(blob.c.key)).scalars())

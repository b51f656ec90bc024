"""Every file's bytes, block by block, and what stands in the store that no row names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, select

from saraban.errors import FileDamaged
from saraban.ids import show
from saraban.office import Office
from saraban.queries.check.report import PAGE, Report, stream
from storage.blobs import NAMED, stored_in
from storage.tables import attachment, blob

# A file stands in the store before its row is committed; one as old as this is nobody's.
SETTLED = timedelta(hours=1)


_NAMELESS = (
    select(attachment.c.id).outerjoin(blob, blob.c.id == attachment.c.blob_id).where(blob.c.id.is_(None))
)


def attachments(db: Connection, report: Report) -> None:
    for row in stream(db, _NAMELESS):
        report.find("blob_missing", show("A", row.id), "ไฟล์แนบไม่มีข้อมูลของไฟล์")


def files(office: Office, report: Report) -> None:
    after = 0
    while page := _blobs(office, after):
        for row in page:
            _file(office, report, row)
        after = page[-1].id


def _blobs(office: Office, after: int) -> Sequence[Row[Any]]:
    query = select(blob, NAMED.label("named")).where(blob.c.id > after).order_by(blob.c.id).limit(PAGE)
    return office.db.read(lambda db: db.execute(query).all())


def _file(office: Office, report: Report, row: Row[Any]) -> None:
    report.counted.update(files=1, bytes=row.size)
    try:
        office.files.verify(stored_in(row))
    except FileDamaged as damaged:
        used = office.db.read(lambda db: _used(db, row.id))
        if used is None:
            return  # nobody named it, and it was tidied away since its row was read
        block = damaged.about.get("block")
        where = "หายไป อ่านไม่ได้ หรือไม่ครบ" if block is None else f"เนื้อหาเปลี่ยนที่ MiB ที่ {block + 1}"  # type: ignore[operator]
        report.find("file_damaged", ", ".join(used) or row.key, f"{where} ({row.key})")
    if not row.named:
        report.note("blob_unnamed", row.key, "ไม่มีหนังสือใดใช้ไฟล์นี้ ระบบจะลบเอง")


def _used(db: Connection, blob_id: int) -> list[str] | None:
    """The attachments that hold these bytes, or None when the bytes are no longer wanted."""
    if db.execute(select(blob.c.id).where(blob.c.id == blob_id)).first() is None:
        return None
    found = select(attachment.c.id).where(attachment.c.blob_id == blob_id).order_by(attachment.c.id).limit(5)
    return [show("A", each) for each in db.execute(found).scalars()]


def unnamed(office: Office, report: Report) -> None:
    before = office.clock() - SETTLED
    old = (each.key for each in office.files.listing() if each.modified < before)
    while page := list(islice(old, PAGE)):
        known = _known(office, page)
        for key in page:
            if key not in known:
                report.note("file_unnamed", key, "ไฟล์ในที่เก็บที่ไม่มีข้อมูลใดอ้างถึง")


def _known(office: Office, keys: list[str]) -> set[str]:
    query = select(blob.c.key).where(blob.c.key.in_(keys))
    return set(office.db.read(lambda db: db.execute(query).scalars().all()))

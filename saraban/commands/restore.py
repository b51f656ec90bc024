"""From a backup into an empty database of either engine: an office comes back, or moves to another engine."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from sqlalchemy import Connection

from saraban.commands.back_up import FORMAT, MANIFEST, Copied, Manifest, Table, file_member, table_member
from saraban.commands.create_root import create_root, operator
from saraban.errors import BackupDamaged, NotEmpty
from saraban.office import Office
from storage import dump, events, feed, migrations, signing_keys
from storage.files import BLOCK, Spool
from storage.tables import blob

# The rows of the files again, with the keys that these have in this office's store.
KEPT = "blob.kept"


def restore(office: Office, path: Path) -> Copied:
    """Everything or nothing; the files are durable before the transaction that names them begins."""
    office.db.read(_must_be_empty)
    spool = office.settings.spool
    spool.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=spool) as made:
        folder = Path(made)
        try:
            with tarfile.open(path, "r:") as tar:
                manifest = _manifest(tar)
                for table in dump.tables():
                    _take_table(tar, folder / table.name, table.name, manifest.tables[table.name])
                files = _take_files(tar, office, folder)
            rows = office.db.write(lambda tx: _load(tx, office, folder))
        except BaseException as failure:
            _drop_files(office, folder)
            if isinstance(failure, tarfile.TarError):
                raise BackupDamaged(reason="ไม่ใช่ไฟล์สำรอง หรือไม่ครบ") from failure
            raise
    create_root(office)
    actor, now = operator(office), office.clock()
    told = {"made_at": manifest.made_at, "rows": rows, "files": files}
    office.db.write(lambda tx: events.record(tx, actor, "restore", now, None, **told))
    return Copied(rows, files)


def _must_be_empty(tx: Connection) -> None:
    if not dump.is_empty(tx):
        raise NotEmpty()


# -- out of the file ------------------------------------------------------------------------------


def _manifest(tar: tarfile.TarFile) -> Manifest:
    _, content = _next(tar, MANIFEST)
    try:
        manifest = Manifest.model_validate_json(content.read())
    except ValueError as unreadable:
        raise BackupDamaged(reason=f"อ่าน {MANIFEST} ไม่ได้") from unreadable
    if (manifest.format, manifest.revision) != (FORMAT, migrations.newest()):
        made_by = f"{manifest.saraban} ({manifest.revision})"
        raise BackupDamaged(reason=f"สำรองจากโปรแกรมรุ่น {made_by}: กู้คืนด้วยรุ่นนั้นก่อน แล้วจึงปรับปรุงรุ่น")
    if manifest.tables.keys() != {table.name for table in dump.tables()}:
        raise BackupDamaged(reason=f"{MANIFEST} มีตารางไม่ครบ")
    return manifest


def _next(tar: tarfile.TarFile, name: str) -> tuple[int, IO[bytes]]:
    """The next member, which must be the one expected, and its size."""
    member = tar.next()
    tar.members = []  # type: ignore[attr-defined] # it would remember every file of the country
    content = None if member is None or member.name != name else tar.extractfile(member)
    if member is None or content is None:
        raise BackupDamaged(reason=f"ไม่มี {name} ในที่ที่ควรอยู่")
    return member.size, content


def _take_table(tar: tarfile.TarFile, path: Path, name: str, told: Table) -> None:
    _, content = _next(tar, table_member(name))
    with path.open("xb") as file:
        shutil.copyfileobj(content, file, BLOCK)
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != told.sha256:
            raise BackupDamaged(reason=f"ตาราง {name} ถูกแก้ไขหรือเสียหาย")


def _take_files(tar: tarfile.TarFile, office: Office, folder: Path) -> int:
    count = 0
    with dump.writing(blob, folder / KEPT) as write:
        for row in dump.reading(blob, folder / blob.name):
            size, content = _next(tar, file_member(row["sha256"]))
            with Spool(office.settings.spool, size) as spool:
                shutil.copyfileobj(content, spool, BLOCK)
                if (spool.sha256, spool.size, spool.blocks) != (row["sha256"], row["size"], row["blocks"]):
                    raise BackupDamaged(reason=f"ไฟล์ {row['sha256']} ถูกแก้ไขหรือเสียหาย")
                write({**row, "key": office.files.keep(spool).key})
            count += 1
    return count


def _drop_files(office: Office, folder: Path) -> None:
    if (folder / KEPT).exists():
        for row in dump.reading(blob, folder / KEPT):
            office.files.delete(row["key"])


# -- into the database ----------------------------------------------------------------------------


def _load(tx: Connection, office: Office, folder: Path) -> int:
    _must_be_empty(tx)
    dump.clear(tx)
    rows = 0
    for table in dump.tables():
        path = folder / (KEPT if table is blob else table.name)
        rows += dump.load(tx, table, partial(dump.reading, table, path))
    dump.count_on(tx)
    now = office.clock()
    feed.leap(tx, now)
    # This machine signs with a key of its own; the old ones stay, for the receipts they signed.
    signing_keys.publish(tx, office.signer.key_id, office.signer.public_key, now)
    return rows

"""Everything in one file: the rows as they were at one moment, and the bytes of every file of a letter.

A tar of lines of JSON, so that either engine can take in what the other wrote, and a person can look into
it without this program. The private key that signs receipts is not in it: a stolen copy must not be able to
issue receipts. Its public half is among the rows, so old receipts verify; a new machine makes its own key.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import Connection

from saraban import __version__
from saraban.errors import FileDamaged
from saraban.office import Office
from storage import dump, migrations
from storage.files import BLOCK, FileStore, Stored
from storage.tables import blob

MANIFEST, FORMAT = "manifest.json", 1


class Table(BaseModel):
    rows: int
    sha256: str


class Manifest(BaseModel):
    """The first member: what the others must be. A file needs no line here, its name is its SHA-256."""

    format: int = FORMAT
    saraban: str = __version__
    revision: str
    made_at: datetime
    tables: dict[str, Table]


class Copied(NamedTuple):
    rows: int
    files: int


def table_member(name: str) -> str:
    return f"tables/{name}.jsonl.gz"


def file_member(sha256: str) -> str:
    return f"files/{sha256}"


def back_up(office: Office, path: Path) -> Copied:
    """The file appears under its name at once and whole, or not at all."""
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        # The snapshot ends before the files are copied, which may take hours: no file of a letter ever goes.
        tables = office.db.snapshot(lambda db: _write_tables(db, Path(folder)))
        manifest = Manifest(revision=migrations.newest(), made_at=office.clock(), tables=tables)
        draft = Path(folder) / "backup.tar"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                _fill(tar, office, Path(folder), manifest)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _fsync(path.parent)
    return Copied(sum(table.rows for table in tables.values()), tables[blob.name].rows)


def _write_tables(db: Connection, folder: Path) -> dict[str, Table]:
    told = {}
    for table in dump.tables():
        count, path = 0, folder / table.name
        with dump.writing(table, path) as write:
            for row in dump.rows(db, table):
                write(row)
                count += 1
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        told[table.name] = Table(rows=count, sha256=digest)
    return told


def _fill(tar: tarfile.TarFile, office: Office, folder: Path, manifest: Manifest) -> None:
    at, told = int(manifest.made_at.timestamp()), manifest.model_dump_json(indent=2).encode()

    def add(name: str, size: int, content: io.BufferedIOBase) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, at, 0o600
        tar.addfile(member, content)
        tar.members = []  # type: ignore[attr-defined] # it would remember every file of the country

    add(MANIFEST, len(told), io.BytesIO(told))
    for table in dump.tables():
        path = folder / table.name
        with path.open("rb") as file:
            add(table_member(table.name), path.stat().st_size, file)
    for row in dump.reading(blob, folder / blob.name):
        stored = Stored(row["key"], row["sha256"], row["size"], row["blocks"])
        with io.BufferedReader(_Checked(office.files, stored), BLOCK) as content:
            add(file_member(stored.sha256), stored.size, content)


class _Checked(io.RawIOBase):
    """A stored file as something to read from: each block is checked, and with the last one the whole."""

    def __init__(self, files: FileStore, stored: Stored) -> None:
        self.stored = stored
        self.pieces: Iterator[bytes] = files.read(stored)
        self.whole = hashlib.sha256()
        self.left = stored.size
        self.rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.rest:
            piece = next(self.pieces, b"")
            self.whole.update(piece)
            self.left -= len(piece)
            # Now and not at the end: whoever knows the size does not ask for more.
            if self.left == 0 and self.whole.hexdigest() != self.stored.sha256:
                raise FileDamaged(key=self.stored.key)
            self.rest = memoryview(piece)
        count = min(len(buffer), len(self.rest))
        buffer[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count


def _fsync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

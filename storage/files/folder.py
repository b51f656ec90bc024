"""Files in a local folder: the embedded default."""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Hashable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from saraban.errors import FileDamaged
from storage.files.spool import Spool, Stored, writable
from storage.files.store import FileStore, Found, Listed, new_key, path_of

SETTLED, FORGOTTEN = 2.0, 600.0  # seconds


class Folder(FileStore):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def prepare(self, spool: Spool) -> None:
        spool.flush(to_disk=True)

    def keep(self, spool: Spool) -> Stored:
        stored = Stored(new_key(spool.sha256), spool.sha256, spool.size, spool.blocks)
        target = self.path / path_of(stored.key)
        spool.flush(to_disk=True)
        with writable():
            target.parent.mkdir(parents=True, exist_ok=True)
            _move(spool.path, target)
            # All three every time: another process may have made a folder and not have come to its fsync yet.
            for folder in (target.parent, target.parent.parent, self.path):
                _fsync(folder)
        spool.close()
        return stored

    def delete(self, key: str) -> None:
        with writable():
            (self.path / path_of(key)).unlink(missing_ok=True)

    def listing(self) -> Iterator[Listed]:
        for path in self.path.glob("??/??/*"):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue  # deleted since the folder was read
            yield Listed(path.name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def check(self) -> None:
        with writable(), tempfile.TemporaryFile(dir=self.path) as probe:
            probe.write(b"written")
            probe.flush()

    def _piece(self, stored: Stored, start: int, stop: int) -> Found:
        try:
            handle = os.open(self.path / path_of(stored.key), os.O_RDONLY)
            try:
                before = os.fstat(handle)
                content = os.pread(handle, stop - start, start)
                return Found(content, _unwritten(before, os.fstat(handle)))
            finally:
                os.close(handle)
        except OSError as error:
            raise FileDamaged(key=stored.key) from error


def _unwritten(*looks: os.stat_result) -> Hashable:
    """What tells a file from itself after any write: the system counts them, and nobody can turn that back.

    Its clock ticks in milliseconds, so what was written just now says nothing yet. And memory forgets: what
    rots on a disk is no write, and is looked for again after ten minutes."""
    before, after = ((one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for one in looks)
    settled = abs(time.time() - looks[0].st_ctime) > SETTLED
    return (*before, time.monotonic() // FORGOTTEN) if before == after and settled else None


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # The folder is on another file system than the spool. A copy broken off half way is a file that no
        # row names, the same as a copy whose transaction was rolled back.
        shutil.copyfile(source, target)
        _fsync(target)
        source.unlink()


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Files in a local folder: the embedded default."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from saraban.errors import FileDamaged
from storage.files.spool import Spool, Stored, writable
from storage.files.store import FileStore, Listed, new_key, path_of


class Folder(FileStore):
    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

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

    def _piece(self, stored: Stored, start: int, stop: int) -> bytes:
        try:
            handle = os.open(self.path / path_of(stored.key), os.O_RDONLY)
            try:
                return os.pread(handle, stop - start, start)
            finally:
                os.close(handle)
        except OSError as error:
            raise FileDamaged(key=stored.key) from error


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

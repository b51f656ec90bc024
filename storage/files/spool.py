"""One file's bytes on their way in: written, counted and hashed as they come, never held in memory."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from saraban.errors import FileTooLarge, NotReady

BLOCK = 2**20
_PREFIX = "spool-"


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database must remember of a kept file in order to prove every byte it hands out."""

    key: str
    sha256: str
    size: int
    blocks: bytes  # the SHA-256 of each MiB, 32 bytes after 32 bytes


class Spool:
    """A file that is arriving. Left without being kept, it leaves nothing behind."""

    def __init__(self, folder: Path, limit: int, filename: str = "") -> None:
        with writable():
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=_PREFIX, dir=folder)
        self.path = Path(name)
        self.limit = limit
        self.filename = filename
        self.size = 0
        self._on_disk = -1  # bytes that a power cut leaves
        self._file: BinaryIO = os.fdopen(handle, "w+b")
        # Of most letters' files the first MiB is the whole: it is not hashed twice.
        self._block = self._whole = hashlib.sha256()
        self._blocks = bytearray()

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        if self.size + len(chunk) > self.limit:
            raise FileTooLarge(filename=self.filename, limit=self.limit)
        with writable():
            self._file.write(chunk)
        rest = memoryview(chunk)
        while rest:
            piece = rest[: BLOCK - self.size % BLOCK]
            self._whole.update(piece)
            if self._block is not self._whole:
                self._block.update(piece)
            self.size += len(piece)
            if self.size % BLOCK == 0:
                self._blocks += self._block.digest()
                self._block = hashlib.sha256()
            rest = rest[len(piece) :]

    @property
    def sha256(self) -> str:
        return self._whole.hexdigest()

    @property
    def blocks(self) -> bytes:
        return bytes(self._blocks) + (self._block.digest() if self.size % BLOCK else b"")

    def rewound(self) -> BinaryIO:
        """The file to look into, from its first byte."""
        self.flush()
        self._file.seek(0)
        return self._file

    def flush(self, *, to_disk: bool = False) -> None:
        with writable():
            self._file.flush()
            if to_disk and self._on_disk < self.size:
                os.fsync(self._file.fileno())
                self._on_disk = self.size

    def close(self) -> None:
        self._file.close()

    def discard(self) -> None:
        """Removes what arrived, unless a store has taken it: a store closes what it took."""
        if self._file.closed:
            return
        self.path.unlink(missing_ok=True)
        try:
            self._file.close()
        except OSError:
            # A full disk refuses the last buffered bytes once more; the file they belong to is already gone.
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


@contextmanager
def writable() -> Iterator[None]:
    """A full or unplugged disk is a refusal that people are told about, not a broken program."""
    try:
        yield
    except OSError as error:
        raise NotReady(reason="ที่เก็บไฟล์เต็มหรือเขียนไม่ได้") from error


def sweep(folder: Path, before: datetime) -> int:
    """Removes what a killed process left behind: files that stopped arriving before the given time."""
    swept = 0
    for path in folder.glob(f"{_PREFIX}*"):
        try:
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                swept += 1
        except FileNotFoundError:
            continue  # kept, discarded or swept by another process meanwhile
    return swept

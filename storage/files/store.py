"""What every store of files promises: kept means durable, and no byte leaves that was not checked."""

import hashlib
import secrets
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator
from datetime import datetime
from typing import NamedTuple

from saraban.errors import FileDamaged
from storage.files.spool import BLOCK, Spool, Stored

_DIGEST = hashlib.sha256().digest_size
REMEMBERED = 10_000  # blocks of a MiB, in about 3 MiB of memory


class Listed(NamedTuple):
    key: str
    size: int
    modified: datetime


class Found(NamedTuple):
    """Bytes as a store has them, and by what they would be the same bytes the next time."""

    content: bytes
    unchanged: Hashable = None  # nothing that this store could be believed in


class FileStore(ABC):
    """A place for attachments; the rows that name them are the database's business."""

    def __init__(self) -> None:
        # What every school takes within the hour is not hashed for each: that takes longer than sending it.
        self._whole: dict[tuple[str, bytes], Hashable] = {}

    @abstractmethod
    def prepare(self, spool: Spool) -> None:
        """Does early what keeping needs, before it is known whether the file is taken."""

    @abstractmethod
    def keep(self, spool: Spool) -> Stored:
        """Takes the file over; when this returns, a power cut no longer loses it."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Removes one copy; removing what is not there is no error, so that a sweep can be repeated."""

    @abstractmethod
    def listing(self) -> Iterator[Listed]:
        """Every copy in the store, whether a row names it or not."""

    @abstractmethod
    def check(self) -> None:
        """Refuses with NotReady when the store cannot be reached or written."""

    @abstractmethod
    def _piece(self, stored: Stored, start: int, stop: int) -> Found:
        """The bytes as the store has them; FileDamaged when they are not there."""

    def read(self, stored: Stored, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Pieces of at most 1 MiB; the first is checked before this returns, in time for an answer."""
        stop = stored.size if stop is None else min(stop, stored.size)
        if start < 0:
            raise ValueError("a range of bytes begins at 0 or later")
        if start >= stop:
            return iter(())
        first = start // BLOCK
        return self._pieces(stored, start, stop, self._checked(stored, first, self._block(stored, first)))

    def _pieces(self, stored: Stored, start: int, stop: int, block: bytes) -> Iterator[bytes]:
        first, last = start // BLOCK, (stop - 1) // BLOCK
        for number in range(first, last + 1):
            offset = number * BLOCK
            piece = block[max(start - offset, 0) : stop - offset]
            if number == last:
                yield piece
                return
            # Read before, checked after: whoever sends the piece holds the interpreter for as long as the
            # next one is hashed, which needs none of it.
            following = self._block(stored, number + 1)
            yield piece
            block = self._checked(stored, number + 1, following)

    def _block(self, stored: Stored, number: int) -> Found:
        start = number * BLOCK
        return self._piece(stored, start, min(start + BLOCK, stored.size))

    def _checked(self, stored: Stored, number: int, found: Found) -> bytes:
        digest = stored.blocks[number * _DIGEST : (number + 1) * _DIGEST]
        block = (f"{stored.key} {number}", digest)
        if found.unchanged is None or self._whole.get(block) != found.unchanged:
            if hashlib.sha256(found.content).digest() != digest:
                raise FileDamaged(key=stored.key, block=number)
            if found.unchanged is not None:
                if len(self._whole) >= REMEMBERED:
                    self._whole.clear()
                self._whole[block] = found.unchanged
        return found.content

    def verify(self, stored: Stored) -> None:
        """Reads everything and compares the whole too: it finds a row that was changed with its file."""
        whole = hashlib.sha256()
        for piece in self.read(stored):
            whole.update(piece)
        if whole.hexdigest() != stored.sha256:
            raise FileDamaged(key=stored.key)


def new_key(sha256: str) -> str:
    # Unique for every copy, not for every content: the row of a content names the copy that won, and the
    # caller deletes the other one after its commit. Were the key the hash alone, deleting a copy that nobody
    # names could take the bytes from under a new upload of the same content that is just being committed.
    return f"{sha256}-{secrets.token_hex(4)}"


def path_of(key: str) -> str:
    """The same in a folder and in a bucket, so that the one can be copied to the other with any tool."""
    return f"{key[:2]}/{key[2:4]}/{key}"

"""Pieces of a file on their way out: read and checked in a thread while those before them travel."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

MOST = 3  # pieces of a MiB that wait to be sent


async def ahead(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, read while there is room: nobody's thread waits for a school on a weak line."""
    reading = _Reading(pieces, asyncio.get_running_loop())
    try:
        while (piece := await reading.next()) is not None:
            yield piece
    finally:
        reading.stop()


class _Reading:
    def __init__(self, pieces: Iterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        self._pieces = pieces
        self._loop = loop
        self._ready: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue()
        self._lock = threading.Lock()  # for the next two
        self._room = MOST
        self._at_it = False

    async def next(self) -> bytes | None:
        with self._lock:
            start = not self._at_it and self._room > 0
            self._at_it = self._at_it or start
        if start:
            self._loop.run_in_executor(None, self._read)
        piece = await self._ready.get()
        if isinstance(piece, BaseException):
            raise piece
        with self._lock:
            self._room += 1
        return piece

    def stop(self) -> None:
        with self._lock:
            self._room = -MOST

    def _read(self) -> None:
        """In a thread: on and on without asking the loop, as long as it keeps up."""
        try:
            for piece in self._pieces:
                self._tell(piece)
                with self._lock:
                    self._room -= 1
                    if self._room <= 0:
                        self._at_it = False
                        return
            self._tell(None)
        except BaseException as failure:
            self._tell(failure)

    def _tell(self, piece: bytes | BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it whoever was to get it
            self._loop.call_soon_threadsafe(self._ready.put_nowait, piece)

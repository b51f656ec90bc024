"""What a serving process does by itself, beside what it is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

log = logging.getLogger("saraban")


@contextmanager
def background(name: str, bell: Event, every: timedelta, act: Callable[[Event], None]) -> Iterator[None]:
    """A thread that acts when the bell rings, and now and then unasked; it is told when it is to end."""
    ended = Event()

    def rounds() -> None:
        while not ended.is_set():
            bell.wait(every.total_seconds())
            bell.clear()
            try:
                if not ended.is_set():
                    act(ended)
            except Exception:
                # A database that does not answer: what there is to do is still there in the next round.
                log.exception("%s failed", name)

    thread = Thread(target=rounds, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        bell.set()
        thread.join()

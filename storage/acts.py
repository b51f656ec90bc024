"""What event loops hand over, each with the future that somebody waits for; gathered into batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Job:
    """An act that waits for its turn, and the future that somebody waits for."""

    __slots__ = ("act", "failure", "future", "value")

    def __init__(self, act: Callable[[], Any], future: Future[Any] | asyncio.Future[Any]) -> None:
        self.act = act
        self.future = future
        self.value: Any = None
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            self.value = self.act()
        except BaseException as failure:
            self.failure = failure

    def answer(self) -> None:
        if self.future.done():
            return  # whoever asked has hung up; what was done stays done
        if self.failure is not None:
            self.future.set_exception(self.failure)
        else:
            self.future.set_result(self.value)


def answer_all(jobs: list[Job]) -> None:
    for job in jobs:
        job.answer()


class Gathering:
    """What one event loop asks for: while some of it is on its way, the next batch gathers."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, do: Callable[[Gathering], None], at_once: int = 1
    ) -> None:
        """`do` takes a batch when it can begin, and sees to it that `done` is called in the loop, once."""
        self.loop = loop
        self._do = do
        self._free = at_once
        self._arrived: deque[Job] = deque()

    async def ask(self, act: Callable[[], T]) -> T:
        waiting: asyncio.Future[T] = self.loop.create_future()
        self._arrived.append(Job(act, waiting))
        self._call()
        return await waiting

    def take(self, most: int, batch: list[Job]) -> list[Job]:
        """The next batch, from whatever thread; nothing, if others have taken all."""
        with suppress(IndexError):
            while len(batch) < most:
                batch.append(self._arrived.popleft())
        return batch

    def done(self, batch: list[Job]) -> None:
        answer_all(batch)
        self._free += 1
        if self._arrived:
            self._call()

    def _call(self) -> None:
        if self._free:
            self._free -= 1
            # Not now: whatever else came in with this one comes along.
            self.loop.call_soon(self._do, self)

"""What event loops hand over, each with the future that somebody waits for; gathered into batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
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
    """What one event loop asks for: while some batches are on their way, the next one gathers."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        most: int,
        do: Callable[[Gathering, list[Job]], None],
        at_once: int = 1,
    ) -> None:
        """`do` starts a batch and sees to it that `done` or `go_on` is called in the loop, once."""
        self.loop = loop
        self._most = most
        self._do = do
        self._free = at_once
        self._arrived: deque[Job] = deque()

    async def take(self, act: Callable[[], T]) -> T:
        waiting: asyncio.Future[T] = self.loop.create_future()
        self._arrived.append(Job(act, waiting))
        self._call()
        return await waiting

    def done(self, batch: list[Job]) -> None:
        answer_all(batch)
        self.go_on()

    def go_on(self) -> None:
        self._free += 1
        if self._arrived:
            self._call()

    def _call(self) -> None:
        if self._free:
            self._free -= 1
            # Not now: whatever else came in with this one comes along.
            self.loop.call_soon(self._start)

    def _start(self) -> None:
        batch = [self._arrived.popleft() for _ in range(min(self._most, len(self._arrived)))]
        if batch:
            self._do(self, batch)
        else:
            self._free += 1  # another batch has taken all

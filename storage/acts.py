"""Acts that event loops hand over, each with the future that somebody waits for; gathered into batches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


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
    """The acts of one event loop: while one batch is on its way, the next one gathers."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, most: int, do: Callable[[Gathering, list[Job]], None]
    ) -> None:
        """`do` starts a batch and sees to it that `done` is called in the loop, once."""
        self.loop = loop
        self._most = most
        self._do = do
        self._arrived: list[Job] = []
        self._busy = False

    async def take(self, act: Callable[[], Any]) -> Any:
        waiting: asyncio.Future[Any] = self.loop.create_future()
        self._arrived.append(Job(act, waiting))
        if not self._busy:
            self._busy = True
            # Not now: whatever else came in with this one comes along.
            self.loop.call_soon(self._start)
        return await waiting

    def _start(self) -> None:
        batch, self._arrived = self._arrived[: self._most], self._arrived[self._most :]
        self._do(self, batch)

    def done(self, batch: list[Job]) -> None:
        answer_all(batch)
        self.go_on()

    def go_on(self) -> None:
        self._busy = bool(self._arrived)
        if self._busy:
            self.loop.call_soon(self._start)

"""Paper is made in warm, limited processes: a page that hangs or eats memory harms nobody else."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from saraban.errors import PrintBusy, PrintFailed
from saraban.press.process import Worker

Given = ParamSpec("Given")
Made = TypeVar("Made")


class Press:
    """At most `workers` processes; each is started when it is needed and replaced when it had to be ended."""

    def __init__(
        self,
        workers: int = 2,
        seconds: float = 30,
        memory_bytes: int = 256 * 2**20,
        fonts: Path | None = None,
    ) -> None:
        self.workers, self.seconds, self.memory_bytes, self.fonts = workers, seconds, memory_bytes, fonts
        self._room = threading.BoundedSemaphore(workers)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._closed = False

    def run(self, function: Callable[Given, Made], *args: Given.args, **kw: Given.kwargs) -> Made:
        """What a function of this package answers from a process of its own, or why there is no paper."""
        return self.run_within(self.seconds, function, *args, **kw)

    def run_within(
        self, seconds: float, function: Callable[Given, Made], *args: Given.args, **kw: Given.kwargs
    ) -> Made:
        """The same in a time of its own."""
        assert function.__module__.startswith(f"{__name__}."), "only what belongs to the press runs there"
        job = pickle.dumps((function, args, kw))
        # Whoever finds no room in the time of a whole job is told so, instead of waiting in a growing line.
        if not self._room.acquire(timeout=self.seconds):
            raise PrintBusy()
        try:
            return cast(Made, self._done(job, seconds))
        finally:
            self._room.release()

    def _done(self, job: bytes, seconds: float) -> object:
        worker = self._beginning(job)
        try:
            return worker.finish(seconds)
        finally:
            if worker.lost:
                self._end(worker)
                self.warm()
            else:
                self._rest(worker)

    def _rest(self, worker: Worker) -> None:
        with self._lock:
            self._idle.append(worker)

    def _beginning(self, job: bytes) -> Worker:
        """A worker that has begun with it; one that has ended since its last job is left behind."""
        while True:
            with self._lock:
                old = self._idle.pop() if self._idle else None
            worker = old or self._start()
            if worker.begins(job):
                return worker
            self._end(worker)
            if old is None:
                raise PrintFailed(reason="เริ่มระบบพิมพ์ไม่ได้")

    def _start(self) -> Worker:
        with self._lock:
            if self._closed:
                raise PrintFailed(reason="ระบบกำลังปิด")
            worker = Worker(self.seconds, self.memory_bytes, self.fonts)
            self._all.add(worker)
        return worker

    def _end(self, worker: Worker) -> None:
        worker.end()
        with self._lock:
            self._all.discard(worker)

    def warm(self) -> None:
        """Begin to start a worker, so that the next page need not wait for it."""
        if not (self._idle or self._closed):
            self._rest(self._start())

    def close(self) -> None:
        with self._lock:
            self._closed = True
            ending = list(self._all)
            self._idle.clear()
        for worker in ending:
            self._end(worker)

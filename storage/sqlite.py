"""SQLite: one transaction of this process at a time, and many commands in it, a savepoint each.

Nobody is answered before the COMMIT, and one fsync serves up to 128 commands (a deferred transaction per
request fails under load: 171 of 200, measured). Commands that wait in threads are run by a thread of their
own; short acts of an event loop are run where they come in, for two threads that take turns at the
interpreter spend as much again on taking turns (measured), and only their COMMIT happens beside it, where
others wait, the disk is slow, or the log may have to be emptied.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from storage.acts import Gathering, Job, answer_all
from storage.database import LONGEST_SECONDS
from storage.sqlite_functions import add_functions

T = TypeVar("T")

BATCH = 128
QUICK = 0.001  # seconds for a COMMIT: to hand over one that is alone would take as long
BROWSERS = 8  # that read a whole book at once
LOG_PAGES = 16_000  # 64 MiB: a sending changes 700 pages, and nearly the same ones again the next time
ALONE = 100  # COMMITs that a loop does before it hands one over: it has no time to empty the log
BATCH_OF_LOOP = 32  # a loop that runs acts answers nobody else: 32 take less than 10 ms


class SQLite:
    def __init__(self, url: str) -> None:
        path = Path(make_url(url).database or "")
        # Letters are in it, secret ones too: nobody else on this machine reads them.
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.engine = create_engine(
            make_url(url).set(drivername="sqlite+pysqlite"),
            poolclass=QueuePool,
            pool_size=48,
            max_overflow=-1,
            hide_parameters=True,
            connect_args={
                "check_same_thread": False,
                "isolation_level": None,  # the driver's own guessing of transactions is off
                "timeout": LONGEST_SECONDS,
                "factory": _Driver,
            },
        )
        event.listen(self.engine, "connect", _prepare)
        # Not as a listener: with one, every statement asks for listeners (a quarter of a command's time).
        self.engine.dialect.do_begin = _begin  # type: ignore[method-assign,assignment]
        self._mine = _OfThisThread()
        self._kept: list[Connection] = []
        self._pen: Connection | None = None  # see `_writing`
        self._pragmas: dict[str, int] = {}
        self._turn = threading.Lock()  # whoever of this process writes holds it from BEGIN to COMMIT
        self._committer = ThreadPoolExecutor(1, "sqlite-committer")
        self._browsers = ThreadPoolExecutor(BROWSERS, "sqlite-browser")
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._commit_takes = 0.0  # seconds, lately
        self._alone = 0  # COMMITs that loops have done since
        self._closed = False
        self._writer = threading.Thread(target=self._drain, name="sqlite-writer", daemon=True)
        self._writer.start()

    def write(self, command: Callable[[Connection], T]) -> T:
        if self._mine.writing is not None:
            return _in_savepoint(self._mine.writing, command)
        waiting: Future[T] = Future()
        self._submit(Job(lambda: self.write(command), waiting))
        return waiting.result()

    def read(self, query: Callable[[Connection], T]) -> T:
        if self._mine.writing is not None:
            return query(self._mine.writing)
        with self.engine.connect() as connection:
            return query(connection)

    # Under WAL every reading transaction sees the moment of its first statement.
    snapshot = read

    async def perform(self, act: Callable[[], T], house_id: int) -> T:
        loop = asyncio.get_running_loop()
        if self._mine.acts is None or self._mine.acts.loop is not loop:
            self._mine.acts = Gathering(loop, self._run)
        return await self._mine.acts.ask(act)

    async def glance(self, query: Callable[[Connection], T]) -> T:
        mine = self._mine
        if mine.reading is None:
            mine.reading = self._keep()
        try:
            return query(mine.reading)
        finally:
            if mine.reading.in_transaction():
                mine.reading.rollback()

    survey = glance

    async def browse(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._browsers, self.read, query)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._waiting.put(None)
            self._writer.join()
            self._committer.shutdown()
            self._browsers.shutdown()
            with self._turn:
                for connection in self._kept:
                    connection.close()
            self.engine.dispose()

    def _submit(self, job: Job) -> None:
        if self._closed:
            raise RuntimeError("the database is closed")
        self._waiting.put(job)

    def _drain(self) -> None:
        while (job := self._waiting.get()) is not None:
            batch, last = [job], False
            while len(batch) < BATCH and not last:
                try:
                    following = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    last = True
                else:
                    batch.append(following)
            with self._turn:
                self._write_all(batch)
            _answer(batch)
            if last:
                return

    def _write_all(self, batch: list[Job]) -> None:
        mine = self._mine
        try:
            connection = self._writing(patient=True)
            connection.begin()
        except BaseException as failure:
            for job in batch:
                job.failure = failure
            return
        mine.writing = connection
        for job in batch:
            job.run()
        mine.writing = None
        self._end(connection, batch, empties=True)

    def _run(self, acts: Gathering) -> None:
        """The acts of a loop run here and now; only what makes them durable happens beside it."""
        batch = acts.take(BATCH_OF_LOOP, [])
        try:
            connection = self._begun()
        except Exception as failure:
            for job in batch:
                job.failure = failure
            acts.done(batch)
            return
        if connection is None:
            for job in batch:
                self._submit(job)
            acts.done([])
            return
        self._mine.writing = connection
        for job in batch:
            job.run()
        self._mine.writing = None
        if len(batch) == 1 and self._commit_takes < QUICK and self._alone < ALONE:
            self._alone += 1
            self._commit(connection, batch, empties=False)
            acts.done(batch)
        else:
            self._committer.submit(self._make_durable, connection, acts, batch)

    def _make_durable(self, connection: Connection, acts: Gathering, batch: list[Job]) -> None:
        self._alone = 0
        self._commit(connection, batch, empties=True)
        with suppress(RuntimeError):  # the loop has ended, and with it everybody who waited
            acts.loop.call_soon_threadsafe(acts.done, batch)

    def _begun(self) -> Connection | None:
        """A transaction that nobody had to be waited for, if there is one."""
        if self._closed or not self._turn.acquire(blocking=False):
            return None
        try:
            connection = self._writing(patient=False)
            connection.begin()
        except OperationalError:  # another process is writing
            self._turn.release()
            return None
        except BaseException:
            self._turn.release()
            raise
        return connection

    def _writing(self, *, patient: bool) -> Connection:
        """The one connection on which this process writes, for whoever has the turn: another's COMMIT would
        empty its memory of the pages that the next sending changes again."""
        if self._pen is None:
            self._pen = self._keep(writes=True)
        self._set("busy_timeout", 1000 * LONGEST_SECONDS if patient else 0)
        return self._pen

    def _set(self, name: str, value: int) -> None:
        """A PRAGMA of the connection that writes, unless it is so already."""
        if self._pragmas.get(name) != value:
            assert self._pen is not None
            _driver_of(self._pen).execute(f"PRAGMA {name} = {value}")
            self._pragmas[name] = value

    def _commit(self, connection: Connection, batch: list[Job], *, empties: bool) -> None:
        began = time.perf_counter()
        try:
            self._end(connection, batch, empties=empties)
        finally:
            self._commit_takes += (time.perf_counter() - began - self._commit_takes) / 8
            self._turn.release()

    def _end(self, connection: Connection, batch: list[Job], *, empties: bool) -> None:
        """The transaction of a batch is kept, or nobody of it is told so; either way it is over. A log that
        has become long is emptied with it, where there is time."""
        driver = _driver_of(connection)
        try:
            _must_stand(driver)
            self._set("wal_autocheckpoint", LOG_PAGES if empties else 0)
            connection.commit()
        except BaseException as failure:
            for job in batch:
                job.failure = job.failure or failure
            with suppress(sqlite3.Error):
                driver.rollback()
        connection.rollback()  # does nothing after a COMMIT

    def _keep(self, *, writes: bool = False) -> Connection:
        """A connection that stays."""
        connection = self.engine.connect()
        self._kept.append(connection)
        driver = connection.connection.driver_connection
        assert isinstance(driver, _Driver)
        driver.begins = "BEGIN IMMEDIATE" if writes else "BEGIN"
        return connection


class _OfThisThread(threading.local):
    writing: Connection | None = None
    reading: Connection | None = None
    acts: Gathering | None = None


def _in_savepoint(connection: Connection, command: Callable[[Connection], T]) -> T:
    """A command that fails gives back its number and harms no other of its batch."""
    driver = _driver_of(connection)
    _must_stand(driver)
    driver.execute("SAVEPOINT command")
    try:
        return command(connection)
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK TO command")
        raise
    finally:
        if driver.in_transaction:
            driver.execute("RELEASE command")


def _must_stand(driver: sqlite3.Connection) -> None:
    """On a full disk SQLite may undo everything in the middle of a command. A savepoint would then begin, and
    end, a transaction of its own, and whoever came before it would be told that his is kept."""
    if not driver.in_transaction:
        raise sqlite3.OperationalError("everything in this transaction has been undone")


def _driver_of(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _answer(batch: list[Job]) -> None:
    """Threads are woken one by one, an event loop once for all that wait in it."""
    loops: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in batch:
        if isinstance(job.future, Future):
            job.answer()
        else:
            loops.setdefault(job.future.get_loop(), []).append(job)
    for loop, jobs in loops.items():
        with suppress(RuntimeError):  # the loop has ended, and with it everybody who waited
            loop.call_soon_threadsafe(answer_all, jobs)


class _Driver(sqlite3.Connection):
    begins = "BEGIN"


def _begin(connection: Any) -> None:
    connection.execute(connection.begins)


PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "temp_store = MEMORY",
    f"wal_autocheckpoint = {LOG_PAGES}",
    "cache_size = -16384",
    "mmap_size = 2147418112",  # the most it takes: pages of the disk that the system holds anyway
)


def _prepare(connection: Any, _record: Any) -> None:
    add_functions(connection)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")

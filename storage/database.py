"""One command, one transaction. The only place that says BEGIN or COMMIT.

`write(command)` hides the engine. On SQLite one thread drains the waiting commands into one transaction, a
savepoint each, and answers after the COMMIT: one fsync for up to 128 commands (a deferred transaction per
request fails under load: 171 of 200, measured). On PostgreSQL a command has a pooled connection's own.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from anyio import to_thread
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from storage.sqlite_functions import add_functions

T = TypeVar("T")

BATCH = 128
TRIES = 5
# PostgreSQL: serialization failure, deadlock. Both say: nothing was done, ask again.
PASSING = {"40001", "40P01"}
# No transaction outlives this; the feed of changes leans on it (`storage/feed.py`).
LONGEST_SECONDS = 60


class TryAgain(Exception):
    """Another transaction got there first; the command, run again from its start, will see what it did."""


class Database(Protocol):
    engine: Engine

    def write(self, command: Callable[[Connection], T]) -> T:
        """Run the command in a transaction of its own, durable when this returns."""

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query that changes nothing."""

    def snapshot(self, query: Callable[[Connection], T]) -> T:
        """Run a long query, of many statements, that sees one moment only."""

    async def perform(self, act: Callable[[], T]) -> T:
        """Let an act (a function that writes) happen where this engine writes; no thread waits for it."""

    async def glance(self, query: Callable[[Connection], T]) -> T:
        """Run a query that takes less time than handing it to a thread would."""

    def close(self) -> None: ...


class PostgreSQL:
    def __init__(self, url: str, pool_size: int) -> None:
        self.engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=LONGEST_SECONDS,
            pool_pre_ping=False,
            hide_parameters=True,  # a failure's traceback goes to the log; a secret letter's subject must not
            connect_args={
                "options": f"-c timezone=UTC -c statement_timeout={LONGEST_SECONDS}s"
                f" -c idle_in_transaction_session_timeout={LONGEST_SECONDS}s"
            },
        )
        # A single statement needs no BEGIN and no ROLLBACK: two round trips saved per query.
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def write(self, command: Callable[[Connection], T]) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                with self.engine.begin() as connection:
                    return command(connection)
            except TryAgain:
                if attempt == TRIES:
                    raise
            except DBAPIError as failure:
                if getattr(failure.orig, "sqlstate", None) not in PASSING or attempt == TRIES:
                    raise
        raise AssertionError("unreachable")

    def read(self, query: Callable[[Connection], T]) -> T:
        with self._reading.connect() as connection:
            return query(connection)

    def snapshot(self, query: Callable[[Connection], T]) -> T:
        still = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with still.begin() as connection:
            # It writes nothing, so it has no transaction id: the feed does not wait for it, however long.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            return query(connection)

    async def perform(self, act: Callable[[], T]) -> T:
        return await to_thread.run_sync(act)

    async def glance(self, query: Callable[[Connection], T]) -> T:
        return await to_thread.run_sync(self.read, query)

    def close(self) -> None:
        self.engine.dispose()


class SQLite:
    def __init__(self, url: str) -> None:
        path = Path(make_url(url).database or "")
        # Letters are in it, secret ones too: nobody else on this machine reads them.
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Plain statements in, plain rows out: the driver's own guessing of transactions is off (see _begin).
        self.engine = create_engine(
            make_url(url).set(drivername="sqlite+pysqlite"),
            poolclass=QueuePool,
            pool_size=48,
            max_overflow=-1,
            hide_parameters=True,
            connect_args={"check_same_thread": False, "isolation_level": None, "timeout": LONGEST_SECONDS},
        )
        event.listen(self.engine, "connect", _prepare_sqlite)
        # Not as a listener: with one, every statement asks for listeners (a quarter of a command's time).
        self.engine.dialect.do_begin = _begin  # type: ignore[method-assign,assignment]
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._writing: Connection | None = None
        self._writer = threading.Thread(target=self._drain, name="sqlite-writer", daemon=True)
        self._writer.start()

    def write(self, command: Callable[[Connection], T]) -> T:
        if threading.current_thread() is self._writer:
            return self._in_savepoint(command)
        waiting: Future[T] = Future()
        self._submit(_Job(lambda: self._in_savepoint(command), waiting))
        return waiting.result()

    def read(self, query: Callable[[Connection], T]) -> T:
        if self._writing is not None and threading.current_thread() is self._writer:
            return query(self._writing)
        with self.engine.connect() as connection:
            return query(connection)

    # Under WAL every reading transaction sees the moment of its first statement.
    snapshot = read

    async def perform(self, act: Callable[[], T]) -> T:
        waiting: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._submit(_Job(act, waiting))
        return await waiting

    async def glance(self, query: Callable[[Connection], T]) -> T:
        return self.read(query)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._waiting.put(None)
            self._writer.join()
            self.engine.dispose()

    def _submit(self, job: _Job) -> None:
        if self._closed:
            raise RuntimeError("the database is closed")
        self._waiting.put(job)

    def _in_savepoint(self, command: Callable[[Connection], T]) -> T:
        """A command that fails gives back its number and harms no other of its batch."""
        assert self._writing is not None
        driver = self._writing.connection.driver_connection
        assert driver is not None
        driver.execute("SAVEPOINT command")
        try:
            return command(self._writing)
        except BaseException:
            driver.execute("ROLLBACK TO command")
            raise
        finally:
            driver.execute("RELEASE command")

    def _drain(self) -> None:
        _this_thread.writes = True
        while (job := self._waiting.get()) is not None:
            batch, last = [job], False
            while len(batch) < BATCH:
                try:
                    following = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    last = True
                    break
                batch.append(following)
            self._commit(batch)
            if last:
                return

    def _commit(self, batch: list[_Job]) -> None:
        """Nobody is answered before the COMMIT."""
        try:
            with self.engine.begin() as self._writing:
                for job in batch:
                    job.run()
        except BaseException as failure:
            for job in batch:
                job.failure = job.failure or failure
        finally:
            self._writing = None
        _answer(batch)


_this_thread = threading.local()


def _begin(connection: Any) -> None:
    connection.execute("BEGIN IMMEDIATE" if getattr(_this_thread, "writes", False) else "BEGIN")


class _Job:
    """An act that waits for the writer, and the future that somebody waits for."""

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


def _answer(batch: list[_Job]) -> None:
    """Threads are woken one by one, an event loop once for all that wait in it."""
    loops: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in batch:
        if isinstance(job.future, Future):
            job.answer()
        else:
            loops.setdefault(job.future.get_loop(), []).append(job)
    for loop, jobs in loops.items():
        with suppress(RuntimeError):  # the loop has ended, and with it everybody who waited
            loop.call_soon_threadsafe(_answer_all, jobs)


def _answer_all(jobs: list[_Job]) -> None:
    for job in jobs:
        job.answer()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    add_functions(connection)
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "cache_size = -16384",
        "mmap_size = 268435456",
    ):
        connection.execute(f"PRAGMA {pragma}")


def open_database(url: str, pool_size: int = 8) -> Database:
    return SQLite(url) if url.startswith("sqlite") else PostgreSQL(url, pool_size)


def migrate(url: str) -> None:
    """Bring the database to this program's tables; what is already there stays."""
    from storage.migrations import upgrade

    database = open_database(url, pool_size=2)
    try:
        upgrade(database.engine)
    finally:
        database.close()

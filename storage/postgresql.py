"""PostgreSQL: a command has a pooled connection's own transaction; short acts of one house share one.

Who would wait for a house's rows in the database waits in the process, where it costs nothing: 32 connections
that queue for one row do 0.4 of what one of them does alone (measured). What has gathered meanwhile is done
by one thread in one transaction: to hand over, to begin and to commit takes longer than to register a letter.
It holds its house's own lock from the start: acts that took the house's rows in an order of their own would
wait for those of another process for ever.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from storage.acts import Gathering, Job
from storage.database import LONGEST_SECONDS, TryAgain

T = TypeVar("T")

BATCH = 32
TRIES = 5
# Serialization failure, deadlock. Both say: nothing was done, ask again.
PASSING = {"40001", "40P01"}
HOUSES = 1  # the first of the two numbers of a house's lock


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
        self._plain = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        # The framework's own threads take four times as long to start a query (measured).
        self._threads = ThreadPoolExecutor(pool_size, "postgresql")
        self._mine = _OfThisThread()
        self._houses: WeakValueDictionary[tuple[asyncio.AbstractEventLoop, int], Gathering] = (
            WeakValueDictionary()
        )

    def write(self, command: Callable[[Connection], T]) -> T:
        if self._mine.writing is not None:
            try:
                return command(self._mine.writing)
            except BaseException:
                self._mine.spoiled = True  # what it had written must go, and cannot go by itself
                raise
        for attempt in range(1, TRIES + 1):
            try:
                with self.engine.begin() as connection:
                    return command(connection)
            except (TryAgain, DBAPIError) as failure:
                if attempt == TRIES or not _passes(failure):
                    raise
        raise AssertionError("unreachable")

    def read(self, query: Callable[[Connection], T]) -> T:
        if self._mine.writing is not None:
            return query(self._mine.writing)
        with self._plain.connect() as connection:
            return query(connection)

    def snapshot(self, query: Callable[[Connection], T]) -> T:
        still = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with still.begin() as connection:
            # It writes nothing, so it has no transaction id: the feed does not wait for it, however long.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            return query(connection)

    async def perform(self, act: Callable[[], T], house_id: int) -> T:
        loop = asyncio.get_running_loop()
        acts = self._houses.get((loop, house_id))
        if acts is None:
            do = partial(self._in_a_thread, partial(self._write_all, house_id))
            acts = self._houses[loop, house_id] = Gathering(loop, BATCH, do)
        return await acts.take(act)

    async def glance(self, query: Callable[[Connection], T]) -> T:
        loop, mine = asyncio.get_running_loop(), self._mine
        if mine.glances is None or mine.glances.loop is not loop:
            mine.glances = Gathering(loop, BATCH, partial(self._in_a_thread, self._read_all), at_once=2)
        return await mine.glances.take(lambda: query(mine.reading))

    async def survey(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read, query)

    def _in_a_thread(self, do: Callable[[list[Job]], None], some: Gathering, batch: list[Job]) -> None:
        def run() -> None:
            try:
                do(batch)
            except BaseException as failure:
                for job in batch:
                    job.failure = job.failure or failure
            with suppress(RuntimeError):  # the loop has ended, and with it everybody who waited
                some.loop.call_soon_threadsafe(some.done, batch)

        self._threads.submit(run)

    def _read_all(self, batch: list[Job]) -> None:
        with self._plain.connect() as self._mine.reading:
            for job in batch:
                job.run()

    def _write_all(self, house_id: int, batch: list[Job]) -> None:
        """All together; if one of them fails half way, each by itself."""
        if len(batch) == 1 or not self._together(house_id, batch):
            for job in batch:
                self._by_itself(house_id, job)

    def _by_itself(self, house_id: int, job: Job) -> None:
        for _ in range(TRIES):
            job.failure = None
            try:
                if self._together(house_id, [job]):
                    return
                assert job.failure is not None, "an act went on after one of its commands had failed"
                if not _passes(job.failure):
                    return
            except BaseException as failure:
                job.failure = failure
                return

    def _together(self, house_id: int, batch: list[Job]) -> bool:
        """The acts in one transaction, which is kept unless what one of them wrote must go."""
        mine = self._mine
        with self._plain.connect() as connection:
            driver: Any = connection.connection.driver_connection
            # One round trip for both, as it takes no values.
            driver.execute(f"BEGIN; SELECT pg_advisory_xact_lock({HOUSES}, {house_id})")
            mine.writing, mine.spoiled = connection, False
            try:
                for job in batch:
                    job.run()
                    if mine.spoiled:
                        driver.execute("ROLLBACK")
                        return False
            finally:
                mine.writing = None
            driver.execute("COMMIT")
        return True

    def close(self) -> None:
        self._threads.shutdown()
        self.engine.dispose()


class _OfThisThread(threading.local):
    glances: Gathering | None = None
    reading: Connection
    writing: Connection | None = None
    spoiled = False


def _passes(failure: BaseException | None) -> bool:
    """Was nothing done, and is it worth asking again?"""
    if isinstance(failure, DBAPIError):
        return getattr(failure.orig, "sqlstate", None) in PASSING
    return isinstance(failure, TryAgain)

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
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
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
            # The one that was used last has its plans and its rows at hand: a clerk who works alone would
            # otherwise meet each of them in turn.
            pool_use_lifo=True,
            hide_parameters=True,  # a failure's traceback goes to the log; a secret letter's subject must not
            connect_args={
                # Those that were not used last may wait for hours: no firewall shall take them for dead.
                "keepalives_idle": 60,
                "options": f"-c timezone=UTC -c statement_timeout={LONGEST_SECONDS}s"
                f" -c idle_in_transaction_session_timeout={LONGEST_SECONDS}s"
                # It plans for spinning disks, and would read a million letters rather than look up ten
                # thousand of them.
                " -c random_page_cost=1.1",
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
            return self._within(self._mine.writing, command)
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
            return self._within(self._mine.writing, query)
        with self._plain.connect() as connection:
            return query(connection)

    def _within(self, connection: Connection, do: Callable[[Connection], T]) -> T:
        try:
            return do(connection)
        except BaseException:
            self._mine.spoiled = True  # what was written must go, and cannot go by itself
            raise

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
            acts = Gathering(loop, partial(self._in_a_thread, partial(self._write_all, house_id)))
            self._houses[loop, house_id] = acts
        return await acts.ask(act)

    async def glance(self, query: Callable[[Connection], T]) -> T:
        loop, mine = asyncio.get_running_loop(), self._mine
        if mine.glances is None or mine.glances.loop is not loop:
            mine.glances = Gathering(loop, partial(self._in_a_thread, self._read_all), at_once=2)
        return await mine.glances.ask(lambda: query(mine.reading))

    async def survey(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read, query)

    browse = survey

    def _in_a_thread(self, do: Callable[[Gathering, list[Job]], None], some: Gathering) -> None:
        def run() -> None:
            batch: list[Job] = []
            try:
                do(some, batch)
            except BaseException as failure:
                for job in batch or some.take(BATCH, batch):
                    job.failure = job.failure or failure
            with suppress(RuntimeError):  # the loop has ended, and with it everybody who waited
                some.loop.call_soon_threadsafe(some.done, batch)

        self._threads.submit(run)

    def _read_all(self, glances: Gathering, batch: list[Job]) -> None:
        with self._plain.connect() as self._mine.reading:
            for job in glances.take(BATCH, batch):
                job.run()

    def _write_all(self, house_id: int, acts: Gathering, batch: list[Job]) -> None:
        """All together; if one of them fails half way, each by itself."""
        with self._holding(house_id) as connection:
            # Taken only now: while another process wrote in this house, more have come.
            kept = self._kept(connection, acts.take(BATCH, batch))
        if not kept and (len(batch) > 1 or _passes(batch[0].failure)):
            for job in batch:
                self._by_itself(house_id, job)

    def _by_itself(self, house_id: int, job: Job) -> None:
        for _ in range(TRIES):
            job.failure = None
            try:
                with self._holding(house_id) as connection:
                    kept = self._kept(connection, [job])
            except BaseException as failure:
                job.failure = failure
                return
            if kept or not _passes(job.failure):
                return

    @contextmanager
    def _holding(self, house_id: int) -> Iterator[Connection]:
        with self._plain.connect() as connection:
            # One round trip for both, as it takes no values.
            _driver_of(connection).execute(f"BEGIN; SELECT pg_advisory_xact_lock({HOUSES}, {house_id})")
            yield connection

    def _kept(self, connection: Connection, batch: list[Job]) -> bool:
        """The acts in one transaction, which ends here: kept, unless what one of them wrote must go."""
        mine = self._mine
        mine.writing, mine.spoiled = connection, False
        try:
            for job in batch:
                job.run()
                if mine.spoiled:
                    job.failure = job.failure or RuntimeError("an act went on after a part of it had failed")
                    _driver_of(connection).execute("ROLLBACK")
                    return False
        finally:
            mine.writing = None
        try:
            _driver_of(connection).execute("COMMIT")
        except Exception as failure:
            for job in batch:  # nobody knows whether they were done
                job.failure = failure
        return True

    def close(self) -> None:
        self._threads.shutdown()
        self.engine.dispose()


class _OfThisThread(threading.local):
    glances: Gathering | None = None
    reading: Connection
    writing: Connection | None = None
    spoiled = False


def _driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _passes(failure: BaseException | None) -> bool:
    """Was nothing done, and is it worth asking again?"""
    if isinstance(failure, DBAPIError):
        return getattr(failure.orig, "sqlstate", None) in PASSING
    return isinstance(failure, TryAgain)

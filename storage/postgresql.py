"""PostgreSQL: a command has a pooled connection's own transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakValueDictionary

from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from storage.database import LONGEST_SECONDS, TryAgain

T = TypeVar("T")

TRIES = 5
# Serialization failure, deadlock. Both say: nothing was done, ask again.
PASSING = {"40001", "40P01"}


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
        # The framework's own threads take four times as long to start a query (measured).
        self._threads = ThreadPoolExecutor(pool_size, "postgresql")
        self._queues: WeakValueDictionary[tuple[asyncio.AbstractEventLoop, int], asyncio.Lock] = (
            WeakValueDictionary()
        )
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

    async def perform(self, act: Callable[[], T], house_id: int) -> T:
        # Who would wait for a house's rows in the database waits here, where it costs nothing: 32 connections
        # that queue for one row do 0.4 of what one of them does alone (measured).
        key = asyncio.get_running_loop(), house_id
        queue = self._queues.setdefault(key, asyncio.Lock())
        async with queue:
            return await key[0].run_in_executor(self._threads, act)

    async def glance(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read, query)

    def close(self) -> None:
        self._threads.shutdown()
        self.engine.dispose()

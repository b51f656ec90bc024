"""One command, one transaction: `write(command)` hides the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")

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

    async def perform(self, act: Callable[[], T], house_id: int) -> T:
        """Let an act (a function that writes in a house's books) happen where this engine writes."""

    async def glance(self, query: Callable[[Connection], T]) -> T:
        """Look up what a key leads to: who is asking, before anything else is read."""

    async def survey(self, query: Callable[[Connection], T]) -> T:
        """Run the queries of a page; where it can, this takes less time than handing it to a thread would."""

    async def browse(self, query: Callable[[Connection], T]) -> T:
        """Run queries that may read a whole book, in a thread of the engine's."""

    def close(self) -> None: ...


def open_database(url: str, pool_size: int = 8) -> Database:
    from storage.postgresql import PostgreSQL
    from storage.sqlite import SQLite

    return SQLite(url) if url.startswith("sqlite") else PostgreSQL(url, pool_size)


def migrate(url: str) -> None:
    """Bring the database to this program's tables; what is already there stays."""
    from storage.migrations import upgrade

    database = open_database(url, pool_size=2)
    try:
        upgrade(database.engine)
    finally:
        database.close()

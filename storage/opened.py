"""A database of which one connection is already at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from sqlalchemy import Connection

from storage.database import Database

T = TypeVar("T")


class LeavesTrace(Exception):
    """What was asked is not only a question: it must be asked where it may write."""


class Opened:
    """For the questions of one page: they need no other connection, and may change nothing."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self.engine = database.engine
        self._connection = connection

    def read(self, query: Callable[[Connection], T]) -> T:
        return query(self._connection)

    snapshot = read

    def write(self, command: Callable[[Connection], T]) -> NoReturn:
        # It would wait for a second connection while it keeps the first, and on SQLite hold up everybody.
        raise LeavesTrace

    async def perform(self, act: Callable[[], T], house_id: int) -> T:
        return self.write(lambda _: act())

    async def glance(self, query: Callable[[Connection], T]) -> T:
        return self.read(query)

    survey = browse = glance

    def close(self) -> None:
        """It is given back by whoever opened it."""

"""The two column types that both engines must hold alike: an instant in UTC, and a short JSON value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

# Kept as read: a sending says the same instant to every school, and an acknowledgement says one three times.
INSTANTS = 10_000


class Instant(TypeDecorator[datetime]):
    """An aware datetime; SQLite keeps it as UTC text, PostgreSQL as `timestamptz`."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        return value.astimezone(UTC).replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """One step from what the driver gives: a page of lines holds hundreds (four in SQLAlchemy's way).
        psycopg needs none, for our connections say that they are in UTC."""
        return _from_text if dialect.name == "sqlite" else None


@lru_cache(INSTANTS)
def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")


class Listed(TypeDecorator[Any]):
    """JSON with Thai left readable in the database."""

    impl = JSON
    cache_ok = True

"""The rows of a SQLite database, into PostgreSQL by COPY."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import Table

from storage import feed
from storage.database import migrate, open_database
from storage.dump import count_on
from storage.tables import metadata

_INDEXES = """
    SELECT i.relname, pg_get_indexdef(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid)
"""


def copy_to_postgres(source: Path, url: str) -> None:
    """Into an empty database, by somebody who may switch its foreign keys off while they load."""
    migrate(url)
    with sqlite3.connect(source) as rows, psycopg.connect(url, autocommit=True) as db:
        for setting in (
            "session_replication_role = replica",
            "timezone = 'UTC'",
            "maintenance_work_mem = '512MB'",
        ):
            db.execute(SQL(f"SET {setting}"))  # type: ignore[arg-type]
        indexes = db.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            db.execute(SQL("DROP INDEX {}").format(Identifier(name)))
        tables = metadata.sorted_tables
        db.execute(SQL("TRUNCATE {}").format(SQL(", ").join(Identifier(table.name) for table in tables)))
        for table in tables:
            _copy(table, rows, db)
        for _, definition in indexes:
            db.execute(definition)
        db.execute("VACUUM (ANALYZE)")
    database = open_database(url, 1)
    try:
        database.write(count_on)
        database.write(feed.resume)
    finally:
        database.close()


def _copy(table: Table, rows: sqlite3.Connection, db: psycopg.Connection) -> None:
    names = [column.name for column in table.columns]
    into = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(table.name), SQL(", ").join(map(Identifier, names))
    )
    quoted = ", ".join(f'"{name}"' for name in names)
    with db.cursor().copy(into) as copy:
        for row in rows.execute(f'SELECT {quoted} FROM "{table.name}"'):
            copy.write_row(row)

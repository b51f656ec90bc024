"""Rows as lines of JSON, the same from both engines, so that either can take in what the other wrote."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    LargeBinary,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    true,
    update,
)

from storage.blobs import named_in
from storage.columns import Instant
from storage.tables import blob, draft, metadata, printout, session, upload

Values = dict[str, Any]
Writer = Callable[[Values], None]

BATCH = 1000
# A file that belongs to no letter yet expires by itself: while it is copied, it could be swept away. Who was
# logged in logs in again: a restored session could be one that was ended for a reason after the backup. What
# was printed can be printed again.
LEFT_OUT = {upload, session, draft, printout}


def tables() -> list[Table]:
    """What is copied, so that a row comes after those it refers to."""
    return [table for table in metadata.sorted_tables if table not in LEFT_OUT]


WANTED: dict[Table, ColumnElement[bool]] = {blob: named_in(tables())}


def rows(tx: Connection, table: Table) -> Iterator[Values]:
    query = select(table).where(WANTED.get(table, true())).order_by(*table.primary_key)
    for row in tx.execute(query, execution_options={"yield_per": BATCH}).mappings():
        yield dict(row)


# -- lines ----------------------------------------------------------------------------------------


@contextmanager
def writing(table: Table, path: Path) -> Iterator[Writer]:
    """Writes rows to a file: first the names of the columns, then a list of values for each row."""
    columns = [(column.name, _said(column.type)) for column in table.columns]
    with gzip.open(path, "xb", compresslevel=1) as packed, io.TextIOWrapper(packed, "utf-8") as file:

        def line(values: list[Any]) -> None:
            file.write(json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n")

        line([name for name, _ in columns])
        yield lambda row: line([None if row[name] is None else said(row[name]) for name, said in columns])


def reading(table: Table, path: Path) -> Iterator[Values]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        names = json.loads(file.readline())
        if set(names) != set(table.columns.keys()):
            raise ValueError(f"{table.name}: {names}")
        meant = [_meant(table.c[name].type) for name in names]
        for line in file:
            values = zip(names, meant, json.loads(line), strict=True)
            yield {name: None if value is None else mean(value) for name, mean, value in values}


def _said(kind: object) -> Callable[[Any], Any]:
    if isinstance(kind, Instant | Date):
        return lambda value: value.isoformat()
    return bytes.hex if isinstance(kind, LargeBinary) else lambda value: value


def _meant(kind: object) -> Callable[[Any], Any]:
    if isinstance(kind, Instant):
        return datetime.fromisoformat
    if isinstance(kind, Date):
        return date.fromisoformat
    return bytes.fromhex if isinstance(kind, LargeBinary) else lambda value: value


# -- into a database ------------------------------------------------------------------------------


def is_empty(tx: Connection) -> bool:
    """Whether nobody has entered anything: there is no more than what `saraban migrate` itself makes."""
    own = {"office": 1, "person": 1, "membership": 1, "chain": 1, "event": 1, "tick": 1}
    counts = {table.name: _count(tx, table) for table in metadata.sorted_tables}
    return all(count <= own.get(name, 0) for name, count in counts.items() if name != "signing_key")


def _count(tx: Connection, table: Table) -> int:
    some = select(true()).select_from(table).limit(2).subquery()
    return int(tx.execute(select(func.count()).select_from(some)).scalar_one())


def clear(tx: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        tx.execute(delete(table))


def load(tx: Connection, table: Table, given: Callable[[], Iterator[Values]]) -> int:
    """Put the rows in; what names a row of its own table (an office its house) is filled in at the end."""
    inward = [column.name for column in table.c if column.references(table.c.get("id", column))]
    count = 0
    for batch in _batches(given()):
        tx.execute(insert(table), [row | dict.fromkeys(inward) for row in batch])
        count += len(batch)
    if inward:
        named = ({"this": row["id"], **{name: row[name] for name in inward}} for row in given())
        fill = update(table).where(table.c.id == bindparam("this"))
        for batch in _batches(row for row in named if any(row[name] is not None for name in inward)):
            tx.execute(fill.values({name: bindparam(name) for name in inward}), batch)
    return count


def _batches(given: Iterator[Values]) -> Iterator[list[Values]]:
    while batch := list(islice(given, BATCH)):
        yield batch


def count_on(tx: Connection) -> None:
    """New ids follow those that were put in; SQLite sees to that by itself."""
    if tx.dialect.name == "sqlite":
        return
    for table in metadata.sorted_tables:
        if table.autoincrement_column is not None:
            following = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
            sequence = func.pg_get_serial_sequence(f'"{table.name}"', "id")
            tx.execute(select(func.setval(sequence, following, False)))

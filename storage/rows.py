"""New rows, and a changed one, gathered while a command goes on and written with its event.

PostgreSQL takes them all in one statement, for a round trip costs more than a row; on SQLite a statement is
a function call, and they go one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import CTE, Connection, Integer, Table, Update, bindparam, insert, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement

from storage.prepared import Prepared


class Row(NamedTuple):
    """A row that is to be."""

    table: Table
    values: dict[str, Any]


class Change(NamedTuple):
    """An UPDATE of one row, which must still be as it was found; RETURNING tells whether it was."""

    statement: Update
    values: dict[str, Any]


Shape = tuple[tuple[Table, tuple[str, ...]], ...]


def shape_of(rows: Iterable[Row]) -> Shape:
    return tuple((row.table, tuple(row.values)) for row in rows)


def named(rows: Sequence[Row]) -> dict[str, Any]:
    """The values of all rows under names that do not clash."""
    return {f"{at}_{name}": value for at, row in enumerate(rows) for name, value in row.values.items()}


def parts(shape: Shape) -> list[CTE]:
    """The same rows as parts of one statement, which takes its values from `named`."""
    return [
        insert(table)
        .values({name: bindparam(f"{at}_{name}", type_=table.c[name].type) for name in names})
        .returning(literal(1).label("one"))
        .cte(f"row_{at}")
        for at, (table, names) in enumerate(shape)
    ]


def insert_each(tx: Connection, rows: Iterable[Row]) -> None:
    for row in rows:
        _insert(row.table).run(tx, **row.values)


def changed(tx: Connection, change: Change) -> bool:
    return _changing(change.statement).first(tx, **change.values) is not None


@cache
def _insert(table: Table) -> Prepared:
    return Prepared(insert(table).inline())


@cache
def _changing(statement: Update) -> Prepared:
    return Prepared(statement, whole=True)


class next_id(ColumnElement[int]):
    """The id of a table's next row, so that what names it need not wait for it."""

    inherit_cache = False
    type = Integer()

    def __init__(self, table: Table) -> None:
        self.table = table.name


@compiles(next_id, "sqlite")
def _next_on_sqlite(element: next_id, compiler: Any, **how: Any) -> str:
    # Nobody else writes until this transaction ends, and no such row is ever deleted.
    return f"(SELECT coalesce(max(id), 0) + 1 FROM {element.table})"  # noqa: S608 a name of ours


@compiles(next_id, "postgresql")
def _next_on_postgresql(element: next_id, compiler: Any, **how: Any) -> str:
    return f"nextval('{element.table}_id_seq')"

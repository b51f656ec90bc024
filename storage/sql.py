"""The few places where the two engines are spoken to differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Double, Insert, Table, any_, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

# A LIMIT that leaves nothing out: no planner looks through it, nor reckons again what stands behind it.
ALL = 2**31 - 1


def insert_missing(
    tx: Connection, table: Table, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> int:
    """Insert what no unique key forbids, leave the rest as it is; returns how many rows went in."""
    return counted(tx, missing(tx.dialect.name, table).values(values))


def missing(engine: str, table: Table) -> Insert:
    """Of rows those that no unique key forbids."""
    insert = postgresql.insert if engine == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


def insert_or_change(
    tx: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    by: Sequence[str],
    changing: Sequence[str],
) -> None:
    """Insert rows, or change those columns of rows that are there already: a thousand rows a statement."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    new = insert(table)
    values = {name: new.excluded[name] for name in changing}
    changed = new.on_conflict_do_update(index_elements=by, set_=values)
    # Only a returning statement is sent for many rows at once; the others go one by one.
    for _ in tx.execute(changed.returning(*(table.c[name] for name in by)), rows):
        pass


def counted(tx: Connection, statement: Insert, values: Mapping[str, Any] | None = None) -> int:
    """How many rows an INSERT put in: the driver knows, but is asked only when told to remember."""
    return tx.execute(statement, values, execution_options={"preserve_rowcount": True}).rowcount


def among(
    engine: str, column: ColumnElement[Any], name: str, values: Sequence[Any] | None = None
) -> ColumnElement[bool]:
    """Of a column that is one of a list. The list is one value: however long, the statement is the same."""
    given: dict[str, Any] = {} if values is None else {"value": values, "unique": True}
    if engine == "postgresql":
        return column == any_(bindparam(name, type_=postgresql.ARRAY(column.type), **given))
    each = func.json_each(bindparam(name, type_=JSON, **given)).table_valued("value")
    return column.in_(select(each.c.value))


class in_hours(GenericFunction[float]):
    """An instant as hours since some beginning, to be taken from another."""

    type = Double()
    inherit_cache = True


@compiles(in_hours, "sqlite")
def _julian(element: Any, compiler: Any, **how: Any) -> str:
    return f"(julianday{compiler.process(element.clause_expr, **how)} * 24)"


@compiles(in_hours, "postgresql")
def _epoch(element: Any, compiler: Any, **how: Any) -> str:
    (instant,) = element.clauses
    return f"(extract(epoch FROM {compiler.process(instant, **how)})::float8 / 3600)"

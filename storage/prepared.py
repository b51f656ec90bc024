"""Statements that are asked thousands of times a second: compiled once, then straight to the driver.

SQLAlchemy's own way costs 30 µs of Python a statement, half of what registering a letter takes (measured)."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import cache
from typing import Any, NamedTuple, NoReturn, cast

from psycopg import RawCursor
from sqlalchemy import Connection, Executable
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter, ClauseElement

Convert = Callable[[Any], Any]
Rows = Callable[[Sequence[Any]], Sequence[Any]]


class Prepared:
    """A statement of Core, run with named values; its rows are named tuples, as Core's are."""

    def __init__(self, statement: Executable, *, whole: bool = False) -> None:
        """An INSERT or UPDATE sets the columns it is given values for, unless it is whole as it stands."""
        assert isinstance(statement, ClauseElement)
        self._statement = statement
        self._whole = whole
        self._forms: dict[tuple[str, tuple[str, ...]], _Form] = {}

    def all(self, tx: Connection, /, **values: Any) -> Sequence[Any]:
        form = self._form(tx, values)
        return form.rows(_run(tx, form, values).fetchall())

    def first(self, tx: Connection, /, **values: Any) -> Any | None:
        form = self._form(tx, values)
        cursor = _run(tx, form, values)
        one = cursor.fetchone()
        cursor.close()
        return None if one is None else form.rows((one,))[0]

    def only(self, tx: Connection, /, **values: Any) -> Any:
        """The one value of the one row."""
        (value,) = self.first(tx, **values)  # type: ignore[misc]
        return value

    def run(self, tx: Connection, /, **values: Any) -> None:
        _run(tx, self._form(tx, values), values)

    def _form(self, tx: Connection, values: Mapping[str, Any]) -> _Form:
        key = (tx.dialect.name, tuple(values))
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = _compiled(self._statement, tx.dialect, key[1], self._whole)
        return form


class _Form(NamedTuple):
    """A statement as one engine takes it."""

    sql: str
    raw: bool
    names: Sequence[str]  # in the order of their places in the statement
    fixed: Mapping[str, Any]
    converts: Sequence[tuple[str, Convert]]
    rows: Rows


def _compiled(statement: ClauseElement, dialect: Dialect, names: tuple[str, ...], whole: bool) -> _Form:
    raw = dialect.name == "postgresql"
    spoken: Any = psycopg.dialect(paramstyle="numeric_dollar") if raw else copy(dialect)  # type: ignore[no-untyped-call]
    spoken.statement_compiler = _spelling_out(type(spoken).statement_compiler)
    made = statement.compile(dialect=spoken, column_keys=None if whole else list(names))
    assert isinstance(made, SQLCompiler)
    assert not made.post_compile_params, "a list of values is Core's to spell out"
    return _Form(
        sql=made.string,
        raw=raw,
        names=made.positiontup or (),
        fixed={name: value for name, value in made.params.items() if name not in names},
        converts=[(name, to) for name, to in made._bind_processors.items() if callable(to)],
        rows=_rows(made, dialect),
    )


@cache
def _spelling_out(compiler: type[SQLCompiler]) -> type[SQLCompiler]:
    """Constants stand in the statement. Of a value in their place SQLite finds out each time whether an index
    of some rows alone (`WHERE state = 'waiting'`) will do, and plans the statement anew for that: 100 µs of
    acknowledging (measured)."""

    class SpellingOut(compiler):  # type: ignore[misc,valid-type]
        def visit_bindparam(self, bindparam: BindParameter[Any], **how: Any) -> str:
            if not bindparam.required and isinstance(bindparam.value, int | str):
                how["literal_binds"] = True
            return str(super().visit_bindparam(bindparam, **how))

    return SpellingOut


def _rows(made: SQLCompiler, dialect: Dialect) -> Rows:
    """Named tuples of what the driver gives. A function is written out for just these columns, as namedtuple
    itself does it: to ask each column of each row how it is read takes twice as long (measured)."""
    columns = made._result_columns
    named = namedtuple("Row", [column.keyname for column in columns], rename=True)  # type: ignore[misc]
    new = tuple.__new__
    found = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    if not any(found):
        return lambda rows: [new(named, row) for row in rows]
    names = ", ".join(f"v{at}" for at in range(len(columns)))
    values = ", ".join(
        f"None if v{at} is None else r{at}(v{at})" if read else f"v{at}" for at, read in enumerate(found)
    )
    reads = {f"r{at}": read for at, read in enumerate(found) if read}
    source = f"lambda rows: [new(Row, ({values},)) for {names}, in rows]"
    return cast(Rows, eval(source, {"new": new, "Row": named, **reads}))  # noqa: S307 (numbers of ours only)


def _run(tx: Connection, form: _Form, values: dict[str, Any]) -> Any:
    values.update(form.fixed)
    for name, convert in form.converts:
        values[name] = convert(values[name])
    given = tuple([values[name] for name in form.names])
    driver: Any = tx.connection.driver_connection
    try:
        if form.raw:
            # psycopg's own cursor looks for % signs each time a long statement runs (0.3 ms, measured); and
            # to write instants and numbers down as text and to read them again takes a tenth of a long page.
            cursor = RawCursor(driver).execute(form.sql, given, binary=True)
        else:
            cursor = driver.execute(form.sql, given)
    except tx.dialect.loaded_dbapi.Error as failure:
        _refused(tx, form.sql, failure)
    # Whoever listens to the engine hears of these statements too: tests count them.
    for heard in tx.engine.dispatch.after_cursor_execute:
        heard(tx, cursor, form.sql, given, None, False)
    return cursor


def _refused(tx: Connection, sql: str, failure: Exception) -> NoReturn:
    error = tx.dialect.loaded_dbapi.Error
    raise DBAPIError.instance(
        sql, None, failure, error, hide_parameters=True, dialect=tx.dialect
    ) from failure

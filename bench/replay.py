"""The floor of a read: a bare ASGI app on the same server that does by hand what a page needs.

What our page asks of the database is written down while it is made once. The floor asks the same statements,
with the same values, on the bare driver, fetches every row, and writes the same bytes by hand: `json.dumps`
of plain values; for a page, its texts escaped and joined. It has no routes, models, templates or checks.
"""

from __future__ import annotations

import asyncio
import html
import json
import pickle
import re
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import local
from typing import Any

import httpx
import markupsafe
import psycopg
from sqlalchemy import event
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.load import Request
from saraban.app import create_app, create_office
from saraban.settings import Settings
from storage.sqlite import PRAGMAS

# What was asked, with which values, and whether these are numbered ($1), as psycopg's raw cursor has them.
Statements = list[tuple[str, Any, bool]]


@dataclass
class Replayed:
    """What one page asks of the database, and what it answers."""

    statements: Statements
    content_type: str
    body: bytes

    def writer(self) -> Callable[[], bytes]:
        """Writes the same bytes by hand, from values."""
        if self.content_type.startswith("application/json"):
            values = json.loads(self.body)
            write = partial(_json, values)
        else:
            parts = _TEXTS.split(self.body.decode())
            write = partial(_page, parts[::2], [html.unescape(text) for text in parts[1::2]])
        assert write() == self.body, "not the same bytes"
        return write


_TEXTS = re.compile(r"(?<=>)([^<>&\s][^<>&]*)(?=<)")


def _json(values: Any) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def _page(fixed: Sequence[str], texts: Sequence[str]) -> bytes:
    said = [""] * (len(fixed) + len(texts))
    said[::2] = fixed
    said[1::2] = [str(markupsafe.escape(text)) for text in texts]
    return "".join(said).encode()


# Who asks and for what: the same address is another page for somebody else.
Asked = tuple[str, str]


def record(settings: Settings, asked: Sequence[Request]) -> dict[Asked, Replayed]:
    """Ask our own app once for each page, in this process, and write down what it asks in turn."""
    office = create_office(settings)
    try:
        return asyncio.run(_record(create_app(office), office.db.engine, asked))
    finally:
        office.close()


async def _record(app: ASGIApp, engine: Any, asked: Sequence[Request]) -> dict[Asked, Replayed]:
    heard: Statements = []

    def hear(_conn: Any, cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        heard.append((statement, parameters, isinstance(cursor, psycopg.RawCursor)))

    pages = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://floor") as client:
        # Before anything is asked: a connection that is kept hears only who listened when it was made.
        event.listen(engine, "after_cursor_execute", hear)
        await client.get(asked[0].path, headers=[asked[0].header])  # what is asked once for all pages
        for request in asked:
            heard.clear()
            answer = await client.get(request.path, headers=[request.header])
            answer.raise_for_status()
            assert heard, f"{request.path} asks nothing that can be heard"
            told = Replayed([*heard], answer.headers["content-type"], answer.content)
            pages[request.header[1], request.path] = told
    return pages


# -- the bare app -----------------------------------------------------------------------------------------


class Floor:
    def __init__(self, database: str, pages: dict[Asked, Replayed]) -> None:
        self.pages = {
            asked: (page.statements, page.content_type, page.writer()) for asked, page in pages.items()
        }
        self.database = database
        self.own = local()
        # SQLite answers in less time than handing over to a thread takes; PostgreSQL has to be waited for.
        self.threads = None if database.startswith("sqlite") else ThreadPoolExecutor(8)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"] + (f"?{query}" if (query := scope["query_string"].decode()) else "")
        who = next(value for name, value in scope["headers"] if name in (b"cookie", b"authorization"))
        statements, content_type, write = self.pages[who.decode(), path]
        if self.threads is None:
            self.ask(statements)
        else:
            await asyncio.get_running_loop().run_in_executor(self.threads, self.ask, statements)
        body = write()
        headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def ask(self, statements: Statements) -> None:
        try:
            connection = self.own.connection
        except AttributeError:
            connection = self.own.connection = bare(self.database)
        for statement, parameters, numbered in statements:
            asked = psycopg.RawCursor(connection) if numbered else connection
            asked.execute(statement, parameters).fetchall()


def bare(database: str) -> Any:
    """The driver's own connection, set as ours are, but with SQLite's own log of 1,000 pages."""
    if not database.startswith("sqlite"):
        return psycopg.connect(database, autocommit=True, options="-c timezone=UTC")
    connection = sqlite3.connect(
        database.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False, timeout=60
    )
    for pragma in PRAGMAS:
        if "autocheckpoint" in pragma:
            continue
        connection.execute(f"PRAGMA {pragma}")
    return connection


def floor_app(database: str, plan: str) -> ASGIApp:
    return Floor(database, pickle.loads(Path(plan).read_bytes()))

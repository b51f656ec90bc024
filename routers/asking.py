"""How a list is asked for: at once where an index leads straight to its rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Concatenate, ParamSpec, TypeVar

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.paging import Page, Paging
from storage.opened import LeavesTrace, Opened

T = TypeVar("T")
Item = TypeVar("Item")
List = TypeVar("List", bound=Paging)
Asked = ParamSpec("Asked")


async def ask(
    question: Callable[Concatenate[Office, Asked], T], office: Office, *args: Asked.args, **kw: Asked.kwargs
) -> T:
    """On SQLite the answer is there sooner than a thread would be (0.2 ms, measured); on PostgreSQL one
    connection serves all that a page asks."""
    return await _ask(office.db.survey, office, lambda office: question(office, *args, **kw))


async def ask_much(
    question: Callable[Concatenate[Office, Asked], T], office: Office, *args: Asked.args, **kw: Asked.kwargs
) -> T:
    """The same of what may read a whole book: in a thread on either engine."""
    return await _ask(office.db.browse, office, lambda office: question(office, *args, **kw))


async def _ask(
    run: Callable[[Callable[[Any], T]], Awaitable[T]], office: Office, question: Callable[[Office], T]
) -> T:
    """Few looks leave a trace: those are asked again, in a thread, where they may write."""
    try:
        return await run(lambda connection: question(replace(office, db=Opened(office.db, connection))))
    except LeavesTrace:
        return await to_thread.run_sync(question, office)


async def ask_list(
    question: Callable[[Office, Actor, List], Page[Item]], office: Office, actor: Actor, asked: List
) -> Page[Item]:
    """A list that is narrowed by more than its index may read a whole book."""
    return await (ask if asked.is_quick else ask_much)(question, office, actor, asked)


async def show_list(
    shown: Callable[[Office, Request, Actor], Response], office: Office, request: Request, actor: Actor
) -> Response:
    """The same for the page of a list."""
    is_quick = request.query_params.keys() <= {"cursor", "limit", "year"}
    return await (ask if is_quick else ask_much)(shown, office, request, actor)

"""Pages on paper: made by the press while the service goes on with other things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.disposition import disposition
from routers.problems import refusals
from saraban import rendering
from saraban.errors import PrintBusy
from saraban.filetypes import PDF
from saraban.office import Office
from saraban.permissions import Actor
from saraban.press import pages

Given = ParamSpec("Given")
Made = TypeVar("Made")

# What a route that gives paper says of its answer.
PAPER: dict[str, Any] = {
    "description": "the pages, as PDF",
    "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
}
PAPER_OR_JSON = {
    "description": "as it was asked for",
    "content": {"application/json": {"schema": {"type": "object"}}, **PAPER["content"]},
}
_WAITING = 20  # whoever comes when so many wait already is asked to come again
_OF_ONE = 8  # at the same time, waiting or being made: nobody fills the line for all others
_FOR_STRANGERS = 5  # seconds: what is read for them takes a hundredth of one


class Line:
    """Who waits for the press. Strangers, whose files are made to take long, have one place of it."""

    def __init__(self, workers: int) -> None:
        self._printing, self._strangers = CapacityLimiter(workers), CapacityLimiter(1)
        self._of: Counter[int | None] = Counter()

    @contextmanager
    def place(self, whose: int | None) -> Iterator[CapacityLimiter]:
        if self._of[whose] >= _OF_ONE or self._printing.statistics().tasks_waiting >= _WAITING:
            raise PrintBusy()
        self._of[whose] += 1
        try:
            yield self._strangers if whose is None else self._printing
        finally:
            self._of[whose] -= 1
            self._of = +self._of  # those who wait for nothing are forgotten


def paper_answer(*refused: int) -> dict[str, Any]:
    """What a route says that gives nothing but paper: the press may fail, or have too much to do."""
    return {"response_class": Response, "responses": {200: PAPER, **refusals(*refused, 500, 503)}}


def paper(name: str, content: bytes) -> Response:
    """A PDF under its Thai name, shown by the browser."""
    named = {"Content-Disposition": disposition("inline", f"{name}.pdf".replace("/", "-"))}
    return Response(content, headers=named, media_type=PDF)


async def pressed(
    request: Request, function: Callable[Given, Made], *args: Given.args, **kw: Given.kwargs
) -> Made:
    """What the press makes of it. Waiting takes none of the threads that answer other people."""
    office: Office = request.app.state.office
    line: Line = request.app.state.printing
    actor: Actor | None = getattr(request.state, "actor", None)

    def work() -> Made:
        if actor is None:
            return office.press.run_within(_FOR_STRANGERS, function, *args, **kw)
        return office.press.run(function, *args, **kw)

    with line.place(None if actor is None else actor.person_id) as limiter:
        return await to_thread.run_sync(work, limiter=limiter)


async def print_page(request: Request, name: str, template: str, **about: Any) -> Response:
    html = await to_thread.run_sync(lambda: rendering.html(template, **about))
    return paper(name, await pressed(request, pages.pdf, html))


def wants_paper(request: Request) -> bool:
    """`Accept: application/pdf`, said by name: a browser's `*/*` is no wish for paper."""
    accepted = request.headers.get("accept", "").lower().split(",")
    return PDF in [one.partition(";")[0].strip() for one in accepted]

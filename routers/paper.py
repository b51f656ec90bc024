"""Pages on paper: made by the press while the service goes on with other things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.disposition import disposition
from saraban import rendering
from saraban.errors import PrintBusy
from saraban.filetypes import PDF
from saraban.office import Office
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


def paper(name: str, content: bytes) -> Response:
    """A PDF under its Thai name, shown by the browser."""
    named = {"Content-Disposition": disposition("inline", f"{name}.pdf".replace("/", "-"))}
    return Response(content, headers=named, media_type=PDF)


async def pressed(
    request: Request, function: Callable[Given, Made], *args: Given.args, **kw: Given.kwargs
) -> Made:
    """What the press makes of it. Waiting takes none of the threads that answer other people."""
    office: Office = request.app.state.office
    printing: CapacityLimiter = request.app.state.printing
    if printing.statistics().tasks_waiting >= _WAITING:
        raise PrintBusy()
    return await to_thread.run_sync(lambda: office.press.run(function, *args, **kw), limiter=printing)


async def print_page(request: Request, name: str, template: str, **about: Any) -> Response:
    html = await to_thread.run_sync(lambda: rendering.html(template, **about))
    return paper(name, await pressed(request, pages.pdf, html))


def wants_paper(request: Request) -> bool:
    """`Accept: application/pdf`, said by name: a browser's `*/*` is no wish for paper."""
    accepted = request.headers.get("accept", "").lower().split(",")
    return PDF in [one.partition(";")[0].strip() for one in accepted]

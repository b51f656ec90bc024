"""What leaves by post, and sendings on paper: the book, envelopes, slips, the report."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from routers.api import post
from routers.api.paths import DispatchPath
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.pages import go, page
from routers.ui.typed import asked, listed
from saraban.queries.post import Envelopes, Posted, PostFilters, PostSpan, by_post
from saraban.queries.tracking_report import ReportFilters
from saraban.rendering import typed_date
from saraban.thai.dates import bangkok_day

router = screen()

DAYS = ("sent_from", "sent_to")


@router.get("/post")
def sent(request: Request, office: House, actor: Asking) -> Response:
    typed = request.query_params
    if not any(name in typed for name in DAYS):
        # The clerk prints the book by day or by month: it opens at this one.
        begins = bangkok_day(office.clock()).replace(day=1)
        return go(f"/post?{urlencode({'sent_from': typed_date(begins)})}")
    found, why = listed(request, PostFilters, lambda one: by_post(office, actor, one), DAYS)
    span = urlencode({name: typed[name] for name in DAYS if typed.get(name)})
    return page(
        request, "post", 422 if why else 200, found=found, why=why, asked=typed, book=f"/post/pdf?{span}"
    )


@router.get("/post/pdf")
async def book(request: Request, office: House, actor: Asking) -> Response:
    return await post.book(request, office, actor, asked(request, PostSpan, DAYS))


@router.get("/dispatches/{dispatch}/pdf")
async def report(request: Request, office: House, actor: Asking, dispatch: DispatchPath) -> Response:
    return await post.report(request, office, actor, dispatch, asked(request, ReportFilters))


@router.get("/dispatches/{dispatch}/envelopes/pdf")
async def envelopes(request: Request, office: House, actor: Asking, dispatch: DispatchPath) -> Response:
    return await post.envelopes(request, office, actor, dispatch, asked(request, Envelopes))


@router.get("/dispatches/{dispatch}/post-receipts/pdf")
async def slips(request: Request, office: House, actor: Asking, dispatch: DispatchPath) -> Response:
    return await post.slips(request, office, actor, dispatch, asked(request, Posted))

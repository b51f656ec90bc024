"""On paper: how a sending fared, and what goes with it by post (forms 15, 16, 17)."""

from __future__ import annotations

from anyio import to_thread
from fastapi import Request, Response

from routers.api.paths import DispatchPath, FromQuery
from routers.deps import Asking, House
from routers.paper import paper_answer, print_page
from routers.problems import refusals
from routers.routes import resource
from saraban.queries.paging import Page
from saraban.queries.post import (
    SIZES,
    Envelopes,
    Posted,
    PostFilters,
    PostLine,
    PostSpan,
    by_post,
    parcel,
    post_book,
    spanned,
)
from saraban.queries.tracking_report import ReportFilters, tracking_report

router = resource("dispatches")


@router.get(
    "/dispatches/{dispatch}/pdf",
    summary="The report of a sending: how many, when, and a line per receiver",
    **paper_answer(413),
)
async def report(
    request: Request, office: House, actor: Asking, dispatch: DispatchPath, asked: FromQuery[ReportFilters]
) -> Response:
    found = await to_thread.run_sync(tracking_report, office, actor, dispatch, asked)
    name = f"ผลการรับหนังสือ {found.dispatch.letter_no}"
    return await print_page(request, name, "pdf/tracking.html", report=found)


@router.get(
    "/dispatches/{dispatch}/envelopes/pdf",
    summary="Addressed envelopes (form 15) for those who are reached by post",
    **paper_answer(409),
)
async def envelopes(
    request: Request, office: House, actor: Asking, dispatch: DispatchPath, asked: FromQuery[Envelopes]
) -> Response:
    found = await to_thread.run_sync(parcel, office, actor, dispatch, asked)
    about = {"parcel": found, "size": SIZES[asked.size], "paid_monthly": asked.paid_monthly}
    return await print_page(request, f"ซอง {found.lines[0].letter_no}", "pdf/envelope.html", **about)


@router.get(
    "/dispatches/{dispatch}/post-receipts/pdf",
    summary="Slips (form 17) to be signed by those who are reached by post",
    **paper_answer(409),
)
async def slips(
    request: Request, office: House, actor: Asking, dispatch: DispatchPath, asked: FromQuery[Posted]
) -> Response:
    found = await to_thread.run_sync(parcel, office, actor, dispatch, asked)
    name = f"ใบรับหนังสือ {found.lines[0].letter_no}"
    return await print_page(request, name, "pdf/post_receipt.html", parcel=found)


@router.get("/post", summary="What has left by post, the oldest first", responses=refusals(422))
def posted(office: House, actor: Asking, asked: FromQuery[PostFilters]) -> Page[PostLine]:
    return by_post(office, actor, asked)


@router.get("/post/pdf", summary="The book of sendings by post (form 16)", **paper_answer(413))
async def book(request: Request, office: House, actor: Asking, asked: FromQuery[PostSpan]) -> Response:
    lines = await to_thread.run_sync(post_book, office, actor, asked)
    about = {"lines": lines, "house": actor.house_in_full, "span": spanned(asked, lines)}
    return await print_page(request, "สมุดส่งหนังสือ", "pdf/post_book.html", **about)

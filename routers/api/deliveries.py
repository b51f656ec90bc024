"""Receiving: what has come, acknowledging it, returning it, its receipt; and the feed of changes."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import Body, Request, Response
from fastapi.responses import JSONResponse

from routers.api.dispatches import Why
from routers.api.paths import DeliveryPath, FromQuery
from routers.asking import ask, ask_list
from routers.deps import Asking, House, act
from routers.paper import PAPER_OR_JSON, paper_answer, wants_paper
from routers.problems import refusals
from routers.receipts import on_paper
from routers.routes import resource
from saraban.commands.acknowledge import Acknowledged, Acknowledging, acknowledge
from saraban.commands.record_post import PostChange, Posted, record_post
from saraban.commands.return_delivery import Returned, return_delivery
from saraban.queries import deliveries as looking
from saraban.queries.deliveries import Changed, DeliveryView, FeedFilters
from saraban.queries.inbox import InboxFilters, InboxItem, inbox
from saraban.queries.paging import Page

router = resource("deliveries")
SIMPLY_RECEIVED = Acknowledging()


@router.get(
    "/inbox",
    summary="What has come to my office: what waits first, reminded and most urgent on top",
    responses=refusals(422),
)
async def my_inbox(office: House, actor: Asking, asked: FromQuery[InboxFilters]) -> Page[InboxItem]:
    return await ask_list(inbox, office, actor, asked)


@router.get("/deliveries", summary="What has changed, for systems that follow along", responses=refusals(422))
def changed(office: House, actor: Asking, asked: FromQuery[FeedFilters]) -> Page[Changed]:
    return looking.changed_deliveries(office, actor, asked)


@router.get("/deliveries/{delivery}", summary="The letter as its receiver sees it", responses=refusals(404))
async def one(office: House, actor: Asking, delivery: DeliveryPath) -> DeliveryView:
    return await ask(looking.delivery_view, office, actor, delivery)


@router.patch(
    "/deliveries/{delivery}",
    summary="By post: its tracking number, and when it was received",
    responses=refusals(403, 404, 409, 413, 422),
)
def posted(office: House, actor: Asking, delivery: DeliveryPath, change: PostChange) -> Posted:
    return record_post(office, actor, delivery, change)


@router.post(
    "/deliveries/{delivery}/acknowledge",
    summary="Acknowledge: the next number of my own incoming book, and a signed receipt",
    responses=refusals(403, 404, 409, 413, 422),
)
async def acknowledging(
    office: House,
    actor: Asking,
    delivery: DeliveryPath,
    given: Annotated[Acknowledging, Body()] = SIMPLY_RECEIVED,
) -> Acknowledged:
    return await act(acknowledge, office, actor, delivery, given)


@router.post(
    "/deliveries/{delivery}/return",
    summary="Return a letter that is wrong",
    responses=refusals(403, 404, 409, 413, 422),
)
def returning(office: House, actor: Asking, delivery: DeliveryPath, why: Why) -> Returned:
    return return_delivery(office, actor, delivery, why.reason)


@router.get(
    "/deliveries/{delivery}/receipt",
    summary="The signed proof of receipt; on paper with `Accept: application/pdf`",
    responses={200: PAPER_OR_JSON, **refusals(404, 409, 500, 503)},
)
async def receipt(request: Request, office: House, actor: Asking, delivery: DeliveryPath) -> Response:
    shown = await to_thread.run_sync(looking.receipt_shown, office, actor, delivery)
    return await on_paper(request, shown) if wants_paper(request) else JSONResponse(shown.document)


@router.get(
    "/deliveries/{delivery}/receipt/pdf",
    summary="The same on paper: PDF/A-3 with the signed proof inside",
    **paper_answer(409),
)
async def paper(request: Request, office: House, actor: Asking, delivery: DeliveryPath) -> Response:
    return await on_paper(request, await to_thread.run_sync(looking.receipt_shown, office, actor, delivery))

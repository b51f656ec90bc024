"""Sending, and following what was sent."""

from __future__ import annotations

from routers.api.paths import DispatchPath, FromQuery, LetterPath
from routers.asking import ask, ask_list
from routers.deps import Asking, House, IfMatch, Once, version_of
from routers.problems import refusals
from routers.routes import resource
from saraban.commands.recall_dispatch import Recalled, recall_dispatch
from saraban.commands.remind_missing import Reminded, remind_missing
from saraban.commands.send_letter import NewDispatch, Sent, send_letter
from saraban.fields import Given, Reason, example
from saraban.queries import tracking as following
from saraban.queries.paging import Page
from saraban.queries.tracking import (
    DeliveryFilters,
    DeliveryLine,
    DispatchFilters,
    DispatchItem,
    DispatchView,
)

router = resource("dispatches")


class Why(Given):
    model_config = example(reason="ส่งผิดฉบับ")

    reason: Reason


@router.post(
    "/letters/{letter}/dispatches",
    status_code=201,
    summary="Send a registered letter: the union of the receivers, each once",
    responses=refusals(403, 404, 409, 412, 413, 422),
)
def send(
    office: House, actor: Asking, once: Once, letter: LetterPath, new: NewDispatch, if_match: IfMatch = None
) -> Sent:
    version = None if if_match is None else version_of(if_match)
    return send_letter(office, actor, letter, new, version, once(new))


@router.get(
    "/dispatches", summary="What the house has sent, newest first, with totals", responses=refusals(422)
)
async def sent(office: House, actor: Asking, asked: FromQuery[DispatchFilters]) -> Page[DispatchItem]:
    return await ask_list(following.sent_letters, office, actor, asked)


@router.get("/dispatches/{dispatch}", summary="One act of sending, with totals", responses=refusals(404))
async def one(office: House, actor: Asking, dispatch: DispatchPath) -> DispatchView:
    return await ask(following.dispatch_view, office, actor, dispatch)


@router.get(
    "/dispatches/{dispatch}/deliveries",
    summary="One line per receiver: acknowledged when, under which number, by whom",
    responses=refusals(404, 422),
)
async def deliveries(
    office: House, actor: Asking, dispatch: DispatchPath, asked: FromQuery[DeliveryFilters]
) -> Page[DeliveryLine]:
    return await ask(following.tracking, office, actor, dispatch, asked)


@router.post("/dispatches/{dispatch}/recall", summary="Call it back", responses=refusals(403, 404, 413, 422))
def recall(office: House, actor: Asking, dispatch: DispatchPath, why: Why) -> Recalled:
    return recall_dispatch(office, actor, dispatch, why.reason)


@router.post(
    "/dispatches/{dispatch}/remind", summary="Remind only the missing", responses=refusals(403, 404, 409)
)
def remind(office: House, actor: Asking, dispatch: DispatchPath) -> Reminded:
    return remind_missing(office, actor, dispatch)

"""A sending followed school by school, while it is open: reminded, called back, its post written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anyio import to_thread
from fastapi import Request
from fastapi.responses import JSONResponse, Response

from routers.api.dispatches import Why
from routers.api.paths import DispatchPath
from routers.asking import ask
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.excel import excel
from routers.ui.files import opened
from routers.ui.forms import Submitted, attempt, checked, submitted
from routers.ui.pages import go, page
from routers.ui.typed import Reading, asked
from saraban.commands.recall_dispatch import recall_dispatch
from saraban.commands.record_post import PostChange, record_post
from saraban.commands.remind_missing import remind_missing
from saraban.errors import Invalid, NotFound
from saraban.ids import read, show
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.board import board, totals_now
from saraban.queries.paging import whole
from saraban.queries.tracking import (
    DeliveryFilters,
    DeliveryLine,
    Tracked,
    dispatch_view,
    followed,
    tracking,
)
from saraban.spreadsheet import Column
from saraban.words import DELIVERY_STATES

router = screen()


def _state(line: DeliveryLine) -> str:
    by_post = {} if line.office else {"waiting": "ส่งทางไปรษณีย์", "acknowledged": "ผู้รับได้รับแล้ว"}
    return by_post.get(line.state) or DELIVERY_STATES[line.state]


LINES = 300  # of one page: a whole area of the manual's size


TRACKED: list[Column[DeliveryLine]] = [
    Column("ลำดับ", lambda line: line.position, 7),
    Column("รหัส", lambda line: line.office.code if line.office else None, 12),
    Column("ผู้รับ", lambda line: line.office.name if line.office else line.to_text, 32),
    Column("อำเภอ", lambda line: line.district, 18),
    Column("เครือข่าย", lambda line: line.network, 22),
    Column("สถานะ", lambda line: _state(line), 22),
    Column("เกินกำหนด", lambda line: "เกินกำหนด" if line.overdue else None, 11),
    Column("ลงทะเบียนรับเมื่อ", lambda line: line.acknowledged_at, 20),
    Column("เลขรับ", lambda line: line.number, 9),
    Column("ปี", lambda line: line.year, 7),
    Column("ผู้ลงทะเบียนรับ", lambda line: line.person, 22),
    Column("วันเวลาที่รับ", lambda line: line.received_at, 20),
    Column("เปิดดูเมื่อ", lambda line: line.seen_at, 20),
    Column("เตือนเมื่อ", lambda line: line.reminded_at, 20),
    Column("ส่งคืนเมื่อ", lambda line: line.returned_at, 20),
    Column("เหตุผลที่ส่งคืน", lambda line: line.reason, 28),
    Column("เลขพัสดุไปรษณีย์", lambda line: line.tracking_no, 18),
    Column("หนังสือตอบกลับ", lambda line: line.reply.letter_no if line.reply else None, 20),
]


@router.get("/dispatches/{dispatch}.xlsx")
def tracked(request: Request, office: House, actor: Asking, dispatch: DispatchPath) -> Response:
    view = dispatch_view(office, actor, dispatch)
    wanted = asked(request, DeliveryFilters)
    lines = whole(lambda one: tracking(office, actor, dispatch, one), wanted)
    return excel(office, f"ผลการรับหนังสือ {view.letter_no}", TRACKED, lines)


def by_hundreds(asked: DeliveryFilters, request: Request) -> DeliveryFilters:
    return asked if "limit" in request.query_params else asked.model_copy(update={"limit": LINES})


@router.get("/dispatches/{dispatch}")
async def follow(request: Request, office: House, actor: Asking, dispatch: DispatchPath) -> Response:
    return await ask(_follow, office, request, actor, dispatch)


def _follow(
    office: Office,
    request: Request,
    actor: Actor,
    dispatch: int,
    form: Submitted | None = None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> Response:
    try:
        wanted = by_hundreds(asked(request, DeliveryFilters), request)
        view, lines = followed(office, actor, dispatch, wanted)
        wrong = ""
    except Invalid as refusal:
        view, lines, wrong = dispatch_view(office, actor, dispatch), Tracked([], False, {}), refusal.message
    some = wrong or lines.previous or lines.next or request.query_params.get("state")
    return page(
        request,
        "tracking",
        422 if why or wrong else 200,
        dispatch=view,
        lines=lines,
        board=board(office, actor, dispatch, None if some else lines),
        form=form,
        errors=errors or {},
        why=why or wrong,
        wanted=request.query_params.get("state", ""),
        open=opened(request, view.attachments),
        here=f"/dispatches/{show('S', dispatch)}",
        totals=view.totals.model_dump_json(),
    )


@router.get("/dispatches/{dispatch}/now")
async def now(office: House, actor: Asking, dispatch: DispatchPath) -> Response:
    """So little that an open page may ask every few seconds whether anything has changed."""
    return JSONResponse((await ask(totals_now, office, actor, dispatch)).model_dump())


@router.post("/dispatches/{dispatch}/remind")
async def remind(request: Request, office: House, actor: Asking, dispatch: DispatchPath) -> Response:
    await submitted(request)
    done, errors, why = await attempt(lambda: remind_missing(office, actor, dispatch))
    if done is None:
        return await to_thread.run_sync(_follow, office, request, actor, dispatch, None, errors, why)
    said = f"เตือนแล้ว {done.reminded} แห่ง หนังสือขึ้นไปอยู่บนสุดของผู้รับ" if done.reminded else "ไม่มีผู้รับที่ต้องเตือน"
    return go(f"/dispatches/{show('S', dispatch)}", said)


@router.post("/dispatches/{dispatch}/recall")
async def recall(request: Request, office: House, actor: Asking, dispatch: DispatchPath) -> Response:
    form = await submitted(request)

    def act() -> Any:
        return recall_dispatch(office, actor, dispatch, checked(Why, {"reason": form.get("reason")}).reason)

    done, errors, why = await attempt(act)
    if done is None:
        return await to_thread.run_sync(_follow, office, request, actor, dispatch, form, errors, why)
    said = f"เรียกคืนแล้ว ผู้รับที่ยังไม่ลงทะเบียน {done.recalled} แห่งจะเปิดหนังสือนี้ไม่ได้อีก"
    return go(f"/dispatches/{show('S', dispatch)}", said)


@router.post("/dispatches/{dispatch}/post")
async def by_post(request: Request, office: House, actor: Asking, dispatch: DispatchPath) -> Response:
    form = await submitted(request)
    reading = Reading(form, office.clock())

    def act() -> Any:
        delivery = read("D", form.get("delivery"))
        if delivery is None:
            raise NotFound()
        said = {
            "tracking_no": form.get("tracking_no").strip(),
            "received_at": reading.moment("received_date", "received_time"),
        }
        return record_post(office, actor, delivery, reading.into(PostChange, said))

    done, errors, why = await attempt(act)
    if done is None:
        return await to_thread.run_sync(_follow, office, request, actor, dispatch, form, errors, why)
    return go(f"/dispatches/{show('S', dispatch)}#{form.get('delivery')}", "บันทึกการส่งทางไปรษณีย์แล้ว")

"""What has come to the office: the list, a letter as its receiver sees it, and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.api.dispatches import Why
from routers.api.paths import DeliveryPath
from routers.asking import show_list
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.assignments import handed
from routers.ui.excel import excel
from routers.ui.files import opened
from routers.ui.forms import Submitted, attempt, attempt_in_turn, checked, submitted, typed_before
from routers.ui.pages import go, page
from routers.ui.typed import Reading, asked, found
from saraban.commands.acknowledge import Acknowledging, acknowledge
from saraban.commands.acknowledge_several import acknowledge_several
from saraban.commands.return_delivery import return_delivery
from saraban.ids import read
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.assignments import tasks_of
from saraban.queries.deliveries import delivery_view
from saraban.queries.entry import entry_view
from saraban.queries.hands import hands
from saraban.queries.inbox import Arrived, InboxFilters, InboxItem, arrived, inbox
from saraban.queries.paging import whole
from saraban.queries.replaced import replaced_by
from saraban.spreadsheet import Column
from saraban.words import DELIVERY_STATES

router = screen()


@router.get("/inbox")
async def show_inbox(request: Request, office: House, actor: Asking) -> Response:
    return await show_list(_show_inbox, office, request, actor)


def _show_inbox(office: Office, request: Request, actor: Actor) -> Response:
    nothing = Arrived([], office.clock(), set())
    come, why = found(request, InboxFilters, lambda asked: arrived(office, actor, asked), nothing)
    return page(request, "inbox", 422 if why else 200, found=come, why=why, asked=request.query_params)


COLUMNS: list[Column[InboxItem]] = [
    Column("เลขรับ", lambda one: one.number, 10),
    Column("ปี", lambda one: one.year, 7),
    Column("เลขหนังสือ", lambda one: one.letter_no, 18),
    Column("เรื่อง", lambda one: one.subject, 50),
    Column("ชั้นความเร็ว", lambda one: Urgency.named(one.urgency).thai, 10),
    Column("ชั้นความลับ", lambda one: Secrecy.named(one.secrecy).thai, 10),
    Column("รายละเอียด", lambda one: one.summary, 40),
    Column("ลงวันที่", lambda one: one.dated, 12),
    Column("จาก", lambda one: one.sender.name, 28),
    Column("ถึง", lambda one: one.receiver.name, 28),
    Column("วันเวลาที่ส่ง", lambda one: one.sent_at, 20),
    Column("ให้ลงทะเบียนรับภายใน", lambda one: one.deadline, 20),
    Column("สถานะ", lambda one: DELIVERY_STATES[one.state], 20),
    Column("ลงทะเบียนเมื่อ", lambda one: one.closed_at, 20),
    Column("ไฟล์", lambda one: one.attachments, 7),
]


@router.get("/inbox.xlsx")
def as_excel(request: Request, office: House, actor: Asking) -> Response:
    items = whole(lambda one: inbox(office, actor, one), asked(request, InboxFilters))
    return excel(office, "หนังสือรับ", COLUMNS, items)


@router.post("/inbox/acknowledge")
async def several(request: Request, office: House, actor: Asking) -> Response:
    form = await submitted(request)
    chosen = [number for one in form.all("delivery") if (number := read("D", one)) is not None]
    if not chosen:
        return go("/inbox", "ยังไม่ได้เลือกหนังสือ: ทำเครื่องหมายหน้าฉบับที่จะลงทะเบียนรับก่อน")
    result = await acknowledge_several(office, actor, chosen)
    left = f" · อีก {result.left} ฉบับลงทะเบียนพร้อมกันไม่ได้ เปิดดูทีละฉบับ" if result.left else ""
    shown = urlencode([("id", one) for one in form.all("delivery")])
    return go(f"/inbox/acknowledged?{shown}", f"ลงทะเบียนรับแล้ว {result.done} ฉบับ{left}")


@router.get("/inbox/acknowledged")
def numbers(request: Request, office: House, actor: Asking) -> Response:
    """What number each letter has been given, to be written on paper."""
    named = [read("D", one) for one in request.query_params.getlist("id")[:500]]
    views = [delivery_view(office, actor, one) for one in named if one is not None]
    return page(request, "acknowledged", views=views)


# -- one letter, as it came -----------------------------------------------------------------------------


def _delivery(
    request: Request,
    office: Office,
    actor: Actor,
    delivery: int,
    form: Submitted | None = None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> Response:
    view = delivery_view(office, actor, delivery)
    receives = view.side == "receiver"
    return page(
        request,
        "delivery",
        422 if why else 200,
        view=view,
        line=entry_view(office, actor, view.entry) if view.entry is not None else None,
        given=tasks_of(office, actor, view.entry) if view.entry is not None else [],
        groups=hands(office, actor, view.secrecy) if receives and actor.may(Act.ASSIGN) else [],
        successor=replaced_by(office, actor, view.letter),
        next=_next(office, actor) if receives and view.state == "acknowledged" else None,
        file=opened(request, view.attachments),
        form=form,
        errors=errors or {},
        why=why,
        here=f"/deliveries/D{delivery}",
    )


def _next(office: Office, actor: Actor) -> int | None:
    """The letter that stands on top of what waits."""
    waiting = (
        inbox(office, actor, InboxFilters(state="waiting", limit=1)).items if actor.may(Act.RECEIVE) else []
    )
    return waiting[0].id if waiting else None


@router.get("/deliveries/{delivery}")
def one(request: Request, office: House, actor: Asking, delivery: DeliveryPath) -> Response:
    return _delivery(request, office, actor, delivery, typed_before(request))


@router.post("/deliveries/{delivery}/acknowledge")
async def receive(request: Request, office: House, actor: Asking, delivery: DeliveryPath) -> Response:
    form = await submitted(request)
    reading = Reading(form, office.clock())

    def act() -> Any:
        said = {
            "received_at": reading.moment("received_date", "received_time"),
            "note": form.get("note"),
            "assign_to": handed(reading),
        }
        return acknowledge(office, actor, delivery, reading.into(Acknowledging, said))

    done, errors, why = await attempt_in_turn(act, office, actor)
    if done is None:
        return await to_thread.run_sync(_delivery, request, office, actor, delivery, form, errors, why)
    said = f"ลงทะเบียนรับแล้ว เลขรับ {done.number}" if done.number else "รับหนังสือแล้ว"
    return go(f"/deliveries/D{delivery}", said)


@router.post("/deliveries/{delivery}/return")
async def give_back(request: Request, office: House, actor: Asking, delivery: DeliveryPath) -> Response:
    form = await submitted(request)

    def act() -> Any:
        reason = checked(Why, {"reason": form.get("reason")}).reason
        return return_delivery(office, actor, delivery, reason)

    done, errors, why = await attempt(act)
    if done is None:
        return await to_thread.run_sync(_delivery, request, office, actor, delivery, form, errors, why)
    return go(f"/deliveries/D{delivery}", "ส่งคืนผู้ส่งแล้ว ผู้ส่งเห็นเหตุผลทันที")

"""Everything that has been sent, what of it is late, and what has come back."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from routers.asking import show_list
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.excel import excel
from routers.ui.pages import page
from routers.ui.typed import asked, listed
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.missing import OverdueDispatch, ReturnedItem, overdue, returned
from saraban.queries.paging import Paging, whole
from saraban.queries.tracking import DispatchFilters, DispatchItem, sent_letters
from saraban.spreadsheet import Column

router = screen()


@router.get("/sent")
async def sent(request: Request, office: House, actor: Asking) -> Response:
    return await show_list(_sent, office, request, actor)


def _sent(office: Office, request: Request, actor: Actor) -> Response:
    found, why = listed(request, DispatchFilters, lambda asked: sent_letters(office, actor, asked))
    return page(request, "sent", 422 if why else 200, found=found, why=why, asked=request.query_params)


SENT: list[Column[DispatchItem]] = [
    Column("ที่", lambda item: item.letter_no, 18),
    Column("ลงวันที่", lambda item: item.dated, 12),
    Column("เรื่อง", lambda item: item.subject, 50),
    Column("ความเร็ว", lambda item: Urgency.named(item.urgency).thai, 10),
    Column("ชั้นความลับ", lambda item: Secrecy.named(item.secrecy).thai, 10),
    Column("วันเวลาที่ส่ง", lambda item: item.sent_at, 20),
    Column("ส่งโดย", lambda item: item.office.name, 22),
    Column("ผู้ส่ง", lambda item: item.sent_by, 20),
    Column("ผู้รับ (แห่ง)", lambda item: item.recipients, 10),
    Column("ลงทะเบียนแล้ว", lambda item: item.totals.registered, 10),
    Column("ยังไม่ลงทะเบียน", lambda item: item.totals.missing, 10),
    Column("ไปรษณีย์", lambda item: item.totals.by_post, 10),
    Column("เปิดดูแล้ว", lambda item: item.totals.seen, 10),
    Column("เกินกำหนด", lambda item: item.totals.overdue, 10),
    Column("ส่งคืน", lambda item: item.totals.returned, 10),
    Column("ตอบกลับ", lambda item: item.totals.replied, 10),
    Column("ให้ลงทะเบียนรับภายใน", lambda item: item.deadline, 20),
    Column("เรียกคืนเมื่อ", lambda item: item.recalled_at, 20),
]


@router.get("/sent.xlsx")
def sent_as_excel(request: Request, office: House, actor: Asking) -> Response:
    wanted = asked(request, DispatchFilters)
    return excel(office, "หนังสือส่ง", SENT, whole(lambda one: sent_letters(office, actor, one), wanted))


@router.get("/overdue")
def late(request: Request, office: House, actor: Asking) -> Response:
    found, why = listed(request, Paging, lambda asked: overdue(office, actor, asked))
    days = office.settings.overdue_days
    return page(request, "overdue", 422 if why else 200, found=found, why=why, days=days)


OVERDUE: list[Column[OverdueDispatch]] = [
    Column("ที่", lambda item: item.letter_no, 18),
    Column("ลงวันที่", lambda item: item.dated, 12),
    Column("เรื่อง", lambda item: item.subject, 50),
    Column("วันเวลาที่ส่ง", lambda item: item.sent_at, 20),
    Column("เกินกำหนดตั้งแต่", lambda item: item.overdue_at, 20),
    Column("ผู้รับ (แห่ง)", lambda item: item.recipients, 10),
    Column("ยังไม่ลงทะเบียน", lambda item: item.totals.overdue, 10),
    Column("ได้แก่", lambda item: _named(item), 60),
]


def _named(item: OverdueDispatch) -> str:
    more = item.totals.overdue - len(item.late)
    return ", ".join(one.name for one in item.late) + (f" และอีก {more} แห่ง" if more > 0 else "")


@router.get("/overdue.xlsx")
def late_as_excel(request: Request, office: House, actor: Asking) -> Response:
    wanted = asked(request, Paging)
    return excel(office, "หนังสือส่งที่เกินกำหนด", OVERDUE, whole(lambda one: overdue(office, actor, one), wanted))


@router.get("/returned")
def came_back(request: Request, office: House, actor: Asking) -> Response:
    found, why = listed(request, Paging, lambda asked: returned(office, actor, asked))
    return page(request, "returned", 422 if why else 200, found=found, why=why)


RETURNED: list[Column[ReturnedItem]] = [
    Column("ที่", lambda item: item.letter.letter_no, 18),
    Column("ลงวันที่", lambda item: item.letter.dated, 12),
    Column("เรื่อง", lambda item: item.letter.subject, 50),
    Column("ส่งคืนโดย", lambda item: item.office.name, 28),
    Column("ผู้ส่งคืน", lambda item: item.returned_by, 20),
    Column("ส่งคืนเมื่อ", lambda item: item.returned_at, 20),
    Column("เหตุผล", lambda item: item.reason, 50),
    Column("วันเวลาที่ส่ง", lambda item: item.sent_at, 20),
    Column("ผู้ส่ง", lambda item: item.sent_by, 20),
    Column("ออกใหม่แทนด้วย", lambda item: item.replaced_by.letter_no if item.replaced_by else None, 18),
]


@router.get("/returned.xlsx")
def came_back_as_excel(request: Request, office: House, actor: Asking) -> Response:
    wanted = asked(request, Paging)
    return excel(office, "หนังสือที่ถูกส่งคืน", RETURNED, whole(lambda one: returned(office, actor, one), wanted))

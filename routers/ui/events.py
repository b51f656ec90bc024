"""The activity log of the house, for those who may read it."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.excel import excel
from routers.ui.pages import page
from routers.ui.typed import asked, listed
from saraban.acts import ACTS, told
from saraban.queries.activity import Activity, ActivityFilters, activity
from saraban.queries.paging import whole
from saraban.spreadsheet import Column

router = screen()

COLUMNS: list[Column[Activity]] = [
    Column("ลำดับ", lambda one: one.seq, 9),
    Column("เมื่อ", lambda one: one.at, 22),
    Column("ใคร", lambda one: one.name, 28),
    Column("หน่วยงาน", lambda one: one.office_name, 34),
    Column("ทำอะไร", lambda one: ACTS.get(one.act, one.act), 30),
    Column("หนังสือ", lambda one: "(หนังสือลับ)" if one.masked else one.letter_no, 20),
    Column("รายละเอียด", lambda one: told(one.about), 50),
]


@router.get("/events")
def events(request: Request, office: House, actor: Asking) -> Response:
    found, why = listed(request, ActivityFilters, lambda said: activity(office, actor, said))
    acts = sorted(ACTS.items(), key=lambda one: one[1])
    return page(
        request, "events", 422 if why else 200, found=found, why=why, asked=request.query_params, acts=acts
    )


@router.get("/events.xlsx")
def sheet(request: Request, office: House, actor: Asking) -> Response:
    said = asked(request, ActivityFilters)
    return excel(office, "บันทึกเหตุการณ์", COLUMNS, whole(lambda part: activity(office, actor, part), said))

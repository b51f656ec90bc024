"""The offices an administrator keeps: the list, a new one, one to be changed, closed and opened."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import Response

from routers.api.paths import OfficePath
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.excel import excel
from routers.ui.forms import Submitted, attempt, checked, submitted, typed_before
from routers.ui.pages import go, page
from routers.ui.typed import asked, listed
from saraban.commands.keep_offices import NewOffice, OfficeChange, add_office, change_office
from saraban.permissions import Act
from saraban.queries.offices import OfficeFilters, OfficeItem, own_office, own_offices
from saraban.queries.paging import whole
from saraban.spreadsheet import Column
from saraban.words import OFFICE_KINDS

router = screen()

COLUMNS: list[Column[OfficeItem]] = [
    Column("รหัส", lambda one: one.code),
    Column("ชื่อ", lambda one: one.name, 40),
    Column("ชนิด", lambda one: OFFICE_KINDS[one.kind]),
    Column("อยู่ใต้", lambda one: one.parent),
    Column("คำนำหน้าเลขที่", lambda one: one.prefix),
    Column("อำเภอ", lambda one: one.district, 20),
    Column("เครือข่าย", lambda one: one.network, 24),
    Column("สถานะ", lambda one: "เปิด" if one.is_open else "ปิด"),
]


@router.get("/offices")
def offices(request: Request, office: House, actor: Asking) -> Response:
    found, why = listed(request, OfficeFilters, lambda said: own_offices(office, actor, said))
    return page(request, "offices", 422 if why else 200, found=found, why=why, asked=request.query_params)


@router.get("/offices.xlsx")
def sheet(request: Request, office: House, actor: Asking) -> Response:
    said = asked(request, OfficeFilters)
    return excel(office, "หน่วยงาน", COLUMNS, whole(lambda part: own_offices(office, actor, part), said))


@router.get("/offices/new")
def blank(request: Request, actor: Asking) -> Response:
    actor.must(Act.KEEP_OFFICES)
    return _form(request, None, typed_before(request) or Submitted({"kind": ["school"]}, "/offices/new"))


@router.post("/offices/new")
async def add(request: Request, office: House, actor: Asking) -> Response:
    form = await submitted(request)
    names = ("code", "kind", "name", "parent", "prefix", "district", "network")

    def act() -> OfficeItem:
        said = {name: form.get(name) for name in names} | {"own_books": form.ticked("own_books")}
        return add_office(office, actor, checked(NewOffice, said), form.nonce)

    added, errors, why = await attempt(act)
    if added is None:
        return _form(request, None, form, errors, why)
    return go(f"/offices?q={added.code}", f"เพิ่มหน่วยงาน {added.name} แล้ว")


@router.get("/offices/{code}")
def one(request: Request, office: House, actor: Asking, code: OfficePath) -> Response:
    return _form(request, own_office(office, actor, code), typed_before(request))


@router.post("/offices/{code}")
async def change(request: Request, office: House, actor: Asking, code: OfficePath) -> Response:
    form = await submitted(request)
    item = own_office(office, actor, code)

    def act() -> OfficeItem:
        said = {name: form.get(name) for name in ("name", "prefix", "district", "network")}
        flags = {"is_open": form.ticked("is_open")}
        if item.kind == "group":
            flags["own_books"] = form.ticked("own_books")
        return change_office(office, actor, code, checked(OfficeChange, said | flags, blank=True))

    changed, errors, why = await attempt(act)
    if changed is None:
        return _form(request, item, form, errors, why)
    return go(f"/offices/{code}", "บันทึกแล้ว")


def _form(
    request: Request,
    item: OfficeItem | None,
    form: Submitted | None = None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> Response:
    return page(request, "office", 422 if why else 200, item=item, form=form, errors=errors or {}, why=why)

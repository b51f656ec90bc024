"""Who works where: the list, a new person, what one may do, a password that is shown once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Path, Request
from fastapi.responses import Response

from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.excel import excel
from routers.ui.forms import Submitted, attempt, checked, submitted, typed_before
from routers.ui.pages import go, page
from routers.ui.typed import asked, listed
from saraban.commands.add_person import NewPerson, enrol
from saraban.commands.change_password import give_password
from saraban.commands.keep_people import (
    PersonChange,
    WorkChange,
    change_person,
    change_work,
    end_work,
    log_out_everywhere,
    unlock,
)
from saraban.ids import PersonId, show
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import ROLES, Act, Actor
from saraban.queries.paging import whole
from saraban.queries.people import PersonItem
from saraban.queries.staff import StaffFilters, Work, person_view, staff
from saraban.spreadsheet import Column

router = screen()
Person = Annotated[PersonId, Path()]

COLUMNS: list[Column[Work]] = [
    Column("ชื่อ", lambda one: one.name, 30),
    Column("ชื่อผู้ใช้", lambda one: one.username, 18),
    Column("รหัสหน่วยงาน", lambda one: one.office),
    Column("หน่วยงาน", lambda one: one.office_name, 40),
    Column("หน้าที่", lambda one: ROLES[one.role], 22),
    Column("เข้าถึงชั้นความลับ", lambda one: Secrecy.named(one.clearance).thai),
    Column("เข้าระบบได้", lambda one: "ได้" if one.has_password else "ยังไม่มีรหัสผ่าน"),
]


@router.get("/people")
def people(request: Request, office: House, actor: Asking) -> Response:
    found, why = listed(request, StaffFilters, lambda said: staff(office, actor, said))
    return page(request, "people", 422 if why else 200, found=found, why=why, asked=request.query_params)


@router.get("/people.xlsx")
def sheet(request: Request, office: House, actor: Asking) -> Response:
    said = asked(request, StaffFilters)
    return excel(office, "บุคลากร", COLUMNS, whole(lambda part: staff(office, actor, part), said))


@router.get("/people/new")
def blank(request: Request, actor: Asking) -> Response:
    actor.must(Act.KEEP_PEOPLE)
    given = {name: request.query_params.getlist(name) for name in ("office", "name", "username")}
    return _new(request, typed_before(request) or Submitted(given | {"role": ["clerk"]}, "/people/new"))


@router.post("/people/new")
async def add(request: Request, office: House, actor: Asking) -> Response:
    form = await submitted(request)

    def act() -> PersonItem:
        said = {name: form.get(name) for name in ("name", "username", "office", "role", "clearance")}
        return enrol(office, actor, checked(NewPerson, said), form.nonce)

    added, errors, why = await attempt(act)
    if added is None:
        return _new(request, form, errors, why)
    return go(f"/people/{show('P', added.id)}", f"เพิ่ม {added.name} แล้ว")


def _new(
    request: Request, form: Submitted, errors: Mapping[str, str] | None = None, why: str = ""
) -> Response:
    return page(request, "person_new", 422 if why else 200, form=form, errors=errors or {}, why=why)


# -- one person -----------------------------------------------------------------------------------------


@router.get("/people/{person}")
def one(request: Request, office: House, actor: Asking, person: Person) -> Response:
    return _person(request, office, actor, person, typed_before(request))


def _person(
    request: Request,
    office: Office,
    actor: Actor,
    person: int,
    form: Submitted | None = None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
    password: str | None = None,
) -> Response:
    view = person_view(office, actor, person)
    here = f"/people/{show('P', person)}"
    told = {"form": form, "errors": errors or {}, "why": why, "password": password, "here": here}
    return page(request, "person", 422 if why else 200, view=view, **told)


async def _act(
    request: Request,
    office: Office,
    actor: Actor,
    person: int,
    said: str,
    act: Callable[[Submitted], Any],
) -> Response:
    """One of the acts on a person's page: done, and back to it; or refused on it, with what was typed."""
    form = await submitted(request)

    def done() -> bool:
        act(form)
        return True

    ok, errors, why = await attempt(done)
    if not ok:
        return await to_thread.run_sync(_person, request, office, actor, person, form, errors, why)
    return go(f"/people/{show('P', person)}", said)


@router.post("/people/{person}")
async def change(request: Request, office: House, actor: Asking, person: Person) -> Response:
    def act(form: Submitted) -> None:
        said = checked(PersonChange, {"name": form.get("name"), "username": form.get("username")})
        change_person(office, actor, person, said)

    return await _act(request, office, actor, person, "บันทึกแล้ว", act)


@router.post("/people/{person}/work")
async def work(request: Request, office: House, actor: Asking, person: Person) -> Response:
    def act(form: Submitted) -> None:
        said = checked(WorkChange, {"role": form.get("role"), "clearance": form.get("clearance")})
        change_work(office, actor, form.number("membership"), said, form.nonce)

    return await _act(request, office, actor, person, "แก้ไขหน้าที่แล้ว", act)


@router.post("/people/{person}/end")
async def end(request: Request, office: House, actor: Asking, person: Person) -> Response:
    def act(form: Submitted) -> None:
        end_work(office, actor, form.number("membership"))

    said = "พ้นหน้าที่ในหน่วยงานนี้แล้ว เครื่องที่เข้าระบบค้างไว้ในหน่วยงานนี้ถูกออกจากระบบ"
    return await _act(request, office, actor, person, said, act)


@router.post("/people/{person}/log-out")
async def log_out(request: Request, office: House, actor: Asking, person: Person) -> Response:
    said = "ออกจากระบบทุกเครื่องแล้ว"
    return await _act(
        request, office, actor, person, said, lambda _: log_out_everywhere(office, actor, person)
    )


@router.post("/people/{person}/unlock")
async def open_lock(request: Request, office: House, actor: Asking, person: Person) -> Response:
    return await _act(
        request, office, actor, person, "ปลดล็อกแล้ว เข้าระบบได้ทันที", lambda _: unlock(office, actor, person)
    )


@router.post("/people/{person}/password")
async def password(request: Request, office: House, actor: Asking, person: Person) -> Response:
    """Shown on the answer itself: an address or a cookie would keep it."""
    await submitted(request)
    first, errors, why = await attempt(lambda: give_password(office, actor, person))
    return await to_thread.run_sync(_person, request, office, actor, person, None, errors, why, first)

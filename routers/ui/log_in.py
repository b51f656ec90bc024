"""Log in, log out, a new password, one of several offices."""

from __future__ import annotations

from urllib.parse import quote

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.deps import House
from routers.problems import status_of
from routers.routes import screen
from routers.ui.forms import attempt, submitted
from routers.ui.pages import COOKIE, go, page, within
from saraban.commands.change_password import change_password
from saraban.commands.choose_desk import choose_desk
from saraban.commands.log_in import LoggedIn, log_in, log_out
from saraban.errors import Invalid, TooOften, WrongPassword
from saraban.queries.visitor import Visitor, desks_of

router = screen()


@router.get("/login")
def ask(request: Request, next: str = "/") -> Response:
    if request.state.visitor is not None:
        return go(within(next))
    return page(request, "login", next=within(next), username="", why="")


@router.post("/login")
async def enter(request: Request, office: House) -> Response:
    form = await submitted(request)
    username, to = form.get("username"), within(form.get("next"))
    browser, address = request.headers.get("user-agent", ""), request.client.host if request.client else ""
    before: Visitor | None = request.state.visitor

    def enter() -> LoggedIn:
        entered = log_in(office, username, form.get("password"), browser, address)
        if before is not None:
            log_out(office, before)
        return entered

    try:
        entered = await to_thread.run_sync(enter)
    except (WrongPassword, TooOften) as refusal:
        status = status_of(type(refusal))
        return page(request, "login", status, next=to, username=username, why=refusal.message)
    response = go(to if entered.seated else "/desks?next=" + quote(to))
    response.set_cookie(
        COOKIE, entered.token, httponly=True, samesite="lax", secure=office.settings.https, path="/"
    )
    return response


@router.post("/logout")
async def leave(request: Request, office: House) -> Response:
    await submitted(request)
    await to_thread.run_sync(log_out, office, request.state.visitor)
    response = go("/login", "ออกจากระบบแล้ว")
    response.delete_cookie(COOKIE, path="/")
    return response


@router.get("/desks")
def desks(request: Request, office: House, next: str = "/") -> Response:
    found = desks_of(office, request.state.visitor.person_id)
    return page(request, "desks", desks=found, next=within(next))


@router.post("/desks")
async def sit_down(request: Request, office: House) -> Response:
    form = await submitted(request)
    await to_thread.run_sync(choose_desk, office, request.state.visitor, form.number("desk"))
    return go(within(form.get("next")))


@router.get("/password")
def password(request: Request) -> Response:
    return page(request, "password", errors={}, why="")


@router.post("/password")
async def new_password(request: Request, office: House) -> Response:
    form = await submitted(request)
    who: Visitor = request.state.visitor

    def change() -> bool:
        if form.get("new") != form.get("again"):
            raise Invalid(("again", "พิมพ์รหัสผ่านใหม่สองครั้งไม่ตรงกัน"))
        change_password(office, who, form.get("old"), form.get("new"))
        return True

    changed, errors, why = await attempt(change)
    if not changed:
        return page(request, "password", 422, errors=errors, why=why)
    return go("/", "เปลี่ยนรหัสผ่านแล้ว เครื่องอื่นที่เข้าระบบค้างไว้ถูกออกจากระบบทั้งหมด")

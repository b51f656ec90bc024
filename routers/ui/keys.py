"""Keys for programs: made, and shown once; withdrawn."""

from __future__ import annotations

from collections.abc import Mapping

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.forms import Submitted, attempt, checked, submitted, typed_before
from routers.ui.pages import go, page
from routers.ui.typed import listed
from saraban.commands.keep_keys import NewKey, NewProgram, issue_key, withdraw_key
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.keys import keys
from saraban.queries.paging import Paging

router = screen()


@router.get("/keys")
def kept(request: Request, office: House, actor: Asking) -> Response:
    return _keys(request, office, actor, typed_before(request))


def _keys(
    request: Request,
    office: Office,
    actor: Actor,
    form: Submitted | None = None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
    made: NewKey | None = None,
) -> Response:
    found, misread = listed(request, Paging, lambda said: keys(office, actor, said))
    told = {"form": form, "errors": errors or {}, "why": why or misread, "made": made}
    return page(request, "keys", 422 if why or misread else 200, found=found, **told)


@router.post("/keys")
async def make(request: Request, office: House, actor: Asking) -> Response:
    """Shown on the answer itself: an address or a cookie would keep it."""
    form = await submitted(request)

    def act() -> NewKey:
        said = {name: form.get(name) for name in ("name", "office", "role", "clearance")}
        return issue_key(office, actor, checked(NewProgram, said), form.nonce)

    made, errors, why = await attempt(act)
    typed = form if why else None
    return await to_thread.run_sync(_keys, request, office, actor, typed, errors, why, made)


@router.post("/keys/withdraw")
async def withdraw(request: Request, office: House, actor: Asking) -> Response:
    form = await submitted(request)
    await to_thread.run_sync(withdraw_key, office, actor, form.number("key"))
    return go("/keys", "ยกเลิกกุญแจแล้ว โปรแกรมที่ถือกุญแจนี้เข้าระบบไม่ได้อีก")

"""What stands on an office's letters, kept by its administrator."""

from __future__ import annotations

from collections.abc import Mapping

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.api.paths import OfficePath
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.forms import Submitted, checked, submitted, typed_before
from routers.ui.pages import go, page
from routers.writing import letterhead_kept
from saraban.commands.keep_letterhead import WORDS, LetterheadSaid
from saraban.errors import Invalid, NotFound, Refusal
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.letterhead import PICTURES, letterhead_view, own_emblem
from saraban.queries.offices import own_office

router = screen()


@router.get("/offices/{code}/letterhead")
def letterhead(request: Request, office: House, actor: Asking, code: OfficePath) -> Response:
    return _page(request, office, actor, code, typed_before(request))


def _page(
    request: Request,
    office: Office,
    actor: Actor,
    code: str,
    form: Submitted | None = None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> Response:
    item, head = own_office(office, actor, code), letterhead_view(office, actor, code)
    form = form or Submitted({name: [getattr(head, name)] for name in WORDS}, "")
    about = {"item": item, "head": head, "form": form, "errors": errors or {}, "why": why}
    return page(request, "letterhead", 422 if why else 200, **about)


@router.post("/offices/{code}/letterhead")
async def keep(request: Request, office: House, actor: Asking, code: OfficePath) -> Response:
    form = await submitted(request)
    try:
        if form.refused:  # what any letter may enclose is of no use here
            raise Invalid(("emblem", PICTURES))
        chosen = [one["upload"] for one in form.files]
        said = {name: form.get(name) for name in WORDS} | {"no_emblem": form.ticked("no_emblem")}
        whole = checked(LetterheadSaid, said | ({"emblem": chosen[0]} if chosen else {}), blank=True)
        await letterhead_kept(request, office, actor, code, whole)
    except Refusal as refusal:
        errors = {"emblem" if name.startswith("file") else name: said for name, said in refusal.fields}
        return await to_thread.run_sync(_page, request, office, actor, code, form, errors, refusal.message)
    return go(f"/offices/{code}/letterhead", "บันทึกแล้ว ใช้กับหนังสือที่เขียนต่อจากนี้")


@router.get("/offices/{code}/emblem.png")
def emblem(office: House, actor: Asking, code: OfficePath) -> Response:
    picture = own_emblem(office, actor, code)
    if picture is None:
        raise NotFound()
    return Response(picture, media_type="image/png", headers={"Cache-Control": "private, no-cache"})

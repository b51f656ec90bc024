"""The books of the years: how far each has come, and the setting up of one."""

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
from saraban.commands.keep_registers import RegisterChange, set_register
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.registers import RegisterFilters, RegisterItem, RegisterKind, outgoing_prefix, registers
from saraban.thai.dates import buddhist_year
from saraban.words import BOOKS

router = screen()


@router.get("/registers")
def books(request: Request, office: House, actor: Asking) -> Response:
    actor.must(Act.KEEP_REGISTERS)
    found, why = listed(request, RegisterFilters, lambda said: registers(office, actor, said))
    return page(
        request,
        "registers",
        422 if why else 200,
        found=found,
        why=why,
        books=list(BOOKS.items()),
        this_year=buddhist_year(office.clock()),
    )


@router.get("/registers/{kind}/{year}")
def one(request: Request, office: House, actor: Asking, kind: RegisterKind, year: int) -> Response:
    return _book(request, office, actor, kind, year, typed_before(request))


def _book(
    request: Request,
    office: Office,
    actor: Actor,
    kind: RegisterKind,
    year: int,
    form: Submitted | None = None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> Response:
    """The book as it stands; of one that is not there yet, as it would be after last year's."""
    actor.must(Act.KEEP_REGISTERS)
    kept = [one for one in registers(office, actor, RegisterFilters(limit=500)).items if one.kind == kind]
    item = next((one for one in kept if one.year == year), None)
    before = next((one for one in kept if one.year < year), None)
    usual = "" if kind == "incoming" else outgoing_prefix(office, actor)
    prefix = item.prefix if item else before.prefix if before else usual
    told = {"item": item, "before": before, "kind": kind, "year": year, "prefix": prefix}
    return page(request, "register", 422 if why else 200, **told, form=form, errors=errors or {}, why=why)


@router.post("/registers/{kind}/{year}")
async def set_up(request: Request, office: House, actor: Asking, kind: RegisterKind, year: int) -> Response:
    form = await submitted(request)

    def act() -> RegisterItem:
        said: dict[str, object] = {"prefix": form.get("prefix"), "is_open": form.ticked("is_open")}
        if form.get("first_number"):
            said["first_number"] = form.number("first_number")
        return set_register(office, actor, kind, year, checked(RegisterChange, said, blank=True))

    kept, errors, why = await attempt(act)
    if kept is None:
        return await to_thread.run_sync(_book, request, office, actor, kind, year, form, errors, why)
    return go("/registers", f"บันทึก{BOOKS[kind]} ปี {year} แล้ว")

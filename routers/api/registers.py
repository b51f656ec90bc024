"""The house's books."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from routers.api.paths import FromQuery
from routers.deps import Asking, House
from routers.problems import refusals
from routers.routes import resource
from saraban.commands.keep_registers import RegisterChange, set_register
from saraban.queries import registers as books
from saraban.queries.paging import Page
from saraban.queries.registers import RegisterFilters, RegisterItem, RegisterKind

router = resource("registers")


@router.get("/registers", summary="The house's books, the newest year first", responses=refusals(403, 422))
def registers(office: House, actor: Asking, asked: FromQuery[RegisterFilters]) -> Page[RegisterItem]:
    return books.registers(office, actor, asked)


@router.put(
    "/registers/{kind}/{year}",
    summary="Prepare, change, close or reopen a book",
    responses=refusals(403, 404, 409, 413, 422),
)
def set_up(
    office: House,
    actor: Asking,
    kind: RegisterKind,
    year: Annotated[int, Path(examples=[2569], description="Buddhist year")],
    said: RegisterChange,
) -> RegisterItem:
    return set_register(office, actor, kind, year, said)

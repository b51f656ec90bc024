"""The tree of offices."""

from __future__ import annotations

from routers.api.paths import FromQuery, OfficePath
from routers.deps import Asking, House, Once
from routers.problems import refusals
from routers.routes import resource
from saraban.commands.keep_offices import NewOffice, OfficeChange, add_office, change_office
from saraban.queries.offices import OfficeFilters, OfficeItem, offices_of_the_tree
from saraban.queries.paging import Page

router = resource("offices")


@router.get("/offices", summary="Offices of the tree, in Thai dictionary order", responses=refusals(403, 422))
def offices(office: House, actor: Asking, asked: FromQuery[OfficeFilters]) -> Page[OfficeItem]:
    return offices_of_the_tree(office, actor, asked)


@router.post(
    "/offices",
    status_code=201,
    summary="Add a group, a school or an outside agency below the house",
    responses=refusals(403, 404, 409, 413, 422),
)
def add(office: House, actor: Asking, once: Once, new: NewOffice) -> OfficeItem:
    return add_office(office, actor, new, once(new))


@router.patch(
    "/offices/{code}",
    summary="Name, prefix, district, network; open or closed; own books of a group",
    responses=refusals(403, 404, 409, 413, 422),
)
def change(office: House, actor: Asking, code: OfficePath, said: OfficeChange) -> OfficeItem:
    return change_office(office, actor, code, said)

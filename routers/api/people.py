"""Who is in the house."""

from __future__ import annotations

from routers.api.paths import FromQuery
from routers.deps import Asking, House, Once
from routers.problems import refusals
from routers.routes import resource
from saraban.commands.add_person import NewPerson, enrol
from saraban.queries import people as who
from saraban.queries.paging import Page
from saraban.queries.people import PeopleFilters, PersonItem

router = resource("people")


@router.get(
    "/people",
    summary="The people of the house, a line for each office and role",
    responses=refusals(403, 404, 422),
)
def people(office: House, actor: Asking, asked: FromQuery[PeopleFilters]) -> Page[PersonItem]:
    return who.people(office, actor, asked)


@router.post(
    "/people",
    status_code=201,
    summary="Add a person to an office of the house or below it",
    responses=refusals(403, 404, 409, 413, 422),
)
def add(office: House, actor: Asking, once: Once, new: NewPerson) -> PersonItem:
    return enrol(office, actor, new, once(new))

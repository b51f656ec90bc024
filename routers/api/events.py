"""The house's chain of events."""

from __future__ import annotations

from routers.api.paths import FromQuery
from routers.deps import Asking, House
from routers.problems import refusals
from routers.routes import resource
from saraban.queries.events import EventFilters, EventItem, events_of_the_house
from saraban.queries.paging import Page

router = resource("events")


@router.get(
    "/events",
    summary="Who did what to what, in order, each chained to the one before; `next` is the next `after`",
    responses=refusals(403, 422),
)
def events(office: House, actor: Asking, asked: FromQuery[EventFilters]) -> Page[EventItem]:
    return events_of_the_house(office, actor, asked)

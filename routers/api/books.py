"""The books, as they are read."""

from __future__ import annotations

from routers.api.paths import FromQuery
from routers.asking import ask_list
from routers.deps import Asking, House
from routers.problems import refusals
from routers.routes import resource
from saraban.queries.paging import Page
from saraban.queries.register_lines import (
    IncomingFilters,
    OutgoingFilters,
    RegisterLine,
    incoming_lines,
    outgoing_lines,
)

router = resource("registers")


@router.get("/outgoing", summary="The outgoing book, newest first", responses=refusals(422))
async def outgoing(office: House, actor: Asking, asked: FromQuery[OutgoingFilters]) -> Page[RegisterLine]:
    return await ask_list(outgoing_lines, office, actor, asked)


@router.get("/incoming", summary="The incoming book, newest first", responses=refusals(422))
async def incoming(office: House, actor: Asking, asked: FromQuery[IncomingFilters]) -> Page[RegisterLine]:
    return await ask_list(incoming_lines, office, actor, asked)

"""The contract with other office systems, one module per resource."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from routers.api import (
    assignments,
    books,
    deliveries,
    dispatches,
    entries,
    events,
    files,
    letters,
    me,
    offices,
    people,
    recipient_groups,
    registering,
    registers,
)
from routers.deps import API, bearer, nothing_unknown

api = APIRouter(prefix=API, dependencies=[Depends(bearer), Depends(nothing_unknown)])
for resource in (
    *(me, registering, books, letters, entries, assignments, files, dispatches, deliveries),
    *(registers, offices, people, recipient_groups, events),
):
    api.include_router(resource.router)

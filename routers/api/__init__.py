"""The contract with other office systems, one module per resource."""

from __future__ import annotations

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
    post,
    printouts,
    recipient_groups,
    registering,
    registers,
    stamps,
    writing,
)

# The busiest first.
api = [
    route
    for resource in (
        *(registering, deliveries, books, me, letters, entries, assignments, files, dispatches),
        *(registers, offices, people, recipient_groups, events, stamps, post, writing, printouts),
    )
    for route in resource.router.routes
]

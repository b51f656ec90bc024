"""The pages: post → redirect → get, over the same commands and queries as the API."""

from __future__ import annotations

from routers.ui import (
    assignments,
    desk,
    editing,
    events,
    files,
    groups,
    inbox,
    incoming,
    keys,
    letter,
    log_in,
    offices,
    outgoing,
    people,
    registers,
    sending,
    sent,
    stamps,
    static,
    tracking,
)

ui = [
    route
    for screen in (
        static,
        log_in,
        inbox,
        incoming,
        assignments,
        letter,
        files,
        outgoing,
        editing,
        sending,
        tracking,
        sent,
        stamps,
        desk,
        groups,
        registers,
        offices,
        people,
        keys,
        events,
    )
    for route in screen.router.routes
]

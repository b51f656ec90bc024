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
    letterheads,
    log_in,
    offices,
    outgoing,
    people,
    post,
    printouts,
    receipts,
    registers,
    sending,
    sent,
    stamps,
    static,
    tracking,
    writing,
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
        writing,
        editing,
        sending,
        tracking,
        sent,
        receipts,
        stamps,
        post,
        desk,
        printouts,
        groups,
        registers,
        offices,
        letterheads,
        people,
        keys,
        events,
    )
    for route in screen.router.routes
]

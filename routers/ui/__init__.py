"""The pages: post → redirect → get, over the same commands and queries as the API."""

from __future__ import annotations

from fastapi import APIRouter

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
    static,
    tracking,
)

ui = APIRouter(include_in_schema=False)
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
    desk,
    groups,
    registers,
    offices,
    people,
    keys,
    events,
):
    ui.include_router(screen.router)

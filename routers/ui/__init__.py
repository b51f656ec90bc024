"""The pages: post → redirect → get, over the same commands and queries as the API."""

from __future__ import annotations

from fastapi import APIRouter

from routers.ui import assignments, files, inbox, incoming, letter, log_in, static

ui = APIRouter(include_in_schema=False)
for screen in (static, log_in, inbox, incoming, assignments, letter, files):
    ui.include_router(screen.router)

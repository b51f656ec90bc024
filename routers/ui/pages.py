"""What every page has: who is here, where, what was just done, the marks that make a form one's own."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from saraban import rendering
from saraban.permissions import Act

COOKIE, FLASH = "saraban", "saraban_said"


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    said = request.cookies.get(FLASH)
    scope = request.scope
    visitor = scope.get("state", {}).get("visitor")
    body = rendering.html(
        f"ui/{template}.html",
        visitor=visitor,
        me=visitor.actor if visitor is not None else None,
        may=lambda act: visitor is not None and visitor.actor is not None and visitor.actor.may(Act(act)),
        # Starlette's `url` is put together and taken apart again for each of them.
        path=scope["path"],
        query=scope["query_string"].decode(),
        csrf=csrf_of(request),
        nonce=secrets.token_urlsafe(16),
        now=request.app.state.office.clock(),
        said=unquote(said) if said else None,
        **context,
    )
    response = HTMLResponse(body, status)
    if said:
        response.delete_cookie(FLASH, path="/")
    return response


def go(to: str, said: str = "") -> Response:
    """After a form: somewhere else, so that a reload does not send it again."""
    response = RedirectResponse(to, 303)
    if said:
        response.set_cookie(FLASH, quote(said), max_age=60, httponly=True, samesite="lax", path="/")
    return response


def csrf_of(request: Request) -> str:
    """A form of ours proves that it was made for this browser: a stranger's page cannot know it."""
    return hashlib.sha256(f"csrf {request.cookies.get(COOKIE, '')}".encode()).hexdigest()[:32]


def within(address: str | None, otherwise: str = "/") -> str:
    """Only ever to a page of our own."""
    # Browsers drop tabs and line ends from an address, and take a backslash for a slash.
    if not address or set(address) & set("\\\t\r\n"):
        return otherwise
    return address if address.startswith("/") and not address.startswith("//") else otherwise

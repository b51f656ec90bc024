"""The pages' door: nobody passes without having logged in; every page leaves with the headers that belong."""

from __future__ import annotations

import secrets
from datetime import timedelta
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from routers.deps import limited
from routers.problems import FOR_PROGRAMS
from routers.ui.forms import MULTIPART, words_in, words_of
from routers.ui.pages import COOKIE, within
from saraban.commands.choose_desk import stay
from saraban.commands.drafts import keep_draft
from saraban.office import Office
from saraban.queries.visitor import Visitor, visitor

OPEN = ("/static/", "/login", "/check", "/favicon.ico")
STAY_EVERY = timedelta(minutes=10)

# No inline script or style, nothing from elsewhere; a file shown beside a letter is a frame of our own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; "
    "frame-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Frame-Options": "SAMEORIGIN",
    "Cache-Control": "no-store",
}
HSTS = {"Strict-Transport-Security": "max-age=31536000"}


class Doorkeeper:
    def __init__(self, app: ASGIApp, office: Office) -> None:
        self.app = app
        self.office = office
        headers = HEADERS | HSTS if office.settings.https else HEADERS
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or path.startswith(FOR_PROGRAMS):
            await self.app(scope, receive, send)
            return
        send = _with_headers(send, self.headers)
        receive = limited(scope, dict(scope["headers"]), receive, self.office.settings.max_body_bytes)
        request = Request(scope, receive)
        who = await self._visitor(request)
        scope.setdefault("state", {})["visitor"] = who if who is not None and not who.ended else None
        if path.startswith(OPEN):
            await self.app(scope, receive, send)
            return
        turned_away = await self._elsewhere(request, who)
        await (turned_away or self.app)(scope, receive, send)

    async def _visitor(self, request: Request) -> Visitor | None:
        token = request.cookies.get(COOKIE)
        return None if not token or len(token) > 200 else await visitor(self.office, token)

    async def _elsewhere(self, request: Request, who: Visitor | None) -> Response | None:
        """Where somebody must go first: to log in, to a new password, to one of several offices."""
        path = request.scope["path"]
        if who is None or who.ended:
            return RedirectResponse(await self._log_in_again(request, who), 303)
        if who.must_change and path not in ("/password", "/logout"):
            return RedirectResponse("/password", 303)
        if who.actor is None and path not in ("/desks", "/password", "/logout"):
            return RedirectResponse("/desks?next=" + quote(_here(request)), 303)
        if who.actor is not None:
            request.scope["state"]["actor"] = who.actor
        if self.office.clock() - who.seen_at > STAY_EVERY:
            await to_thread.run_sync(stay, self.office, who)
        return None

    async def _log_in_again(self, request: Request, who: Visitor | None) -> str:
        if request.method in ("GET", "HEAD"):
            return "/login?next=" + quote(_here(request))
        typed = await _typed(request) if who is not None else {}
        if who is None or "page" not in typed:
            return "/login"
        draft = secrets.token_urlsafe(24)
        await to_thread.run_sync(keep_draft, self.office, who.person_id, draft, typed)
        return "/login?next=" + quote(f"{within(typed['page'][0])}?draft={draft}")


async def _typed(request: Request) -> dict[str, list[str]]:
    """The words of a form whose session has ended while it was typed; its files must be chosen again."""
    if request.headers.get("content-type", "").lower().startswith(MULTIPART):
        return await words_of(request)
    return words_in(await request.body())


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _with_headers(send: Send, added: list[tuple[bytes, bytes]]) -> Send:
    """What an answer says itself stands."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            said = {name for name, _ in message["headers"]}
            message["headers"] += [header for header in added if header[0] not in said]
        await send(message)

    return sending

"""Who is asking, settled before a byte of the body is read; how much may be sent; what routes lean on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Annotated, Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from fastapi import Header, Request
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from routers.openapi import API, Json
from routers.problems import BodyTooLarge, answer
from saraban.commands.once import Nonce
from saraban.errors import Invalid, Refusal, StaleVersion, Unauthenticated, VersionMissing
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.who_is_asking import who_is_asking_now

T = TypeVar("T")
Asked = ParamSpec("Asked")


async def act(
    command: Callable[Concatenate[Office, Actor, Asked], T],
    office: Office,
    actor: Actor,
    *args: Asked.args,
    **kw: Asked.kwargs,
) -> T:
    """Let one command happen where the engine writes: no thread is kept waiting for its turn."""
    return await office.db.perform(lambda: command(office, actor, *args, **kw), actor.house_id)


class Gate:
    """Nothing below `/api/v1` is reached without a key: a route cannot forget to ask.

    As a dependency it would run after FastAPI has read the body (150 MB from a stranger, measured)."""

    def __init__(self, app: ASGIApp, office: Office) -> None:
        self.app = app
        self.office = office

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (scope["path"] == API or scope["path"].startswith(API + "/")):
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        try:
            actor = await who_is_asking_now(self.office, _secret(headers.get(b"authorization", b"")))
        except Refusal as refusal:
            response = answer(refusal)
            # The body has not been read and will not be.
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        scope.setdefault("state", {})["actor"] = actor
        await self.app(scope, limited(scope, headers, receive, self.office.settings.max_body_bytes), send)


def _secret(authorization: bytes) -> str:
    scheme, _, secret = authorization.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated()
    return secret.strip()


STREAMS = "saraban.streams"  # set in the scope by a route that reads the body itself, with limits of its own


def limited(scope: Scope, headers: dict[bytes, bytes], receive: Receive, limit: int) -> Receive:
    length = headers.get(b"content-length", b"0")
    announced = int(length) if length.isdigit() else 0
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        if announced > limit and STREAMS not in scope:
            raise BodyTooLarge(limit)
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit and STREAMS not in scope:
            raise BodyTooLarge(limit)
        return message

    return counted


class Settled(NamedTuple):
    """A parameter of a route that is known when the route is found (see `routers.routes.settled`)."""

    of: Callable[[Request], Any]
    header: Json | None = None  # what it reads, for the description


def _once(request: Request) -> Callable[[BaseModel], Nonce | None]:
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Invalid(("Idempotency-Key", "ใช้อักษรอังกฤษ ตัวเลข และเครื่องหมาย 1–200 ตัว ไม่มีเว้นวรรค"))

    def nonce(said: BaseModel) -> Nonce | None:
        if key is None:
            return None
        # What a form said is what was typed and the bytes of its files, not the ids they got on arrival.
        body = getattr(request.state, "form_digest", None) or said.model_dump_json()
        # An answer is for who asked as what they were, not for the same person elsewhere with less clearance.
        actor = request.state.actor
        digest = digest_of(f"{actor.office_code} {actor.role} {actor.clearance.word} {body}")
        return Nonce(request.url.path, key, digest)

    return nonce


_KEY = re.compile("[!-~]{1,200}")
_KEY_TOLD: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "same key and body → the first answer again, for 7 days",
    "schema": {"type": "string", "pattern": f"^{_KEY.pattern}$", "title": "Idempotency-Key"},
}

House = Annotated[Office, Settled(lambda request: request.app.state.office)]
Asking = Annotated[Actor, Settled(lambda request: request.state.actor)]
Once = Annotated[Callable[[BaseModel], Nonce | None], Settled(_once, _KEY_TOLD)]


def digest_of(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()


def version_of(if_match: str | None) -> int:
    """The version a caller read, from `If-Match: "3"`."""
    if if_match is None:
        raise VersionMissing()
    text = if_match.removeprefix("W/").strip().strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise StaleVersion()
    return int(text)


IfMatch = Annotated[str | None, Header(description='the version that was read: `"3"`, from the `ETag`')]


def etag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}

"""Who is asking, settled before a byte of the body is read; how much may be sent; what a route may lean on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, cast

from anyio import to_thread
from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from routers.problems import BodyTooLarge, answer
from saraban.commands.once import Nonce
from saraban.errors import Refusal, StaleVersion, Unauthenticated, VersionMissing
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.who_is_asking import who_is_asking

API = "/api/v1"
# Shown in the description of the API; the gate below is what asks for it.
bearer = HTTPBearer(auto_error=False, description="กุญแจของโปรแกรม จาก `saraban key add`")


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
            actor = await to_thread.run_sync(who_is_asking, self.office, _secret(headers.get(b"authorization", b"")))
        except Refusal as refusal:
            response = answer(refusal)
            # The body has not been read and will not be.
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        scope.setdefault("state", {})["actor"] = actor
        await self.app(scope, _limited(scope, headers, receive, self.office.settings.max_body_bytes), send)


def _secret(authorization: bytes) -> str:
    scheme, _, secret = authorization.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated()
    return secret.strip()


STREAMS = "saraban.streams"  # set in the scope by a route that reads the body itself, with limits of its own


def _limited(scope: Scope, headers: dict[bytes, bytes], receive: Receive, limit: int) -> Receive:
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


def _office(request: Request) -> Office:
    return cast(Office, request.app.state.office)


def _actor(request: Request) -> Actor:
    return cast(Actor, request.state.actor)


House = Annotated[Office, Depends(_office)]
Asking = Annotated[Actor, Depends(_actor)]


def _once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(description="same key and body → the first answer again, for 7 days", pattern="^[!-~]{1,200}$"),
    ] = None,
) -> Callable[[BaseModel], Nonce | None]:
    def nonce(said: BaseModel) -> Nonce | None:
        if idempotency_key is None:
            return None
        # What a form said is what was typed and the bytes of its files, not the ids they were given on arrival.
        digest = getattr(request.state, "form_digest", None) or digest_of(said.model_dump_json())
        return Nonce(request.url.path, idempotency_key, digest)

    return nonce


Once = Annotated[Callable[[BaseModel], Nonce | None], Depends(_once)]


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

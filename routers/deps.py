"""Who is asking, settled before a byte of the body is read; how much may be sent; what routes lean on."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar, cast, get_args, get_origin

from fastapi import Depends, Header, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import BaseModel, TypeAdapter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from routers.problems import NO_NUMBER, TWICE, UNKNOWN, BodyTooLarge, answer
from saraban.commands.once import Nonce
from saraban.errors import Invalid, Refusal, StaleVersion, Unauthenticated, VersionMissing, WrongBodyKind
from saraban.ids import DIGITS
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.who_is_asking import who_is_asking_now

API = "/api/v1"
# Shown in the description of the API; the gate below is what asks for it.
bearer = HTTPBearer(auto_error=False, description="กุญแจของโปรแกรม จาก `saraban key add`")


T = TypeVar("T")
Asked = ParamSpec("Asked")


async def act(
    command: Callable[Concatenate[Office, Asked], T], office: Office, *args: Asked.args, **kw: Asked.kwargs
) -> T:
    """Let one command happen where the engine writes: on SQLite no thread is kept waiting for it."""
    return await office.db.perform(lambda: command(office, *args, **kw))


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


async def _office(request: Request) -> Office:
    return cast(Office, request.app.state.office)


async def _actor(request: Request) -> Actor:
    return cast(Actor, request.state.actor)


House = Annotated[Office, Depends(_office)]
Asking = Annotated[Actor, Depends(_actor)]


async def _once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="same key and body → the first answer again, for 7 days", pattern="^[!-~]{1,200}$"
        ),
    ] = None,
) -> Callable[[BaseModel], Nonce | None]:
    def nonce(said: BaseModel) -> Nonce | None:
        if idempotency_key is None:
            return None
        # What a form said is what was typed and the bytes of its files, not the ids they got on arrival.
        body = getattr(request.state, "form_digest", None) or said.model_dump_json()
        # An answer is for who asked as what they were, not for the same person elsewhere with less clearance.
        actor = request.state.actor
        digest = digest_of(f"{actor.office_code} {actor.role} {actor.clearance.word} {body}")
        return Nonce(request.url.path, idempotency_key, digest)

    return nonce


Once = Annotated[Callable[[BaseModel], Nonce | None], Depends(_once)]


def digest_of(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()


async def nothing_unknown(request: Request) -> None:
    """What a route would pass over it refuses: a filter with a typing error would show everything."""
    route = cast(APIRoute, request.scope["route"])
    if request.query_params:
        _must_be_known(route, request)
    if route.body_field is not None and (body := await request.body()):
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise WrongBodyKind(expected=" หรือ ".join(getattr(route, "takes", ["application/json"])))
        said = json.loads(body, object_pairs_hook=_each_once)
        if wrong := list(_numbers(said, _ids_of(cast(Any, route.body_field.field_info.annotation)))):
            raise Invalid(*wrong)


def _must_be_known(route: APIRoute, request: Request) -> None:
    known: dict[str, object] = {}
    for field in route.dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            known |= {one.alias or name: one.annotation for name, one in kind.model_fields.items()}
        else:
            known[field.alias] = kind
    names = [name for name, _ in request.query_params.multi_items()]
    wrong = [(name, UNKNOWN) for name in dict.fromkeys(names) if name not in known]
    wrong += [(name, TWICE) for name in known if names.count(name) > 1 and not _many(known[name])]
    if wrong:
        raise Invalid(*wrong)


def _many(kind: object) -> bool:
    return list in {get_origin(one) for one in (kind, *get_args(kind))}


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        times = Counter(name for name, _ in pairs)
        raise Invalid(*[(name, TWICE) for name in said if times[name] > 1])
    return said


def _numbers(said: Any, ids: frozenset[str]) -> Iterator[tuple[str, str]]:
    """An id is text to whoever asks, though our own code may name a row by its number."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), said)]  # not by recursion: a body may be deep
    while waiting:
        where, value = waiting.pop()
        if type(value) is int and ids & set(where[-2:]):
            yield ".".join(where), NO_NUMBER
        elif isinstance(value, dict | list):
            parts = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [((*where[-9:], str(name)), part) for name, part in parts]


@lru_cache
def _ids_of(model: Any) -> frozenset[str]:
    """The fields of a body that its description calls ids."""
    told = TypeAdapter(model).json_schema()
    parts = [told, *told.get("$defs", {}).values()]
    fields = [field for part in parts for field in part.get("properties", {}).items()]
    return frozenset(name for name, field in fields if DIGITS in str(field))


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

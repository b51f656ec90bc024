"""How a request finds its route, and what every route of the API asks before it runs."""

from __future__ import annotations

import inspect
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import AsyncExitStack
from functools import lru_cache, wraps
from typing import Any, TypeGuard, cast, get_args, get_origin

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.datastructures import DefaultPlaceholder
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from routers.deps import Settled
from routers.openapi import API, Json, operation_id
from routers.problems import NO_NUMBER, TWICE, UNKNOWN
from saraban.errors import Invalid, WrongBodyKind
from saraban.ids import DIGITS

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Directory(BaseRoute):
    """Routes by the first word of their path: of 150, a request is compared with a handful.

    Routers inside routers, the framework's own way, cost a third of a millisecond a request (measured)."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self.routes = [route for route in routes if isinstance(route, APIRoute)]
        self._by_word: dict[tuple[str, ...], list[APIRoute]] = defaultdict(list)
        for route in self.routes:
            word = _word(route.path)
            assert "{" not in "".join(word), f"{route.path} begins with no word of its own"
            self._by_word[word].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        partial: tuple[Match, Scope] = Match.NONE, {}
        for route in self._by_word.get(_word(scope["path"]), ()):
            match, about = route.matches(scope)
            if match is Match.FULL:
                return match, {**about, "saraban.route": route}
            if match is Match.PARTIAL and partial[0] is Match.NONE:
                partial = match, {**about, "saraban.route": route}
        return partial

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["saraban.route"].handle(scope, receive, send)


def _word(path: str) -> tuple[str, ...]:
    parts = path.split("/", 4)
    return tuple(parts[1:4]) if path.startswith(API + "/") else (parts[1],)


class Page(APIRoute):
    """A route whose endpoint is told what the gate has settled. Where it asks for no more than its path, one
    model behind `?` and one as its body, these are handed over here; the framework, which takes 0.1 to 0.3 ms
    for the same (measured), describes every route, serves those that ask for more, and says what is wrong
    with what could not be read."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **how: Any) -> None:
        endpoint, headers = settled(endpoint)
        if headers:
            how["openapi_extra"] = {**(how.get("openapi_extra") or {}), "parameters": headers}
        super().__init__(path, endpoint, **how)
        if self._is_plain():
            self._handle = self.get_route_handler()
            self.app = self._served

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._handle(Request(scope, receive, send))
        await response(scope, receive, send)

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        if not self._is_plain():
            return handler
        by_the_framework = _in_its_frame(handler)
        at_once = inspect.iscoroutinefunction(self.endpoint)

        async def handle(request: Request) -> Response:
            given = self._given(request)
            if given is None:
                return await by_the_framework(request)
            answered = self.endpoint(**given) if at_once else run_in_threadpool(self.endpoint, **given)
            return self._answer(await answered)

        return handle

    def _is_plain(self) -> bool:
        """Whether nothing of it is left to the framework."""
        asked = self.dependant
        names = (
            asked.response_param_name,
            asked.background_tasks_param_name,
            asked.http_connection_param_name,
            asked.websocket_param_name,
            asked.security_scopes_param_name,
        )
        others = (*asked.header_params, *asked.cookie_params, *asked.dependencies)
        models = (asked.query_params, asked.body_params)
        return (
            not any((*names, *others, self._embed_body_fields))
            and (self.response_field is None or isinstance(self.response_class, DefaultPlaceholder))
            and all(
                not some or (len(some) == 1 and _is_model(some[0].field_info.annotation)) for some in models
            )
        )

    def _given(self, request: Request) -> dict[str, Any] | None:
        """What the endpoint is to be told; None if something of it cannot be read."""
        asked = self.dependant
        told: list[tuple[Any, Any]] = [(one, request.path_params[one.alias]) for one in asked.path_params]
        told += [(one, _of_address(one.field_info.annotation, request)) for one in asked.query_params]
        given: dict[str, Any] = {}
        for one in asked.body_params:
            if isinstance(request, _Said):
                told.append((one, request.said))
            elif one.field_info.is_required() or request.headers.get("content-length") != "0":
                return None
            else:
                given[one.name] = one.get_default()
        if asked.request_param_name:
            given[asked.request_param_name] = request
        for field, value in told:
            given[field.name], wrong = field.validate(value)
            if wrong:
                return None
        return given

    def _answer(self, answered: Any) -> Response:
        if isinstance(answered, Response):
            return answered
        if self.response_field is None:
            assert answered is None, f"{self.path} does not say what it answers"
            return Response(status_code=self.status_code or 200, media_type="application/json")
        content = self.response_field.serialize_json(answered)
        return Response(content, self.status_code or 200, media_type="application/json")


def _in_its_frame(handle: Handler) -> Handler:
    """What the framework's own way leans on, for those requests that take it."""

    async def framed(request: Request) -> Response:
        async with AsyncExitStack() as stack:
            request.scope["fastapi_inner_astack"] = request.scope["fastapi_function_astack"] = stack
            return await handle(request)

    return framed


def _is_model(kind: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _of_address(kind: Any, request: Request) -> dict[str, Any]:
    """What stands behind `?`, as the model takes it."""
    params = request.query_params
    if not params:
        return {}
    kinds = {one.alias or name: one.annotation for name, one in kind.model_fields.items()}
    return {name: params.getlist(name) if _many(kinds.get(name)) else params[name] for name in params}


def settled(endpoint: Callable[..., Any]) -> tuple[Callable[..., Any], list[Json]]:
    """The endpoint as the framework sees it: a dependency that needs no solving costs 20 µs (measured)."""
    signature = inspect.signature(endpoint, eval_str=True)
    known: dict[str, Settled] = {}
    left: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        about = [one for one in get_args(parameter.annotation)[1:] if isinstance(one, Settled)]
        if about:
            known[parameter.name] = about[0]
        else:
            left.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
    if not known:
        return endpoint, []
    own = next((parameter.name for parameter in left if parameter.annotation is Request), None)
    if own is None:
        left.append(inspect.Parameter("_request", inspect.Parameter.KEYWORD_ONLY, annotation=Request))

    def fill(given: dict[str, Any]) -> dict[str, Any]:
        request = given[own] if own else given.pop("_request")
        return {**given, **{name: one.of(request) for name, one in known.items()}}

    async def told(**given: Any) -> Any:
        return await endpoint(**fill(given))

    def told_in_a_thread(**given: Any) -> Any:
        return endpoint(**fill(given))

    seen = wraps(endpoint)(told if inspect.iscoroutinefunction(endpoint) else told_in_a_thread)
    seen.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
    return seen, [one.header for one in known.values() if one.header]


class Route(Page):
    """What a route would pass over it refuses: a filter with a typing error would show everything."""

    takes: tuple[str, ...] = ("application/json",)

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        filters = self._filters()

        async def careful(request: Request) -> Response:
            if request.scope["query_string"]:
                _must_be_known(filters, request)
            return await handle(await self._read(request))

        return careful

    async def _read(self, request: Request) -> Request:
        if self.body_field is None or not (body := await request.body()):
            return request
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise WrongBodyKind(expected=" หรือ ".join(self.takes))
        try:
            said = json.loads(body, object_pairs_hook=_each_once)
        except (ValueError, RecursionError):
            return request  # the framework says what is wrong with it
        if wrong := list(_numbers(said, _ids_of(cast(Any, self.body_field.field_info.annotation)))):
            raise Invalid(*wrong)
        return _Said(request, said)

    def _filters(self) -> dict[str, object]:
        known: dict[str, object] = {}
        for field in self.dependant.query_params:
            kind = field.field_info.annotation
            if _is_model(kind):
                known |= {one.alias or name: one.annotation for name, one in kind.model_fields.items()}
            else:
                known[field.alias] = kind
        return known


class _Said(Request):
    """A request whose JSON has been read."""

    def __init__(self, request: Request, said: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._body, self.said = request._body, said

    async def json(self) -> Any:
        return self.said


def resource(tag: str, route_class: type[Route] = Route) -> APIRouter:
    """The routes of one resource of the API."""
    return APIRouter(
        prefix=API, tags=[tag], route_class=route_class, generate_unique_id_function=operation_id
    )


def screen() -> APIRouter:
    """The pages about one thing."""
    return APIRouter(route_class=Page, include_in_schema=False)


def _must_be_known(known: dict[str, object], request: Request) -> None:
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

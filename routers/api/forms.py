"""A form with files says what the JSON of the same route says: here the one becomes the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import cache
from itertools import zip_longest
from typing import Any

from anyio import to_thread
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from routers.deps import STREAMS, digest_of
from routers.multipart import Form, read_form
from routers.problems import TWICE, UNKNOWN, from_validator
from routers.routes import Route
from saraban.commands.keep_upload import Uploaded, keep_upload
from saraban.errors import Invalid, Refusal
from saraban.ids import show
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage.files import Spool

FORM = "multipart/form-data"
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Json = dict[str, Any]


class FormRoute(Route):
    """Takes `multipart/form-data` with the same flat fields as its JSON: lists repeated, `files` and
    `descriptions` by position. The files are kept first, so that a refused form need not send them again:
    its next try names them, as text in `files`, before the files that are new."""

    takes = ("application/json", FORM)

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def either(request: Request) -> Response:
            if not is_form(request):
                return await handle(request)
            uploads: list[Uploaded] = []
            try:
                return await handle(_as_json(request, await self._said(request, uploads)))
            except (Refusal, RequestValidationError) as failure:
                refusal = failure if isinstance(failure, Refusal) else from_validator(failure.errors())
                if uploads:
                    refusal.about["uploads"] = [
                        {"upload": show("U", upload.id), "filename": upload.filename} for upload in uploads
                    ]
                raise refusal from failure

        return either

    async def _said(self, request: Request, uploads: list[Uploaded]) -> Json:
        office, actor = request.app.state.office, request.state.actor
        actor.must(Act.REGISTER)
        assert self.body_field is not None
        kinds = _kinds_of(self.body_field.field_info.annotation)  # type: ignore[arg-type]
        with await receive(request, office) as form:
            request.state.form_digest = _digest(form)
            kept = [named for named in form.fields.pop("files", []) if named]
            descriptions = form.fields.pop("descriptions", [])
            if len(descriptions) > len(kept) + len(form.files):
                raise Invalid(("descriptions", "มีคำอธิบายมากกว่าจำนวนไฟล์"))
            if strange := [file.field for file in form.files if file.field != "files"]:
                raise Invalid(*[(name, UNKNOWN) for name in strange])
            said = _typed(kinds, form)
            if form.files:
                await to_thread.run_sync(_keep, office, actor, form, uploads)
        named = kept + [show("U", upload.id) for upload in uploads]
        if named:
            said["files"] = [
                {"upload": upload, "description": description}
                for upload, description in zip_longest(named, descriptions, fillvalue="")
            ]
        return said


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM


def _digest(form: Form) -> str:
    """What was typed and chosen: twice the same form is the same, though its files get new ids."""
    files = [[file.field, file.filename, file.spool.sha256] for file in form.files]
    return digest_of(json.dumps([form.fields, files], sort_keys=True))


async def receive(
    request: Request, office: Office, *, keep_words: bool = False, keep_files: bool = True
) -> Form:
    """A form of any size that is allowed; its files are readied to be kept, unless nobody wants them."""
    request.scope[STREAMS] = True
    settings = office.settings
    return await read_form(
        request,
        spool_folder=settings.spool,
        on_file=office.files.prepare if keep_files else _ignore,
        max_files=settings.max_files,
        max_file_bytes=settings.max_file_bytes,
        max_field_bytes=64 * 1024,
        max_fields=200,
        keep_words=keep_words,
    )


def _ignore(_: Spool) -> None: ...


def _keep(office: Office, actor: Actor, form: Form, uploads: list[Uploaded]) -> None:
    """One after the other into the list, so that a bad third file leaves the first two known."""
    for file in form.files:
        uploads.append(keep_upload(office, actor, file.spool, file.filename))


def _typed(kinds_of: dict[str, set[str]], form: Form) -> Json:
    """The fields as JSON would have them; what cannot be read as its type is the validator's to refuse."""
    said: Json = {}
    for name, values in form.fields.items():
        kinds = kinds_of.get(name, set())
        if "array" in kinds:
            said[name] = values
        elif len(values) > 1:
            raise Invalid((name, TWICE))
        elif values[0] != "" or kinds == {"string"}:
            said[name] = _read(values[0], kinds)
    return said


@cache
def _kinds_of(body: type[BaseModel]) -> dict[str, set[str]]:
    """What each field may be, kept: describing a model anew takes 4 ms (measured)."""
    return {name: _kinds(field) for name, field in body.model_json_schema()["properties"].items()}


def _kinds(field: Json) -> set[str]:
    options = [field, *field.get("anyOf", [])]
    return {option.get("type", "object") for option in options if option.keys() & {"type", "$ref"}}


_FLAGS = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}


def _read(value: str, kinds: set[str]) -> Any:
    if "boolean" in kinds:
        return _FLAGS.get(value, value)
    if "integer" in kinds and value.isascii() and value.isdigit():
        return int(value) if len(value) < 10 else value
    if "object" in kinds:
        with suppress(ValueError, RecursionError):
            return json.loads(value)
    return value


def _as_json(request: Request, said: Json) -> Request:
    body = json.dumps(said).encode()
    told_anew = {b"content-type": b"application/json", b"content-length": str(len(body)).encode()}
    headers = [one for one in request.scope["headers"] if one[0] not in told_anew] + [*told_anew.items()]

    async def told() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({**request.scope, "headers": headers}, told)


def form_of(kind: type[BaseModel]) -> Json:
    """The description of the form, made from the description of the JSON."""
    said = kind.model_json_schema()
    fields = {name: _in_a_form(field) for name, field in said["properties"].items()}
    files = {
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": 5},
        "descriptions": {"type": "array", "items": {"type": "string", "maxLength": 500}, "maxItems": 5},
    }
    schema = {"type": "object", "properties": {**fields, **files}, "additionalProperties": False}
    if required := [name for name in said.get("required", []) if name != "files"]:
        schema["required"] = required
    return {"requestBody": {"content": {FORM: {"schema": schema}}}}


def _in_a_form(field: Json) -> Json:
    """All of a form is text: one value looks like a list of one, and a browser sends what was left blank."""
    about: Json = {name: field[name] for name in ("title", "description", "examples") if name in field}
    match kinds := [one for one in field.get("anyOf", [field]) if one.get("type") != "null"]:
        case [{"type": "array", "items": item}]:
            return {**about, "anyOf": [*kinds, item]}
        case [{"$ref": _}]:
            return {**about, "type": "string", "contentMediaType": "application/json"}
        case [{"type": "boolean"}]:
            return {**about, "type": "string", "pattern": f"^({'|'.join(_FLAGS)})?$"}
        case _ if "anyOf" in field:
            return {**about, "anyOf": [*kinds, {"type": "string", "maxLength": 0}]}
    return field

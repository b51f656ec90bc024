"""A form with files says what the JSON of the same route says: here the one becomes the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from anyio import to_thread
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel

from routers.deps import STREAMS, digest_of
from routers.multipart import Form, read_form
from routers.problems import from_validator
from saraban.commands.keep_upload import Uploaded, keep_upload
from saraban.errors import Invalid, Refusal
from saraban.ids import show
from saraban.office import Office
from saraban.permissions import Act, Actor

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Json = dict[str, Any]


class FormRoute(APIRoute):
    """Takes `multipart/form-data` with the same flat fields as its JSON: lists repeated, `files` and
    `descriptions` by position. The files are kept first, so that a refused form need not send them again."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def either(request: Request) -> Response:
            if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
                return await handle(request)
            said, uploads = await self._said(request)
            try:
                return await handle(_as_json(request, said))
            except (Refusal, RequestValidationError) as failure:
                refusal = failure if isinstance(failure, Refusal) else from_validator(failure.errors())
                if uploads:
                    refusal.about["uploads"] = [{"upload": show("U", u.id), "filename": u.filename} for u in uploads]
                raise refusal from failure

        return either

    async def _said(self, request: Request) -> tuple[Json, list[Uploaded]]:
        office, actor = request.app.state.office, request.state.actor
        actor.must(Act.REGISTER)
        assert self.body_field is not None
        schema = self.body_field.field_info.annotation.model_json_schema()  # type: ignore[union-attr]
        with await receive(request, office) as form:
            said = _typed(schema, form)
            request.state.form_digest = digest_of(json.dumps([said, [file.spool.sha256 for file in form.files]]))
            uploads = await to_thread.run_sync(_keep, office, actor, form)
        descriptions = form.fields.get("descriptions", [])
        descriptions += [""] * (len(uploads) - len(descriptions))
        if uploads:
            said["files"] = [
                {"upload": show("U", upload.id), "description": description}
                for upload, description in zip(uploads, descriptions, strict=True)
            ]
        return said, uploads


async def receive(request: Request, office: Office) -> Form:
    request.scope[STREAMS] = True
    settings = office.settings
    return await read_form(
        request,
        spool_folder=settings.spool,
        max_files=settings.max_files,
        max_file_bytes=settings.max_file_bytes,
        max_field_bytes=64 * 1024,
        max_fields=500,
    )


def _keep(office: Office, actor: Actor, form: Form) -> list[Uploaded]:
    return [keep_upload(office, actor, file.spool, file.filename) for file in form.files]


def _typed(schema: Json, form: Form) -> Json:
    """The fields as JSON would have them; what cannot be read as its type is left for the validator to refuse."""
    if len(form.fields.get("descriptions", [])) > len(form.files):
        raise Invalid(("descriptions", "มีคำอธิบายมากกว่าจำนวนไฟล์"))
    said: Json = {}
    for name, values in form.fields.items():
        if name == "descriptions":
            continue
        kinds = _kinds(schema["properties"].get(name, {}))
        if "array" in kinds:
            said[name] = values
        elif len(values) > 1:
            raise Invalid((name, "ระบุได้ค่าเดียว"))
        elif values[0] != "" or kinds == {"string"}:
            said[name] = _read(values[0], kinds)
    return said


def _kinds(field: Json) -> set[str]:
    return {option["type"] for option in [field, *field.get("anyOf", [])] if "type" in option}


def _read(value: str, kinds: set[str]) -> Any:
    if "boolean" in kinds:
        return {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}.get(value.lower(), value)
    if "integer" in kinds and value.isascii() and value.isdigit():
        return int(value[:9])
    return value


def _as_json(request: Request, said: Json) -> Request:
    body = json.dumps(said).encode()
    headers = [(name, value) for name, value in request.scope["headers"] if name not in (b"content-type", b"content-length")]
    headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def told() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({**request.scope, "headers": headers}, told)


def form_of(kind: type[BaseModel]) -> Json:
    """The description of the form, made from the description of the JSON."""
    properties = {
        name: field for name, field in kind.model_json_schema()["properties"].items() if name != "files"
    }
    files = {
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": 5},
        "descriptions": {"type": "array", "items": {"type": "string", "maxLength": 500}, "maxItems": 5},
    }
    schema = {"type": "object", "properties": {**properties, **files}, "additionalProperties": False}
    required = kind.model_json_schema().get("required", [])
    if required:
        schema["required"] = [name for name in required if name != "files"]
    return {"requestBody": {"content": {"multipart/form-data": {"schema": schema}}}}

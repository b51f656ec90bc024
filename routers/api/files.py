"""Files in and out: streamed both ways, never held in memory, never sent unchecked."""

from __future__ import annotations

from email.message import Message
from typing import Annotated

from anyio import to_thread
from fastapi import Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from routers.ahead import ahead
from routers.api.forms import is_form, receive
from routers.api.paths import AttachmentPath
from routers.deps import STREAMS, Asking, House
from routers.disposition import ALONE, disposition
from routers.multipart import read_raw
from routers.openapi import Json
from routers.problems import refusals
from routers.ranges import byte_range
from routers.routes import resource
from saraban.commands.attach_files import remove_file
from saraban.commands.keep_upload import Uploaded, keep_upload
from saraban.errors import Invalid
from saraban.filetypes import CONTENT_TYPES
from saraban.office import Office
from saraban.permissions import Act
from saraban.queries.attachment import FileFound, attachment as file_of

router = resource("files")
BINARY = {"schema": {"type": "string", "format": "binary"}}
KINDS = dict.fromkeys(sorted(CONTENT_TYPES.values()), BINARY)
FORM = {
    "schema": {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
        "required": ["file"],
        "additionalProperties": False,
    }
}


@router.post(
    "/uploads",
    status_code=201,
    summary="One file, as a form or raw; it waits for its letter",
    responses=refusals(403, 413, 415, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": FORM, "application/octet-stream": BINARY},
        }
    },
)
async def upload(
    office: House,
    actor: Asking,
    request: Request,
    filename: Annotated[str | None, Query(max_length=500, description="name of a raw file")] = None,
) -> Uploaded:
    actor.must(Act.REGISTER)
    if is_form(request):
        with await receive(request, office) as form:
            if len(form.files) != 1 or form.fields:
                raise Invalid(("file", "ส่งครั้งละหนึ่งไฟล์ และไม่มีช่องอื่น"))
            file = form.files[0]
            return await to_thread.run_sync(keep_upload, office, actor, file.spool, file.filename)
    request.scope[STREAMS] = True
    settings = office.settings
    name = filename or _name_in(request.headers.get("content-disposition", ""))
    if name is None:
        raise Invalid(("filename", "ต้องระบุชื่อไฟล์: ?filename= หรือส่วนหัว Content-Disposition"))
    raw = await read_raw(
        request,
        spool_folder=settings.spool,
        on_file=office.files.prepare,
        max_file_bytes=settings.max_file_bytes,
        filename=name,
    )
    with raw.spool as spool:
        return await to_thread.run_sync(keep_upload, office, actor, spool, raw.filename)


def _name_in(disposition: str) -> str | None:
    message = Message()
    message["content-disposition"] = disposition
    return message.get_filename()


class Asked(BaseModel):
    """What of a file, said in the headers of the request."""

    range: Annotated[str | None, Field(alias="Range")] = None
    if_range: Annotated[str | None, Field(title="If-Range")] = None
    if_none_match: Annotated[str | None, Field(title="If-None-Match")] = None


FromHeaders = Annotated[Asked, Header()]


def in_parts(whole: Json) -> dict[int | str, Json]:
    """How a route answers that gives a file, or what somebody lacks of it."""
    return {
        200: whole,
        206: {"description": "the part that was asked for", "content": whole["content"]},
        304: {"description": "what you have is what it is"},
    }


@router.get(
    "/attachments/{attachment}",
    summary="The bytes of a file; Range and ETag",
    response_class=Response,
    responses={
        **in_parts({"description": "the whole file", "content": KINDS}),
        **refusals(404, 416, 500, 503),
    },
)
def download(office: House, actor: Asking, attachment: AttachmentPath, asked: FromHeaders) -> Response:
    return bytes_of(office, file_of(office, actor, attachment), asked, "attachment", ALONE)


def bytes_of(office: Office, file: FileFound, asked: Asked, how: str, policy: str) -> Response:
    """The bytes, checked block by block on their way out; the policy is what they may do in a browser."""
    tag = f'"{file.stored.sha256}"'
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(how, file.filename),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": policy,
    }
    if asked.if_none_match is not None and (asked.if_none_match.strip() == "*" or tag in asked.if_none_match):
        return Response(status_code=304, headers=headers)
    size = file.stored.size
    part = byte_range(asked.range, size) if asked.if_range in (None, tag) else None
    start, stop = part or (0, size)
    headers["Content-Length"] = str(stop - start)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    pieces = ahead(office.files.read(file.stored, start, stop))
    return StreamingResponse(pieces, 200 if part is None else 206, headers, media_type=file.content_type)


@router.delete(
    "/attachments/{attachment}",
    status_code=204,
    summary="Take a file out of a letter that was never sent",
    responses=refusals(403, 404, 409),
)
def remove(office: House, actor: Asking, attachment: AttachmentPath) -> None:
    remove_file(office, actor, attachment)

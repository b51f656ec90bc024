"""Files on their way in over HTTP: to disk as they come, hashed and counted, and never whole in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from routers.multipart.parts import FilePart, Form, Parts, ReceivedFile, discard
from saraban.errors import BadUpload, TooLarge
from saraban.filetypes import clean_filename
from storage.files import BLOCK, Spool

__all__ = ["Form", "ReceivedFile", "read_form", "read_raw"]

_SLACK = 2**20  # for boundaries and headers, and what may stand before the first one and after the last
_BROKEN_OFF = " (ขาดกลางทาง)"


async def read_form(
    request: Request,
    *,
    spool_folder: Path,
    on_file: Callable[[Spool], None],
    max_files: int,
    max_file_bytes: int,
    max_field_bytes: int,
    max_fields: int,
    keep_words: bool = False,
) -> Form:
    """Reads a `multipart/form-data` body, refusing it as soon as it is known to be too much; or, to keep the
    words of a person's form, only the files that are too large or too many. `on_file` is called
    with each file that is complete, by the thread that wrote it, while the next is on its way."""
    most = max_files * max_file_bytes + max_fields * max_field_bytes + _SLACK
    if _announced(request) > most:
        raise TooLarge(limit=most)
    parts = Parts(spool_folder, on_file, max_files, max_file_bytes, max_field_bytes, max_fields, keep_words)
    came = 0
    try:
        parser = MultipartParser(_boundary(request), parts.callbacks())
        async for piece in _body(request):
            came += len(piece)
            if came > most:
                raise TooLarge(limit=most)
            parser.write(piece)
            await parts.forget_refused()
            await parts.store()
        await parts.settled()
        if not parts.complete:
            raise BadUpload(reason=_BROKEN_OFF)
    except FormParserError as error:
        await parts.discard()
        raise BadUpload() from error
    except BaseException:
        await parts.discard()
        raise
    return parts.form()


async def read_raw(
    request: Request,
    *,
    spool_folder: Path,
    on_file: Callable[[Spool], None],
    max_file_bytes: int,
    filename: str,
) -> ReceivedFile:
    """Reads a body that is one file and nothing else; the caller leaves its spool kept or discarded."""
    file = FilePart("file", clean_filename(filename), max_file_bytes, spool_folder, on_file)
    file.expect(_announced(request))
    try:
        async for piece in _body(request):
            file.add(piece, 0, len(piece))
            await file.store()
        file.ended = True
        await file.store()
        await file.settled()
    except BaseException:
        await discard([file])
        raise
    assert file.received is not None
    return file.received


# -- the request ----------------------------------------------------------------------------------


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        raise BadUpload()
    return int(length)


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise BadUpload(reason=" (ไม่ใช่ multipart/form-data ที่มี boundary)")
    return options[b"boundary"]


async def _body(request: Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            for at in range(0, len(chunk), BLOCK):  # a server may hand over the whole body at once
                yield chunk[at : at + BLOCK]
    except ClientDisconnect as error:
        raise BadUpload(reason=_BROKEN_OFF) from error

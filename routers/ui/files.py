"""A file in the browser: beside the letter when it is a page or a picture, saved when it is anything else."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import Response

from routers.api.files import FromHeaders, bytes_of
from routers.api.paths import AttachmentPath
from routers.deps import Asking, House
from routers.disposition import FRAMED
from routers.routes import screen
from saraban.commands.enter_letter import Filed
from saraban.filetypes import PDF
from saraban.ids import read
from saraban.queries.attachment import attachment as file_of

router = screen()

# What may stand in a frame of ours.
SHOWN = (PDF, "image/png", "image/jpeg", "image/gif")


def opened(request: Request, files: Sequence[Filed]) -> Filed | None:
    """The file that stands open beside the letter: the one asked for, if it may be shown at all."""
    wanted = read("A", request.query_params.get("file"))
    return next((file for file in files if file.id == wanted and file.content_type in SHOWN), None)


@router.get("/files/{attachment}")
def file(office: House, actor: Asking, attachment: AttachmentPath, asked: FromHeaders) -> Response:
    found = file_of(office, actor, attachment)
    how = "inline" if found.content_type in SHOWN else "attachment"
    return bytes_of(office, found, asked, how, FRAMED)

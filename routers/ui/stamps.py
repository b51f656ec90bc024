"""Printing a letter with the receive stamp: on which file, where, and how it will look."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from routers.api import stamps
from routers.api.paths import EntryPath
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.pages import page
from routers.ui.typed import asked
from saraban.errors import Invalid
from saraban.ids import read, show
from saraban.queries.stamp import Placing, stampable
from saraban.words import STAMP_PLACES

router = screen()


@router.get("/entries/{entry}/stamp")
def stamp(request: Request, office: House, actor: Asking, entry: EntryPath) -> Response:
    found = stampable(office, actor, entry)
    try:
        placing, why = asked(request, Placing), ""
    except Invalid as refusal:
        placing, why = Placing(), refusal.message
    wanted = request.query_params.get("file")
    files = {show("A", one.id): one.description or one.filename for one in found.files}
    file = wanted if wanted in files or wanted == "" else next(iter(files), "")
    said = urlencode({"file": file, **placing.model_dump(exclude_none=True)})
    return page(
        request,
        "stamp",
        422 if why else 200,
        line=found.line,
        files=[*files.items()],
        file=file,
        placing=placing,
        typed=request.query_params,
        places=STAMP_PLACES,
        why=why,
        here=f"/entries/{show('E', entry)}/stamp",
        shown=f"/entries/{show('E', entry)}/stamp/pdf?{said}",
    )


@router.get("/entries/{entry}/stamp/pdf")
async def stamped(request: Request, office: House, actor: Asking, entry: EntryPath) -> Response:
    placing = asked(request, Placing)
    file = read("A", request.query_params.get("file"))
    if file is None:
        return await stamps.on_a_sheet(request, office, actor, entry, placing)
    return await stamps.on_a_file(request, office, actor, entry, file, placing)

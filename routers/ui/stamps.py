"""Printing a letter with the receive stamp: on which file, where, and how it will look."""

from __future__ import annotations

from contextlib import ExitStack
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.api import stamps
from routers.api.paths import EntryPath
from routers.deps import Asking, House
from routers.paper import pressed
from routers.routes import screen
from routers.ui.pages import page
from routers.ui.typed import asked
from saraban.errors import Invalid, PdfDamaged, PdfLocked
from saraban.ids import read, show
from saraban.office import Office
from saraban.permissions import Actor
from saraban.press.stamping import within
from saraban.queries.stamp import Placing, stampable
from saraban.words import STAMP_PLACES

router = screen()

NOTICED = 0.05  # centimetres


@router.get("/entries/{entry}/stamp")
async def stamp(request: Request, office: House, actor: Asking, entry: EntryPath) -> Response:
    found = await to_thread.run_sync(stampable, office, actor, entry)
    wanted = request.query_params.get("file")
    files = {show("A", one.id): one.description or one.filename for one in found.files}
    file = wanted if wanted in files or wanted == "" else next(iter(files), "")
    moved = None
    try:
        placing, why = asked(request, Placing), ""
        moved = await _moved(request, office, actor, entry, read("A", file), placing)
    except (Invalid, PdfLocked, PdfDamaged) as refusal:
        placing, why = Placing(), refusal.message
    said = urlencode({"file": file, **placing.model_dump(exclude_none=True)})
    return page(
        request,
        "stamp",
        422 if why else 200,
        line=found.line,
        files=[*files.items()],
        file=file,
        placing=placing,
        moved=moved,
        typed=request.query_params,
        places=STAMP_PLACES,
        why=why,
        here=f"/entries/{show('E', entry)}/stamp",
        shown=f"/entries/{show('E', entry)}/stamp/pdf?{said}",
    )


async def _moved(
    request: Request, office: Office, actor: Actor, entry: int, file: int | None, placing: Placing
) -> tuple[float, float] | None:
    """Where the stamp stands instead, when a printer would cut it off where it was wanted."""
    if not isinstance(placing.on_page, tuple):
        return None
    with ExitStack() as kept:
        path = None
        if file is not None:
            _, copy, _ = await to_thread.run_sync(stamps.fetched, office, actor, entry, file)
            path = kept.enter_context(copy).path
        stands = await pressed(request, within, path, *placing.on_page)
    apart = max(abs(one - other) for one, other in zip(stands, placing.on_page, strict=True))
    return stands if apart > NOTICED else None


@router.get("/entries/{entry}/stamp/pdf")
async def stamped(request: Request, office: House, actor: Asking, entry: EntryPath) -> Response:
    placing = asked(request, Placing)
    file = read("A", request.query_params.get("file"))
    if file is None:
        return await stamps.on_a_sheet(request, office, actor, entry, placing)
    return await stamps.on_a_file(request, office, actor, entry, file, placing)

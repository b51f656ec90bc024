"""The receive stamp (form 12): on a copy of a letter's PDF, or on a sheet for a letter that came on paper."""

from __future__ import annotations

from anyio import to_thread
from fastapi import Request, Response

from routers.api.paths import AttachmentPath, EntryPath, FromQuery
from routers.deps import Asking, House
from routers.disposition import FRAMED
from routers.paper import paper, paper_answer, pressed
from routers.routes import resource
from saraban import rendering
from saraban.office import Office
from saraban.permissions import Actor
from saraban.press.stamping import stamped
from saraban.queries.attachment import FileFound
from saraban.queries.stamp import Placing, Stamp, stampable, stamped_file
from storage.files import Spool

router = resource("entries")


@router.get(
    "/entries/{entry}/stamp",
    summary="The receive stamp on an empty sheet, for a letter on paper",
    **paper_answer(409),
)
async def on_a_sheet(
    request: Request, office: House, actor: Asking, entry: EntryPath, placing: FromQuery[Placing]
) -> Response:
    found = await to_thread.run_sync(stampable, office, actor, entry)
    made = await pressed(request, stamped, None, _drawn(found.stamp), placing.on_page)
    return paper(f"ตรารับ {found.stamp.number}", made)


@router.get(
    "/entries/{entry}/stamped/{attachment}",
    summary="A copy of a PDF with the receive stamp on its first page",
    **paper_answer(409),
)
async def on_a_file(
    request: Request,
    office: House,
    actor: Asking,
    entry: EntryPath,
    attachment: AttachmentPath,
    placing: FromQuery[Placing],
) -> Response:
    stamp, copy, name = await to_thread.run_sync(fetched, office, actor, entry, attachment)
    with copy:
        made = await pressed(request, stamped, copy.path, _drawn(stamp), placing.on_page)
    answer = paper(f"{name} ตรารับ {stamp.number}", made)
    # A stranger's PDF stays one when it is stamped: what it may do in a browser is what its original may.
    answer.headers.update({"Content-Security-Policy": FRAMED, "X-Content-Type-Options": "nosniff"})
    return answer


def _drawn(stamp: Stamp) -> str:
    return rendering.html("pdf/stamp.html", stamp=stamp)


def fetched(office: Office, actor: Actor, entry: int, attachment: int) -> tuple[Stamp, Spool, str]:
    stamp, file = stamped_file(office, actor, entry, attachment)
    return stamp, _on_disk(office, file), file.filename.removesuffix(".pdf")


def _on_disk(office: Office, file: FileFound) -> Spool:
    """Where the press can read it: twenty megabytes that wait for their turn are not held in memory."""
    copy = Spool(office.settings.spool, file.stored.size, file.filename)
    try:
        for piece in office.files.read(file.stored):
            copy.write(piece)
        copy.flush()
    except BaseException:
        copy.discard()
        raise
    return copy

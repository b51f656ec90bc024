"""Letters written here: their paper, the file made of it, and what stands on an office's paper."""

from __future__ import annotations

from anyio import to_thread
from fastapi import Request, Response

from routers.api.paths import LetterPath, OfficePath
from routers.deps import Asking, House
from routers.paper import paper_answer
from routers.problems import refusals
from routers.routes import resource
from routers.writing import file_made, letter_printed, letterhead_kept
from saraban.commands.attach_files import Attached
from saraban.commands.keep_letterhead import LetterheadSaid
from saraban.queries.letterhead import LetterheadView, letterhead_view

router = resource("letters")


@router.get(
    "/letters/{letter}/pdf", summary="A letter written here, on its form, as it says now", **paper_answer(409)
)
async def on_paper(request: Request, office: House, actor: Asking, letter: LetterPath) -> Response:
    return await letter_printed(request, office, actor, letter)


@router.post(
    "/letters/{letter}/paper/file",
    status_code=201,
    summary="Make the file of a letter written here: the first of its files, in the place of an earlier one",
    responses=refusals(403, 404, 409, 412, 413, 500, 503),
)
async def make_file(request: Request, office: House, actor: Asking, letter: LetterPath) -> Attached:
    return await file_made(request, office, actor, letter)


@router.get(
    "/offices/{code}/letterhead",
    summary="What stands on the letters of an office of mine",
    responses=refusals(403, 404),
)
def letterhead(office: House, actor: Asking, code: OfficePath) -> LetterheadView:
    return letterhead_view(office, actor, code)


@router.put(
    "/offices/{code}/letterhead",
    summary="Set it: address, telephone, who signs, the garuda",
    responses=refusals(403, 404, 413, 422, 500, 503),
)
async def set_letterhead(
    request: Request, office: House, actor: Asking, code: OfficePath, said: LetterheadSaid
) -> LetterheadView:
    await letterhead_kept(request, office, actor, code, said)
    return await to_thread.run_sync(letterhead_view, office, actor, code)

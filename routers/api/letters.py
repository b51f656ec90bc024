"""A letter's page: what it says, where it stands, where it has been; corrected before it is sent."""

from __future__ import annotations

from fastapi import Response

from routers.api.paths import LetterPath
from routers.deps import Asking, House, IfMatch, etag, version_of
from routers.problems import refusals
from routers.routes import resource
from saraban.commands.correct_letter import Corrected, correct_letter
from saraban.letters import LetterChange
from saraban.queries.letter import LetterView, letter_view

router = resource("letters")


@router.get("/letters/{letter}", summary="A letter, as the house may see it", responses=refusals(404))
def one(office: House, actor: Asking, letter: LetterPath, answer: Response) -> LetterView:
    view = letter_view(office, actor, letter)
    answer.headers.update(etag(view.version))
    return view


@router.patch(
    "/letters/{letter}",
    summary="Correct what a letter says, before it is first sent",
    responses=refusals(403, 404, 409, 412, 413, 422, 428),
)
def correct(
    office: House,
    actor: Asking,
    letter: LetterPath,
    change: LetterChange,
    answer: Response,
    if_match: IfMatch = None,
) -> Corrected:
    corrected = correct_letter(office, actor, letter, change, version_of(if_match))
    answer.headers.update(etag(corrected.version))
    return corrected

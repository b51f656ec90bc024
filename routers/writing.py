"""Letters written here, on paper: what the API and the pages do alike."""

from __future__ import annotations

from anyio import to_thread
from fastapi import Request, Response

from routers.paper import paper, pressed
from saraban import rendering
from saraban.commands.attach_files import Attached
from saraban.commands.keep_letterhead import LetterheadSaid, keep_letterhead
from saraban.commands.keep_paper import keep_paper
from saraban.errors import NotWrittenHere, Refusal
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.press import continued, pictures
from saraban.queries.letter_on_paper import LetterOnPaper, letter_on_paper
from saraban.queries.letterhead import picture_given

TEMPLATES = {
    "external": "pdf/external_letter.html",
    "memo": "pdf/memo.html",
    "sealed": "pdf/sealed_letter.html",
}


def drawn(sheet: LetterOnPaper) -> str:
    return rendering.html(TEMPLATES[sheet.form], it=sheet)


async def printed(request: Request, sheet: LetterOnPaper) -> bytes:
    return await pressed(request, continued.letter, await to_thread.run_sync(drawn, sheet))


async def letter_printed(request: Request, office: Office, actor: Actor, letter: int) -> Response:
    sheet = await to_thread.run_sync(letter_on_paper, office, actor, letter)
    return paper(sheet.filename, await printed(request, sheet))


async def file_made(request: Request, office: Office, actor: Actor, letter: int) -> Attached:
    """The letter as it stands becomes the first of its files; corrected meanwhile, it is a stale version."""
    actor.must(Act.REGISTER)
    return await _made(
        request, office, actor, await to_thread.run_sync(letter_on_paper, office, actor, letter)
    )


async def file_tried(request: Request, office: Office, actor: Actor, letter: int) -> str:
    """What hindered it, if anything: the letter stands all the same, and its page offers to try again.
    A file that somebody took out, for one signed in ink, is not put back."""
    try:
        sheet = await to_thread.run_sync(letter_on_paper, office, actor, letter)
        if sheet.due:
            await _made(request, office, actor, sheet)
    except NotWrittenHere:
        return ""
    except Refusal as refusal:
        return f" แต่ยังไม่มีไฟล์ของหนังสือ: {refusal.message}"
    return ""


async def _made(request: Request, office: Office, actor: Actor, sheet: LetterOnPaper) -> Attached:
    pdf = await printed(request, sheet)
    name = f"{sheet.filename}.pdf"
    return await to_thread.run_sync(keep_paper, office, actor, sheet.id, sheet.version, name, sheet.name, pdf)


async def letterhead_kept(
    request: Request, office: Office, actor: Actor, code: str, said: LetterheadSaid
) -> None:
    emblem = None
    if said.emblem is not None:
        given = await to_thread.run_sync(picture_given, office, actor, said.emblem)
        emblem = await pressed(request, pictures.emblem, given)
    await to_thread.run_sync(keep_letterhead, office, actor, code, said, emblem)

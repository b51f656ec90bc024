"""A clerk writes a letter here, sees it, registers it; its file is made, and then it is sent as any other."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.api.paths import LetterPath
from routers.deps import Asking, House
from routers.paper import paper
from routers.routes import screen
from routers.ui.editing import edit_page
from routers.ui.forms import Submitted, attempt, attempt_in_turn, submitted, typed_before
from routers.ui.outgoing import LINKS, outgoing_said, registering
from routers.ui.pages import go
from routers.ui.prefill import blank, blank_paper, content_said, from_letters, paper_said
from routers.ui.typed import Reading
from routers.writing import file_made, file_tried, letter_printed, printed
from saraban.commands.register_outgoing import register_outgoing
from saraban.errors import Refusal
from saraban.ids import show
from saraban.letters import LetterContent, NewOutgoing, Paper
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.letter import letter_view
from saraban.queries.letter_on_paper import LetterOnPaper, blank_number, rehearsed
from saraban.queries.registers import outgoing_prefix

router = screen()
HERE, TEMPLATE = "/outgoing/write", "write_letter"


class Whole(LetterContent):
    """What a page needs of a letter that is not registered yet."""

    paper: Paper


@router.get(HERE)
def write(request: Request, office: House, actor: Asking) -> Response:
    actor.must(Act.REGISTER)
    form = typed_before(request) or _first(request, office, actor)
    return registering(request, office, actor, form, template=TEMPLATE)


def _first(request: Request, office: Office, actor: Actor) -> Submitted:
    linked = {name: request.query_params.get(name, "") for name in LINKS}
    form = from_letters(office, actor, linked) or blank(office, actor)
    return Submitted({**blank_paper(office, actor), **form.fields}, "")


@router.post(HERE)
async def register(request: Request, office: House, actor: Asking) -> Response:
    form = await submitted(request)
    reading = Reading(form, office.clock())

    def act() -> Any:
        said = outgoing_said(form, reading) | paper_said(form, reading)
        return register_outgoing(office, actor, reading.into(NewOutgoing, said), form.nonce)

    done, errors, why = await attempt_in_turn(act, office, actor)
    if done is None:
        return await to_thread.run_sync(registering, request, office, actor, form, errors, why, TEMPLATE)
    hindered = await file_tried(request, office, actor, done.id)
    return go(f"/outgoing/registered/{show('L', done.id)}", f"ลงทะเบียนแล้ว{hindered}" if hindered else "")


@router.post(f"{HERE}/preview")
async def preview(request: Request, office: House, actor: Asking) -> Response:
    form = await submitted(request)

    def act() -> LetterOnPaper:
        number = blank_number(outgoing_prefix(office, actor), form.ticked("circular"))
        return _rehearsed(office, actor, form, number)

    sheet, errors, why = await attempt(act)
    if sheet is None:
        return await to_thread.run_sync(registering, request, office, actor, form, errors, why, TEMPLATE)
    return paper(f"ตัวอย่าง {sheet.filename}", await printed(request, sheet))


def _rehearsed(office: Office, actor: Actor, form: Submitted, number: str) -> LetterOnPaper:
    reading = Reading(form, office.clock())
    said = content_said(form, reading) | paper_said(form, reading)
    said.pop("letter_no", None)
    whole = reading.into(Whole, said)
    return rehearsed(office, actor, whole, whole.paper, number)


# -- once it is registered --------------------------------------------------------------------------------


@router.get("/letters/{letter}/pdf")
async def on_paper(request: Request, office: House, actor: Asking, letter: LetterPath) -> Response:
    return await letter_printed(request, office, actor, letter)


@router.post("/letters/{letter}/edit/preview")
async def preview_corrected(request: Request, office: House, actor: Asking, letter: LetterPath) -> Response:
    form = await submitted(request)

    def act() -> LetterOnPaper:
        return _rehearsed(office, actor, form, letter_view(office, actor, letter).letter_no)

    sheet, errors, why = await attempt(act)
    if sheet is None:
        return await to_thread.run_sync(edit_page, request, office, actor, letter, form, errors, why)
    return paper(f"ตัวอย่าง {sheet.filename}", await printed(request, sheet))


@router.post("/letters/{letter}/paper")
async def make_file(request: Request, office: House, actor: Asking, letter: LetterPath) -> Response:
    await submitted(request)
    said = "จัดทำไฟล์ของหนังสือแล้ว"
    try:
        await file_made(request, office, actor, letter)
    except Refusal as refusal:
        said = f"จัดทำไฟล์ไม่สำเร็จ: {refusal.message}"
    return go(f"/letters/{show('L', letter)}", said)

"""A letter is corrected, and files are put in and taken out, until it is sent; then files are only added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.api.paths import AttachmentPath, LetterPath
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.files import opened
from routers.ui.forms import Submitted, attempt, submitted, typed_before
from routers.ui.pages import go, page
from routers.ui.prefill import blank_paper, content_of, content_said, paper_said
from routers.ui.typed import Reading
from routers.writing import file_tried
from saraban.commands.attach_files import MoreFiles, attach_files, remove_file
from saraban.commands.correct_letter import correct_letter
from saraban.errors import NotFound
from saraban.ids import show
from saraban.letters import LetterChange
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.letter import letter_view

router = screen()


@router.get("/letters/{letter}/edit")
def edit(request: Request, office: House, actor: Asking, letter: LetterPath) -> Response:
    actor.must(Act.CORRECT)
    return edit_page(request, office, actor, letter, typed_before(request))


def edit_page(
    request: Request,
    office: Office,
    actor: Actor,
    letter: int,
    form: Submitted | None = None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> Response:
    view = letter_view(office, actor, letter)
    # Ours to correct: written here, or registered here from paper.
    line = next((one for one in view.entries if one.kind != "incoming" or one.channel != "system"), None)
    if line is None:
        raise NotFound()
    typed = form is not None and form.get("version") != ""
    stands = content_of(view)
    if view.paper is None and line.kind != "incoming" and request.query_params.get("write"):
        stands.fields |= blank_paper(office, actor)
    return page(
        request,
        "edit_letter",
        422 if why else 200,
        letter=view,
        line=line,
        form=form if typed else stands,
        files=None if typed else form,
        errors=errors or {},
        why=why,
        # Who saved in between, and what; saving again is then on purpose.
        stale=view.history[-1]
        if form and typed and form.get("version") != str(view.version) and view.history
        else None,
        open=opened(request, view.attachments),
        here=f"/letters/{show('L', letter)}/edit",
        most=office.settings.max_files,
    )


@router.post("/letters/{letter}/edit")
async def correct(request: Request, office: House, actor: Asking, letter: LetterPath) -> Response:
    form = await submitted(request)
    reading = Reading(form, office.clock())

    def act() -> Any:
        said = content_said(form, reading) | paper_said(form, reading)
        change = reading.into(LetterChange, said, blank=True)
        return correct_letter(office, actor, letter, change, form.number("version"))

    done, errors, why = await attempt(act)
    if done is None:
        return await to_thread.run_sync(edit_page, request, office, actor, letter, form, errors, why)
    hindered = await file_tried(request, office, actor, letter)
    return go(f"/letters/{show('L', letter)}/edit", f"แก้ไขแล้ว สิ่งที่แก้ดูได้ในประวัติ{hindered}")


@router.post("/letters/{letter}/files")
async def attach(request: Request, office: House, actor: Asking, letter: LetterPath) -> Response:
    form = await submitted(request)

    def act() -> Any:
        reading = Reading(form, office.clock())
        more = reading.into(MoreFiles, {"files": reading.files()})
        return attach_files(office, actor, letter, more, form.nonce)

    done, errors, why = await attempt(act)
    if done is None:
        return await to_thread.run_sync(edit_page, request, office, actor, letter, form, errors, why)
    return go(f"/letters/{show('L', letter)}/edit#files", "แนบไฟล์แล้ว")


@router.post("/letters/{letter}/files/{attachment}/remove")
async def remove(
    request: Request, office: House, actor: Asking, letter: LetterPath, attachment: AttachmentPath
) -> Response:
    form = await submitted(request)
    _, errors, why = await attempt(lambda: remove_file(office, actor, attachment))
    if why:
        return await to_thread.run_sync(edit_page, request, office, actor, letter, form, errors, why)
    return go(f"/letters/{show('L', letter)}/edit#files", "เอาไฟล์ออกแล้ว")

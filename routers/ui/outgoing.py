"""The outgoing book: its lines, and letters registered in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.api.paths import LetterPath
from routers.asking import show_list
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.excel import excel
from routers.ui.forms import Submitted, attempt_in_turn, submitted, typed_before
from routers.ui.pages import go, page
from routers.ui.prefill import blank, content_said, from_letters
from routers.ui.typed import Reading, asked, found
from saraban.commands.register_outgoing import register_outgoing
from saraban.errors import NotFound
from saraban.ids import read, show
from saraban.letters import NewOutgoing
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.hands import acting_groups, hands
from saraban.queries.letter import letter_view
from saraban.queries.paging import Turned, whole
from saraban.queries.register_lines import OutgoingFilters, RegisterLine, outgoing_lines, outgoing_rows
from saraban.queries.registers import outgoing_prefix, years_of
from saraban.spreadsheet import Column
from saraban.words import LINE_STATES

router = screen()

DAYS = ("dated_from", "dated_to", "registered_from", "registered_to")


@router.get("/outgoing")
async def book(request: Request, office: House, actor: Asking) -> Response:
    return await show_list(_book, office, request, actor)


def _book(office: Office, request: Request, actor: Actor) -> Response:
    lines, why = found(
        request, OutgoingFilters, lambda asked: outgoing_rows(office, actor, asked), Turned([]), DAYS
    )
    return page(
        request,
        "outgoing",
        422 if why else 200,
        found=lines,
        why=why,
        asked=request.query_params,
        years=[(year, str(year)) for year in _years(office, actor)],
        offices=acting_groups(office, actor),
        states=[(word, LINE_STATES[word]) for word in ("registered", "sent", "void")],
    )


def _years(office: Office, actor: Actor) -> list[int]:
    return years_of(office, actor, ("outgoing", "outgoing_circular"))


COLUMNS: list[Column[RegisterLine]] = [
    Column("เลขทะเบียนส่ง", lambda line: line.number, 10),
    Column("ปี", lambda line: line.year, 7),
    Column("ที่", lambda line: line.letter_no, 18),
    Column("ลงวันที่", lambda line: line.dated, 12),
    Column("จาก", lambda line: line.from_text, 24),
    Column("ถึง", lambda line: line.to_text, 28),
    Column("เรื่อง", lambda line: line.subject, 50),
    Column("ความเร็ว", lambda line: line.urgency and Urgency.named(line.urgency).thai, 10),
    Column("ชั้นความลับ", lambda line: line.secrecy and Secrecy.named(line.secrecy).thai, 10),
    Column("กลุ่มปฏิบัติ", lambda line: line.action_office.name if line.action_office else None, 22),
    Column("บุคคลปฏิบัติ", lambda line: line.action_person.name if line.action_person else None, 20),
    Column("การปฏิบัติ", lambda line: line.action, 18),
    Column("วันลงทะเบียน", lambda line: line.registered_at, 20),
    Column("สถานะ", lambda line: line.state and LINE_STATES[line.state], 14),
    Column("เหตุผลที่ยกเลิก", lambda line: line.void.reason if line.void else None, 24),
    Column("หมายเหตุ", lambda line: line.note, 24),
]


@router.get("/outgoing.xlsx")
def as_excel(request: Request, office: House, actor: Asking) -> Response:
    wanted = asked(request, OutgoingFilters, DAYS)
    lines = whole(lambda one: outgoing_lines(office, actor, one), wanted)
    return excel(office, "ทะเบียนหนังสือส่ง", COLUMNS, lines)


# -- registering ------------------------------------------------------------------------------------------

LINKS = ("based_on", "reply_to", "replaces")
LINE = ("note", "action", "action_office", "action_person")


@router.get("/outgoing/new")
def new(request: Request, office: House, actor: Asking) -> Response:
    actor.must(Act.REGISTER)
    linked = {name: request.query_params.get(name, "") for name in LINKS}
    form = typed_before(request) or from_letters(office, actor, linked) or blank(office, actor)
    return registering(request, office, actor, form)


def registering(
    request: Request,
    office: Office,
    actor: Actor,
    form: Submitted,
    errors: Mapping[str, str] | None = None,
    why: str = "",
    template: str = "register_outgoing",
) -> Response:
    groups = hands(office, actor)
    linked = {name: view for name in LINKS if (view := _linked(office, actor, form.get(name)))}
    return page(
        request,
        template,
        422 if why else 200,
        form=form,
        errors=errors or {},
        why=why,
        prefix=outgoing_prefix(office, actor),
        years=[(year, str(year)) for year in _years(office, actor)],
        offices=[(group.code, group.name) for group in groups],
        people=[(one.person, f"{one.name} ({group.name})") for group in groups for one in group.people],
        linked=linked,
        shared=next((view.attachments for name, view in linked.items() if name != "reply_to"), []),
        most=office.settings.max_files,
    )


def _linked(office: Office, actor: Actor, named: str) -> Any:
    letter = read("L", named)
    return None if letter is None else letter_view(office, actor, letter)


@router.post("/outgoing/new")
async def register(request: Request, office: House, actor: Asking) -> Response:
    form = await submitted(request)
    reading = Reading(form, office.clock())

    def act() -> Any:
        return register_outgoing(
            office, actor, reading.into(NewOutgoing, outgoing_said(form, reading)), form.nonce
        )

    done, errors, why = await attempt_in_turn(act, office, actor)
    if done is None:
        return await to_thread.run_sync(registering, request, office, actor, form, errors, why)
    return go(f"/outgoing/registered/{show('L', done.id)}")


def outgoing_said(form: Submitted, reading: Reading) -> dict[str, Any]:
    """What the form says of an outgoing letter, for the rules of the API."""
    said = content_said(form, reading) | {name: form.get(name).strip() for name in (*LINE, *LINKS)}
    said |= {"circular": form.ticked("circular"), **_shared(form)}
    return said | {"year": form.number("year") or None, "files": reading.files()}


def _shared(form: Submitted) -> dict[str, Any]:
    """The files of the earlier letter that stay ticked; with none, one that replaces it shares nothing."""
    if form.get("based_on"):
        return {"attachments": form.all("attachments")}
    if form.get("replaces") and form.all("attachments"):
        return {"based_on": form.get("replaces"), "attachments": form.all("attachments")}
    return {}


@router.get("/outgoing/registered/{letter}")
def registered(request: Request, office: House, actor: Asking, letter: LetterPath) -> Response:
    """The number, large enough to be copied onto the paper; sending is next."""
    view = letter_view(office, actor, letter)
    line = next((one for one in view.entries if one.kind != "incoming"), None)
    if line is None:
        raise NotFound()
    return page(request, "registered_outgoing", letter=view, line=line)

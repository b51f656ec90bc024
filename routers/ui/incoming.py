"""The incoming book: its lines, a line of one's own, and letters registered from paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.api.dispatches import Why
from routers.api.paths import EntryPath
from routers.asking import show_list
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.excel import excel
from routers.ui.forms import Submitted, attempt, attempt_in_turn, checked, submitted, typed_before
from routers.ui.pages import go, page
from routers.ui.typed import Reading, asked, found
from saraban.commands.correct_entry import correct_entry
from saraban.commands.register_incoming import register_incoming
from saraban.commands.void_entry import Voided, void_entry
from saraban.errors import Invalid
from saraban.ids import read, show
from saraban.letters import EntryChange, NewIncoming
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.assignments import tasks_of
from saraban.queries.entry import entry_view
from saraban.queries.hands import acting_groups, hands, names_of
from saraban.queries.held import Held, held
from saraban.queries.letter import letter_view
from saraban.queries.paging import Turned, whole
from saraban.queries.register_lines import IncomingFilters, RegisterLine, incoming_lines, incoming_rows
from saraban.queries.registers import years_of
from saraban.spreadsheet import Column
from saraban.words import CAME_BY, LINE_STATES

router = screen()

DAYS = ("dated_from", "dated_to", "registered_from", "registered_to")


@router.get("/incoming")
async def book(request: Request, office: House, actor: Asking) -> Response:
    return await show_list(_book, office, request, actor)


def _book(office: Office, request: Request, actor: Actor) -> Response:
    lines, why = found(
        request, IncomingFilters, lambda asked: incoming_rows(office, actor, asked), Turned([]), DAYS
    )
    return page(
        request,
        "incoming",
        422 if why else 200,
        found=lines,
        why=why,
        asked=request.query_params,
        years=_years(office, actor),
        offices=acting_groups(office, actor),
        states=[(word, LINE_STATES[word]) for word in ("registered", "assigned", "done", "void")],
    )


def _years(office: Office, actor: Actor) -> list[tuple[int, int]]:
    return [(year, year) for year in years_of(office, actor, ("incoming",))]


COLUMNS: list[Column[RegisterLine]] = [
    Column("เลขทะเบียนรับ", lambda line: line.number, 10),
    Column("ปี", lambda line: line.year, 7),
    Column("ที่", lambda line: line.letter_no, 18),
    Column("ลงวันที่", lambda line: line.dated, 12),
    Column("จาก", lambda line: line.from_text, 26),
    Column("ถึง", lambda line: line.to_text, 26),
    Column("เรื่อง", lambda line: line.subject, 50),
    Column("ชั้นความเร็ว", lambda line: line.urgency and Urgency.named(line.urgency).thai, 10),
    Column("ชั้นความลับ", lambda line: line.secrecy and Secrecy.named(line.secrecy).thai, 10),
    Column("รับเมื่อ", lambda line: line.received_at, 20),
    Column("มาทาง", lambda line: line.channel and CAME_BY[line.channel], 14),
    Column("การปฏิบัติ", lambda line: line.action, 18),
    Column("กลุ่มปฏิบัติ", lambda line: line.action_office.name if line.action_office else None, 22),
    Column("บุคคลปฏิบัติ", lambda line: line.action_person.name if line.action_person else None, 20),
    Column("สถานะ", lambda line: line.state and LINE_STATES[line.state], 14),
    Column("เหตุผลที่ยกเลิก", lambda line: line.void.reason if line.void else None, 24),
    Column("หมายเหตุ", lambda line: line.note, 24),
]


@router.get("/incoming.xlsx")
def as_excel(request: Request, office: House, actor: Asking) -> Response:
    lines = whole(lambda one: incoming_lines(office, actor, one), asked(request, IncomingFilters, DAYS))
    return excel(office, "ทะเบียนหนังสือรับ", COLUMNS, lines)


# -- from paper -------------------------------------------------------------------------------------------

PLAIN = (
    *("letter_no", "subject", "to_text", "from_text", "urgency", "secrecy", "summary", "note", "action"),
    *("channel", "action_office", "year"),
)


@router.get("/incoming/new")
def from_paper(request: Request, office: House, actor: Asking) -> Response:
    actor.must(Act.REGISTER)
    return _from_paper(request, office, actor, typed_before(request) or _same_as(request, office, actor))


def _same_as(request: Request, office: Office, actor: Actor) -> Submitted | None:
    """Who wrote, to whom, how it came: what a pile of letters from one bag has in common."""
    like = read("L", request.query_params.get("like"))
    if like is None:
        return None
    view = letter_view(office, actor, like)
    same = {"from_text": view.from_text, "to_text": view.to_text, "urgency": view.urgency}
    for line in view.entries:
        if line.kind == "incoming" and line.channel != "system":
            same["channel"] = line.channel
    return Submitted({name: [value] for name, value in same.items()}, request.url.path)


def _from_paper(
    request: Request,
    office: Office,
    actor: Actor,
    form: Submitted | None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> Response:
    return page(
        request,
        "register_incoming",
        422 if why else 200,
        form=form,
        errors=errors or {},
        why=why,
        last=_last_from_paper(office, actor),
        years=_years(office, actor),
        offices=[(group.code, group.name) for group in hands(office, actor)],
        most={"files": office.settings.max_files, "bytes": office.settings.max_file_bytes},
        here="/incoming/new",
    )


def _last_from_paper(office: Office, actor: Actor) -> RegisterLine | None:
    newest = incoming_lines(office, actor, IncomingFilters(limit=50)).items
    return next((line for line in newest if line.secrecy == "open" and line.channel != "system"), None)


@router.post("/incoming/new")
async def register(request: Request, office: House, actor: Asking) -> Response:
    form = await submitted(request)
    reading = Reading(form, office.clock())

    def act() -> Any:
        said: dict[str, Any] = {name: form.get(name).strip() for name in PLAIN}
        said |= {"dated": reading.day("dated")}
        said |= {"received_at": reading.moment("received_date", "received_time")}
        said |= {"references": form.lines("references"), "enclosures": form.lines("enclosures")}
        said |= {"year": int(said["year"]) if said["year"].isdigit() else None}
        new = reading.into(NewIncoming, said | {"files": reading.files()})
        return register_incoming(office, actor, new, form.nonce)

    done, errors, why = await attempt_in_turn(act, office, actor)
    if done is None:
        return await to_thread.run_sync(_from_paper, request, office, actor, form, errors, why)
    return go(f"/incoming/registered/{show('E', done.entry)}")


@router.get("/incoming/registered/{entry}")
def registered(request: Request, office: House, actor: Asking, entry: EntryPath) -> Response:
    """The number, large enough to be copied onto the paper."""
    return page(request, "registered", line=entry_view(office, actor, entry))


# -- a line of one's own book ------------------------------------------------------------------------------


def _line(
    request: Request,
    office: Office,
    actor: Actor,
    entry: int,
    form: Submitted | None = None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> Response:
    line = entry_view(office, actor, entry)
    cleared = hands(office, actor, line.secrecy)
    everybody = hands(office, actor)
    people = {one.person: f"{one.name} ({group.name})" for group in cleared for one in group.people}
    if line.action_person is not None:  # who acts may have left since
        people.setdefault(show("P", line.action_person.id), line.action_person.name)
    return page(
        request,
        "entry",
        422 if why else 200,
        line=line,
        given=tasks_of(office, actor, entry),
        sent=held(office, actor, line.letter) if line.kind != "incoming" and not line.void else None,
        voiding="void" in request.query_params,
        offices=[(group.code, group.name) for group in everybody],
        names=names_of(everybody),
        people=list(people.items()),
        form=form,
        errors=errors or {},
        why=why,
        here=f"/entries/E{entry}",
    )


@router.get("/entries/{entry}")
def one(request: Request, office: House, actor: Asking, entry: EntryPath) -> Response:
    return _line(request, office, actor, entry, typed_before(request))


@router.post("/entries/{entry}")
async def correct(request: Request, office: House, actor: Asking, entry: EntryPath) -> Response:
    form = await submitted(request)
    reading = Reading(form, office.clock())

    def act() -> Any:
        said: dict[str, Any] = {"note": form.get("note"), "action": form.get("action")}
        said |= {"action_person": form.get("action_person") or None}
        if form.get("action_office"):
            said["action_office"] = form.get("action_office")
        if form.get("received_date"):
            said["received_at"] = reading.moment("received_date", "received_time")
        change = reading.into(EntryChange, said, blank=True)
        version = int(form.get("version")) if form.get("version").isdigit() else 0
        return correct_entry(office, actor, entry, change, version)

    done, errors, why = await attempt(act)
    if done is None:
        return await to_thread.run_sync(_line, request, office, actor, entry, form, errors, why)
    return go(f"/entries/E{entry}", "แก้ไขแล้ว สิ่งที่แก้ดูได้ในประวัติ")


@router.post("/entries/{entry}/void")
async def void(request: Request, office: House, actor: Asking, entry: EntryPath) -> Response:
    form = await submitted(request)

    def act() -> tuple[Voided, Held]:
        line = entry_view(office, actor, entry)
        sent = held(office, actor, line.letter) if line.kind != "incoming" else Held(0, 0)
        why = checked(Why, {"reason": form.get("reason")}).reason
        if sent.receivers and not form.ticked("recall"):
            many = f"หนังสือนี้ส่งแล้วถึง {sent.receivers:,} แห่ง: ทำเครื่องหมายว่าให้เรียกคืนทั้งหมด แล้วกดยกเลิกอีกครั้ง"
            raise Invalid(("recall", many))
        return void_entry(office, actor, entry, why), sent

    done, errors, why = await attempt(act)
    if done is None:
        return await to_thread.run_sync(_line, request, office, actor, entry, form, errors, why)
    voided, sent = done
    recalled = f" และเรียกคืนจากผู้รับ {sent.receivers:,} แห่งแล้ว" if sent.receivers else ""
    said = f"ยกเลิกเลข {voided.number} แล้ว{recalled} เลขนี้ยังอยู่ในทะเบียนพร้อมเหตุผล"
    return go(f"/entries/E{entry}", said)

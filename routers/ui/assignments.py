"""Work that is handed on: to me, to my office; taken on, handed back, done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.api.assignments import Finished
from routers.api.dispatches import Why
from routers.api.paths import AssignmentPath, EntryPath
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.excel import excel
from routers.ui.forms import Submitted, attempt, checked, submitted, typed_before
from routers.ui.pages import go, page, within
from routers.ui.typed import Reading, asked, listed
from saraban.commands.assign import accept, assign, finish, hand_back
from saraban.errors import Invalid
from saraban.letters import AssignTo
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.assignments import AssignmentFilters, Task, assignments, tasks_of
from saraban.queries.entry import entry_view
from saraban.queries.hands import hands
from saraban.queries.paging import whole
from saraban.spreadsheet import Column
from saraban.thai.dates import bangkok_day
from saraban.words import TASK_STATES

router = screen()


def handed(reading: Reading) -> dict[str, Any] | None:
    """To whom a form hands the letter (`office:9901-01`, `person:P41`), to do what, until when."""
    form = reading.form
    whom, instruction, due = form.get("to"), form.get("instruction"), reading.day("due")
    if not whom:
        if instruction or due:
            reading.wrong.append(("to", "เลือกผู้รับมอบหมายด้วย: กลุ่มหรือบุคคล"))
        return None
    kind, _, name = whom.partition(":")
    return {kind: name, "instruction": instruction} | ({"due": due} if due else {})


COLUMNS: list[Column[Task]] = [
    Column("เลขทะเบียน", lambda one: one.number, 10),
    Column("ปี", lambda one: one.year, 7),
    Column("ที่", lambda one: one.letter_no, 18),
    Column("เรื่อง", lambda one: one.subject, 50),
    Column("คำสั่ง", lambda one: one.instruction, 30),
    Column("ผู้ปฏิบัติ", lambda one: one.person_name or one.office_name, 26),
    Column("มอบโดย", lambda one: one.assigned_by, 22),
    Column("มอบเมื่อ", lambda one: one.assigned_at, 20),
    Column("ภายใน", lambda one: one.due, 12),
    Column("สถานะ", lambda one: TASK_STATES[one.state], 14),
    Column("รับงานเมื่อ", lambda one: one.accepted_at, 20),
    Column("จบเมื่อ", lambda one: one.closed_at, 20),
    Column("ผลหรือเหตุผล", lambda one: one.note, 30),
]


@router.get("/assignments.xlsx")
def as_excel(request: Request, office: House, actor: Asking) -> Response:
    tasks = whole(lambda one: assignments(office, actor, one), asked(request, AssignmentFilters))
    return excel(office, "งานที่มอบหมาย", COLUMNS, tasks)


# -- the list, and what is done in it; its filters travel in the address of every form ---------------------


@router.get("/assignments")
def given(request: Request, office: House, actor: Asking) -> Response:
    return _given(request, office, actor, typed_before(request))


def _given(
    request: Request, office: Office, actor: Actor, form: Submitted | None = None, why: str = ""
) -> Response:
    found, misread = listed(request, AssignmentFilters, lambda asked: assignments(office, actor, asked))
    return page(
        request,
        "assignments",
        422 if why or misread else 200,
        found=found,
        misread=misread,
        form=form,
        why=why,
        here="/assignments",
        today=bangkok_day(office.clock()),
        asked=request.query_params,
        states=list(TASK_STATES.items()),
    )


@router.post("/assignments/{assignment}/accept")
async def taking(request: Request, office: House, actor: Asking, assignment: AssignmentPath) -> Response:
    return await _moved(request, "รับงานแล้ว", lambda form: accept(office, actor, assignment))


@router.post("/assignments/{assignment}/hand-back")
async def refusing(request: Request, office: House, actor: Asking, assignment: AssignmentPath) -> Response:
    def act(form: Submitted) -> Any:
        return hand_back(office, actor, assignment, checked(Why, {"reason": form.get("note")}).reason)

    return await _moved(request, "ส่งคืนงานแล้ว", act)


@router.post("/assignments/{assignment}/done")
async def finishing(request: Request, office: House, actor: Asking, assignment: AssignmentPath) -> Response:
    def act(form: Submitted) -> Any:
        return finish(office, actor, assignment, checked(Finished, {"note": form.get("note")}).note)

    return await _moved(request, "บันทึกว่าดำเนินการแล้ว", act)


async def _moved(request: Request, said: str, act: Callable[[Submitted], Any]) -> Response:
    form = await submitted(request)
    done, _, why = await attempt(lambda: act(form))
    if done is None:
        office, actor = request.app.state.office, request.state.actor
        return await to_thread.run_sync(_given, request, office, actor, form, why)
    return go("/assignments" + (f"?{request.url.query}" if request.url.query else ""), said)


# -- handing an entry on ----------------------------------------------------------------------------------


@router.get("/entries/{entry}/assign")
def whom(request: Request, office: House, actor: Asking, entry: EntryPath) -> Response:
    return _whom(request, office, actor, entry, typed_before(request))


def _whom(
    request: Request,
    office: Office,
    actor: Actor,
    entry: int,
    form: Submitted | None = None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> Response:
    actor.must(Act.ASSIGN)
    line = entry_view(office, actor, entry)
    return page(
        request,
        "assign",
        422 if why else 200,
        line=line,
        given=tasks_of(office, actor, entry),
        groups=hands(office, actor, line.secrecy),
        back=within(form.get("back") if form else request.query_params.get("back"), f"/entries/E{entry}"),
        form=form,
        errors=errors or {},
        why=why,
        here=f"/entries/E{entry}/assign",
    )


@router.post("/entries/{entry}/assign")
async def assigning(request: Request, office: House, actor: Asking, entry: EntryPath) -> Response:
    form = await submitted(request)
    reading = Reading(form, office.clock())

    def act() -> Any:
        to = handed(reading)
        if to is None and not reading.wrong:
            raise Invalid(("to", "เลือกผู้รับมอบหมาย: กลุ่มหรือบุคคล"))
        return assign(office, actor, entry, reading.into(AssignTo, to or {}), form.nonce)

    done, errors, why = await attempt(act)
    if done is None:
        return await to_thread.run_sync(_whom, request, office, actor, entry, form, errors, why)
    return go(within(form.get("back"), "/assignments?box=all"), "มอบหมายแล้ว")

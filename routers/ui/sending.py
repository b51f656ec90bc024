"""Sending a registered letter: choose who gets it, look at everything once more, send."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.api.paths import LetterPath
from routers.deps import Asking, House
from routers.routes import screen
from routers.ui.files import opened
from routers.ui.forms import Submitted, attempt, checked, submitted, typed_before
from routers.ui.pages import go, page
from routers.ui.typed import Reading
from saraban.commands.send_letter import NewDispatch, Reached, rehearse, send_letter
from saraban.errors import NotFound
from saraban.ids import show
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.held import waits_at
from saraban.queries.letter import LetterView, letter_view
from saraban.queries.offices import OfficeFilters, OfficeItem, offices_of_the_tree
from saraban.queries.receivers import ToChoose, receivers

router = screen()

FOUND = 30  # offices that one search shows
_BETWEEN = re.compile(r"[\s,;]+")


@router.get("/letters/{letter}/send")
def choose(request: Request, office: House, actor: Asking, letter: LetterPath) -> Response:
    actor.must(Act.SEND)
    view = letter_view(office, actor, letter)
    form = typed_before(request) or _first(view, office, request.query_params.getlist("to"))
    return _choose(request, office, actor, view, form)


def _first(view: LetterView, office: Office, to: list[str]) -> Submitted:
    """The first try: what the letter says itself, with as many of its files as go in one sending."""
    files = [show("A", file.id) for file in view.attachments[: office.settings.max_files]]
    fields: dict[str, list[str]] = {
        "attachments": files,
        "offices": to,
        "summary": [view.summary],
        "urgency": [view.urgency],
    }
    return Submitted(fields | {"deadline_time": ["16:30"]}, "")


def _choose(
    request: Request,
    office: Office,
    actor: Actor,
    view: LetterView,
    form: Submitted,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> Response:
    if all(line.kind == "incoming" for line in view.entries):
        # Somebody else's letter is not sent as it is, but as a new one `based_on` it.
        raise NotFound()
    options = receivers(office, actor)
    return page(
        request,
        "send",
        422 if why else 200,
        letter=view,
        form=form,
        options=options,
        others=_others(office, actor, options, form),
        waiting=len(waits_at(office, actor, view.id)) if view.sent_at else 0,
        errors=errors or {},
        why=why,
        open=opened(request, view.attachments),
        here=f"/letters/{show('L', view.id)}/send",
        most=office.settings.max_files,
    )


def _others(office: Office, actor: Actor, options: ToChoose, form: Submitted) -> list[OfficeItem]:
    """Offices that are ticked but stand in no list of ours, and those that a search has found."""
    listed = {one.code for one in (*options.schools, *options.groups, *options.above)}
    codes = [code for code in dict.fromkeys(form.all("offices")) if code not in listed]
    ticked = [one for code in codes[:FOUND] for one in _found(office, actor, code) if one.code == code]
    sought = form.get("find").strip()
    found = _found(office, actor, sought) if sought else []
    known = {*listed, *codes, actor.house_code, actor.office_code}
    return ticked + [one for one in found if one.code not in known and one.is_open]


def _found(office: Office, actor: Actor, sought: str) -> list[OfficeItem]:
    return offices_of_the_tree(office, actor, checked(OfficeFilters, {"q": sought, "limit": FOUND})).items


@router.post("/letters/{letter}/send")
async def proceed(request: Request, office: House, actor: Asking, letter: LetterPath) -> Response:
    form = await submitted(request)
    steps = {"look": _look, "send": _send}
    step = steps.get(form.get("step"), _again)
    return await step(request, office, actor, letter, form)


async def _again(request: Request, office: Office, actor: Actor, letter: int, form: Submitted) -> Response:
    """A search for more offices, or back from the last look: nothing that was ticked is lost."""
    view = await to_thread.run_sync(letter_view, office, actor, letter)
    return await to_thread.run_sync(_choose, request, office, actor, view, form)


async def _look(request: Request, office: Office, actor: Actor, letter: int, form: Submitted) -> Response:
    """Everything as it will arrive, and whom it would reach."""

    def act() -> tuple[NewDispatch, list[Reached], LetterView, frozenset[str]]:
        new = _said(office, actor, form)
        reached, view = rehearse(office, actor, letter, new), letter_view(office, actor, letter)
        waiting = waits_at(office, actor, letter) if view.sent_at else frozenset()
        return new, reached, view, waiting

    done, errors, why = await attempt(act)
    if done is None:
        return await _refused(request, office, actor, letter, form, errors, why)
    new, reached, view, waiting = done
    form.fields["version"] = [str(view.version)]
    return page(
        request,
        "confirm_send",
        letter=view,
        new=new,
        reached=reached,
        twice={one.code for one in reached} & waiting,
        files=[file for file in view.attachments if file.id in (new.attachments or [])],
        form=form,
        here=f"/letters/{show('L', letter)}/send",
    )


async def _send(request: Request, office: Office, actor: Actor, letter: int, form: Submitted) -> Response:
    def act() -> Any:
        return send_letter(
            office, actor, letter, _said(office, actor, form), form.number("version"), form.nonce
        )

    done, errors, why = await attempt(act)
    if done is None:
        return await _refused(request, office, actor, letter, form, errors, why)
    return go(f"/dispatches/{show('S', done.id)}", f"ส่งหนังสือแล้ว ถึงผู้รับ {done.recipients} แห่ง")


async def _refused(
    request: Request,
    office: Office,
    actor: Actor,
    letter: int,
    form: Submitted,
    errors: dict[str, str],
    why: str,
) -> Response:
    view = await to_thread.run_sync(letter_view, office, actor, letter)
    return await to_thread.run_sync(_choose, request, office, actor, view, form, errors, why)


def _said(office: Office, actor: Actor, form: Submitted) -> NewDispatch:
    """What the ticks and words mean by the rules of the API; a district or network stands for its schools."""
    reading = Reading(form, office.clock())
    whole = receivers(office, actor).within(form.all("districts"), form.all("networks"))
    codes = [code for code in _BETWEEN.split(form.get("codes")) if code]
    to = {
        "everyone": form.ticked("everyone"),
        "groups": form.all("groups"),
        "offices": list(dict.fromkeys([*whole, *form.all("offices"), *codes])),
        "except": [code for code in _BETWEEN.split(form.get("except")) if code],
        "post": form.lines("post"),
    }
    said: dict[str, Any] = {
        "to": to,
        "attachments": form.all("attachments"),
        "urgency": form.get("urgency", "normal"),
    }
    said |= {"summary": form.get("summary"), "deadline": reading.moment("deadline", "deadline_time")}
    return reading.into(NewDispatch, said, blank=True)

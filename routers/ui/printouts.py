"""A book on paper: which days of it; how far a long one has come; what waits to be fetched."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from anyio import to_thread
from fastapi import Request
from fastapi.responses import Response

from routers.api.files import FromHeaders, bytes_of
from routers.api.paths import PrintoutPath
from routers.api.printouts import at_once
from routers.deps import Asking, House
from routers.disposition import FRAMED
from routers.routes import screen
from routers.ui.forms import Submitted, attempt, submitted, typed_before
from routers.ui.pages import go, page
from routers.ui.typed import Reading, asked, listed
from saraban.commands.printouts import NewPrintout, ask_for_printout, cancel_printout
from saraban.errors import Invalid
from saraban.ids import show
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.printing.register import fits_at_once
from saraban.queries.filed_lines import SERIES, Book, PrintedQuestion
from saraban.queries.paging import Paging
from saraban.queries.printouts import printed_file, printout_of, printouts
from saraban.queries.register_lines import IncomingQuestion, OutgoingQuestion
from saraban.queries.registers import years_of
from saraban.thai.dates import BUDDHIST_ERA, FIRST_YEAR, LAST_YEAR, MONTHS, bangkok_day

router = screen()
DAYS = ("dated_from", "dated_to", "registered_from", "registered_to")
LOOK_AGAIN = "3"  # seconds, until the browser asks again how far it has come


@router.get("/outgoing/print")
def outgoing(request: Request, office: House, actor: Asking) -> Response:
    return _choose(request, office, actor, "outgoing", typed_before(request))


@router.get("/incoming/print")
def incoming(request: Request, office: House, actor: Asking) -> Response:
    return _choose(request, office, actor, "incoming", typed_before(request))


def _choose(
    request: Request,
    office: Office,
    actor: Actor,
    book: Book,
    form: Submitted | None,
    errors: Mapping[str, str] | None = None,
    why: str = "",
) -> Response:
    actor.must(Act.READ)
    now = office.clock()
    filters = form.get("filters") if form else request.url.query
    found = _sought(filters, office)
    years = years_of(office, actor, SERIES[book])
    return page(
        request,
        "print",
        422 if why else 200,
        book=book,
        form=form,
        errors=errors or {},
        why=why,
        filters=filters,
        found=found if found != PrintedQuestion() else None,
        years=sorted(years, reverse=True),
        months=[(str(number), name) for number, name in enumerate(MONTHS, start=1)],
        today=bangkok_day(now),
    )


@router.post("/outgoing/print")
async def print_outgoing(request: Request, office: House, actor: Asking) -> Response:
    return await _print(request, office, actor, "outgoing")


@router.post("/incoming/print")
async def print_incoming(request: Request, office: House, actor: Asking) -> Response:
    return await _print(request, office, actor, "incoming")


async def _print(request: Request, office: Office, actor: Actor, book: Book) -> Response:
    """What is short is shown at once, as a page of its own; what is long is printed while its owner waits."""
    form = await submitted(request)

    def act() -> str:
        wanted = _wanted(form, office)
        if fits_at_once(office, actor, book, wanted):
            said = wanted.model_dump(mode="json", exclude_defaults=True)
            return f"/{book}/pdf?{urlencode(said)}"
        new = NewPrintout(book=book, filters=wanted)
        return f"/printouts/{show('J', ask_for_printout(office, actor, new, form.nonce).id)}"

    to, errors, why = await attempt(act)
    if to is None:
        return await to_thread.run_sync(_choose, request, office, actor, book, form, errors, why)
    return go(to)


def _wanted(form: Submitted, office: Office) -> PrintedQuestion:
    reading = Reading(form, office.clock())
    said: dict[str, Any] = {}
    match form.get("span"):
        case "day":
            if not form.get("day").strip():
                raise Invalid(("day", "ระบุวันที่"))
            said = dict.fromkeys(("registered_from", "registered_to"), reading.day("day"))
        case "month":
            year, month = form.number("month_of") - BUDDHIST_ERA, form.number("month")
            if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
                raise Invalid(("month", "เลือกเดือนและปี"))
            last = monthrange(year, month)[1]
            said = {"registered_from": date(year, month, 1), "registered_to": date(year, month, last)}
        case "year":
            said = {"year": form.number("year")}
        case "found":
            return _sought(form.get("filters"), office)
        case _:
            raise Invalid(("span", "เลือกว่าจะพิมพ์ช่วงใด"))
    return reading.into(PrintedQuestion, said)


def _sought(filters: str, office: Office) -> PrintedQuestion:
    """The question of the list from which somebody came, as it stands in its address."""
    words = {name: value for name, value in parse_qsl(filters) if name in PrintedQuestion.names()}
    said = Submitted({name: [value] for name, value in words.items()}, "")
    reading = Reading(said, office.clock())
    return reading.into(PrintedQuestion, {**words, **{name: reading.day(name) for name in DAYS}})


@router.get("/outgoing/pdf")
async def outgoing_paper(request: Request, office: House, actor: Asking) -> Response:
    return await at_once(request, office, actor, "outgoing", asked(request, OutgoingQuestion, DAYS))


@router.get("/incoming/pdf")
async def incoming_paper(request: Request, office: House, actor: Asking) -> Response:
    return await at_once(request, office, actor, "incoming", asked(request, IncomingQuestion, DAYS))


# -- in the background ------------------------------------------------------------------------------------


@router.get("/printouts")
def mine(request: Request, office: House, actor: Asking) -> Response:
    found, why = listed(request, Paging, lambda said: printouts(office, actor, said))
    answer = page(request, "printouts", 422 if why else 200, found=found, why=why)
    return _again(answer, any(one.unfinished for one in found.items))


@router.get("/printouts/{printout}")
def one(request: Request, office: House, actor: Asking, printout: PrintoutPath) -> Response:
    item = printout_of(office, actor, printout)
    return _again(page(request, "printout", item=item), item.unfinished)


def _again(answer: Response, unfinished: bool) -> Response:
    if unfinished:
        answer.headers["Refresh"] = LOOK_AGAIN
    return answer


@router.post("/printouts/{printout}/cancel")
async def cancel(request: Request, office: House, actor: Asking, printout: PrintoutPath) -> Response:
    await submitted(request)
    item = await to_thread.run_sync(cancel_printout, office, actor, printout)
    return go(f"/printouts/{show('J', item.id)}")


@router.get("/printouts/{printout}/pdf")
def file(office: House, actor: Asking, printout: PrintoutPath, asked: FromHeaders) -> Response:
    return bytes_of(office, printed_file(office, actor, printout), asked, "inline", FRAMED)

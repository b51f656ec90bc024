"""The books on paper (forms 13 and 14): short ones at once, long ones printed in the background."""

from __future__ import annotations

from anyio import to_thread
from fastapi import Request, Response

from routers.api.files import FromHeaders, bytes_of, in_parts
from routers.api.paths import FromQuery, PrintoutPath
from routers.deps import Asking, House, Once, act
from routers.disposition import ALONE
from routers.paper import PAPER, paper, paper_answer, pressed
from routers.problems import refusals
from routers.routes import resource
from saraban.commands.printouts import NewPrintout, ask_for_printout, cancel_printout
from saraban.office import Office
from saraban.permissions import Actor
from saraban.press import pages
from saraban.printing.register import short_register
from saraban.queries import printouts as asked_for
from saraban.queries.filed_lines import Book, Question
from saraban.queries.paging import Page, Paging
from saraban.queries.printouts import PrintoutItem, printed_file, printout_of, title_of
from saraban.queries.register_lines import IncomingQuestion, OutgoingQuestion

router = resource("printing")


@router.get(
    "/outgoing/pdf",
    summary="The outgoing book on paper (form 14), the oldest first; at most 500 lines",
    **paper_answer(413),
)
async def outgoing(
    request: Request, office: House, actor: Asking, asked: FromQuery[OutgoingQuestion]
) -> Response:
    return await at_once(request, office, actor, "outgoing", asked)


@router.get(
    "/incoming/pdf",
    summary="The incoming book on paper (form 13), the oldest first; at most 500 lines",
    **paper_answer(413),
)
async def incoming(
    request: Request, office: House, actor: Asking, asked: FromQuery[IncomingQuestion]
) -> Response:
    return await at_once(request, office, actor, "incoming", asked)


async def at_once(request: Request, office: Office, actor: Actor, book: Book, asked: Question) -> Response:
    html = await to_thread.run_sync(short_register, office, actor, book, asked)
    return paper(title_of(book, asked), await pressed(request, pages.pdf, html))


@router.post(
    "/printouts",
    status_code=202,
    summary="Ask for a book on paper, of any length: it is printed in the background",
    responses=refusals(409, 413, 422),
)
def ask(office: House, actor: Asking, once: Once, new: NewPrintout) -> PrintoutItem:
    return ask_for_printout(office, actor, new, once(new))


@router.get("/printouts", summary="My printouts, the newest first", responses=refusals(422))
def printouts(office: House, actor: Asking, asked: FromQuery[Paging]) -> Page[PrintoutItem]:
    return asked_for.printouts(office, actor, asked)


@router.get("/printouts/{printout}", summary="How far a printout of mine has come", responses=refusals(404))
def printout(office: House, actor: Asking, printout: PrintoutPath) -> PrintoutItem:
    return printout_of(office, actor, printout)


@router.post(
    "/printouts/{printout}/cancel",
    summary="Stop printing; what is finished stays",
    responses=refusals(404),
)
async def cancel(office: House, actor: Asking, printout: PrintoutPath) -> PrintoutItem:
    return await act(cancel_printout, office, actor, printout)


@router.get(
    "/printouts/{printout}/pdf",
    summary="The finished book; Range and ETag",
    response_class=Response,
    responses={**in_parts(PAPER), **refusals(404, 409, 416, 500, 503)},
)
def file(office: House, actor: Asking, printout: PrintoutPath, asked: FromHeaders) -> Response:
    return bytes_of(office, printed_file(office, actor, printout), asked, "attachment", ALONE)

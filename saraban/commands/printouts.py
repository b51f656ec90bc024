"""A clerk asks for a long register on paper: a row is written, and whoever serves the office prints it."""

from __future__ import annotations

from pydantic import Field
from sqlalchemy import Connection

from saraban.commands.once import Nonce, write_once
from saraban.errors import PrintingEnough, TooLongToPrint
from saraban.fields import Given
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.filed_lines import Book, PrintedQuestion, count_lines
from saraban.queries.printouts import PrintoutItem, printout_item
from storage import printouts

# Of one person at the same time: a year takes minutes, and others wait behind it.
MOST = 5
LONGEST = 50_000  # lines, as of an Excel file: nearly two years of an area


class NewPrintout(Given):
    """Which lines of which book; without filters all of them."""

    book: Book = Field(examples=["incoming"])
    filters: PrintedQuestion = Field(PrintedQuestion(), examples=[{"year": 2569}])


def ask_for_printout(
    office: Office, actor: Actor, new: NewPrintout, nonce: Nonce | None = None
) -> PrintoutItem:
    actor.must(Act.READ)
    now = office.clock()
    total = count_lines(office, actor, new.book, new.filters)
    if total > LONGEST:
        raise TooLongToPrint(limit=LONGEST)
    filters = new.filters.model_dump(mode="json", exclude_defaults=True)

    def command(tx: Connection) -> PrintoutItem:
        if printouts.unfinished(tx, actor) >= MOST:
            raise PrintingEnough(limit=MOST)
        return printout_item(tx, actor, printouts.ask(tx, actor, new.book, filters, total, now))

    asked = write_once(office, actor, nonce, PrintoutItem, command)
    office.bell.set()
    return asked


def cancel_printout(office: Office, actor: Actor, printout_id: int) -> PrintoutItem:
    """The printing stops before its next piece; what is finished stays, so that a repeat changes nothing."""
    actor.must(Act.READ)
    now = office.clock()

    def command(tx: Connection) -> PrintoutItem:
        printouts.cancel(tx, actor, printout_id, now)
        return printout_item(tx, actor, printout_id)

    return office.db.write(command)

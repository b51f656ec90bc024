"""Every page there is, from the routes themselves, in an office full of life: none can be forgotten."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from fastapi.routing import APIRoute

import routers.ui
from saraban.app import create_office
from saraban.commands.create_root import create_root
from saraban.commands.printouts import NewPrintout, ask_for_printout
from saraban.demo import fill
from saraban.demo.cast import AREA, seats
from saraban.ids import read
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.deliveries import delivery_receipt
from saraban.queries.inbox import InboxFilters, inbox
from saraban.queries.letter import letter_view
from saraban.queries.paging import Paging
from saraban.queries.printouts import printouts
from saraban.queries.recipient_groups import recipient_groups
from saraban.queries.register_lines import IncomingFilters, incoming_lines
from saraban.queries.tracking import DispatchFilters, sent_letters
from saraban.queries.who_is_asking import WHO, actor_of
from saraban.receipts import proof_of
from saraban.settings import Settings
from saraban.thai.dates import buddhist_year
from storage.database import migrate
from storage.tables import office as offices, person
from tests import postgres


class Place(NamedTuple):
    """A route of the pages, and who goes there."""

    route: str
    username: str
    query: str = ""

    def __str__(self) -> str:
        return f"{self.username} {self.route}{self.query}"


# What a GET gives that is no page: files, and numbers for a page that stays open.
NO_PAGES = re.compile(r"\.(xlsx|json|png)$|/pdf$|/now$|^/static/|^/files/")

CLERK, SCHOOL, NOBODY = "clerk2", "school1", "nobody"

# Who goes where, when it is not the clerk of a group.
OTHERS = {
    "admin": r"^/(offices|people|keys|registers|events)\b",
    SCHOOL: r"^/(check/|inbox|deliveries|incoming|entries|assignments)\b",
    NOBODY: r"^/(login|check)$",
}

# The same pages with something else in them: another's desk, a file open, nothing found, nothing there.
STATES_OF_PAGES = [
    Place("/", SCHOOL),
    Place("/", "director"),
    Place("/", "admin"),
    Place("/deliveries/{acknowledged}", SCHOOL),
    Place("/letters/{letter}", CLERK, "?file={attachment}"),
    Place("/dispatches/{dispatch}", CLERK, "?state=waiting"),
    Place("/inbox/acknowledged", SCHOOL, "?id={acknowledged}"),
    Place("/outgoing", CLERK, "?q=ไม่มีเรื่องนี้"),
    Place("/incoming", "secret"),
    Place("/inbox", SCHOOL, "?state=recalled&urgency=most_urgent"),
    Place("/letters/L999999", CLERK),
]


def routes() -> list[str]:
    screens = [it for it in vars(routers.ui).values() if isinstance(it, ModuleType) and hasattr(it, "router")]
    found = [route for screen in screens for route in screen.router.routes if isinstance(route, APIRoute)]
    return sorted(
        {route.path for route in found if "GET" in route.methods and not NO_PAGES.search(route.path)}
    )


def places() -> list[Place]:
    usual = [Place(route, _who(route)) for route in routes()]
    return [*usual, *STATES_OF_PAGES]


def _who(route: str) -> str:
    return next((name for name, pattern in OTHERS.items() if re.search(pattern, route)), CLERK)


def lively(settings: Settings, session: Path, clock: Callable[[], datetime]) -> Office:
    """The demo, told once for all workers and copied: eight seconds of work."""
    told = session / "demo"
    with postgres.locked(session / "demo.lock"):
        if not told.exists():
            growing = Settings(data=session / "demo.growing")
            migrate(growing.database)
            office = create_office(growing, clock)
            create_root(office)
            fill(office)
            office.close()
            growing.data.rename(told)
    shutil.copytree(told, settings.data, dirs_exist_ok=True)
    return create_office(settings, clock)


def actor(office: Office, username: str) -> Actor:
    who = WHO.where(person.c.username == username, offices.c.code == seats()[username].office_code)
    return actor_of(office.db.read(lambda db: db.execute(who).one()))


def address(office: Office, place: Place) -> str:
    """The route with something real in each of its brackets."""

    def something(found: re.Match[str]) -> str:
        return str(REAL[found[1]](office, actor(office, place.username)))

    route = re.sub(r"{delivery}(?=/receipt|/{proof})", "{acknowledged}", place.route)
    return re.sub(r"{(\w+)}", something, route + place.query)


def _journey(office: Office, who: Actor) -> tuple[int, int, int]:
    """The fullest sending, where most is still awaited: itself, its letter, the letter's first file."""
    sent = sent_letters(office, who, DispatchFilters(limit=500)).items
    with_files = [one for one in sent if letter_view(office, who, one.letter).attachments]
    one = max(with_files, key=lambda one: (one.recipients, one.totals.waiting))
    return one.id, one.letter, letter_view(office, who, one.letter).attachments[0].id


def _letter(office: Office, who: Actor) -> str:
    return f"L{_journey(office, who)[1]}"


def _delivery(state: str) -> Callable[[Office, Actor], str]:
    asked = InboxFilters.model_validate({"state": state})
    return lambda office, who: f"D{inbox(office, who, asked).items[0].id}"


def _proof(office: Office, who: Actor) -> str:
    number = read("D", _delivery("acknowledged")(office, who))
    return proof_of(delivery_receipt(office, who, number or 0))


def _entry(office: Office, who: Actor) -> str:
    return f"E{incoming_lines(office, who, IncomingFilters()).items[0].entry}"


def _group(office: Office, who: Actor) -> str:
    return f"G{recipient_groups(office, who, Paging()).items[0].id}"


def _printout(office: Office, who: Actor) -> int:
    mine = printouts(office, who, Paging()).items
    return (mine[0] if mine else ask_for_printout(office, who, NewPrintout(book="outgoing"))).id


REAL: dict[str, Callable[[Office, Actor], object]] = {
    "letter": _letter,
    "dispatch": lambda office, who: f"S{_journey(office, who)[0]}",
    "attachment": lambda office, who: f"A{_journey(office, who)[2]}",
    "delivery": _delivery("waiting"),
    "acknowledged": _delivery("acknowledged"),
    "proof": _proof,
    "entry": _entry,
    "group": _group,
    "printout": lambda office, who: f"J{_printout(office, who)}",
    "kind": lambda office, who: "outgoing",
    "year": lambda office, who: buddhist_year(office.clock()),
    "code": lambda office, who: f"{AREA}0001",
    "person": lambda office, who: f"P{actor(office, CLERK).person_id}",
}

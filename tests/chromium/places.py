"""Every page there is, from the routes themselves, in an office full of life: a new page cannot be forgotten."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from fastapi.routing import APIRoute
from sqlalchemy import Select, select

import routers.ui
from saraban.app import create_office
from saraban.commands.create_root import create_root
from saraban.demo import fill
from saraban.demo.cast import seats
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.who_is_asking import WHO, actor_of
from saraban.settings import Settings
from saraban.thai.dates import buddhist_year
from storage.database import migrate
from storage.tables import assignment, delivery, dispatch, entry, letter, office as offices, person
from storage.tables import recipient_group
from tests import postgres


class Place(NamedTuple):
    """A route of the pages, and who goes there."""

    route: str
    username: str

    def __str__(self) -> str:
        return f"{self.username} {self.route}"


# What a GET gives that is no page: files, and numbers for a page that stays open.
NO_PAGES = re.compile(r"\.(xlsx|json)$|/now$|^/static/|^/files/")

# Who goes where, when it is not the clerk of a group.
OTHERS = {
    "admin": r"^/(offices|people|keys|registers|events)\b",
    "school1": r"^/(inbox|deliveries|incoming|entries|assignments)\b",
    "nobody": r"^/login$",
}
CLERK, SCHOOL = "clerk2", "school1"


def routes() -> list[str]:
    screens = [it for it in vars(routers.ui).values() if isinstance(it, ModuleType) and hasattr(it, "router")]
    found = [route for screen in screens for route in screen.router.routes if isinstance(route, APIRoute)]
    return sorted(route.path for route in found if "GET" in route.methods and not NO_PAGES.search(route.path))


def places() -> list[Place]:
    usual = [Place(route, _who(route)) for route in routes()]
    return [*usual, Place("/", SCHOOL), Place("/", "director"), Place("/events", "registrar")]


def _who(route: str) -> str:
    return next((name for name, pattern in OTHERS.items() if re.search(pattern, route)), CLERK)


def lively(settings: Settings, session: Path, clock: Callable[..., object]) -> Office:
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
    return re.sub(r"{(\w+)}", lambda found: _something(office, place, found[1]), place.route)

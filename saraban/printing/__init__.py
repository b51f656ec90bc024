"""A thread of each serving process that prints what was asked for, one register after the other."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from threading import Event

from saraban.background import background
from saraban.office import Office
from saraban.printing.printout import print_next
from storage import printouts

# The bell rings in the process that was asked; the others look now and then, for when that one has died.
EVERY = timedelta(seconds=20)


def printing(office: Office) -> AbstractContextManager[None]:
    def print_all(ended: Event) -> None:
        while not ended.is_set() and _waits(office):
            print_next(office, ended)

    return background("printing", office.bell, EVERY, print_all)


def _waits(office: Office) -> bool:
    stale = printouts.stale(office.clock(), office.settings.print_seconds)
    return office.db.read(lambda db: printouts.is_any_free(db, stale))

"""A thread of each serving process that prints what was asked for, one register after the other."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from types import TracebackType

from saraban.office import Office
from saraban.printing.printout import print_next
from storage import printouts

log = logging.getLogger("saraban")

# The bell rings in the process that was asked; the others look now and then, for when that one has died.
EVERY = timedelta(seconds=20)


class Printing:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, name="printing", daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, where: TracebackType | None
    ) -> None:
        self.ended.set()
        self.office.bell.set()
        self.thread.join()

    def _run(self) -> None:
        while not self.ended.is_set():
            self.office.bell.wait(EVERY.total_seconds())
            self.office.bell.clear()
            try:
                while not self.ended.is_set() and self._waits():
                    print_next(self.office, self.ended)
            except Exception:
                # A database that does not answer: what waits is still there in the next round.
                log.exception("printing failed")

    def _waits(self) -> bool:
        stale = printouts.stale(self.office.clock(), self.office.settings.print_seconds)
        return self.office.db.read(lambda db: printouts.is_any_free(db, stale))

"""One printout from its row to its file: pieces of the book, their numbers, one document in the store."""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from tempfile import mkstemp
from threading import Event
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, Row as Taken

from saraban import rendering
from saraban.commands.keep_made import keep_spooled
from saraban.errors import PrintBusy, PrintFailed, Refusal
from saraban.filetypes import PDF
from saraban.office import Office
from saraban.permissions import Actor
from saraban.press import joining
from saraban.printing.register import Row, Volume, register_html, some, volumes
from saraban.queries.filed_lines import PrintedQuestion, filed_lines
from saraban.queries.printouts import asker_of, title_of
from saraban.queries.register_lines import RegisterLine
from storage import printouts
from storage.files import BLOCK, Spool
from storage.printouts import DONE, FAILED, WAITING

log = logging.getLogger("saraban")

Given = ParamSpec("Given")
Made = TypeVar("Made")

PIECE = 300  # lines: two seconds and 60 MB of the press (measured); whoever else wants paper waits no longer
MOST_RUNS = 3  # a book that has ended three processes would end the next one too


class Stopped(Exception):
    """Cancelled, taken over by another process, or this one is about to end."""


def print_next(office: Office, ending: Event | None = None, piece: int = PIECE) -> bool:
    """Print what has waited longest; whether there was something."""
    runner, now = secrets.token_hex(8), office.clock()
    stale = printouts.stale(now, office.settings.print_seconds)
    taken = office.db.write(lambda tx: printouts.take(tx, runner, now, stale))
    if taken is None:
        return False
    run = Run(office, taken, ending or Event())
    try:
        run.print(piece)
    except Stopped:
        run.leave()
    except Refusal as refusal:
        run.fail(refusal)
    except Exception:
        log.exception("printout %s failed", taken.id)
        run.fail(PrintFailed(reason="ระบบขัดข้อง"))
    return True


class Run:
    def __init__(self, office: Office, taken: Taken[Any], ending: Event) -> None:
        self.office, self.taken, self.ending = office, taken, ending
        self.asked = PrintedQuestion.model_validate(taken.filters)
        self.done = 0

    def print(self, size: int) -> None:
        if self.taken.runs > MOST_RUNS:
            raise PrintFailed(reason=f"ระบบหยุดกลางคัน {MOST_RUNS} ครั้ง")
        actor = asker_of(self.office, self.taken)
        with ExitStack() as folder:
            made = list(self._pieces(actor, size, folder))
            count = sum(pages for _, pages in made)
            before = 0
            for file, pages in made:
                self._number(file, before, pages, count)
                before += pages
            self._keep(actor, [file for file, _ in made], count, folder)

    def _pieces(self, actor: Actor, size: int, folder: ExitStack) -> Iterator[tuple[Path, int]]:
        lines = _politely(filed_lines(self.office, actor, self.taken.book, self.asked))
        for volume in volumes(self.office, self.asked, self.taken.book, lines):
            following = iter(volume.rows)
            rows = some(following, size)
            ends = False
            while not ends:
                more = list(islice(following, 1))
                ends = not more
                part = Volume(volume.kind, volume.year, rows)
                called = actor.house_in_full
                html = register_html(actor.house_name, self.asked, [part], numbered=False, called=called)
                try:
                    made = self._pressed(joining.piece, html, ends=ends)
                except PrintFailed:
                    # Lines as long as somebody could make them: few enough of them are always printed.
                    if len(rows) == 1:
                        raise
                    size = len(rows) // 2
                    self._renew()
                    following = chain(rows[size:], more, following)
                    rows, ends = rows[:size], False
                    continue
                left = _from(rows, made.begins)
                self._renew(len(rows) - len(left))
                yield self._file(folder, made.pdf), made.pages
                rows = [*left, *more, *some(following, size)]

    def _number(self, file: Path, before: int, pages: int, count: int) -> None:
        numbers = rendering.html("pdf/numbers.html", first=before + 1, last=before + pages, count=count)
        numbered = self._pressed(joining.number, file.read_bytes(), numbers)
        file.write_bytes(numbered)
        self._renew()

    def _keep(self, actor: Actor, pieces: Sequence[Path], count: int, folder: ExitStack) -> None:
        whole = self._file(folder)
        title = title_of(self.taken.book, self.asked)
        self._pressed(joining.join, pieces, whole, title)
        self._renew()
        with Spool(self.office.settings.spool, limit=whole.stat().st_size) as spool, whole.open("rb") as file:
            while block := file.read(BLOCK):
                spool.write(block)
            now = self.office.clock()
            told = {"state": DONE, "pages": count, "clearance": int(actor.clearance), "ended_at": now}

            def finish(tx: Connection, blob_id: int) -> bool:
                return self._change(tx, **told, blob_id=blob_id)

            if not keep_spooled(self.office, spool, PDF, now, finish):
                raise Stopped()  # bytes that no row names are forgotten like any other

    # -- the row --

    def _renew(self, lines: int = 0) -> None:
        self.done += lines
        now = self.office.clock()
        alive = self.office.db.write(lambda tx: self._change(tx, done=self.done, renewed_at=now))
        if not alive or self.ending.is_set():
            raise Stopped()

    def _change(self, tx: Connection, **values: Any) -> bool:
        return printouts.change(tx, self.taken.id, self.taken.runner, **values)

    def leave(self) -> None:
        """If it is still ours, another process begins it anew, and this run was none."""
        anew = {"state": WAITING, "done": 0, "runs": self.taken.runs - 1}
        self.office.db.write(lambda tx: self._change(tx, **anew))

    def fail(self, refusal: Refusal) -> None:
        told = {"state": FAILED, "reason": refusal.message, "ended_at": self.office.clock()}
        self.office.db.write(lambda tx: self._change(tx, **told))

    # -- the press, and what it makes --

    def _pressed(self, function: Callable[Given, Made], *args: Given.args, **kw: Given.kwargs) -> Made:
        while True:
            try:
                return self.office.press.run(function, *args, **kw)
            except PrintBusy:
                self._renew()  # people who wait for a page come first

    def _file(self, folder: ExitStack, content: bytes = b"") -> Path:
        """Named so that what a killed process leaves behind is swept with the rest of the spool."""
        spool = self.office.settings.spool
        spool.mkdir(parents=True, exist_ok=True)
        file, name = mkstemp(prefix="spool-", suffix=".pdf", dir=spool)
        folder.callback(os.unlink, name)
        with open(file, "wb") as into:
            into.write(content)
        return Path(name)


def _politely(lines: Iterator[RegisterLine]) -> Iterator[RegisterLine]:
    """Others come in between: the interpreter lets a request wait 5 ms for each busy thread."""
    for number, line in enumerate(lines):
        if number % 10 == 0:
            time.sleep(0.0005)
        yield line


def _from(rows: Sequence[Row], begins: str | None) -> list[Row]:
    """The rows that the next piece begins with."""
    if begins is None:
        return []
    at = next(at for at, row in enumerate(rows) if row.id == begins)
    return list(rows[at:])

"""What a multipart body is made of: its parts, and the form that they become."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import Message
from email.utils import collapse_rfc2231_value
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from saraban.errors import BadUpload, FileTooLarge, Refusal, TooLarge, TooManyFiles
from saraban.filetypes import clean_filename
from storage.files import Spool

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


@dataclass(slots=True)
class ReceivedFile:
    field: str
    filename: str  # clean: a last part of a path that every system can save
    spool: Spool


@dataclass(slots=True)
class Form:
    """What a form said, and its files; leaving it removes the files that no store has taken."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[ReceivedFile] = field(default_factory=list)
    refused: list[tuple[str, Refusal]] = field(
        default_factory=list
    )  # by field, of a form that keeps its words

    def discard(self) -> None:
        for received in self.files:
            received.spool.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


PIECE = 2**18  # the least that is handed to a thread, but for the end of a file

# -- one part -------------------------------------------------------------------------------------


@dataclass(slots=True)
class FilePart:
    name: str
    filename: str
    limit: int
    folder: Path
    on_file: Callable[[Spool], None]
    size: int = 0
    waiting: bytearray = field(default_factory=bytearray)
    ended: bool = False
    handed_over: bool = False
    refusal: Refusal | None = None
    received: ReceivedFile | None = None
    writing: asyncio.Future[None] | None = None
    unwanted: bool = False

    def expect(self, size: int) -> None:
        if size > self.limit:
            raise FileTooLarge(filename=self.filename, limit=self.limit)

    def add(self, data: bytes, start: int, end: int) -> None:
        self.size += end - start
        self.expect(self.size)
        self.waiting += memoryview(data)[start:end]

    @property
    def at_its_end(self) -> bool:
        """Whether what waits is the last of it."""
        return self.ended and not self.handed_over

    async def store(self) -> None:
        """Writes what waits once it is enough or the last; in a thread, while more is on its way."""
        if self.writing and self.writing.done():
            await self.settled()
        if len(self.waiting) >= PIECE or self.at_its_end:
            await self.settled()
            came, self.waiting, self.handed_over = self.waiting, bytearray(), self.ended
            self.writing = asyncio.get_running_loop().run_in_executor(None, self._write, came, self.ended)
            self.writing.add_done_callback(_heard)

    async def settled(self) -> None:
        if self.writing:
            # Waited for and not awaited: a request that is cancelled must not let go of a thread that writes.
            await asyncio.wait([self.writing])
            self.writing.result()
            self.writing = None

    async def quiet(self) -> None:
        """Until no thread is at it. Whatever became of it: the refusal that is on its way says why."""
        if self.writing:
            await asyncio.wait([self.writing])

    def discard(self) -> None:
        self.unwanted = True
        if self.received:
            self.received.spool.discard()

    def _write(self, came: bytearray, last: bool) -> None:
        if self.received is None:
            spool = Spool(self.folder, self.limit, self.filename)
            self.received = ReceivedFile(self.name, self.filename, spool)
        if self.unwanted:
            self.received.spool.discard()
            return
        # In one piece: after each call that can do without the interpreter, it has to be waited for again.
        self.received.spool.write(came)
        came.clear()  # the disk may take its time
        if last:
            self.on_file(self.received.spool)


def _heard(written: asyncio.Future[None]) -> None:
    """Whoever waits for it is told of a failure; nobody may be left to wait."""
    if not written.cancelled():
        written.exception()


async def discard(files: Iterable[FilePart]) -> None:
    """What has come of them is removed, even by somebody who is told not to wait for the threads."""
    gone = list(files)
    try:
        for file in gone:
            await file.quiet()
    finally:
        for file in gone:
            file.discard()


@dataclass(slots=True)
class FieldPart:
    name: str
    limit: int
    value: bytearray = field(default_factory=bytearray)

    def add(self, data: bytes, start: int, end: int) -> None:
        if len(self.value) + end - start > self.limit:
            raise TooLarge(limit=self.limit)
        self.value += memoryview(data)[start:end]


class Refused:
    """The rest of a file that was refused, on its way to nowhere."""

    def add(self, data: bytes, start: int, end: int) -> None:
        pass


class LeftEmpty:
    """How a browser sends a file input that nobody used: a file without a name and without a byte."""

    def add(self, data: bytes, start: int, end: int) -> None:
        raise BadUpload(reason=" (ไฟล์ไม่มีชื่อ)")


# -- all parts ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Parts:
    """What the parser calls, between two pieces of the body: nothing in a callback waits for a disk."""

    folder: Path
    on_file: Callable[[Spool], None]
    max_files: int
    max_file_bytes: int
    max_field_bytes: int
    max_fields: int
    keep_words: bool = False
    complete: bool = False
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[FilePart] = field(default_factory=list)
    refused: list[tuple[str, Refusal]] = field(default_factory=list)
    part: FilePart | FieldPart | LeftEmpty | Refused = field(default_factory=LeftEmpty)
    parts: int = 0
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    disposition: bytes = b""

    async def store(self) -> None:
        for at, file in enumerate(self.files):
            if file.at_its_end:
                for before in self.files[:at]:  # a form brings one file to disk at a time
                    await before.settled()
            await file.store()

    async def settled(self) -> None:
        for file in self.files:
            await file.settled()

    def form(self) -> Form:
        return Form(self.fields, [file.received for file in self.files if file.received], self.refused)

    async def forget_refused(self) -> None:
        """What had come of files before they were refused."""
        gone = {id(refusal) for _, refusal in self.refused}
        await discard(file for file in self.files if id(file.refusal) in gone)
        self.files = [file for file in self.files if id(file.refusal) not in gone]

    async def discard(self) -> None:
        await discard(self.files)

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def _on_header_end(self) -> None:
        if self.header.lower() == b"content-disposition":
            self.disposition = bytes(self.value)
        self.header.clear()
        self.value.clear()

    def _on_headers_finished(self) -> None:
        name, filename = _names(self.disposition)
        self.disposition = b""
        if filename:
            if len(self.refused) + sum(one.refusal is None for one in self.files) >= self.max_files:
                self._refuse(name, TooManyFiles(limit=self.max_files))
                return
            self.part = FilePart(
                name, clean_filename(filename), self.max_file_bytes, self.folder, self.on_file
            )
            self.files.append(self.part)
            return
        self.parts += 1
        if self.parts > self.max_fields:
            raise BadUpload(reason=" (ช่องข้อมูลมากเกินไป)")
        self.part = FieldPart(name, self.max_field_bytes) if filename is None else LeftEmpty()

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        try:
            self.part.add(data, start, end)
        except FileTooLarge as refusal:
            assert isinstance(self.part, FilePart)
            self.part.refusal = refusal
            self._refuse(self.part.name, refusal)

    def _refuse(self, name: str, refusal: Refusal) -> None:
        """A program is told at once; a person's form is read to its end, and comes back with every word."""
        if not self.keep_words:
            raise refusal
        self.refused.append((name, refusal))
        self.part = Refused()

    def _on_part_end(self) -> None:
        match self.part:
            case FilePart():
                self.part.ended = True
            case FieldPart(name, _, value):
                self.fields.setdefault(name, []).append(_utf8(value))

    def _on_end(self) -> None:
        self.complete = True


def _names(disposition: bytes) -> tuple[str, str | None]:
    """The field's name and the file's, from `filename="…"` in raw UTF-8 or from `filename*=UTF-8''…`."""
    # Read by the standard library: python-multipart leaves the second form out, and Java and Python clients
    # write it for every Thai name.
    message = Message()
    message["Content-Disposition"] = _header_text(disposition)
    try:
        given = message.get_params([], "Content-Disposition")
        found = {
            wanted: [value for name, value in given if name.lower() == wanted]
            for wanted in ("name", "filename")
        }
        # Both are sent for old servers, and then the plain one is only a guess at the other.
        filenames = sorted(found["filename"], key=lambda value: isinstance(value, str))
        name = collapse_rfc2231_value(found["name"][0])
        return name, collapse_rfc2231_value(filenames[0]) if filenames else None
    except (LookupError, ValueError, TypeError) as error:
        raise BadUpload() from error


def _header_text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp874", "replace")  # programs of the years before UTF-8


def _utf8(value: bytearray) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise BadUpload(reason=" (ข้อความไม่ใช่ UTF-8)") from error

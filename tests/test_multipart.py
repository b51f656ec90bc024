"""Uploads over real HTTP: what arrives, what is refused before it has arrived, and that nothing stays."""

import asyncio
import hashlib
import http.client
import json
import queue
import random
import resource
import signal
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
import httpx
import pytest
from fastapi import FastAPI, Request
from hypothesis import HealthCheck, given, settings, strategies as st
from starlette.responses import JSONResponse
from starlette.types import Message

from routers.multipart import Form, read_form, read_raw
from routers.multipart.parts import FilePart
from saraban.errors import BadUpload, NotReady, Refusal
from storage.files import BLOCK, Spool
from tests.server import Door

MAX_FILES, MAX_FILE, MAX_FIELD, MAX_FIELDS = 5, 3 * BLOCK, 1000, 8
LIMITS = {
    "max_files": MAX_FILES,
    "max_file_bytes": MAX_FILE,
    "max_field_bytes": MAX_FIELD,
    "max_fields": MAX_FIELDS,
}
BOUNDARY = b"--e-saraban"
TYPE = f"multipart/form-data; boundary={BOUNDARY.decode()[2:]}"
CONTENT = random.Random(2569).randbytes(2 * BLOCK + 77)


@dataclass
class Counter:
    """An office counter that takes uploads and tells what became of each, also to those who hung up."""

    url: str
    spool: Path
    outcomes: queue.Queue[dict[str, Any]]

    def post(self, path: str, body: bytes, content_type: str = TYPE) -> dict[str, Any]:
        answered: dict[str, Any] = httpx.post(
            self.url + path, content=body, headers={"Content-Type": content_type}, timeout=20
        ).json()
        return answered

    def connect(self) -> socket.socket:
        host, _, port = self.url.removeprefix("http://").partition(":")
        return socket.create_connection((host, int(port)), timeout=20)

    def answer_to(self, path: str, length: int, sent: bytes) -> dict[str, Any]:
        """What is answered to somebody who announces a body and sends only its beginning."""
        with self.connect() as line:
            line.sendall(head(path, f"Content-Length: {length}") + sent)
            answered = http.client.HTTPResponse(line)
            answered.begin()
            told: dict[str, Any] = json.loads(answered.read())
            return told


def head(path: str, length: str) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: office\r\nContent-Type: {TYPE}\r\n{length}\r\n\r\n".encode()


def nobody(spool: Spool) -> None:
    """Wants to be told of a file that has come."""


def told(form: Form) -> dict[str, Any]:
    files = [
        {"field": each.field, "filename": each.filename, "size": each.spool.size, "sha256": each.spool.sha256}
        for each in form.files
    ]
    return {"fields": form.fields, "files": files}


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with Door() as door:
        yield door


@pytest.fixture
def counter(door: Door, tmp_path: Path) -> Iterator[Counter]:
    app, spool = FastAPI(), tmp_path / "spool"
    outcomes: queue.Queue[dict[str, Any]] = queue.Queue()

    def answer(outcome: dict[str, Any]) -> JSONResponse:
        outcomes.put(outcome)
        return JSONResponse(outcome)

    @app.post("/form")
    async def form(request: Request) -> JSONResponse:
        try:
            with await read_form(request, spool_folder=spool, on_file=nobody, **LIMITS) as form:
                return answer(told(form))
        except Refusal as refusal:
            return answer({"refused": refusal.code, **refusal.about})

    @app.post("/raw")
    async def raw(request: Request, filename: str) -> JSONResponse:
        try:
            file = await read_raw(
                request, spool_folder=spool, on_file=nobody, max_file_bytes=MAX_FILE, filename=filename
            )
        except Refusal as refusal:
            return answer({"refused": refusal.code, **refusal.about})
        with file.spool:
            return answer(told(Form({}, [file])))

    with door.open_for(app) as url:
        yield Counter(url, spool, outcomes)
    assert list(spool.glob("*")) == [], "an upload left bytes behind"


def part(disposition: str | bytes, content: bytes = b"", *more: bytes) -> bytes:
    written = disposition.encode() if isinstance(disposition, str) else disposition
    headers = b"".join(each + b"\r\n" for each in (b"Content-Disposition: form-data; " + written, *more))
    return BOUNDARY + b"\r\n" + headers + b"\r\n" + content + b"\r\n"


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + BOUNDARY + b"--\r\n"


# -- what arrives ---------------------------------------------------------------------------------


def test_fields_and_files_arrive_whole_and_in_order(counter: Counter) -> None:
    answered = counter.post(
        "/form",
        body(
            part('name="subject"', "ขอเชิญประชุม".encode()),
            part('name="files"; filename="หนังสือ ๑.pdf"', CONTENT, b"Content-Type: application/pdf"),
            part('name="references"', "ศธ 04999/1".encode()),
            part('name="files"; filename="สอง.zip"', b"\r\n--e-sara" * 9),
            part('name="references"', "ศธ 04999/2".encode()),
            part('name="note"'),
        ),
    )
    assert answered["fields"] == {
        "subject": ["ขอเชิญประชุม"],
        "references": ["ศธ 04999/1", "ศธ 04999/2"],
        "note": [""],
    }
    assert [(each["field"], each["filename"], each["size"]) for each in answered["files"]] == [
        ("files", "หนังสือ 1.pdf", len(CONTENT)),
        ("files", "สอง.zip", 90),
    ]
    assert answered["files"][0]["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert answered["files"][1]["sha256"] == hashlib.sha256(b"\r\n--e-sara" * 9).hexdigest()


def test_what_an_ordinary_client_sends_is_understood(counter: Counter) -> None:
    answered = httpx.post(
        counter.url + "/form",
        data={"subject": "แจ้งเวียน", "to": ["99010001", "99010002"]},
        files=[("files", ("กำหนดการ.docx", b"one")), ("files", ("แผน.xlsx", b"two"))],
        timeout=20,
    ).json()
    assert answered["fields"] == {"subject": ["แจ้งเวียน"], "to": ["99010001", "99010002"]}
    assert [each["filename"] for each in answered["files"]] == ["กำหนดการ.docx", "แผน.xlsx"]


@pytest.mark.parametrize(
    ("given_as", "arrives_as"),
    [
        ('filename="หนังสือ.pdf"', "หนังสือ.pdf"),
        ("filename=plain.pdf", "plain.pdf"),
        ("filename*=UTF-8''" + quote("หนังสือ ที่ 1.pdf"), "หนังสือ ที่ 1.pdf"),
        ("filename*=utf-8'th'" + quote("แผน.pdf"), "แผน.pdf"),
        ("filename=\"____.pdf\"; filename*=UTF-8''" + quote("แผน.pdf"), "แผน.pdf"),
        ("filename*=UTF-8''" + quote("แผน.pdf") + '; filename="____.pdf"', "แผน.pdf"),
        (f"filename*0*=UTF-8''{quote('รายงาน')}; filename*1*={quote('ผล.pdf')}", "รายงานผล.pdf"),
        ('filename="a \\"b\\"; c.pdf"', "a _b_; c.pdf"),
        ('filename="C:\\Users\\me\\แผน.pdf"', "แผน.pdf"),
        ('filename="../../etc/passwd"', "passwd"),
        ('FileName="แผน.pdf"', "แผน.pdf"),
    ],
)
def test_a_thai_name_arrives_however_it_is_written(counter: Counter, given_as: str, arrives_as: str) -> None:
    answered = counter.post("/form", body(part(f'name="files"; {given_as}', b"x")))
    assert [each["filename"] for each in answered["files"]] == [arrives_as]


def test_a_name_from_the_years_before_utf8_is_still_thai(counter: Counter) -> None:
    answered = counter.post("/form", body(part('name="files"; filename="หนังสือ.pdf"'.encode("cp874"), b"x")))
    assert answered["files"][0]["filename"] == "หนังสือ.pdf"


def test_a_file_input_left_empty_is_no_file_and_an_empty_file_is_one(counter: Counter) -> None:
    unused = part('name="files"; filename=""', b"", b"Content-Type: application/octet-stream")
    answered = counter.post("/form", body(unused, part('name="files"; filename="ว่าง.pdf"'), unused))
    assert answered["fields"] == {}
    assert [(each["filename"], each["size"]) for each in answered["files"]] == [("ว่าง.pdf", 0)]


def test_a_raw_body_is_one_file(counter: Counter) -> None:
    answered = counter.post(f"/raw?filename={quote('../แผน ๒๕๖๙.pdf')}", CONTENT, "application/pdf")
    assert answered["files"] == [
        {
            "field": "file",
            "filename": "แผน 2569.pdf",
            "size": len(CONTENT),
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
        }
    ]
    assert counter.post("/raw?filename=a.pdf", b"")["files"][0]["size"] == 0


# -- too much -------------------------------------------------------------------------------------


def test_a_sixth_file_is_refused_at_its_header_before_its_bytes_are_sent(counter: Counter) -> None:
    files = [part(f'name="files"; filename="{number}.pdf"', b"x") for number in range(MAX_FILES)]
    assert len(counter.post("/form", body(*files))["files"]) == MAX_FILES
    sixth = part('name="files"; filename="6.pdf"').removesuffix(b"\r\n")
    answered = counter.answer_to("/form", 10**7, b"".join(files) + sixth)
    assert answered == {"refused": "too_many_files", "reason": "", "limit": MAX_FILES}


def test_a_file_is_refused_at_its_first_byte_too_many(counter: Counter) -> None:
    whole = bytes(MAX_FILE)
    assert (
        counter.post("/form", body(part('name="files"; filename="พอดี.pdf"', whole)))["files"][0]["size"]
        == MAX_FILE
    )
    started = part('name="files"; filename="ใหญ่.pdf"').removesuffix(b"\r\n") + whole + b"x" * 100
    answered = counter.answer_to("/form", 10**7, started)
    assert answered == {"refused": "file_too_large", "filename": "ใหญ่.pdf", "limit": MAX_FILE}


@pytest.mark.parametrize(
    ("path", "announced", "refused"),
    [
        ("/form", MAX_FILES * MAX_FILE + 2 * BLOCK, "body_too_large"),
        ("/raw?filename=a.pdf", MAX_FILE + 1, "file_too_large"),
    ],
)
def test_a_body_that_announces_too_much_is_refused_before_any_of_it_is_read(
    counter: Counter, path: str, announced: int, refused: str
) -> None:
    assert counter.answer_to(path, announced, b"")["refused"] == refused


def chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)


@pytest.mark.parametrize(
    ("path", "begins", "refused"),
    [
        # A whole form, and then what nobody reads goes on and on.
        ("/form", body(part('name="subject"', b"x")), "body_too_large"),
        ("/raw?filename=a.pdf", b"x", "file_too_large"),
    ],
)
def test_a_body_that_announces_nothing_is_refused_when_it_has_become_too_much(
    counter: Counter, path: str, begins: bytes, refused: str
) -> None:
    with counter.connect() as line:
        line.sendall(head(path, "Transfer-Encoding: chunked"))
        for piece in chunked([begins, *[b"x" * BLOCK] * (MAX_FILES * 3 + 3)]):
            line.sendall(piece)
        answered = http.client.HTTPResponse(line)
        answered.begin()
        assert json.loads(answered.read())["refused"] == refused


def test_fields_are_bounded_in_length_and_in_number(counter: Counter) -> None:
    fits = [part(f'name="f{number}"', b"x" * MAX_FIELD) for number in range(MAX_FIELDS)]
    assert len(counter.post("/form", body(*fits))["fields"]) == MAX_FIELDS
    assert counter.post("/form", body(part('name="a"', b"x" * (MAX_FIELD + 1)))) == {
        "refused": "body_too_large",
        "limit": MAX_FIELD,
    }
    assert counter.post("/form", body(*fits, part('name="more"')))["refused"] == "bad_upload"
    unused = part('name="files"; filename=""')
    assert counter.post("/form", body(*[unused] * (MAX_FIELDS + 1)))["refused"] == "bad_upload"


# -- not well formed, or not whole ----------------------------------------------------------------

FILE = part('name="files"; filename="a.pdf"', CONTENT)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"subject=x",
        FILE,
        FILE[:-1000],
        FILE + BOUNDARY,
        FILE + BOUNDARY + b"-",
        FILE + BOUNDARY + b"\r\nContent-Disposition",
        FILE + BOUNDARY + b"\r\nbad header\r\n\r\nx\r\n" + BOUNDARY + b"--",
        body(FILE, BOUNDARY + b"\r\nContent-Type: text/plain\r\n\r\nx\r\n"),
        body(FILE, part('filename="b.pdf"', b"x")),
        body(FILE, part('name="files"; filename=""', b"x")),
        body(FILE, part('name="subject"', "ขอเชิญ".encode("cp874"))),
        body(FILE, part("name=\"a\"; filename*=UTF-8''a; filename*0=b", b"x")),
        body(FILE, part('name="a"', b"x", b"X: " + b"y" * 9000)),
        body(FILE, part('name="a"', b"x", *[b"X: y"] * 50)),
    ],
)
def test_a_body_that_is_broken_or_incomplete_is_refused_with_its_files_removed(
    counter: Counter, sent: bytes
) -> None:
    assert counter.post("/form", sent)["refused"] == "bad_upload"
    assert list(counter.spool.glob("*")) == []


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "text/plain; boundary=x",
        "multipart/form-data; boundary=" + "x" * 500,
    ],
)
def test_a_body_without_a_usable_boundary_is_refused(counter: Counter, content_type: str) -> None:
    assert counter.post("/form", body(FILE), content_type)["refused"] == "bad_upload"


@pytest.mark.parametrize("path", ["/form", "/raw?filename=a.pdf"])
def test_a_line_that_breaks_in_the_middle_of_a_file_leaves_nothing(counter: Counter, path: str) -> None:
    with counter.connect() as line:
        line.sendall(head(path, f"Content-Length: {len(FILE) + 999}") + FILE)
    assert counter.outcomes.get(timeout=20)["refused"] == "bad_upload"
    assert list(counter.spool.glob("*")) == []


# -- however it is cut, whatever it says ----------------------------------------------------------


def read(
    pieces: Iterable[bytes],
    spool: Path,
    use: Callable[[Form], Any] = told,
    on_file: Callable[[Spool], None] = nobody,
    **limits: int,
) -> Any:
    """Reads a body in just these pieces, as no real line would let us choose them."""
    waiting = iter(pieces)

    async def receive() -> Message:
        piece = next(waiting, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def run() -> Any:
        scope = {"type": "http", "method": "POST", "headers": [(b"content-type", TYPE.encode())]}
        request = Request(scope, receive)
        with await read_form(request, spool_folder=spool, on_file=on_file, **(LIMITS | limits)) as form:
            return use(form)

    return anyio.run(run)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contents=st.lists(
        st.binary(max_size=60) | st.sampled_from([b"\r\n--e-saraba", b"\r", b"\r\n--e-saraban "[:-1] + b"x"])
    ),
    step=st.integers(1, 40),
)
def test_the_same_arrives_however_the_body_is_cut(tmp_path: Path, contents: list[bytes], step: int) -> None:
    contents = contents[:MAX_FILES]
    whole = body(
        *(part(f'name="files"; filename="{number}.pdf"', each) for number, each in enumerate(contents))
    )
    pieces = [whole[at : at + step] for at in range(0, len(whole), step)]
    arrived = read(
        pieces, tmp_path / "spool", lambda form: [each.spool.rewound().read() for each in form.files]
    )
    assert arrived == contents


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(
        st.sampled_from(
            [
                "name",
                "filename",
                "=",
                "*",
                "*0",
                "*1*",
                ";",
                '"',
                "'",
                "UTF-8''",
                "%E0%B8",
                "\\",
                " ",
                "ก",
                "\n",
                "\0",
                "idna''",
                "9" * 40,
            ]
        ),
        max_size=12,
    )
)
def test_whatever_a_header_says_is_understood_or_refused(tmp_path: Path, said: list[str]) -> None:
    try:
        arrived = read([body(part("".join(said), b"x"))], tmp_path / "spool")
    except BadUpload:
        assert list((tmp_path / "spool").glob("*")) == []
    else:
        assert len(arrived["fields"]) + len(arrived["files"]) == 1


@pytest.mark.parametrize("count", [1, 5])
def test_large_files_are_held_in_memory_by_a_few_pieces_only(tmp_path: Path, count: int) -> None:
    begins, piece, ends = FILE[: FILE.index(b"\r\n\r\n") + 4], bytes(64 * 1024), b"\r\n"
    tracemalloc.start()
    try:
        pieces = (*(begins, *[piece] * (800 // count), ends) * count, BOUNDARY + b"--")
        arrived = read(pieces, tmp_path / "spool", max_file_bytes=2**30)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [file["size"] for file in arrived["files"]] == [800 // count * 64 * 1024] * count
    assert peak < 4 * BLOCK


def test_no_disk_is_waited_for_where_everybody_else_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    write = Spool.write

    def watched(spool: Spool, chunk: bytes | bytearray | memoryview) -> None:
        threads.append(threading.current_thread())
        write(spool, chunk)

    monkeypatch.setattr(Spool, "write", watched)
    assert len(read([body(FILE, FILE)], tmp_path / "spool")["files"]) == 2
    assert len(threads) >= 4 and threading.current_thread() not in threads


def test_a_file_that_has_come_is_told_of_while_the_next_is_on_its_way(tmp_path: Path) -> None:
    come: list[tuple[int, bool]] = []
    second_is_asked_for = threading.Event()

    def pieces() -> Iterator[bytes]:
        whole = body(FILE, FILE)
        yield whole[: len(FILE) + 200]
        second_is_asked_for.set()
        yield whole[len(FILE) + 200 :]

    def on_file(spool: Spool) -> None:
        assert second_is_asked_for.wait(20), "nothing more is read while one is brought to disk"
        come.append((spool.size, threading.current_thread() is not threading.main_thread()))

    read(pieces(), tmp_path / "spool", on_file=on_file)
    assert come == [(len(CONTENT), True)] * 2


def test_a_file_that_could_not_be_brought_to_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    def on_file(spool: Spool) -> None:
        raise NotReady(reason="เต็ม")

    with pytest.raises(NotReady):
        read([body(FILE, FILE)], tmp_path / "spool", on_file=on_file)
    assert list((tmp_path / "spool").glob("*")) == []


def test_a_disk_that_fills_up_half_way_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    # A real limit on the size of files: the system refuses the write, as a full disk does.
    fsize = resource.getrlimit(resource.RLIMIT_FSIZE)
    told_by_signal = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (BLOCK, fsize[1]))
    try:
        with pytest.raises(NotReady):
            read([FILE, body(FILE)], tmp_path / "spool")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, fsize)
        signal.signal(signal.SIGXFSZ, told_by_signal)
    assert list((tmp_path / "spool").glob("*")) == []


@pytest.mark.parametrize("busy_with", ["write", "on_file"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_request_that_is_cancelled_while_a_thread_is_at_its_file_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy_with: str, times: int
) -> None:
    at_it, may_go_on, went_on = threading.Event(), threading.Event(), threading.Event()
    write = Spool.write

    def slow() -> None:
        at_it.set()
        assert may_go_on.wait(20)
        went_on.set()

    def slow_write(spool: Spool, chunk: bytes | bytearray | memoryview) -> None:
        if busy_with == "write":
            slow()
        write(spool, chunk)

    def slow_on_file(spool: Spool) -> None:
        if busy_with == "on_file":
            slow()

    monkeypatch.setattr(Spool, "write", slow_write)

    coming = iter([body(FILE)])

    async def receive() -> Message:
        for piece in coming:
            return {"type": "http.request", "body": piece, "more_body": True}
        await asyncio.Event().wait()
        raise AssertionError("nothing more comes")

    async def run() -> None:
        scope = {"type": "http", "method": "POST", "headers": [(b"content-type", TYPE.encode())]}
        request = Request(scope, receive)
        reading = asyncio.ensure_future(
            read_form(request, spool_folder=tmp_path, on_file=slow_on_file, **LIMITS)
        )
        await asyncio.to_thread(at_it.wait, 20)
        reading.cancel()
        for _ in range(20):  # turns of the loop, enough for it to come to its end if it did not wait
            await asyncio.sleep(0)
        assert not reading.done()
        if times == 1:
            may_go_on.set()
        else:
            reading.cancel()  # by somebody who does not wait for the disk
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert list(tmp_path.glob("*")) == []
        may_go_on.set()
        await asyncio.to_thread(went_on.wait, 20)

    asyncio.run(run())
    assert list(tmp_path.glob("*")) == []


def test_a_thread_that_comes_to_a_file_too_late_leaves_nothing(tmp_path: Path) -> None:
    """Nobody waited for it: the request was cancelled twice while all threads were busy."""

    async def run() -> None:
        file = FilePart("files", "แผน.pdf", MAX_FILE, tmp_path, nobody)
        file.discard()
        file.add(CONTENT, 0, len(CONTENT))
        file.ended = True
        await file.store()
        await file.settled()

    asyncio.run(run())
    assert list(tmp_path.glob("*")) == []


def test_a_file_too_many_is_one_too_many_however_the_others_fared(tmp_path: Path) -> None:
    small = FILE[: FILE.index(b"\r\n\r\n") + 4] + b"x\r\n"
    whole = [body(FILE, *[small] * (MAX_FILES - 1)), body(*[small] * MAX_FILES, small)]
    taken, refused = (
        read([each], tmp_path / "spool", lambda form: form, keep_words=True, max_file_bytes=BLOCK)
        for each in whole
    )
    assert [refusal.code for _, refusal in taken.refused] == ["file_too_large"]
    assert [refusal.code for _, refusal in refused.refused] == ["too_many_files"]
    assert (len(taken.files), len(refused.files)) == (MAX_FILES - 1, MAX_FILES)


def test_of_a_form_that_keeps_its_words_a_refused_file_leaves_nothing(tmp_path: Path) -> None:
    small = FILE[: FILE.index(b"\r\n\r\n") + 4] + b"x\r\n"
    whole = body(FILE, small)
    pieces = [whole[at : at + BLOCK // 2] for at in range(0, len(whole), BLOCK // 2)]
    form = read(pieces, tmp_path / "spool", lambda form: form, keep_words=True, max_file_bytes=BLOCK)
    assert [refusal.code for _, refusal in form.refused] == ["file_too_large"]
    assert [file.spool.size for file in form.files] == [1]
    assert list((tmp_path / "spool").glob("*")) == []

"""Files on their way out over HTTP: in ranges, under their Thai names, and never a byte that has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from routers.ahead import MOST, ahead
from saraban.office import Office
from saraban.settings import Settings
from storage.files.store import path_of
from tests.desk import At, Desk, at, told
from tests.documents import PDF
from tests.s3 import S3Server
from tests.test_gate import code_of
from tests.world import OURS, SCHOOL

__all__ = ["at"]

MIB = 2**20
LONG = PDF + bytes(range(256)) * (3 * MIB // 256)  # into a fourth MiB
NAME = 'รายงาน "ประจำปี" ๒๕๖๙; ฉบับที่ 1.pdf'


@pytest.fixture
def ours(at: At) -> Desk:
    return at(OURS)


@pytest.fixture
def file(ours: Desk) -> str:
    kept = told(ours.http.post("/api/v1/uploads", params={"filename": NAME}, content=LONG))
    letter = ours.register(files=[{"upload": kept["id"]}])
    return f"/api/v1/attachments/{letter['attachments'][0]['id']}"


def get(desk: Desk, file: str, **headers: str) -> httpx.Response:
    return desk.http.get(file, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_file_comes_whole_with_its_length_its_kind_and_its_mark(ours: Desk, file: str) -> None:
    answer = get(ours, file)
    assert answer.status_code == 200
    assert answer.content == LONG
    assert answer.headers["content-length"] == str(len(LONG))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"].startswith("private")


def test_a_thai_name_arrives_intact_and_old_programs_get_one_of_their_own(ours: Desk, file: str) -> None:
    disposition = get(ours, file).headers["content-disposition"]
    kept = "รายงาน _ประจำปี_ 2569; ฉบับที่ 1.pdf"
    assert disposition.startswith('attachment; filename="')
    assert disposition.endswith(f"; filename*=UTF-8''{quote(kept, safe='')}")
    plain = disposition.partition('filename="')[2].partition('"')[0]
    assert plain.isascii() and plain.endswith(".pdf") and not set(plain) & set('"\\;')


RANGES = {
    "first byte": ("bytes=0-0", 0, 1),
    "first half": ("bytes=0-1048575", 0, MIB),
    "across a MiB": (f"bytes={MIB - 3}-{MIB + 3}", MIB - 3, MIB + 4),
    "across two": (f"bytes={MIB - 1}-{2 * MIB}", MIB - 1, 2 * MIB + 1),
    "from the middle": (f"bytes={2 * MIB + 7}-", 2 * MIB + 7, len(LONG)),
    "the last five": ("bytes=-5", len(LONG) - 5, len(LONG)),
    "more than there is": (f"bytes=10-{10**12}", 10, len(LONG)),
    "a longer end than there is": (f"bytes=-{10**12}", 0, len(LONG)),
    "the last byte": (f"bytes={len(LONG) - 1}-", len(LONG) - 1, len(LONG)),
}


def test_a_range_of_a_file_comes_alone(ours: Desk, file: str) -> None:
    for name, (said, start, stop) in RANGES.items():
        answer = get(ours, file, Range=said)
        assert answer.status_code == 206, name
        assert answer.content == LONG[start:stop], name
        assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(LONG)}", name
        assert answer.headers["content-length"] == str(stop - start), name


def test_a_range_beyond_the_file_cannot_be_satisfied(ours: Desk, file: str) -> None:
    for said in (f"bytes={len(LONG)}-", f"bytes={10**20}-{10**21}", "bytes=-0"):
        answer = get(ours, file, Range=said)
        assert (answer.status_code, code_of(answer)) == (416, "range_not_satisfiable"), said
        assert answer.headers["content-range"] == f"bytes */{len(LONG)}"


def test_what_is_no_single_range_brings_the_whole_file(ours: Desk, file: str) -> None:
    for said in ("bytes=0-1,5-6", "bytes=5-2", "bytes=", "bytes=-", "bytes=a-b", "items=0-1", "bytes=๐-๑"):
        answer = ours.http.get(file, headers={"Range": said.encode()})
        assert (answer.status_code, len(answer.content)) == (200, len(LONG)), said


def test_a_range_of_what_has_changed_brings_the_whole_file(ours: Desk, file: str) -> None:
    mark = get(ours, file, Range="bytes=0-0").headers["etag"]
    assert get(ours, file, Range="bytes=0-4", If_Range=mark).content == LONG[:5]
    assert get(ours, file, Range="bytes=0-4", If_Range='"old"').content == LONG
    assert get(ours, file, Range="bytes=0-4", If_Range="Wed, 01 Jul 2026 02:57:26 GMT").content == LONG


def test_what_one_has_already_is_not_sent_again(ours: Desk, file: str) -> None:
    mark = get(ours, file, Range="bytes=0-0").headers["etag"]
    for said in (mark, f"W/{mark}", f'"x", {mark}', "*"):
        answer = get(ours, file, If_None_Match=said)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", mark)
    assert get(ours, file, If_None_Match='"old"').content == LONG


def test_only_get_brings_a_file(ours: Desk, file: str) -> None:
    """HEAD is not offered: a look at a secret file is an event, and a HEAD would be a look at nothing."""
    assert ours.http.head(file).status_code == 405


# -- a byte that has changed -----------------------------------------------------------------------------


class Store:
    """Past the program, to change what is kept behind its back."""

    def __init__(self, office: Office, settings: Settings, s3: S3Server | None) -> None:
        self.office, self.settings, self.s3 = office, settings, s3

    @property
    def place(self) -> str:
        (one,) = self.office.files.listing()
        return path_of(one.key)

    def damage(self, at: int) -> None:
        content = bytearray(LONG)
        content[at] ^= 1
        self._put(bytes(content))

    def cut(self, length: int) -> None:
        self._put(LONG[:length])

    def lose(self) -> None:
        if self.s3:
            self.s3.request("DELETE", self._address())
        else:
            self._path().unlink()

    def _put(self, content: bytes) -> None:
        if self.s3:
            self.s3.request("PUT", self._address(), content)
        else:
            self._path().write_bytes(content)

    def _path(self) -> Path:
        return Path(self.settings.files) / self.place

    def _address(self) -> str:
        return f"/{self.settings.files.removeprefix('s3://')}/{self.place}"


@pytest.fixture
def store(office: Office, settings: Settings, request: pytest.FixtureRequest) -> Store:
    return Store(office, settings, request.getfixturevalue("s3") if settings.files_url else None)


def test_a_damaged_first_block_is_refused_before_anything_is_sent(
    ours: Desk, file: str, store: Store
) -> None:
    store.damage(at=100)
    for answer in (get(ours, file), get(ours, file, Range="bytes=0-0"), get(ours, file, Range="bytes=500-")):
        assert (answer.status_code, code_of(answer)) == (500, "file_damaged")
    assert get(ours, file, Range=f"bytes={MIB}-{MIB + 9}").content == LONG[MIB : MIB + 10]


@pytest.mark.parametrize("harm", ["damaged", "cut"])
def test_a_damaged_later_block_breaks_the_answer_off_before_any_of_it(
    ours: Desk, file: str, store: Store, harm: str
) -> None:
    if harm == "damaged":
        store.damage(at=2 * MIB + 5)
    else:
        store.cut(2 * MIB + 5)
    came = b""
    with pytest.raises(httpx.RemoteProtocolError), ours.http.stream("GET", file) as answer:
        assert answer.headers["content-length"] == str(len(LONG))
        for piece in answer.iter_raw():
            came += piece
    assert came == LONG[: len(came)] and len(came) <= 2 * MIB
    assert code_of(get(ours, file, Range=f"bytes={2 * MIB + 100}-")) == "file_damaged"
    assert get(ours, file, Range=f"bytes=0-{2 * MIB - 1}").content == LONG[: 2 * MIB]


def test_a_missing_file_is_told_as_damaged(ours: Desk, file: str, store: Store) -> None:
    store.lose()
    answer = get(ours, file)
    assert (answer.status_code, code_of(answer)) == (500, "file_damaged")
    assert "ผู้ดูแลระบบ" in answer.json()["detail"]


# -- whose file ------------------------------------------------------------------------------------------


def test_a_receiver_gets_the_files_that_were_sent_to_it_and_no_other(at: At, ours: Desk) -> None:
    school = at(SCHOOL)
    letter = ours.register("ก.pdf", "ข.pdf")
    first, second = (f"/api/v1/attachments/{one['id']}" for one in letter["attachments"])
    assert get(school, first).status_code == 404
    dispatch = ours.send(letter, SCHOOL, attachments=[letter["attachments"][0]["id"]])
    assert get(school, first).content == PDF + "ก.pdf".encode()
    assert get(school, second).status_code == 404
    ours.recall(dispatch)
    assert get(school, first).status_code == 404
    assert get(ours, first).is_success


def test_a_file_taken_out_of_a_letter_is_gone_for_everybody(ours: Desk, file: str) -> None:
    assert ours.http.delete(file).status_code == 204
    assert get(ours, file).status_code == 404


def test_no_thread_waits_for_somebody_who_reads_slowly() -> None:
    read: list[bytes] = []

    def pieces() -> Iterator[bytes]:
        for number in range(20):
            read.append(b"%d" % number)
            yield read[-1]

    async def take_two() -> list[bytes]:
        travelling = ahead(pieces())
        taken = [await anext(travelling), await anext(travelling)]
        await asyncio.get_running_loop().shutdown_default_executor()  # waits for every thread at work
        return taken

    assert asyncio.run(take_two()) == [b"0", b"1"]
    assert len(read) <= MOST + 2

"""Files on their way in over HTTP: what is refused leaves neither a number nor a byte behind."""

from __future__ import annotations

import io
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from saraban.filetypes.archives import RATIO_MATTERS_ABOVE
from saraban.office import Office
from storage.files import FileStore, Spool
from tests import documents
from tests.desk import At, Desk, at, told
from tests.documents import EXE, GIF, JPG, PDF, PNG
from tests.test_gate import code_of, heard, heard_at_once, spoken_to
from tests.world import OURS, SCHOOL

__all__ = ["at"]

USUAL = {"subject": "ขอเชิญประชุม", "dated": "2026-07-01", "to_text": "ผู้อำนวยการโรงเรียน"}
Files = list[tuple[str, tuple[str, bytes]]]


def form(desk: Desk, *files: tuple[str, bytes], path: str = "/outgoing", **said: Any) -> httpx.Response:
    named: Files = [("files", file) for file in files]
    return desk.http.post(f"/api/v1{path}", data={**USUAL, **said}, files=named or {"files": ("", b"")})


def pdf(word: object) -> bytes:
    return PDF + str(word).encode()


def named(*names: str) -> list[tuple[str, bytes]]:
    return [(name, pdf(name)) for name in names]


def left_behind(office: Office) -> tuple[list[Path], set[str]]:
    """What lies in the spool, and what the store keeps that no row names."""
    spool = office.settings.spool
    with office.db.engine.connect() as db:
        rows = {row[0] for row in db.exec_driver_sql("SELECT key FROM blob")}
    kept = {one.key for one in office.files.listing()}
    assert rows <= kept, "a row names bytes that are not there"
    return list(spool.iterdir()) if spool.exists() else [], kept - rows


@pytest.fixture
def ours(at: At, office: Office) -> Iterator[Desk]:
    """The registry; whatever was tried, nothing is left behind and the next number is the next one."""
    desk = at(OURS)
    yield desk
    assert left_behind(office) == ([], set())
    numbers = [line["number"] for line in desk.whole("/outgoing")]
    assert numbers == list(range(len(numbers), 0, -1))


def test_what_has_come_is_readied_to_be_kept_by_form_and_by_itself(
    ours: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    readied: list[str] = []
    store = type(office.files)
    prepare = store.prepare

    def watched(files: FileStore, spool: Spool) -> None:
        readied.append(spool.filename)
        prepare(files, spool)

    monkeypatch.setattr(store, "prepare", watched)
    told(form(ours, *named("หนึ่ง.pdf", "สอง.pdf")))
    ours.upload("สาม.pdf")
    assert readied == ["หนึ่ง.pdf", "สอง.pdf", "สาม.pdf"]


# -- a form says what the JSON says ----------------------------------------------------------------------


def test_a_form_registers_what_the_same_json_registers(ours: Desk) -> None:
    said = {
        "subject": "ขอเชิญประชุม \"ด่วน\" <b>ครั้งที่ ๓</b> & อื่น ๆ 🙏 'ก' %s {x} \\n",
        "dated": "2026-06-30",
        "to_text": "ผู้อำนวยการโรงเรียนทุกโรงเรียน",
        "urgency": "most_urgent",
        "circular": True,
        "references": ["ศธ 04999/1", "ศธ 04999/2"],
        "enclosures": ["แบบตอบรับ"],
        "summary": "บรรทัดหนึ่ง\nบรรทัดสอง",
        "note": "หมายเหตุ",
        "year": 2569,
    }
    uploads = [
        {"upload": ours.upload(name, pdf(name)), "description": name[0]} for name in ("ก.pdf", "ข.pdf")
    ]
    by_json = ours.post("/outgoing", {**said, "files": uploads})
    files: Files = [("files", file) for file in named("ก.pdf", "ข.pdf")]
    data = {**said, "circular": "true", "year": "2569", "descriptions": ["ก", "ข"]}
    by_form = told(ours.http.post("/api/v1/outgoing", data=data, files=files))
    assert (by_json.pop("number"), by_form.pop("number")) == (1, 2)
    for letter in (by_json, by_form):
        for name in ("id", "entry", "letter_no"):
            letter.pop(name)
        for file in letter["attachments"]:
            file.pop("id")
    assert by_form == by_json
    assert by_form["subject"] == said["subject"]


def test_the_words_of_a_form_come_back_as_they_were_typed(ours: Desk) -> None:
    letter = told(form(ours, summary="ก\r\nข", references=["๑", "๒"], from_text=""))
    page = ours.get(f"/letters/{letter['id']}")
    assert page["references"] == ["๑", "๒"]
    assert page["summary"].split() == ["ก", "ข"]
    assert page["from_text"] == "สพป.ตัวอย่าง เขต 1"


def test_an_incoming_letter_and_more_files_come_as_forms_too(ours: Desk) -> None:
    incoming = told(
        form(ours, *named("ก.pdf"), path="/incoming", letter_no="ศธ 04998/7", from_text="สพป.ตัวอย่าง เขต 2")
    )
    assert (incoming["kind"], incoming["number"]) == ("incoming", 1)
    added = ours.http.post(
        f"/api/v1/letters/{incoming['id']}/attachments",
        data={"descriptions": "เพิ่มเติม"},
        files=[("files", named("ข.pdf")[0])],
    )
    assert [file["description"] for file in told(added)["attachments"]] == ["", "เพิ่มเติม"]


def test_a_file_input_left_empty_is_no_file(ours: Desk) -> None:
    assert told(form(ours))["attachments"] == []


# -- what is refused -------------------------------------------------------------------------------------

BAD_FILES = {
    "a name that lies": ("หนังสือ.pdf", PNG, 415, "wrong_file_kind"),
    "a program": ("หนังสือ.exe", EXE, 415, "wrong_file_kind"),
    "a program under a good name": ("หนังสือ.doc", EXE, 415, "wrong_file_kind"),
    "a page": ("หนังสือ.html", b"<html></html>", 415, "wrong_file_kind"),
    "an archive with a program in it": ("แนบ.zip", documents.zipped({"a.exe": EXE}), 415, "wrong_file_kind"),
    "an archive that explodes": (
        "แนบ.zip",
        documents.zipped({"a.txt": bytes(RATIO_MATTERS_ABOVE + 1)}),
        413,
        "archive_too_large",
    ),
    "nothing": ("ว่าง.pdf", b"", 422, "file_empty"),
}


def locked() -> bytes:
    made = io.BytesIO(documents.zipped({"a.txt": b"x" * 100}))
    content = bytearray(made.getvalue())
    content[6] |= 1  # the mark of a password, at the member and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert zipfile.is_zipfile(io.BytesIO(content))
    return bytes(content)


BAD_FILES["an archive with a password"] = ("แนบ.zip", locked(), 415, "file_encrypted")


def test_a_bad_file_is_refused_raw_and_in_a_form(ours: Desk) -> None:
    for case, (name, content, status, code) in BAD_FILES.items():
        raw = ours.http.post("/api/v1/uploads", params={"filename": name}, content=content)
        one = ours.http.post("/api/v1/uploads", files={"file": (name, content)})
        for answer in (raw, one, form(ours, (name, content))):
            assert (answer.status_code, code_of(answer)) == (status, code), (case, answer.text)


BAD_WORDS = {
    "no subject": ({"subject": ""}, "subject"),
    "a blank subject": ({"subject": " \u200b\u00a0 "}, "subject"),
    "a subject with NUL": ({"subject": "ก\x00ข"}, "subject"),
    "a subject of 1,001 letters": ({"subject": "ก" * 1001}, "subject"),
    "a Buddhist date": ({"dated": "2569-07-01"}, "dated"),
    "a date that is not": ({"dated": "2026-02-30"}, "dated"),
    "seconds for a date": ({"dated": "0"}, "dated"),
    "a Christian year": ({"year": "2026"}, "year"),
    "a year in words": ({"year": "สองพัน"}, "year"),
    "an unknown urgency": ({"urgency": "slow"}, "urgency"),
    "an unknown field": ({"colour": "red"}, "colour"),
    "a subject said twice": ({"subject": ["ก", "ข"]}, "subject"),
    "too many references": ({"references": ["ก"] * 51}, "references"),
    "a flag that is none": ({"circular": "maybe"}, "circular"),
    "a letter of another kind": ({"reply_to": "E1"}, "reply_to"),
    "a letter nobody knows": ({"reply_to": "L99"}, "reply_to"),
    "more descriptions than files": ({"descriptions": ["ก", "ข"]}, "descriptions"),
}


def test_a_bad_word_is_refused_by_its_field(ours: Desk) -> None:
    for case, (said, field) in BAD_WORDS.items():
        answer = form(ours, *named("ก.pdf"), **said)
        assert (answer.status_code, code_of(answer)) == (422, "invalid"), (case, answer.text)
        assert {error["field"] for error in answer.json()["errors"]} == {field}, case


def test_a_subject_of_1000_letters_is_kept_whole(ours: Desk) -> None:
    subject = "กำ🙏" * 250
    assert (
        ours.register(subject=subject)["subject"] == told(form(ours, subject=subject))["subject"] == subject
    )


def test_a_thai_name_with_a_path_in_it_loses_only_the_path(ours: Desk) -> None:
    for name in ("../../เอกสาร/หนังสือ ๑.pdf", "C:\\งาน\\หนังสือ ๑.pdf"):
        letter = told(form(ours, (name, PDF)))
        assert letter["attachments"][0]["filename"] == "หนังสือ 1.pdf"
        assert (
            told(ours.http.post("/api/v1/uploads", params={"filename": name}, content=PDF))["filename"]
            == "หนังสือ 1.pdf"
        )


def test_a_raw_file_is_named_in_its_address_or_its_header(ours: Desk) -> None:
    header = {"Content-Disposition": "attachment; filename*=UTF-8''%E0%B8%81.pdf"}
    assert told(ours.http.post("/api/v1/uploads", content=PDF, headers=header))["filename"] == "ก.pdf"
    assert ours.http.post("/api/v1/uploads", content=PDF).json()["errors"][0]["field"] == "filename"


def test_one_upload_is_one_file_and_nothing_else(ours: Desk) -> None:
    two = ours.http.post("/api/v1/uploads", files=[("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))])
    more = ours.http.post("/api/v1/uploads", files={"file": ("a.pdf", PDF)}, data={"note": "x"})
    assert [code_of(two), code_of(more)] == ["invalid", "invalid"]


# -- too much --------------------------------------------------------------------------------------------


def test_a_sixth_file_in_a_form_is_refused_at_its_header(ours: Desk) -> None:
    answer = form(ours, *named(*(f"{n}.pdf" for n in range(6))))
    assert (answer.status_code, code_of(answer)) == (422, "too_many_files")
    assert len(told(form(ours, *named(*(f"{n}.pdf" for n in range(5)))))["attachments"]) == 5
    files = [{"upload": ours.upload(f"{n}.pdf", pdf(n))} for n in range(6)]
    assert ours.refused("POST", "/outgoing", {**USUAL, "files": files}) == (422, "too_many_files")


def test_a_sixth_file_is_refused_before_its_bytes_have_come(ours: Desk) -> None:
    parts = [part(f"{n}.pdf", pdf(n)) for n in range(5)] + [part("6.pdf", b"")[:-2]]
    body = b"".join(parts)
    headers = ("Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(body) + 2**20}")
    with spoken_to(ours.http, "POST", "/api/v1/outgoing", *headers) as line:
        line.sendall(body)
        assert b'"code":"too_many_files"' in heard_at_once(line)


def part(name: str, content: bytes, field: str = "files") -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n"


def test_a_file_that_announces_too_much_is_refused_before_it_is_read(ours: Desk, office: Office) -> None:
    much = office.settings.max_file_bytes + 1
    with spoken_to(ours.http, "POST", "/api/v1/uploads?filename=a.pdf", f"Content-Length: {much}") as line:
        assert heard_at_once(line).startswith(b"HTTP/1.1 413 ")
    headers = ("Content-Type: multipart/form-data; boundary=b", f"Content-Length: {20 * much}")
    for path in ("/api/v1/uploads", "/api/v1/outgoing"):
        with spoken_to(ours.http, "POST", path, *headers) as line:
            assert heard_at_once(line).startswith(b"HTTP/1.1 413 ")


def test_a_file_that_announces_nothing_is_refused_when_it_has_become_too_much(
    ours: Desk, office: Office
) -> None:
    def endless() -> Iterator[bytes]:
        yield PDF
        for _ in range(office.settings.max_file_bytes // 2**20 + 1):
            yield bytes(2**20)

    answer = ours.http.post("/api/v1/uploads", params={"filename": "a.pdf"}, content=endless())
    assert (answer.status_code, code_of(answer)) == (413, "file_too_large")
    assert "a.pdf" in answer.json()["detail"]

    def endless_form() -> Iterator[bytes]:
        yield part("a.pdf", b"")[:-2]
        yield from endless()

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = ours.http.post("/api/v1/outgoing", content=endless_form(), headers=headers)
    assert (answer.status_code, code_of(answer)) == (413, "file_too_large")


def test_files_that_break_off_half_way_leave_nothing(ours: Desk) -> None:
    heads = {
        "/api/v1/uploads?filename=a.pdf": ("Content-Type: application/pdf", PDF),
        "/api/v1/uploads": ("Content-Type: multipart/form-data; boundary=b", part("a.pdf", PDF, "file")[:-9]),
        "/api/v1/outgoing": ("Content-Type: multipart/form-data; boundary=b", part("a.pdf", PDF)[:-9]),
    }
    for path, (kind, body) in heads.items():
        with spoken_to(ours.http, "POST", path, kind, f"Content-Length: {len(body) + 100}") as line:
            line.sendall(body)
            line.shutdown(socket.SHUT_WR)
            heard(line)
    answer = ours.http.post(
        "/api/v1/outgoing",
        content=part("a.pdf", PDF),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert (answer.status_code, code_of(answer)) == (422, "bad_upload")


# -- what is kept for the next try -----------------------------------------------------------------------


def test_a_refused_form_names_its_kept_files_and_the_next_try_names_them_back(ours: Desk) -> None:
    answer = form(ours, *named("ก.pdf", "ข.pdf"), subject="")
    kept = answer.json()["uploads"]
    assert [one["filename"] for one in kept] == ["ก.pdf", "ข.pdf"]
    again = form(ours, *named("ค.pdf"), files=[one["upload"] for one in kept], descriptions=["หนึ่ง", "สอง"])
    files = told(again)["attachments"]
    assert [(file["filename"], file["description"]) for file in files] == [
        ("ก.pdf", "หนึ่ง"),
        ("ข.pdf", "สอง"),
        ("ค.pdf", ""),
    ]
    assert told(again)["number"] == 1


def test_the_kept_files_of_a_refused_form_can_be_named_in_json(ours: Desk) -> None:
    (kept,) = form(ours, *named("ก.pdf"), dated="2569-07-01").json()["uploads"]
    letter = ours.post("/outgoing", {**USUAL, "files": [{"upload": kept["upload"]}]})
    assert letter["attachments"][0]["filename"] == "ก.pdf"
    used = ours.refused("POST", "/outgoing", {**USUAL, "files": [{"upload": kept["upload"]}]})
    assert used == (409, "upload_used")


def test_a_bad_third_file_leaves_the_first_two_known(ours: Desk) -> None:
    answer = form(ours, *named("ก.pdf", "ข.pdf"), ("ค.pdf", PNG))
    assert (answer.status_code, code_of(answer)) == (415, "wrong_file_kind")
    assert [one["filename"] for one in answer.json()["uploads"]] == ["ก.pdf", "ข.pdf"]


def test_somebody_elses_upload_is_unknown(at: At, ours: Desk) -> None:
    theirs = at(SCHOOL).upload()
    answer = ours.ask("POST", "/outgoing", {**USUAL, "files": [{"upload": theirs}]})
    assert answer.json()["errors"][0]["field"] == "files"
    colleagues = at(OURS, "clerk").upload()
    answer = ours.ask("POST", "/outgoing", {**USUAL, "files": [{"upload": colleagues}]})
    assert answer.json()["errors"][0]["field"] == "files"


# -- twice is once ---------------------------------------------------------------------------------------


def test_the_same_form_twice_under_one_key_is_one_letter(ours: Desk) -> None:
    def send(*files: tuple[str, bytes], **said: Any) -> httpx.Response:
        parts: Files = [("files", file) for file in files]
        headers = {"Idempotency-Key": "once"}
        return ours.http.post("/api/v1/outgoing", data={**USUAL, **said}, files=parts, headers=headers)

    first = send(*named("ก.pdf"), descriptions="หนึ่ง")
    assert send(*named("ก.pdf"), descriptions="หนึ่ง").json() == told(first)
    others = [
        send(*named("ข.pdf"), descriptions="หนึ่ง"),
        send(("อื่น.pdf", pdf("ก.pdf")), descriptions="หนึ่ง"),
        send(*named("ก.pdf"), descriptions="สอง"),
        send(*named("ก.pdf"), descriptions="หนึ่ง", subject="อื่น"),
        send(*named("ก.pdf", "ข.pdf"), descriptions="หนึ่ง"),
    ]
    assert [(one.status_code, code_of(one)) for one in others] == [(422, "idempotency_mismatch")] * len(
        others
    )
    assert ours.register()["number"] == 2


def test_every_kind_that_offices_attach_arrives_as_it_was(ours: Desk) -> None:
    for extension, content in {**documents.SAMPLES, "pdf": PDF, "gif": GIF, "png": PNG, "jpg": JPG}.items():
        kept = told(ours.http.post("/api/v1/uploads", params={"filename": f"ก.{extension}"}, content=content))
        letter = ours.post("/outgoing", {**USUAL, "files": [{"upload": kept["id"]}]})
        got = ours.http.get(f"/api/v1/attachments/{letter['attachments'][0]['id']}")
        assert got.content == content
        assert got.headers["content-type"] == kept["content_type"]
        assert kept["size"] == len(content)

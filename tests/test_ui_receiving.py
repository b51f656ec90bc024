"""The receiving side on screen: what has come, what is done with it, and the book it is written in."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from typing import Any, NamedTuple

import pytest

from saraban.commands.assign import assign
from saraban.commands.drafts import keep_draft
from saraban.commands.recall_dispatch import recall_dispatch
from saraban.commands.register_incoming import register_incoming
from saraban.commands.remind_missing import remind_missing
from saraban.commands.send_letter import NewDispatch, send_letter
from saraban.letters import AssignTo, NewIncoming
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.tracking import DeliveryFilters, tracking
from saraban.receipts import verify
from saraban.settings import Settings
from storage import signing_keys
from tests.desk import receive, register
from tests.documents import EXE, PDF, PNG, office as document
from tests.screen import Browser, Sit, sit
from tests.world import OURS, OURS_TOO, SCHOOL, STRANGERS

__all__ = ["sit"]

PAPER: dict[str, Any] = {
    "letter_no": "มท 0201.2/ว 1590",
    "dated": "๑ ก.ค. ๖๙",
    "from_text": "จังหวัดตัวอย่าง",
    "subject": "แจ้งกำหนดฉีดวัคซีนนักเรียน",
}


@pytest.fixture
def clerk(sit: Sit) -> Actor:
    """Who sends: a group of the area."""
    return sit(OURS_TOO, "clerk", "secret").actor


@pytest.fixture
def school(sit: Sit, clerk: Actor) -> Browser:
    return sit(SCHOOL, "clerk", name="สมชาย ตัวอย่าง")


@pytest.fixture
def registry(sit: Sit) -> Browser:
    return sit(OURS, "registrar", name="วิชัย ตัวอย่าง")


class Sent(NamedTuple):
    letter: int
    dispatch: int
    delivery: int

    @property
    def path(self) -> str:
        return f"/deliveries/D{self.delivery}"


@pytest.fixture
def send(office: Office, clerk: Actor, school: Browser) -> Any:
    """A letter of the group that has come to the school."""

    def sent(subject: str = "ขอเชิญประชุม", urgency: str = "normal", **said: Any) -> Sent:
        letter = register(office, clerk, subject=subject, urgency=urgency, **said)
        to = NewDispatch.model_validate({"to": {"offices": [SCHOOL]}, "urgency": urgency})
        dispatch = send_letter(office, clerk, letter.id, to)
        (line,) = tracking(office, clerk, dispatch.id, DeliveryFilters()).items
        return Sent(letter.id, dispatch.id, line.id)

    return sent


def from_paper(office: Office, actor: Actor, **said: Any) -> Any:
    given = {**PAPER, "dated": "2026-07-01", **said}
    return register_incoming(office, actor, NewIncoming.model_validate(given))


# -- the list -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ("all", "ยังไม่มีหนังสือส่งมาถึงบ้านตัวอย่าง 1"),
        ("office", "ดูหนังสือรับทั้งหมด"),
        ("mine", "ดูหนังสือรับทั้งหมด"),
    ],
)
def test_an_empty_inbox_says_what_to_do_next(school: Browser, box: str, said: str) -> None:
    page = school.open(f"/inbox?box={box}")
    assert page.status == 200 and said in page.text and page.rows == []


def test_reminded_and_most_urgent_letters_stand_on_top_with_their_marks(
    office: Office, clerk: Actor, school: Browser, send: Any
) -> None:
    reminded = send("เรื่องที่ถูกเตือน")
    send("เรื่องธรรมดา")
    send("เรื่องด่วนที่สุด", "most_urgent")
    remind_missing(office, clerk, reminded.dispatch)
    first, second, third = school.open("/inbox").rows
    assert "เรื่องที่ถูกเตือน" in first and "ผู้ส่งเตือน" in first
    assert "เรื่องด่วนที่สุด ด่วนที่สุด" in second
    assert "เรื่องธรรมดา" in third and "○ ยังไม่ลงทะเบียน" in third and "กลุ่มอำนวยการ" in third
    assert "1 ก.ค. 2569 09:57 น." in third


def test_the_filters_narrow_and_a_misread_one_says_so(school: Browser, send: Any) -> None:
    send("เรื่องธรรมดา")
    send("เรื่องเร่ง", "urgent")
    (row,) = school.open("/inbox?urgency=urgent&state=&box=").rows
    assert "เรื่องเร่ง ด่วน" in row
    assert "ไม่มีหนังสือตามที่เลือก" in school.open("/inbox?state=acknowledged").text
    wrong = school.open("/inbox?state=lost")
    assert wrong.status == 422 and 'role="alert"' in wrong.html


def test_fifty_letters_are_light_enough_for_a_weak_line(school: Browser, send: Any) -> None:
    for number in range(51):
        send(f"ขอเชิญประชุมผู้บริหารสถานศึกษา ครั้งที่ {number}/2569 ณ ห้องประชุมใหญ่ของสำนักงาน")
    page = school.open("/inbox")
    assert len(page.rows) == 50
    assert len(page.html.encode()) <= 60_000
    assert len(gzip.compress(page.html.encode(), 6)) <= 14_000
    further = school.open(page.link("ถัดไป"))
    assert len(further.rows) == 1
    assert school.open(further.link("ก่อนหน้า")).rows == page.rows


def test_plain_letters_are_acknowledged_together_and_the_others_one_by_one(
    school: Browser, send: Any
) -> None:
    first, second = send("ฉบับแรก"), send("ฉบับที่สอง")
    urgent = send("ฉบับด่วนที่สุด", "most_urgent")
    page = school.open("/inbox")
    assert page.html.count('type="checkbox" name="delivery"') == 2
    chosen = [f"D{one.delivery}" for one in (first, urgent, second)]
    result = school.send(page.form("/inbox/acknowledge"), delivery=chosen)
    assert "ลงทะเบียนรับแล้ว 2 ฉบับ" in result.text and "อีก 1 ฉบับ" in result.text
    assert [row.split()[0] for row in result.rows] == ["1", "–", "2"]
    again = school.send(page.form("/inbox/acknowledge"), delivery=chosen[:1])
    assert [row.split()[0] for row in again.rows] == ["1"]
    assert "ยังไม่ลงทะเบียน" in school.open(urgent.path).text


def test_nothing_chosen_is_said_and_uses_no_number(school: Browser, send: Any) -> None:
    send()
    page = school.send(school.open("/inbox").form("/inbox/acknowledge"))
    assert "ยังไม่ได้เลือกหนังสือ" in page.text
    assert "ทะเบียนยังว่าง" in school.open("/incoming").text


# -- one letter -----------------------------------------------------------------------------------------


def test_looking_is_no_receipt(school: Browser, send: Any) -> None:
    come = send()
    for _ in range(2):
        assert "ยังไม่ลงทะเบียน" in school.open(come.path).text
    assert "เปิดดูครั้งแรก" in school.open(come.path).text


def test_a_letter_is_acknowledged_and_assigned_in_one_act(school: Browser, sit: Sit, send: Any) -> None:
    head = sit(SCHOOL, "head", name="เฉลิม ตัวอย่าง")
    come = send()
    done = school.send(
        school.open(come.path).form("/acknowledge"),
        received_date="30/6/2569",
        received_time="๑๖.๐๕",
        note="รับทางระบบ",
        to=f"person:P{head.actor.person_id}",
        instruction="เพื่อโปรดพิจารณา",
        due="15 ก.ค. 69",
    )
    assert done.path == come.path and "ลงทะเบียนรับแล้ว เลขรับ 1" in done.text
    assert "เลขรับ 1 วันที่ 30 มิถุนายน 2569 เวลา 16:05 น." in done.text
    (task,) = head.open("/assignments").rows
    assert "เพื่อโปรดพิจารณา" in task and "15 ก.ค. 2569" in task and "รอรับงาน" in task
    (line,) = school.open("/incoming").rows
    assert "มอบหมายแล้ว เฉลิม ตัวอย่าง" in line and "รับทางระบบ" in line


def test_an_acknowledged_letter_leads_to_the_next_that_waits(school: Browser, send: Any) -> None:
    first, second = send(), send()
    done = school.send(school.open(first.path).form("/acknowledge"))
    assert done.link("ฉบับต่อไปที่รอ") == second.path
    assert "ฉบับต่อไปที่รอ" not in school.send(school.open(second.path).form("/acknowledge")).text


def test_a_refused_acknowledgement_keeps_every_word_and_uses_no_number(school: Browser, send: Any) -> None:
    come = send()
    form = school.open(come.path).form("/acknowledge")
    said: dict[str, Any] = {
        "received_date": "31/2/2569",
        "note": "หมายเหตุยาว",
        "instruction": "เพื่อทราบ",
        "due": "วันศุกร์",
    }
    refused = school.send(form, **said)
    assert refused.status == 422
    assert "ไม่มีวันที่ “31/2/2569” ในปฏิทิน" in refused.text and "เลือกผู้รับมอบหมายด้วย" in refused.text
    again = refused.form("/acknowledge")
    assert {name: again.value(name) for name in said} == said
    assert "ทะเบียนยังว่าง" in school.open("/incoming").text
    fine: dict[str, Any] = {"received_date": "1/7/2569", "instruction": "", "due": ""}
    assert "เลขรับ 1" in school.send(again, **fine).text


def test_a_letter_is_returned_with_its_reason_and_its_number_is_voided(school: Browser, send: Any) -> None:
    come = send()
    school.send(school.open(come.path).form("/acknowledge"))
    page = school.open(come.path)
    refused = school.send(page.form("/return"), reason="  ")
    assert refused.status == 422 and "ต้องกรอก" in refused.text
    done = school.send(page.form("/return"), reason="ไม่มีสิ่งที่ส่งมาด้วย")
    assert "ส่งคืนแล้ว" in done.text and "ไม่มีสิ่งที่ส่งมาด้วย" in done.text
    assert not done.has_form("/acknowledge") and not done.has_form("/return")
    book = school.open("/incoming")
    assert 'class="void"' in book.html and "ยกเลิกเลข ไม่มีสิ่งที่ส่งมาด้วย" in book.rows[0]


def test_a_recalled_letter_says_why_and_asks_for_nothing(
    office: Office, clerk: Actor, school: Browser, send: Any
) -> None:
    come = send("ฉบับเดิม")
    recall_dispatch(office, clerk, come.dispatch, "ส่งผิดฉบับ")
    new = send("ฉบับแก้ไข", replaces=f"L{come.letter}")
    page = school.open(come.path)
    assert "ผู้ส่งเรียกหนังสือนี้คืน" in page.text and "ส่งผิดฉบับ" in page.text
    assert not page.has_form("/acknowledge")
    assert f"/letters/L{new.letter}" in page.html and "มีฉบับใหม่ออกแทนแล้ว" in page.text
    assert "แทนฉบับเดิม" in school.open("/inbox").text


def test_the_receipt_on_screen_is_the_signed_one(office: Office, school: Browser, send: Any) -> None:
    come = send()
    assert school.open(f"{come.path}/receipt").status == 409
    receive(office, school.actor, come.delivery)
    page = school.open(school.open(come.path).link("ใบตอบรับ"))
    assert "เลขรับ 1 /2569" in page.text and "1 กรกฎาคม 2569" in page.text
    proof = school.get(f"{come.path}/receipt.json")
    assert "attachment" in proof.headers["content-disposition"]
    known = office.db.read(signing_keys.all_keys)
    assert verify(proof.content, known)["number"] == 1


def test_who_may_not_receive_sees_no_form_and_is_refused(sit: Sit, school: Browser, send: Any) -> None:
    officer = sit(SCHOOL, "officer", name="ครู ตัวอย่าง")
    come = send()
    page = officer.open(come.path)
    assert not page.has_form("/acknowledge") and not page.has_form("/return")
    form = school.open(come.path).form("/acknowledge")
    form.fields["csrf"] = page.form("/logout").fields["csrf"]
    refused = officer.send(form)
    assert refused.status == 422 and "หน้าที่ของท่าน" in refused.text
    form.fields["csrf"] = ["ของคนอื่น"]
    assert officer.send(form).status == 403
    assert "ยังไม่ลงทะเบียน" in school.open(come.path).text


def test_somebody_elses_letter_is_not_found(sit: Sit, registry: Browser, school: Browser, send: Any) -> None:
    come = send()
    receive_form = school.open(come.path).form("/acknowledge")
    stranger = sit(STRANGERS, name="คนอื่น")
    paths = [
        come.path,
        f"/letters/L{come.letter}",
        f"{come.path}/receipt",
        "/entries/E1",
        "/entries/E1/assign",
    ]
    assert [stranger.open(path).status for path in paths] == [404] * len(paths)
    receive_form.fields["csrf"] = stranger.open("/inbox").form("/logout").fields["csrf"]
    assert stranger.send(receive_form).status == 404
    assert [school.open(path).status for path in ("/deliveries/D999", "/letters/x", "/files/A999")] == [
        404
    ] * 3


# -- secret letters -------------------------------------------------------------------------------------


def test_a_secret_letter_shows_its_number_only_to_those_without_clearance(
    office: Office, sit: Sit, registry: Browser
) -> None:
    keeper = sit(OURS, "secret_registrar", "secret", name="ไพศาล ตัวอย่าง")
    secret = from_paper(office, keeper.actor, subject="ขอให้ตรวจสอบข้อร้องเรียน", secrecy="secret")
    (row,) = registry.open("/incoming").rows
    assert row.split()[0].startswith(str(secret.number)) and "(หนังสือลับ)" in row and "ตรวจสอบ" not in row
    assert registry.open(f"/letters/L{secret.id}").status == 404
    assert "ตรวจสอบ" not in cells(registry.get("/incoming.xlsx").content)
    page = keeper.open(f"/letters/L{secret.id}")
    assert "ขอให้ตรวจสอบข้อร้องเรียน" in page.text and "ลับมาก" in page.text
    assert "ตรวจสอบ" not in page.title
    assert "เปิดดูหนังสือลับ" in page.text


def test_a_secret_letter_is_handed_to_cleared_people_only(
    office: Office, sit: Sit, registry: Browser
) -> None:
    keeper = sit(OURS, "secret_registrar", "secret", name="ไพศาล ตัวอย่าง")
    secret = from_paper(office, keeper.actor, secrecy="secret")
    form = keeper.open(f"/entries/E{secret.entry}/assign")
    assert "ไพศาล ตัวอย่าง" in form.text and "วิชัย ตัวอย่าง" not in form.text
    assert 'value="office:' not in form.html


# -- from paper -----------------------------------------------------------------------------------------


def test_a_letter_from_paper_is_registered_and_its_number_shown_large(registry: Browser) -> None:
    form = registry.open("/incoming/new").form("/incoming/new")
    files = {"file1": ("หนังสือ.pdf", PDF), "file3": ("แบบตอบรับ.docx", document("word"))}
    done = registry.send(
        form, files_=files, about3="แบบตอบรับ", channel="post", references="หนังสือ ก\nหนังสือ ข", **PAPER
    )
    assert re.search(r'class="large">1<', done.html) and "1 กรกฎาคม 2569" in done.text
    assert registry.open(done.link("ลงทะเบียนฉบับต่อไป")).status == 200
    letter = registry.open(done.link(PAPER["subject"]))
    assert "มท 0201.2/ว 1590" in letter.text and "หนังสือ ก หนังสือ ข" in letter.text
    assert "ทางไปรษณีย์" in letter.text
    assert "แบบตอบรับ แบบตอบรับ.docx" in letter.text


def test_the_same_form_twice_is_one_number(registry: Browser) -> None:
    form = registry.open("/incoming/new").form("/incoming/new")
    first, second = registry.send(form, **PAPER), registry.send(form, **PAPER)
    assert first.path == second.path
    assert len(registry.open("/incoming").rows) == 1


def test_a_refused_registration_keeps_the_words_and_the_files_already_sent(registry: Browser) -> None:
    form = registry.open("/incoming/new").form("/incoming/new")
    typed: dict[str, Any] = {
        **PAPER,
        "dated": "เมื่อวาน",
        "subject": "",
        "note": "จากถุงเมล์",
        "about2": "โปรแกรม",
    }
    files = {"file1": ("หนังสือ.pdf", PDF), "file2": ("setup.pdf", EXE)}
    refused = registry.send(form, files_=files, about1="ตัวจริง", **typed)
    assert refused.status == 422
    for said in ("อ่านวันที่ “เมื่อวาน” ไม่ได้", "ต้องกรอก", "setup.pdf แนบไม่ได้", "อยู่ในระบบแล้ว หนังสือ.pdf"):
        assert said in refused.text
    again = refused.form("/incoming/new")
    assert {name: again.value(name) for name in typed} == typed
    done = registry.send(again, dated="1/7/2569", subject="เรื่องที่แก้แล้ว")
    assert "เรื่องที่แก้แล้ว" in done.text and 'class="large">1<' in done.html
    letter = registry.open(done.link("เรื่องที่แก้แล้ว"))
    assert "ตัวจริง หนังสือ.pdf" in letter.text and "setup" not in letter.text


def test_a_file_that_is_too_large_costs_no_word_and_no_other_file(
    registry: Browser, settings: Settings
) -> None:
    too_large = PDF + b"x" * settings.max_file_bytes
    files = {"file1": ("ใหญ่.pdf", too_large), "file2": ("เล็ก.pdf", PDF)}
    refused = registry.send(registry.open("/incoming/new").form("/incoming/new"), files_=files, **PAPER)
    assert refused.status == 422
    assert "ใหญ่.pdf ใหญ่เกิน" in refused.text and "อยู่ในระบบแล้ว เล็ก.pdf" in refused.text
    done = registry.send(refused.form("/incoming/new"))
    letter = registry.open(done.link(PAPER["subject"]))
    assert "เล็ก.pdf" in letter.text and "ใหญ่.pdf" not in letter.text
    assert not list(settings.spool.iterdir())


def test_a_kept_file_may_be_left_out_after_all(registry: Browser) -> None:
    form = registry.open("/incoming/new").form("/incoming/new")
    refused = registry.send(form, files_={"file1": ("หนังสือ.pdf", PDF)}, **{**PAPER, "subject": ""})
    done = registry.send(refused.form("/incoming/new"), subject="ไม่มีไฟล์", drop="file1")
    assert "ไม่มีไฟล์แนบ" in registry.open(done.link("ไม่มีไฟล์")).text


def test_a_pile_from_one_bag_is_typed_like_the_letter_before(office: Office, registry: Browser) -> None:
    assert "เหมือนฉบับก่อน" not in registry.open("/incoming/new").text
    from_paper(office, registry.actor, channel="post", urgency="urgent")
    page = registry.open(registry.open("/incoming/new").link("เหมือนฉบับก่อน"))
    form = page.form("/incoming/new")
    same = {"from_text": "จังหวัดตัวอย่าง", "to_text": "สพป.ตัวอย่าง เขต 1", "channel": "post", "urgency": "urgent"}
    assert {name: form.value(name) for name in same} == same
    assert form.value("subject") == "" and form.value("letter_no") == ""


def test_words_typed_when_the_session_ended_stand_in_the_form_again(
    office: Office, registry: Browser
) -> None:
    keep_draft(office, registry.actor.person_id, "draft-1", {"subject": ["พิมพ์ค้างไว้"], "urgency": ["urgent"]})
    form = registry.open("/incoming/new?draft=draft-1").form("/incoming/new")
    assert (form.value("subject"), form.value("urgency")) == ("พิมพ์ค้างไว้", "urgent")


def test_a_file_opens_beside_the_letter_and_can_do_nothing_there(registry: Browser) -> None:
    form = registry.open("/incoming/new").form("/incoming/new")
    files = {"file1": ("หนังสือ.pdf", PDF), "file2": ("รูป.png", PNG), "file3": ("ตาราง.xlsx", document("xl"))}
    letter = registry.open(registry.send(form, files_=files, **PAPER).link(PAPER["subject"]))
    beside = registry.open(letter.link("หนังสือ.pdf"))
    assert re.search(r'<iframe src="/files/A\d+', beside.html)
    assert re.search(r'<img src="/files/A\d+"', registry.open(letter.link("รูป.png")).html)
    ids = list(dict.fromkeys(re.findall(r"/files/(A\d+)", letter.html)))
    answers = [registry.get(f"/files/{one}") for one in ids]
    assert [one.headers["content-disposition"].split(";")[0] for one in answers] == [
        "inline",
        "inline",
        "attachment",
    ]
    for one in answers:
        policy = one.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "sandbox" in policy and "script" not in policy
        assert one.headers["x-content-type-options"] == "nosniff"
    assert answers[0].content == PDF
    part = registry.http.get(f"/files/{ids[0]}", headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.content) == (206, PDF[:5])


def test_a_file_of_somebody_else_is_not_there(sit: Sit, registry: Browser) -> None:
    form = registry.open("/incoming/new").form("/incoming/new")
    done = registry.send(form, files_={"file1": ("หนังสือ.pdf", PDF)}, **PAPER)
    (one,) = set(re.findall(r"/files/A\d+", registry.open(done.link(PAPER["subject"])).html))
    assert registry.get(one).status_code == 200
    assert sit(STRANGERS, name="คนอื่น").get(one).status_code == 404


# -- the book -------------------------------------------------------------------------------------------


def test_the_book_is_searched_and_turned_both_ways(office: Office, registry: Browser) -> None:
    assert "ทะเบียนยังว่าง" in registry.open("/incoming").text
    for number in range(1, 6):
        from_paper(office, registry.actor, subject=f"เรื่องที่ {number}", letter_no=f"มท 0201/{number}")
    first = registry.open("/incoming?limit=2&year=2569&q=&number=")
    assert ["เรื่องที่ 5" in first.rows[0], "เรื่องที่ 4" in first.rows[1]] == [True, True]
    second = registry.open(first.link("ถัดไป"))
    assert "เรื่องที่ 3" in second.rows[0] and "year=2569" in second.path and "limit=2" in second.path
    assert registry.open(second.link("ก่อนหน้า")).rows == first.rows
    assert registry.open(second.link("หน้าแรก")).rows == first.rows
    (found,) = registry.open("/incoming?number=มท+๐๒๐๑/๓").rows
    assert "เรื่องที่ 3" in found
    assert len(registry.open("/incoming?dated_from=1/7/2569&dated_to=1+ก.ค.+69").rows) == 5
    wrong = registry.open("/incoming?dated_from=พรุ่งนี้&q=เรื่อง")
    assert wrong.status == 422 and "อ่านวันที่ “พรุ่งนี้” ไม่ได้" in wrong.text
    assert 'value="พรุ่งนี้"' in wrong.html
    assert "ไม่พบรายการตามที่ค้น" in registry.open("/incoming?q=ไม่มีคำนี้").text


def test_a_line_is_corrected_with_its_history(office: Office, clerk: Actor, registry: Browser) -> None:
    paper = from_paper(office, registry.actor)
    form = registry.open(f"/entries/E{paper.entry}").forms[1]
    said: dict[str, Any] = {
        "action": "แจ้งกลุ่ม",
        "note": "ด่วน",
        "action_office": OURS_TOO,
        "received_date": "30/6/2569",
    }
    page = registry.send(form, **said, received_time="08:15")
    assert "แก้ไขแล้ว" in page.text and "30 มิ.ย. 2569 08:15:00 น." in page.text
    assert "กลุ่มปฏิบัติ เดิม: สพป.ตัวอย่าง เขต 1" in page.text and "หมายเหตุ เดิม: ว่าง" in page.text
    stale = registry.send(form, note="ของเก่า")
    assert stale.status == 422 and "มีผู้แก้ไข" in stale.text and "ของเก่า" in stale.text


def test_a_number_is_voided_and_stays_in_the_book(office: Office, registry: Browser) -> None:
    paper = from_paper(office, registry.actor)
    page = registry.open(f"/entries/E{paper.entry}")
    refused = registry.send(page.form("/void"), reason="")
    assert refused.status == 422 and "ต้องกรอก" in refused.text
    done = registry.send(page.form("/void"), reason="ลงซ้ำ")
    assert "ยกเลิกเลขแล้ว" in done.text and "ลงซ้ำ" in done.text and not done.has_form("/void")
    book = registry.open("/incoming")
    assert 'class="void"' in book.html and "ยกเลิกเลข ลงซ้ำ" in book.rows[0]
    assert "มอบหมายไม่ได้" in registry.open(f"/entries/E{paper.entry}/assign").text


def test_a_received_line_is_not_voided_but_returned(office: Office, school: Browser, send: Any) -> None:
    come = send()
    line = receive(office, school.actor, come.delivery).entry
    refused = school.send(school.open(f"/entries/E{line}").form("/void"), reason="ไม่ต้องการ")
    assert refused.status == 422 and "ใช้การส่งคืนแทนการยกเลิก" in refused.text and "ไม่ต้องการ" in refused.text


# -- work that is handed on -----------------------------------------------------------------------------


def test_work_is_taken_on_and_done_and_stands_on_the_letters_page(
    office: Office, sit: Sit, registry: Browser
) -> None:
    worker = sit(OURS_TOO, "officer", name="จันทร์ ตัวอย่าง")
    paper = from_paper(office, registry.actor)
    letter = registry.open(f"/letters/L{paper.id}")
    form = registry.open(letter.link("มอบหมาย")).form("/assign")
    assert registry.send(form).status == 422
    done = registry.send(form, to=f"office:{OURS_TOO}", instruction="เพื่อดำเนินการ", due="2/7/2569")
    assert (
        done.path == f"/letters/L{paper.id}"
        and "รอรับงาน กลุ่มอำนวยการ “เพื่อดำเนินการ” ภายใน 2 ก.ค. 2569" in done.text
    )
    assert "ไม่มีงานที่มอบหมายให้ท่าน" in worker.open("/assignments").text
    box = worker.open("/assignments?box=office&state=open")
    taken = worker.send(box.form("/accept"))
    assert "รับงานแล้ว" in taken.text and taken.path.endswith("?box=office&state=open") and taken.rows == []
    box = worker.open("/assignments?box=office")
    finished = worker.send(box.form("/done"), note="แจ้งโรงเรียนแล้ว")
    assert "ดำเนินการแล้ว แจ้งโรงเรียนแล้ว" in finished.rows[0] and not finished.has_form("/done")
    page = registry.open(f"/letters/L{paper.id}")
    assert "แจ้งโรงเรียนแล้ว" in page.text and "รายงานผลงาน" in page.text
    assert "รายงานผลงาน" not in worker.open(f"/letters/L{paper.id}").text  # who may not read the log
    assert "ดำเนินการแล้ว กลุ่มอำนวยการ" in registry.open("/incoming").rows[0]


def test_work_is_handed_back_with_a_reason_only(office: Office, sit: Sit, registry: Browser) -> None:
    worker = sit(OURS_TOO, "officer", name="จันทร์ ตัวอย่าง")
    paper = from_paper(office, registry.actor)
    assign(office, registry.actor, paper.entry, AssignTo(person=worker.actor.person_id))
    page = worker.open("/assignments")
    form = page.form("/done")
    back = form.action.replace("/done", "/hand-back")
    refused = worker.send(form, to_=back, note="")
    assert refused.status == 422 and "ต้องกรอก" in refused.text and refused.has_form("/done")
    done = worker.send(refused.form("/done"), to_=back, note="ไม่อยู่ในหน้าที่")
    assert "ส่งคืนงาน ไม่อยู่ในหน้าที่" in done.rows[0]
    assert "ยังไม่มีการมอบหมายงาน" not in registry.open("/assignments?box=all").text


# -- everything about one letter, and everything as Excel -----------------------------------------------


def test_the_letters_page_tells_of_both_sides(
    office: Office, sit: Sit, clerk: Actor, school: Browser, send: Any
) -> None:
    come = send("ขอเชิญประชุม")
    receive(office, school.actor, come.delivery)
    writer = sit(OURS_TOO, "clerk", "secret").open(f"/letters/L{come.letter}")
    assert f"/dispatches/S{come.dispatch}" in writer.html and "ทะเบียนหนังสือส่ง เลข 1 /2569" in writer.text
    assert "ส่งอีกครั้ง" in writer.text and "แก้ไขหนังสือ" not in writer.text
    reader = school.open(f"/letters/L{come.letter}")
    assert "ทะเบียนหนังสือรับ เลข 1 /2569" in reader.text and "ส่งต่อ" in reader.text
    assert "/dispatches/" not in reader.html and f"{come.path}/receipt" in reader.html
    assert "ขอเชิญประชุม" in reader.title
    draft = register(office, clerk, subject="ยังไม่ส่ง")
    assert f"/letters/L{draft.id}/edit" in sit(OURS_TOO, "clerk", "secret").open(f"/letters/L{draft.id}").html


def test_every_list_is_downloaded_as_it_is_shown(
    office: Office, registry: Browser, school: Browser, send: Any
) -> None:
    send("=1+1")
    send("เรื่องเร่ง", "urgent")
    paper = from_paper(office, registry.actor, subject="=SUM(A1)")
    assign(office, registry.actor, paper.entry, AssignTo(office=OURS_TOO, instruction="เพื่อทราบ"))
    listed = cells(school.get("/inbox.xlsx?urgency=urgent").content)
    assert "เรื่องเร่ง" in listed and "=1+1" not in listed
    everything = school.get("/inbox.xlsx")
    assert "<f>" not in cells(everything.content) and "=1+1" in cells(everything.content)
    assert "%E0%B8%AB%E0%B8%99%E0%B8%B1%E0%B8%87" in everything.headers["content-disposition"]
    assert "=SUM(A1)" in cells(registry.get("/incoming.xlsx?q=SUM").content)
    assert "=SUM(A1)" not in cells(registry.get("/incoming.xlsx?q=อื่น").content)
    assert "เพื่อทราบ" in cells(registry.get("/assignments.xlsx?box=all").content)
    come = send("มาทางระบบ")
    school.send(school.open(come.path).form("/acknowledge"))
    assert "ระบบสารบรรณ" in cells(school.get("/incoming.xlsx").content)


def cells(book: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        names = [name for name in parts.namelist() if name.startswith("xl/") and name.endswith(".xml")]
        return "".join(parts.read(name).decode() for name in names)

"""The sending side on screen: register, choose, look again, send, follow; what is late, what came back."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any
from urllib.parse import unquote

import pytest

from routers.ui.pages import COOKIE
from saraban.commands.acknowledge import Acknowledging, acknowledge
from saraban.commands.keep_groups import GroupSaid, add_group
from saraban.commands.register_incoming import register_incoming
from saraban.commands.return_delivery import return_delivery
from saraban.commands.void_entry import void_entry
from saraban.ids import show
from saraban.letters import NewIncoming
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.deliveries import delivery_view
from saraban.queries.letter import letter_view
from saraban.queries.register_lines import OutgoingFilters, outgoing_lines
from saraban.queries.tracking import DispatchFilters, dispatch_view, sent_letters
from saraban.spreadsheet import Column, spreadsheet
from tests import world
from tests.conftest import Clock
from tests.desk import register, send, waiting
from tests.documents import EXE, PDF
from tests.screen import Browser, Form, Page, Sit, logged_in, sit
from tests.world import OTHER_SCHOOL, OURS, OURS_TOO, PLANNING, SCHOOL, STRANGERS

__all__ = ["sit"]

TYPED = {
    "subject": "ขอเชิญประชุมผู้บริหารสถานศึกษา ครั้งที่ 3/2569",
    "dated": "๑ ก.ค. ๖๙",
    "to_text": "ผู้อำนวยการโรงเรียนทุกโรงเรียน",
}
POST = "ผู้ว่าราชการจังหวัดตัวอย่าง"


@pytest.fixture
def clerk(sit: Sit) -> Browser:
    return sit(OURS_TOO, "clerk", name="สมศรี ตัวอย่าง")


@pytest.fixture
def school(sit: Sit, clerk: Browser) -> Actor:
    return sit(SCHOOL, "clerk", name="สมชาย ตัวอย่าง").actor


def pressed(form: Form, step: str) -> Form:
    """The form as it goes off when this of its buttons is pressed."""
    form.fields["step"] = [step]
    return form


def chosen(clerk: Browser, letter: int, **typed: Any) -> Page:
    """The last look before sending."""
    form = clerk.open(f"/letters/L{letter}/send").form("/send")
    return clerk.send(pressed(form, "look"), **typed)


def confirmed(clerk: Browser, look: Page) -> Page:
    return clerk.send(pressed(look.form("/send"), "send"))


def days_later(clerk: Browser, office: Office, clock: Clock, days: int) -> None:
    """Nobody stays logged in that long: the clerk comes in again."""
    clock.advance(days=days)
    clerk.http.cookies.set(COOKIE, logged_in(office, clerk.actor))


def cells(content: bytes) -> list[list[str]]:
    """What an Excel file says, row by row; a date is its serial number."""
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    rows = re.findall(r"<row .*?</row>", sheet, re.DOTALL)
    return [re.findall(r"<(?:t|t xml:space=\"preserve\"|v)>([^<]*)</", row) for row in rows]


# -- the book -------------------------------------------------------------------------------------


def test_an_empty_book_says_how_the_first_number_is_taken(clerk: Browser) -> None:
    page = clerk.open("/outgoing")
    assert page.link("ลงทะเบียนส่ง") == "/outgoing/new"
    assert "ทะเบียนยังว่าง" in page.text


def test_the_book_has_the_columns_of_the_manual(clerk: Browser, office: Office) -> None:
    letter = register(
        office, clerk.actor, **{**TYPED, "dated": "2026-07-01"}, action_person=clerk.actor.person_id
    )
    page = clerk.open("/outgoing")
    heads = ["เลขทะเบียนส่ง", "ปี", "ที่", "ลงวันที่", "จาก", "ถึง", "เรื่อง", "กลุ่มปฏิบัติ", "บุคคลปฏิบัติ", "วันลงทะเบียน"]
    assert re.findall(r'<th scope="col">(.*?)</th>', page.html)[:10] == heads
    [row] = page.rows
    assert row.startswith(
        f"1 2569 ศธ 04999/1 1 ก.ค. 2569 สพป.ตัวอย่าง เขต 1 {TYPED['to_text']} {TYPED['subject']}"
    )
    assert "กลุ่มอำนวยการ สมศรี ตัวอย่าง 1 ก.ค. 2569 ส่ง แก้ไข ยกเลิก รายละเอียด" in row
    assert page.link("แก้ไข") == f"/letters/L{letter.id}/edit"
    send(office, clerk.actor, letter.id, offices=[SCHOOL])
    page = clerk.open("/outgoing")
    assert page.link("แก้ไข") == f"/entries/E{letter.entry}"
    assert "ส่งแล้ว ส่งอีก" not in page.rows[0]
    assert page.link("ส่งอีก") == f"/letters/L{letter.id}/send"
    void_entry(office, clerk.actor, letter.entry, "ออกผิดฉบับ")
    [row] = clerk.open("/outgoing").rows
    assert "ยกเลิกเลข ออกผิดฉบับ" in row
    assert "ส่งอีก" not in row


def test_who_only_reads_is_offered_nothing_to_do(sit: Sit, clerk: Browser, office: Office) -> None:
    letter = register(office, clerk.actor)
    officer = sit(OURS_TOO, "officer", name="ผู้อ่าน")
    page = officer.open("/outgoing")
    assert page.rows[0].endswith("รายละเอียด")
    assert "ยกเลิก รายละเอียด" not in page.rows[0]
    assert "/outgoing/new" not in page.html
    for path in ("/outgoing/new", f"/letters/L{letter.id}/send", f"/letters/L{letter.id}/edit"):
        assert officer.open(path).status == 403


def test_filters_stay_in_the_address_and_pages_turn_both_ways(clerk: Browser, office: Office) -> None:
    for number in range(1, 8):
        register(office, clerk.actor, subject=f"เรื่องที่ {number}", urgency="urgent" if number % 2 else "normal")
    first = clerk.open("/outgoing?urgency=urgent&limit=3&q=")
    assert [row.split()[0] for row in first.rows] == ["7", "5", "3"]
    second = clerk.open(first.link("ถัดไป"))
    assert [row.split()[0] for row in second.rows] == ["1"]
    assert '<option value="urgent" selected>' in second.html
    back = clerk.open(second.link("ก่อนหน้า"))
    assert back.rows == first.rows
    assert "urgency=urgent" in back.link("ดาวน์โหลด Excel")
    assert clerk.open("/outgoing?dated_from=1+ก.ค.+69&dated_to=๑/๗/๒๕๖๙").rows
    wrong = clerk.open("/outgoing?dated_from=32/13/69")
    assert (wrong.status, "อ่านวันที่" in wrong.text or "ในปฏิทิน" in wrong.text) == (422, True)
    assert 'value="32/13/69"' in wrong.html
    assert "ไม่พบรายการตามที่ค้น" in clerk.open("/outgoing?q=ไม่มีเรื่องนี้").text


def test_of_a_secret_letter_only_the_number_stands_in_the_book_and_in_excel(
    sit: Sit, clerk: Browser, office: Office
) -> None:
    keeper = sit(OURS, "secret_registrar", "secret", name="นายทะเบียนลับ")
    letter = register(office, keeper.actor, subject="สอบวินัย", secrecy="secret")
    assert clerk.open("/outgoing").rows == ["1 2569 (หนังสือลับ)"]
    page = keeper.open("/outgoing")
    assert "สอบวินัย" in page.rows[0]
    assert cells(clerk.get("/outgoing.xlsx").content)[1:] == [["1", "2569", "(หนังสือลับ)"]]
    assert "สอบวินัย" in cells(keeper.get("/outgoing.xlsx").content)[1]
    for path in (
        f"/letters/L{letter.id}/send",
        f"/letters/L{letter.id}/edit",
        f"/outgoing/registered/L{letter.id}",
    ):
        assert clerk.open(path).status == 404
        assert "สอบวินัย" not in keeper.open(path).title


def test_excel_holds_every_row_of_the_question_with_real_dates_and_no_formula(
    clerk: Browser, office: Office
) -> None:
    register(office, clerk.actor, subject="ไม่ด่วน")
    for number in range(60):
        register(office, clerk.actor, subject=f'=HYPERLINK("http://x.example","{number}")', urgency="urgent")
    answer = clerk.get("/outgoing.xlsx?urgency=urgent&limit=5")
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    assert "ทะเบียนหนังสือส่ง.xlsx" in unquote(answer.headers["content-disposition"])
    head, *rows = cells(answer.content)
    assert head[:4] == ["เลขทะเบียนส่ง", "ปี", "ที่", "ลงวันที่"]
    assert len(rows) == 60
    assert rows[0][:4] == ["61", "2569", "ศธ 04999/61", "46204"]
    sheet = zipfile.ZipFile(io.BytesIO(answer.content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "=HYPERLINK(" in sheet
    assert clerk.get("/outgoing.xlsx?colour=red").status_code == 422


def test_a_sheet_that_is_cut_says_so(tmp_path: Any) -> None:
    columns = [Column[int]("ที่", lambda number: number), Column[int]("เรื่อง", lambda number: "ก" * 40_000)]
    with spreadsheet("รายการ: 2569/1", columns, range(10), tmp_path, most=3) as file:
        rows = cells(file.read())
    assert [row[0] for row in rows] == [
        "ที่",
        "0",
        "1",
        "2",
        "แสดงเพียง 3 แถวแรก: กรองให้แคบลงเพื่อดาวน์โหลดส่วนที่เหลือ",
    ]
    assert len(rows[1][1]) == 32_767
    assert list(tmp_path.iterdir()) == []


# -- registering ----------------------------------------------------------------------------------


def test_a_letter_is_registered_with_files_and_its_number_stands_large(
    clerk: Browser, office: Office
) -> None:
    page = clerk.open("/outgoing/new")
    form = page.form("/outgoing/new")
    assert (form.value("dated"), form.value("from_text")) == ("1/7/2569", "สพป.ตัวอย่าง เขต 1")
    assert "ศธ 04999/" in page.text
    done = clerk.send(
        form,
        files_={"file1": ("หนังสือ.pdf", PDF), "file3": ("แบบตอบรับ.pdf", PDF + b"2")},
        **TYPED,
        circular="1",
        references="หนังสือ ที่ ศธ 04999/1\nระเบียบ",
        about1="หนังสือนำ",
        about3="แบบตอบรับ",
    )
    assert done.path.startswith("/outgoing/registered/L")
    assert '<span class="large">1</span>' in done.html
    assert "ที่ ศธ 04999/ว 1" in done.text
    letter = int(re.search(r"L(\d+)", done.path)[1])  # type: ignore[index]
    assert done.link("ส่งหนังสือ") == f"/letters/L{letter}/send"
    view = letter_view(office, clerk.actor, letter)
    assert [(file.filename, file.description) for file in view.attachments] == [
        ("หนังสือ.pdf", "หนังสือนำ"),
        ("แบบตอบรับ.pdf", "แบบตอบรับ"),
    ]
    assert (str(view.dated), view.references) == ("2026-07-01", ["หนังสือ ที่ ศธ 04999/1", "ระเบียบ"])
    [line] = view.entries
    assert line.action_person is not None
    assert (line.action_office.code, line.action_person.name) == (OURS_TOO, "สมศรี ตัวอย่าง")


def test_a_refused_form_comes_back_with_every_word_and_the_files_and_uses_no_number(
    clerk: Browser, office: Office
) -> None:
    form = clerk.open("/outgoing/new").form("/outgoing/new")
    said = {
        **TYPED,
        "subject": "",
        "dated": "32 ก.ค. 69",
        "note": "โทรแจ้งแล้ว",
        "urgency": "most_urgent",
        "about1": "นำ",
    }
    back = clerk.send(
        form, files_={"file1": ("หนังสือ.pdf", PDF), "file2": ("a.exe", EXE)}, **said, circular="1"
    )
    assert back.status == 422
    for message in ("ต้องกรอก", "ในปฏิทิน", "a.exe"):
        assert message in back.text
    form = back.form("/outgoing/new")
    for name, value in said.items():
        assert form.value(name) == value
    assert form.value("circular") == "1"
    assert json.loads(form.value("kept"))["filename"] == "หนังสือ.pdf"
    assert outgoing_lines(office, clerk.actor, OutgoingFilters()).items == []
    done = clerk.send(form, subject=TYPED["subject"], dated="1/7/69")
    view = letter_view(office, clerk.actor, int(re.search(r"L(\d+)", done.path)[1]))  # type: ignore[index]
    assert (view.letter_no, [file.description for file in view.attachments]) == ("ศธ 04999/ว 1", ["นำ"])


def test_the_double_click_registers_once(clerk: Browser, office: Office) -> None:
    form = clerk.open("/outgoing/new").form("/outgoing/new")
    first, second = clerk.send(form, **TYPED), clerk.send(form, **TYPED)
    assert first.path == second.path
    assert len(outgoing_lines(office, clerk.actor, OutgoingFilters()).items) == 1


def test_a_letter_sent_on_shares_its_files_and_names_where_it_came_from(
    clerk: Browser, sit: Sit, office: Office
) -> None:
    stranger = sit(STRANGERS, "clerk")
    form = stranger.open("/outgoing/new").form("/outgoing/new")
    done = stranger.send(form, files_={"file1": ("ก.pdf", PDF), "file2": ("ข.pdf", PDF + b"2")}, **TYPED)
    source = int(re.search(r"L(\d+)", done.path)[1])  # type: ignore[index]
    send(office, stranger.actor, source, offices=[OURS_TOO])
    [delivery] = waiting(office, clerk.actor)
    acknowledge(office, clerk.actor, delivery, Acknowledging())
    page = clerk.open(f"/outgoing/new?based_on=L{source}")
    form = page.form("/outgoing/new")
    assert form.value("subject") == TYPED["subject"]
    assert "ที่ ศธ 04998/1 ลงวันที่ 1 กรกฎาคม 2569" in form.value("references")
    assert len(form.fields["attachments"]) == 2
    done = clerk.send(form, to_text="ผู้อำนวยการโรงเรียน", attachments=form.fields["attachments"][1:])
    view = letter_view(office, clerk.actor, int(re.search(r"L(\d+)", done.path)[1]))  # type: ignore[index]
    assert view.based_on is not None
    assert (view.based_on.id, [file.filename for file in view.attachments]) == (source, ["ข.pdf"])


def test_an_answer_and_a_replacement_begin_with_what_is_known(
    clerk: Browser, sit: Sit, office: Office
) -> None:
    letter = register(office, clerk.actor, subject="ฉบับเดิม", to_text="ทุกโรงเรียน", summary="สรุป")
    send(office, clerk.actor, letter.id, offices=[SCHOOL])
    school = sit(SCHOOL, "clerk", name="ธุรการ")
    acknowledge(office, school.actor, waiting(office, school.actor)[0], Acknowledging())
    answer = school.open(f"/outgoing/new?reply_to=L{letter.id}").form("/outgoing/new")
    assert (answer.value("to_text"), answer.value("subject")) == ("สพป.ตัวอย่าง เขต 1", "ฉบับเดิม")
    done = school.send(answer)
    replied = letter_view(office, school.actor, int(re.search(r"L(\d+)", done.path)[1]))  # type: ignore[index]
    assert replied.reply_to is not None
    again = clerk.open(f"/outgoing/new?replaces=L{letter.id}").form("/outgoing/new")
    assert (again.value("to_text"), again.value("summary")) == ("ทุกโรงเรียน", "สรุป")
    done = clerk.send(again)
    newer = letter_view(office, clerk.actor, int(re.search(r"L(\d+)", done.path)[1]))  # type: ignore[index]
    assert newer.replaces is not None
    assert newer.replaces.id == letter.id
    assert clerk.open("/outgoing/new?based_on=L999999").status == 404


# -- correcting -----------------------------------------------------------------------------------


def test_a_letter_is_corrected_until_it_is_sent(clerk: Browser, office: Office) -> None:
    letter = register(office, clerk.actor, summary="ร่าง")
    path = f"/letters/L{letter.id}/edit"
    form = clerk.open(path).form("/edit")
    back = clerk.send(form, subject="")
    assert (back.status, back.form("/edit").value("subject")) == (422, "")
    done = clerk.send(back.form("/edit"), subject="แก้แล้ว", summary="", references="ก\nข")
    assert "แก้ไขแล้ว" in done.text
    view = letter_view(office, clerk.actor, letter.id)
    assert (view.subject, view.summary, view.references) == ("แก้แล้ว", "", ["ก", "ข"])
    send(office, clerk.actor, letter.id, offices=[SCHOOL])
    page = clerk.open(path)
    assert not page.has_form("/edit")
    assert "เนื้อหาจึงแก้ไขไม่ได้" in page.text
    assert page.link("ออกฉบับใหม่แทน") == f"/outgoing/new?replaces=L{letter.id}"
    assert clerk.send(form, subject="แก้อีก").status == 422


def test_who_comes_second_is_told_who_was_first_and_keeps_what_was_typed(
    clerk: Browser, sit: Sit, office: Office
) -> None:
    letter = register(office, clerk.actor)
    path = f"/letters/L{letter.id}/edit"
    mine, other = clerk.open(path).form("/edit"), sit(OURS, "registrar", name="วิชัย ตัวอย่าง")
    other.send(other.open(path).form("/edit"), subject="ของวิชัย")
    back = clerk.send(mine, subject="ของสมศรี")
    assert back.status == 422
    assert "วิชัย ตัวอย่าง แก้ไขก่อนท่านเมื่อ 1 ก.ค. 2569" in back.text
    assert back.form("/edit").value("subject") == "ของสมศรี"
    clerk.send(back.form("/edit"))
    assert letter_view(office, clerk.actor, letter.id).subject == "ของสมศรี"


def test_a_letter_from_paper_is_corrected_with_its_senders_number(
    clerk: Browser, sit: Sit, office: Office
) -> None:
    given = {"letter_no": "มท 1/2", "from_text": "จังหวัด", "subject": "เดิม", "dated": "2026-06-29"}
    letter = register_incoming(office, clerk.actor, NewIncoming.model_validate(given))
    form = clerk.open(f"/letters/L{letter.id}/edit").form("/edit")
    assert form.value("letter_no") == "มท 1/2"
    assert "แก้ไขแล้ว" in clerk.send(form, letter_no="มท 1/3", subject="ใหม่").text
    assert letter_view(office, clerk.actor, letter.id).letter_no == "มท 1/3"
    for path in (f"/letters/L{letter.id}/send", f"/outgoing/registered/L{letter.id}"):
        assert clerk.open(path).status == 404


def test_somebody_elses_letter_is_neither_corrected_nor_sent_as_it_is(
    clerk: Browser, school: Actor, sit: Sit, office: Office
) -> None:
    letter = register(office, clerk.actor)
    send(office, clerk.actor, letter.id, offices=[SCHOOL])
    screen = sit(SCHOOL, "clerk", name="สมชาย ตัวอย่าง")
    paths = [
        f"/letters/L{letter.id}/edit",
        f"/letters/L{letter.id}/send",
        f"/outgoing/registered/L{letter.id}",
    ]
    assert [screen.open(path).status for path in paths] == [404, 404, 404]
    acknowledge(office, school, waiting(office, school)[0], Acknowledging())
    assert [screen.open(path).status for path in paths] == [404, 404, 404]


def test_files_are_added_and_taken_out_before_sending_and_only_added_after(
    clerk: Browser, office: Office
) -> None:
    letter = register(office, clerk.actor)
    path = f"/letters/L{letter.id}/edit"
    form = clerk.open(path).form("/files")
    refused = clerk.send(form, files_={"file1": ("a.exe", EXE)}, about1="คำอธิบาย")
    assert refused.status == 422
    assert refused.form("/files").value("about1") == "คำอธิบาย"
    page = clerk.send(form, files_={"file1": ("ก.pdf", PDF), "file2": ("ข.pdf", PDF + b"2")}, about1="ฉบับ ก")
    assert "ฉบับ ก" in page.text
    first = letter_view(office, clerk.actor, letter.id).attachments[0]
    page = clerk.send(page.form(f"/files/A{first.id}/remove"))
    assert [file.filename for file in letter_view(office, clerk.actor, letter.id).attachments] == ["ข.pdf"]
    send(office, clerk.actor, letter.id, offices=[SCHOOL])
    page = clerk.open(path)
    assert not page.has_form("/remove")
    page = clerk.send(page.form("/files"), files_={"file1": ("ค.pdf", PDF + b"3")})
    assert "ค.pdf" in page.text


# -- choosing who gets it -------------------------------------------------------------------------


@pytest.fixture
def districts(clerk: Browser, office: Office) -> list[str]:
    """Four more schools, in two districts and two networks."""
    told = [("เมืองตัวอย่าง", "เครือข่ายที่ 1"), ("เมืองตัวอย่าง", "เครือข่ายที่ 2")] * 2
    told[3] = ("สมมุติพิสัย", "เครือข่ายที่ 2")
    return [
        world.school(office, f"9901001{n}", f"บ้านหนอง {n}", district=district, network=network)
        for n, (district, network) in enumerate(told, start=1)
    ]


def names(page: Page) -> list[str]:
    return re.findall("<li>(.*?)</li>", page.html.partition('class="roster"')[2])


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"everyone": "1"}, ["บ้านตัวอย่าง 1", "บ้านตัวอย่าง 2", *(f"บ้านหนอง {n}" for n in range(1, 5))]),
        ({"everyone": "1", "except": f"{SCHOOL}, {OTHER_SCHOOL}"}, [f"บ้านหนอง {n}" for n in range(1, 5)]),
        ({"districts": ["เมืองตัวอย่าง"]}, ["บ้านหนอง 1", "บ้านหนอง 2", "บ้านหนอง 3"]),
        ({"networks": ["เครือข่ายที่ 2"]}, ["บ้านหนอง 2", "บ้านหนอง 4"]),
        ({"districts": ["สมมุติพิสัย"], "networks": ["เครือข่ายที่ 2"], "offices": ["99010014", SCHOOL]},
         ["บ้านตัวอย่าง 1", "บ้านหนอง 2", "บ้านหนอง 4"]),
        ({"groups": ["G1"]}, ["บ้านตัวอย่าง 2", "บ้านหนอง 1"]),
        ({"offices": [PLANNING], "codes": f"{STRANGERS} {SCHOOL}"},
         ["กลุ่มนโยบายและแผน", "บ้านตัวอย่าง 1", "สพป.ตัวอย่าง เขต 2"]),
        ({"post": f"{POST}\nอื่น"}, [POST, "อื่น"]),
    ],
)  # fmt: skip
def test_the_last_look_names_everybody_that_was_meant_and_the_same_are_reached(
    clerk: Browser, office: Office, districts: list[str], typed: dict[str, Any], expected: list[str]
) -> None:
    add_group(office, clerk.actor, GroupSaid(name="โรงเรียนขนาดเล็ก", offices=[OTHER_SCHOOL, districts[0]]))
    letter = register(office, clerk.actor)
    look = chosen(clerk, letter.id, **typed)
    assert names(look) == expected
    assert f'<span class="large">{len(expected)}</span>' in look.html
    done = confirmed(clerk, look)
    assert done.path.startswith("/dispatches/S")
    assert f"ถึงผู้รับ {len(expected)} แห่ง" in done.text
    lines = re.findall(r'<li id="D\d+"[^>]*>\d+\.(.*?) <b>', done.html)
    assert lines == expected


def test_who_has_the_letter_waiting_is_said_before_it_is_sent_again(clerk: Browser, office: Office) -> None:
    letter = register(office, clerk.actor)
    assert "รออยู่แล้ว" not in clerk.open(f"/letters/L{letter.id}/send").text
    confirmed(clerk, chosen(clerk, letter.id, offices=[SCHOOL, OTHER_SCHOOL]))
    assert "มีฉบับนี้รออยู่แล้ว 2 แห่ง" in clerk.open(f"/letters/L{letter.id}/send").text
    look = chosen(clerk, letter.id, offices=[SCHOOL, STRANGERS])
    assert "มีฉบับนี้รออยู่แล้ว 1 แห่ง" in look.text
    assert "ถึงผู้รับ 2 แห่ง" in confirmed(clerk, look).text


def test_a_sent_number_is_voided_after_a_second_look_at_whom_it_is_called_back_from(
    clerk: Browser, school: Actor, sit: Sit, office: Office
) -> None:
    letter = register(office, clerk.actor)
    assert "เรียกคืน" not in clerk.open(f"/entries/E{letter.entry}").text
    confirmed(clerk, chosen(clerk, letter.id, offices=[SCHOOL, OTHER_SCHOOL]))
    acknowledge(office, school, waiting(office, school)[0], Acknowledging())
    page = sit(PLANNING, "clerk").open(f"/entries/E{letter.entry}")
    assert "เลขนี้เป็นของกลุ่มอำนวยการ" in page.text
    page = clerk.open(clerk.open("/outgoing").link("ยกเลิก"))
    assert '<details class="act" id="void" open>' in page.html
    assert "ส่งแล้วถึง 2 แห่ง ลงทะเบียนรับแล้ว 1 แห่ง ยกเลิกแล้วเรียกคืนทั้งหมด" in page.text
    refused = clerk.send(page.form("/void"), reason="ออกผิดฉบับ")
    assert refused.status == 422 and "ให้เรียกคืนทั้งหมด" in refused.text and "ออกผิดฉบับ" in refused.text
    done = clerk.send(refused.form("/void"), recall="1")
    assert "ยกเลิกเลข 1 แล้ว และเรียกคืนจากผู้รับ 2 แห่งแล้ว" in done.text


def test_everything_chosen_comes_back_from_the_last_look_and_from_a_search(
    clerk: Browser, office: Office
) -> None:
    letter = register(office, clerk.actor)
    form = clerk.open(f"/letters/L{letter.id}/send").form("/send")
    found = clerk.send(pressed(form, "find"), offices=[SCHOOL], find="เขต 2", summary="สรุปใหม่", post=POST)
    assert found.status == 200
    assert f'value="{STRANGERS}"' in found.html
    form = found.form("/send")
    assert (form.fields["offices"], form.value("summary"), form.value("post")) == ([SCHOOL], "สรุปใหม่", POST)
    look = clerk.send(pressed(form, "look"), offices=[SCHOOL, STRANGERS], find="")
    back = clerk.send(pressed(look.form("/send"), "edit")).form("/send")
    assert (back.fields["offices"], back.value("summary"), back.value("post")) == (
        [SCHOOL, STRANGERS],
        "สรุปใหม่",
        POST,
    )
    assert sent_letters(office, clerk.actor, DispatchFilters()).items == []


def test_the_last_look_shows_the_letter_as_it_will_arrive(clerk: Browser, office: Office) -> None:
    form = clerk.open("/outgoing/new").form("/outgoing/new")
    files = {f"file{n}": (f"ไฟล์{n}.pdf", PDF + bytes([n])) for n in range(1, 4)}
    done = clerk.send(form, files_=files, **TYPED, about2="แบบตอบรับ")
    letter = int(re.search(r"L(\d+)", done.path)[1])  # type: ignore[index]
    second = letter_view(office, clerk.actor, letter).attachments[1]
    look = chosen(
        clerk, letter, offices=[SCHOOL], attachments=[show("A", second.id)], summary="ตอบรับด้วย",
        urgency="most_urgent", deadline="15 ก.ค. 69", deadline_time="16.30",
    )  # fmt: skip
    for words in (
        TYPED["subject"],
        "ด่วนที่สุด",
        "ให้ลงทะเบียนรับภายใน 15 ก.ค. 2569 16:30 น.",
        "ตอบรับด้วย",
        "1. แบบตอบรับ",
        "กลุ่มอำนวยการ",
    ):
        assert words in look.text
    assert "ไฟล์1.pdf" not in look.text
    confirmed(clerk, look)
    [item] = sent_letters(office, clerk.actor, DispatchFilters()).items
    view = dispatch_view(office, clerk.actor, item.id)
    assert (view.urgency, view.summary, [file.id for file in view.attachments]) == (
        "most_urgent",
        "ตอบรับด้วย",
        [second.id],
    )


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({}, "ยังไม่มีผู้รับ"),
        ({"codes": "12345"}, "ไม่พบหน่วยงาน"),
        ({"offices": [SCHOOL], "deadline": "1/6/2569"}, "กำหนดเวลาผ่านไปแล้ว"),
        ({"offices": [SCHOOL], "deadline": "วันไหนก็ได้"}, "อ่านวันที่"),
        ({"everyone": "1", "except": f"{SCHOOL} {OTHER_SCHOOL}"}, "ยังไม่มีผู้รับ"),
    ],
)
def test_what_cannot_be_sent_is_said_before_the_last_look_with_all_that_was_chosen(
    clerk: Browser, office: Office, typed: dict[str, Any], message: str
) -> None:
    letter = register(office, clerk.actor)
    back = chosen(clerk, letter.id, **typed, summary="พิมพ์ไว้")
    assert back.status == 422
    assert "ยังไม่ได้ส่ง" in back.text
    assert message in back.text
    form = back.form("/send")
    assert form.value("summary") == "พิมพ์ไว้"
    for name, value in typed.items():
        assert form.fields[name] == ([value] if isinstance(value, str) else value)


def test_more_files_than_go_at_once_are_refused_and_a_first_five_are_ticked(
    clerk: Browser, office: Office
) -> None:
    form = clerk.open("/outgoing/new").form("/outgoing/new")
    files = {f"file{n}": (f"ไฟล์{n}.pdf", PDF + bytes([n])) for n in range(1, 6)}
    letter = int(re.search(r"L(\d+)", clerk.send(form, files_=files, **TYPED).path)[1])  # type: ignore[index]
    sixth = clerk.open(f"/letters/L{letter}/edit").forms[-1]
    assert "6.pdf" in clerk.send(sixth, files_={"file1": ("6.pdf", PDF + b"6")}).text
    form = clerk.open(f"/letters/L{letter}/send").form("/send")
    every = [show("A", file.id) for file in letter_view(office, clerk.actor, letter).attachments]
    assert form.fields["attachments"] == every[:5]
    back = clerk.send(pressed(form, "look"), offices=[SCHOOL], attachments=every)
    assert (back.status, "ไม่เกิน 5 ไฟล์" in back.text) == (422, True)
    assert back.form("/send").fields["attachments"] == every


def test_a_double_click_sends_once_and_a_letter_changed_meanwhile_is_not_sent(
    clerk: Browser, sit: Sit, office: Office
) -> None:
    letter = register(office, clerk.actor)
    look = chosen(clerk, letter.id, offices=[SCHOOL])
    other = sit(OURS, "registrar", name="วิชัย ตัวอย่าง")
    other.send(other.open(f"/letters/L{letter.id}/edit").form("/edit"), subject="เปลี่ยนไปแล้ว")
    back = confirmed(clerk, look)
    assert (back.status, "มีผู้แก้ไขหนังสือนี้ก่อนท่าน" in back.text) == (422, True)
    look = clerk.send(pressed(back.form("/send"), "look"))
    form = pressed(look.form("/send"), "send")
    assert clerk.send(form).path == clerk.send(form).path
    assert len(sent_letters(office, clerk.actor, DispatchFilters()).items) == 1


def test_a_school_chooses_its_area_and_its_groups_first(sit: Sit, clerk: Browser, office: Office) -> None:
    school = sit(SCHOOL, "clerk", name="ธุรการ")
    letter = register(office, school.actor)
    page = school.open(f"/letters/L{letter.id}/send")
    assert "หน่วยงานต้นสังกัด" in page.text
    look = school.send(pressed(page.form("/send"), "look"), offices=[OURS])
    assert names(look) == ["สพป.ตัวอย่าง เขต 1"]


def test_without_clearance_at_the_receiver_a_secret_letter_is_refused_with_names(
    sit: Sit, clerk: Browser, office: Office
) -> None:
    keeper = sit(OURS, "secret_registrar", "secret", name="นายทะเบียนลับ")
    letter = register(office, keeper.actor, secrecy="confidential")
    back = chosen(keeper, letter.id, offices=[SCHOOL])
    assert (back.status, "บ้านตัวอย่าง 1" in back.text) == (422, True)


def test_words_typed_when_the_session_had_ended_come_back(
    clerk: Browser, office: Office, clock: Clock
) -> None:
    letter = register(office, clerk.actor)
    form = pressed(clerk.open(f"/letters/L{letter.id}/send").form("/send"), "look")
    clock.advance(hours=9)
    answer = clerk.http.post(form.action, data={**form.fields, "summary": ["ยังอยู่"]})
    assert answer.status_code == 303
    assert "/login?next=" in answer.headers["location"]
    assert f"/letters/L{letter.id}/send?draft=" in unquote(answer.headers["location"])


# -- following ------------------------------------------------------------------------------------


def test_tracking_says_it_in_the_lines_of_the_manual(
    clerk: Browser, school: Actor, sit: Sit, office: Office, clock: Clock
) -> None:
    letter = register(office, clerk.actor, subject="ประชุม", urgency="urgent")
    sent = send(office, clerk.actor, letter.id, everyone=True, offices=[STRANGERS, PLANNING], post=[POST])
    path = f"/dispatches/S{sent.id}"
    clock.advance(minutes=1)
    acknowledge(office, school, waiting(office, school)[0], Acknowledging())
    stranger = sit(STRANGERS, "clerk").actor
    return_delivery(office, stranger, waiting(office, stranger)[0], "ผิดหน่วยงาน")
    other = sit(OTHER_SCHOOL, "clerk").actor
    delivery_view(office, other, waiting(office, other)[0])
    page = clerk.open(path)
    assert "ประชุม [ด่วน]" in page.text
    assert "ส่งโดย กลุ่มอำนวยการ [สมศรี ตัวอย่าง] 1 ก.ค. 2569 09:57:26 น." in page.text
    for line in (
        "1.กลุ่มนโยบายและแผน ✗ ยังไม่ลงทะเบียน",
        "2.บ้านตัวอย่าง 1 ✓ ลงทะเบียนเรียบร้อยแล้ว 1 ก.ค. 2569 09:58:26 น. เลขรับ 1 สมชาย ตัวอย่าง",
        "3.บ้านตัวอย่าง 2 ✗ ยังไม่ลงทะเบียน เปิดดูแล้ว 1 ก.ค. 2569 09:58:26 น.",
        "4.สพป.ตัวอย่าง เขต 2 ↩ ส่งคืน 1 ก.ค. 2569 09:58:26 น. สมหญิง ตัวอย่าง: ผิดหน่วยงาน",
        f"5.{POST} ✉ ส่งทางไปรษณีย์",
    ):
        assert line in page.text
    squares = re.findall(r'<i class="([a-z ]+)" title="(.*?)">', page.html)
    assert squares[:3] == [
        ("waiting", "1.กลุ่มนโยบายและแผน"),
        ("acknowledged", "2.บ้านตัวอย่าง 1"),
        ("seen", "3.บ้านตัวอย่าง 2"),
    ]
    assert squares[4] == ("post", f"5.{POST}")
    assert "ลงทะเบียนแล้ว 1 จาก 4 แห่ง · ไปรษณีย์ 1 ราย" in page.text
    assert POST not in clerk.open(page.link("ยังไม่ลงทะเบียน")).text
    assert "กลุ่มนโยบายและแผน" not in clerk.open(page.link("ไปรษณีย์")).html.partition('class="lines"')[2]
    assert clerk.get(path + "/now").json()["acknowledged"] == 1
    returned = clerk.open(path + "?state=returned")
    assert "4.สพป.ตัวอย่าง เขต 2" in returned.text
    assert "2.บ้านตัวอย่าง 1 ✓" not in returned.text
    assert "ไม่มีผู้รับในกลุ่มนี้" in clerk.open(path + "?state=replied").text
    days_later(clerk, office, clock, 4)
    late = clerk.open(path + "?state=overdue")
    assert "3.บ้านตัวอย่าง 2 ✗ ยังไม่ลงทะเบียน เกินกำหนด" in late.text
    assert '<i class="overdue seen"' in late.html
    head, *rows = cells(clerk.get(path + ".xlsx?state=overdue").content)
    assert (head[2], [row[2] for row in rows]) == ("ผู้รับ", ["กลุ่มนโยบายและแผน", "บ้านตัวอย่าง 2"])
    assert len(cells(clerk.get(path + ".xlsx").content)) == 6


def test_the_missing_are_reminded_and_a_sending_is_called_back_with_a_reason(
    clerk: Browser, office: Office, clock: Clock
) -> None:
    sent = send(office, clerk.actor, register(office, clerk.actor).id, everyone=True)
    page = clerk.open(f"/dispatches/S{sent.id}")
    done = clerk.send(page.form("/remind"))
    assert "เตือนแล้ว 2 แห่ง" in done.text
    assert "เตือนแล้ว 1 ก.ค. 2569 09:57:26 น." in done.text
    back = clerk.send(done.form("/recall"), reason=" ")
    assert (back.status, "ต้องกรอก" in back.text) == (422, True)
    done = clerk.send(back.form("/recall"), reason="วันประชุมคลาดเคลื่อน")
    assert "เรียกคืนแล้ว" in done.text
    assert "เหตุผล: วันประชุมคลาดเคลื่อน" in done.text
    assert not done.has_form("/remind")
    assert clerk.send(page.form("/remind")).status == 422


def test_the_registry_writes_down_what_the_post_says(clerk: Browser, office: Office, clock: Clock) -> None:
    sent = send(office, clerk.actor, register(office, clerk.actor).id, post=[POST])
    page = clerk.open(f"/dispatches/S{sent.id}")
    back = clerk.send(page.form("/post"), tracking_no="EB123456785TH", received_date="32/7/69")
    assert (back.status, back.form("/post").value("tracking_no")) == (422, "EB123456785TH")
    assert back.text.count("ในปฏิทิน") == 1, "said once, beside the field, where the page begins"
    assert 'aria-describedby="received_date-wrong" autofocus' in back.html
    page = clerk.send(back.form("/post"), received_date="")
    assert "เลขพัสดุ EB123456785TH" in page.text
    days_later(clerk, office, clock, 2)
    page = clerk.open(f"/dispatches/S{sent.id}")
    page = clerk.send(page.form("/post"), received_date="2/7/2569", received_time="10:15")
    assert f"1.{POST} ✓ ผู้รับได้รับแล้ว 2 ก.ค. 2569 10:15 น. เลขพัสดุ EB123456785TH ซอง" in page.text
    page = clerk.send(page.form("/recall"), reason="ส่งผิดฉบับ")
    assert "เรียกคืนหลังผู้รับได้รับ" in page.text and "ซอง" not in page.text


def test_an_answer_stands_beside_its_school_with_a_link(
    clerk: Browser, school: Actor, office: Office
) -> None:
    letter = register(office, clerk.actor)
    sent = send(office, clerk.actor, letter.id, offices=[SCHOOL])
    acknowledge(office, school, waiting(office, school)[0], Acknowledging())
    answer = register(office, school, reply_to=show("L", letter.id))
    send(office, school, answer.id, offices=[OURS])
    page = clerk.open(f"/dispatches/S{sent.id}?state=replied")
    assert page.link(f"ตอบแล้ว {answer.letter_no}") == f"/letters/L{answer.id}"


def test_nobody_else_follows_and_a_secret_sending_has_no_subject_in_its_title(
    clerk: Browser, sit: Sit, office: Office
) -> None:
    keeper = sit(OURS, "secret_registrar", "secret", name="นายทะเบียนลับ")
    world.person(office, SCHOOL, "clerk", "secret")
    letter = register(office, keeper.actor, subject="สอบวินัย", secrecy="secret")
    sent = send(office, keeper.actor, letter.id, offices=[SCHOOL])
    for path in (f"/dispatches/S{sent.id}", f"/dispatches/S{sent.id}/now", f"/dispatches/S{sent.id}.xlsx"):
        assert clerk.get(path).status_code == 404
        assert sit(STRANGERS, "clerk").get(path).status_code == 404
    page = keeper.open(f"/dispatches/S{sent.id}")
    assert "สอบวินัย" in page.text
    assert "สอบวินัย" not in page.title
    for path in ("/sent", "/overdue", "/returned"):
        assert "สอบวินัย" not in clerk.open(path).text
    assert "สอบวินัย" in keeper.open("/sent").text


# -- lists of what was sent -----------------------------------------------------------------------


def test_empty_lists_say_what_to_do_next(clerk: Browser) -> None:
    assert clerk.open("/sent").link("ลงทะเบียนส่ง")
    assert "ไม่มีหนังสือที่เกินกำหนด" in clerk.open("/overdue").text
    assert "ไม่มีหนังสือที่ถูกส่งคืน" in clerk.open("/returned").text
    for path in ("/outgoing.xlsx", "/sent.xlsx", "/overdue.xlsx", "/returned.xlsx"):
        assert len(cells(clerk.get(path).content)) == 1


def test_the_list_of_what_was_sent_counts_and_turns_its_pages(
    clerk: Browser, school: Actor, office: Office
) -> None:
    for number in range(5):
        send(office, clerk.actor, register(office, clerk.actor, subject=f"เรื่อง {number}").id, everyone=True)
    acknowledge(office, school, waiting(office, school)[-1], Acknowledging())
    first = clerk.open("/sent?limit=2")
    assert first.rows[0].startswith("เรื่อง 4 ศธ 04999/5 1 ก.ค. 2569")
    assert first.rows[0].endswith("1 จาก 2")
    last = clerk.open(clerk.open(first.link("ถัดไป")).link("ถัดไป"))
    assert len(last.rows) == 1
    assert clerk.open(clerk.open(last.link("ก่อนหน้า")).link("ก่อนหน้า")).rows == first.rows
    assert len(cells(clerk.get("/sent.xlsx?limit=2").content)) == 6


def test_what_is_late_stands_by_sending_with_the_schools_that_are_missing(
    clerk: Browser, school: Actor, office: Office, clock: Clock
) -> None:
    for n in range(3, 14):
        world.school(office, f"990100{n:02}", f"บ้านตัวอย่าง {n}")
    late = send(
        office, clerk.actor, register(office, clerk.actor, subject="ช้า").id, everyone=True, post=[POST]
    )
    acknowledge(office, school, waiting(office, school)[0], Acknowledging())
    days_later(clerk, office, clock, 4)
    send(office, clerk.actor, register(office, clerk.actor, subject="เพิ่งส่ง").id, everyone=True)
    page = clerk.open("/overdue")
    assert "เพิ่งส่ง" not in page.text
    assert "บ้านตัวอย่าง 2, บ้านตัวอย่าง 3, บ้านตัวอย่าง 4" in page.text
    assert page.link("และอีก 4 แห่ง") == f"/dispatches/S{late.id}?state=overdue"
    assert '<span class="large">12</span>' in page.html
    assert POST not in page.text
    assert "เตือนแล้ว 12 แห่ง" in clerk.send(page.form("/remind")).text
    [_, row] = cells(clerk.get("/overdue.xlsx").content)
    assert row[-1].endswith("และอีก 4 แห่ง")


def test_what_came_back_says_why_and_is_sent_anew(clerk: Browser, school: Actor, office: Office) -> None:
    letter = register(office, clerk.actor, subject="ผิดฉบับ")
    send(office, clerk.actor, letter.id, everyone=True)
    return_delivery(office, school, waiting(office, school)[0], "ไม่มีสิ่งที่ส่งมาด้วย")
    page = clerk.open("/returned")
    [row] = page.rows
    assert "บ้านตัวอย่าง 1 สมชาย ตัวอย่าง 1 ก.ค. 2569 09:57:26 น. ไม่มีสิ่งที่ส่งมาด้วย" in row
    again = clerk.open(page.link("ส่งฉบับเดิมอีกครั้ง")).form("/send")
    assert again.fields["offices"] == [SCHOOL]
    done = clerk.send(clerk.open(page.link("ออกฉบับใหม่แทน")).form("/outgoing/new"))
    assert done.path.startswith("/outgoing/registered/")
    assert "ออกแทนแล้ว ศธ 04999/2" in clerk.open("/returned").text
    [_, told] = cells(clerk.get("/returned.xlsx").content)
    assert told[-1] == "ศธ 04999/2"


def test_fifty_lines_of_the_book_are_light(clerk: Browser, office: Office) -> None:
    for _ in range(50):
        register(office, clerk.actor, **{**TYPED, "dated": "2026-07-01"}, action_person=clerk.actor.person_id)
    page = clerk.get("/outgoing")
    assert len(page.content) < 60_000

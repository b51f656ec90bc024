"""Letters written here: how they look, how they are written, registered, corrected and sent."""

from __future__ import annotations

import io
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageChops

from routers.writing import drawn
from saraban.commands.register_outgoing import register_outgoing
from saraban.commands.send_letter import NewDispatch, Receivers, send_letter
from saraban.errors import Invalid, PrintFailed
from saraban.letters import NewOutgoing
from saraban.office import Office
from saraban.permissions import Actor
from saraban.press import Press, continued, pictures
from saraban.queries.letter import LetterView, letter_view
from saraban.queries.register_lines import OutgoingFilters, outgoing_lines
from tests.desk import LETTER, At, at
from tests.documents import PNG
from tests.papers import PAPER, sheet
from tests.pictures import looks_like, pages_of, text_of
from tests.screen import Browser, Page, Sit, sit
from tests.world import OURS, OURS_TOO, SCHOOL, STRANGERS

__all__ = ["at", "sit"]

BODY = """ด้วยสำนักงานเขตพื้นที่การศึกษากำหนดประชุมผู้บริหารสถานศึกษา จึงขอให้เตรียมข้อมูล ดังนี้
1. รายงานข้อมูลนักเรียนรายบุคคล (DMC) ภาคเรียนที่ 1 ปีการศึกษา 2569 ที่ตรวจสอบความถูกต้องครบถ้วนแล้ว
1.1 แยกตามชั้นเรียน ตามแบบที่ https://example.go.th/dmc2569
2. ผลการใช้จ่ายงบประมาณ
| ที่ | โรงเรียน | จำนวนเงิน (บาท) |
| 1 | ชุมชนบ้านตัวอย่างวิทยาคารราษฎร์บำรุงประชาสรรค์ที่ปู่ฎีกู้น้ำป้ำ | 12,500.00 |
จึงเรียนมาเพื่อโปรดทราบ"""
FORMS: dict[str, dict[str, Any]] = {
    "external": {"urgency": "most_urgent", "body": BODY},
    "memo": {"secrecy": "secret", "urgency": "urgent", "body": BODY, "references": [], "enclosures": []},
    "sealed": {"urgency": "very_urgent", "initials": "ส.ต."},
}


# -- how they look ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_each_form_looks_as_the_regulation_draws_it(press: Press, form: str) -> None:
    looks_like(press.run(continued.letter, drawn(sheet(form=form, **FORMS[form]))), f"letter_{form}")


def test_a_long_letter_goes_on_under_its_number_and_its_secrecy(press: Press) -> None:
    body = "\n".join(f"ย่อหน้าที่ {n} {'สำนักงานเขตพื้นที่การศึกษา ' * 6}" for n in range(1, 41))
    endless = "ก" * 400 + "\n|" + "ข" * 200 + "|ค|\n|" + "W" * 300 + "|ง|"
    made = press.run(continued.letter, drawn(sheet(secrecy="secret", body=f"{body}\n{endless}")))
    assert len(pages_of(made, 20)) > 3
    looks_like(made, "letter_page_2", page=1)
    assert _ink_beside_the_paper(made) == 0


def test_what_the_next_page_begins_with_is_said_in_whole_words() -> None:
    for begins, said in {
        "จึงเรียนมาเพื่อทราบและดำเนินการต่อไป": "จึงเรียนมาเพื่อทราบ",
        "สำนักงานเขตพื้นที่การศึกษาประถมศึกษาตัวอย่าง": "สำนักงานเขตพื้นที่การศึกษา",
        "๑๒. รายงานผล": "๑๒. รายงานผล",
        "ก" * 40 + "้": "ก" * 28,
    }.items():
        assert continued.catchword(begins) == said


def test_the_last_page_is_not_the_signature_alone(press: Press) -> None:
    """Where one line more would go over, two go, as the regulation has it; a date is not torn apart."""
    body = "ย่อหน้า ลงวันที่ 2 พฤศจิกายน 2569 " * 5
    made = press.run(continued.letter, drawn(sheet(body="\n".join([*[body] * 6, "จึงเรียนมา"]))))
    first, last = lines_of(made)
    assert last.index("จึงเรียนมา") >= 2
    for line in first + last:
        assert line.count("พฤศจิกายน") == line.count("๒ พฤศจิกายน ๒๕๖๙")


@pytest.mark.parametrize("form", FORMS)
def test_the_longest_words_of_every_field_stay_on_the_paper(press: Press, form: str) -> None:
    fields = (
        "to_text",
        "subject",
        "agency",
        "owner",
        "contact",
        "signer",
        "closing",
        "salutation",
        "position",
    )
    made = press.run(
        continued.letter, drawn(sheet(form=form, **dict.fromkeys((*fields, "initials"), "น" * 150)))
    )
    assert _ink_beside_the_paper(made) == 0


def lines_of(pdf: bytes) -> list[list[str]]:
    """Of each page the lines of its text, from above."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range().splitlines() for page in document]


def _ink_beside_the_paper(pdf: bytes) -> int:
    """Dots that are not white in the right margin, on any page: what runs over stands there."""
    margins = [page.crop((int(page.width * 19.3 / 21), 0, page.width, page.height)) for page in pages_of(pdf)]
    return sum(sum(margin.histogram()[:200]) for margin in margins)


# -- in the pages -----------------------------------------------------------------------------------------


@pytest.fixture
def clerk(sit: Sit) -> Browser:
    return sit(OURS_TOO, "clerk", name="สมศรี ตัวอย่าง")


TYPED = {"subject": "ขอเชิญประชุม ครั้งที่ 3/2569", "to_text": "ผู้อำนวยการโรงเรียน", "body": "ด้วย สพป.\nจึงเรียนมา"}


def written(clerk: Browser, **typed: Any) -> Page:
    return clerk.send(clerk.open("/outgoing/write").form("/outgoing/write"), **{**TYPED, **typed})


def numbers(office: Office, actor: Actor) -> list[int]:
    return [line.number for line in outgoing_lines(office, actor, OutgoingFilters()).items]


def the_letter(office: Office, actor: Actor) -> LetterView:
    (line,) = outgoing_lines(office, actor, OutgoingFilters()).items
    assert line.id is not None
    return letter_view(office, actor, line.id)


def test_a_clerk_writes_looks_registers_corrects_and_sends(office: Office, clerk: Browser, sit: Sit) -> None:
    form = clerk.open("/outgoing").link("เขียนหนังสือ")
    typing = clerk.open(form).form("/outgoing/write")
    look = clerk.send(typing, to_="/outgoing/write/preview", **TYPED)
    assert look.answer.headers["content-type"] == "application/pdf"
    assert text_of(look.answer.content).count("ตัวอย่าง") == 2, "of the office's name, and that it is a preview"
    assert numbers(office, clerk.actor) == [], "looking takes no number"
    registered = clerk.send(typing, files_={"file1": ("แบบตอบรับ.png", PNG)}, **TYPED)
    assert "ลงทะเบียนส่งแล้ว" in registered.text
    letter = the_letter(office, clerk.actor)
    assert [file.filename for file in letter.attachments] == ["หนังสือภายนอก ศธ 04999-1.pdf", "แบบตอบรับ.png"]
    assert letter.paper is not None and letter.paper.file == letter.attachments[0].id
    edited = clerk.send(
        clerk.open(f"/letters/L{letter.id}/edit").form("/edit"), body="ด้วย สพป.\nจึงเรียนมาเพื่อทราบ"
    )
    assert "แก้ไขแล้ว" in edited.text
    again = the_letter(office, clerk.actor)
    assert again.history[0].before == {"paper": {"body": "ด้วย สพป.\nจึงเรียนมา"}}
    assert "ข้อความ “ด้วย สพป. จึงเรียนมา”" in clerk.open(f"/letters/L{letter.id}").text
    assert [file.filename for file in again.attachments] == [file.filename for file in letter.attachments]
    assert again.attachments[0].sha256 != letter.attachments[0].sha256
    send_letter(office, clerk.actor, letter.id, NewDispatch(to=Receivers(offices=[SCHOOL])))
    teacher = sit(SCHOOL, "clerk", name="สมชาย ตัวอย่าง")
    received = teacher.get(f"/files/A{again.attachments[0].id}").content
    assert received == clerk.get(f"/letters/L{letter.id}/pdf").content
    assert text_of(received).count("ตัวอย่าง") == 1
    assert letter_view(office, teacher.actor, letter.id).paper is None
    assert teacher.open(f"/letters/L{letter.id}/pdf").status == 404


def test_a_refused_letter_comes_back_with_every_word(office: Office, clerk: Browser) -> None:
    page = written(clerk, dated="32/13/69", body="ก\n" * 601, signer="สมชาย")
    assert (page.status, numbers(office, clerk.actor)) == (422, [])
    assert "ในปฏิทิน" in page.text and "600 บรรทัด" in page.text
    form = page.form("/outgoing/write")
    assert (form.value("body").count("ก"), form.value("signer")) == (601, "สมชาย")
    assert (written(clerk, secrecy="top_secret").status, numbers(office, clerk.actor)) == (422, [])


def test_a_registered_letter_is_written_later(office: Office, clerk: Browser) -> None:
    said = {"subject": "ก", "dated": "2026-07-01", "to_text": "ข"}
    letter = register_outgoing(office, clerk.actor, NewOutgoing.model_validate(said))
    edit = clerk.open(clerk.open(f"/letters/L{letter.id}/edit").link("เขียนเนื้อหนังสือ"))
    clerk.send(edit.form("/edit"), body="ด้วย สพป.")
    (file,) = the_letter(office, clerk.actor).attachments
    assert clerk.get(f"/files/A{file.id}").headers["content-type"] == "application/pdf"
    signed_in_ink = clerk.send(clerk.open(f"/letters/L{letter.id}/edit").form("/remove"))
    edit = clerk.send(signed_in_ink.form("/edit"), summary="สรุป")
    assert the_letter(office, clerk.actor).attachments == [], "what was taken out is not put back"
    clerk.send(edit.form("/paper"))
    assert len(the_letter(office, clerk.actor).attachments) == 1


def test_without_the_press_the_letter_stands_and_its_file_is_made_later(
    office: Office, clerk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> bytes:
        raise PrintFailed(reason="ทดสอบ")

    with monkeypatch.context() as patch:
        patch.setattr(Press, "run", broken)
        page = written(clerk)
    assert "ยังไม่มีไฟล์ของหนังสือ" in page.text
    letter = the_letter(office, clerk.actor)
    assert letter.attachments == []
    for path in (f"/letters/L{letter.id}", f"/letters/L{letter.id}/send", f"/letters/L{letter.id}/edit"):
        assert clerk.open(path).has_form("/paper")
    done = clerk.send(page.form("/paper"))
    assert "จัดทำไฟล์ของหนังสือแล้ว" in done.text and not done.has_form("/paper")
    assert len(the_letter(office, clerk.actor).attachments) == 1


# -- what stands on every letter --------------------------------------------------------------------------


def picture(kind: str, colour: str | int, size: tuple[int, int] = (900, 1000), mode: str = "RGB") -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, colour).save(made, kind, exif=b"Exif\0\0secret place", icc_profile=b"any bytes")
    return made.getvalue()


def test_the_administrator_gives_the_office_its_garuda_and_address(
    office: Office, clerk: Browser, sit: Sit
) -> None:
    admin = sit(OURS, "admin", name="ผู้ดูแล")
    here = admin.open(f"/offices/{OURS}").link("หัวกระดาษ")
    typed = {"address": "ถนนตัวอย่าง\nอำเภอเมือง", "contact": "โทร. 0 4599 9999", "signer": "นายสมชาย"}
    form = admin.open(here).form("/letterhead")
    text = admin.send(form, files_={"file1": ("ครุฑ.txt", b"garuda")}, **typed)
    assert text.status == 422 and "ใช้รูป png หรือ jpg" in text.text and "docx" not in text.text
    wrong = admin.send(form, files_={"file1": ("ครุฑ.png", PNG[:40])}, **typed)
    assert (wrong.status, wrong.form("/letterhead").value("signer")) == (422, "นายสมชาย")
    kept = admin.send(form, files_={"file1": ("ครุฑ.jpg", picture("JPEG", "#c00"))}, **typed)
    assert "บันทึกแล้ว" in kept.text
    drawn_anew = admin.get(f"/offices/{OURS}/emblem.png").content
    seen = Image.open(io.BytesIO(drawn_anew))
    assert (seen.size, seen.info) == ((648, 720), {})
    writing = clerk.open("/outgoing/write").form("/outgoing/write")
    assert (writing.value("address"), writing.value("signer")) == ("ถนนตัวอย่าง\nอำเภอเมือง", "นายสมชาย")
    assert writing.value("owner") == "กลุ่มอำนวยการ"
    look = clerk.send(writing, to_="/outgoing/write/preview", **TYPED).answer.content
    assert _reds(look) > 500, "the garuda stands on the letter"
    assert clerk.open(here).status == 403
    assert sit(STRANGERS, "admin", name="ผู้ดูแลอื่น").open(here).status == 404


def _reds(pdf: bytes) -> int:
    """Dots of the first page that are red."""
    with pypdfium2.PdfDocument(pdf) as document:
        red, green, _ = document[0].render(scale=40 / 72).to_pil().convert("RGB").split()
    return sum(ImageChops.subtract(red, green).histogram()[120:])


def test_a_picture_is_opened_by_the_press_and_must_be_one(press: Press) -> None:
    for strange in (b"", b"<svg/>", PNG[:30], picture("PNG", 0, (6000, 6000), "1")):
        with pytest.raises(Invalid):
            press.run(pictures.emblem, strange)


# -- over the API -----------------------------------------------------------------------------------------


def test_a_program_writes_a_letter_and_has_its_file_made(at: At) -> None:
    ours, school = at(OURS), at(SCHOOL)
    letter = ours.post("/outgoing", {**LETTER, "paper": {**PAPER, "form": "memo"}})
    made = ours.post(f"/letters/{letter['id']}/paper/file")["attachments"]
    assert [file["filename"] for file in made] == ["บันทึกข้อความ ศธ 04999-1.pdf"]
    pdf = ours.ask("GET", f"/letters/{letter['id']}/pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert "๐๔๙๙๙" in text_of(pdf.content)
    assert ours.get(f"/letters/{letter['id']}")["paper"]["signer"] == PAPER["signer"]
    changed = ours.ask("PATCH", f"/letters/{letter['id']}", {"subject": "เรื่องใหม่"}, If_Match='"1"')
    assert changed.is_success
    assert ours.get(f"/letters/{letter['id']}")["attachments"] == [], "what it says now has no file yet"
    assert ours.not_sent(letter, {"everyone": True}) == (409, "paper_missing")
    remade = ours.post(f"/letters/{letter['id']}/paper/file")["attachments"]
    assert ours.post(f"/letters/{letter['id']}/paper/file")["attachments"] == remade, "asked twice, made once"
    ours.send(letter, SCHOOL)
    kept = [one.key for one in ours.office.files.listing()]
    assert ours.refused("POST", f"/letters/{letter['id']}/paper/file") == (409, "letter_already_sent")
    assert [one.key for one in ours.office.files.listing()] == kept, "a refused file leaves nothing behind"
    for who in (school, at(STRANGERS)):
        assert who.refused("GET", f"/letters/{letter['id']}/pdf") == (404, "not_found")
        assert who.refused("POST", f"/letters/{letter['id']}/paper/file") == (404, "not_found")
    plain = ours.post("/outgoing", LETTER)
    assert ours.refused("GET", f"/letters/{plain['id']}/pdf") == (409, "not_written_here")
    written_later = ours.ask("PATCH", f"/letters/{plain['id']}", {"paper": {"body": "ก"}}, If_Match='"1"')
    assert written_later.is_success
    assert ours.get(f"/letters/{plain['id']}")["history"][0]["before"] == {"paper": None}


def test_a_top_secret_letter_is_not_written_here(office: Office, at: At) -> None:
    keeper = at(OURS, "secret_registrar", "top_secret")
    top = {**LETTER, "secrecy": "top_secret"}
    refused = (409, "top_secret_not_sent")
    assert keeper.refused("POST", "/outgoing", {**top, "paper": PAPER}) == refused
    bare = keeper.post("/outgoing", top)["id"]
    body = {"paper": {"body": "ก"}}
    answer = keeper.ask("PATCH", f"/letters/{bare}", body, If_Match='"1"')
    assert (answer.status_code, answer.json()["code"]) == refused
    said = NewOutgoing.model_validate({**LETTER, "secrecy": "secret", "paper": PAPER})
    secret = register_outgoing(office, keeper.actor, said)
    answer = keeper.ask("PATCH", f"/letters/L{secret.id}", {"secrecy": "top_secret"}, If_Match='"1"')
    assert (answer.status_code, answer.json()["code"]) == refused
    world_sees = at(OURS, name="สมปอง ตัวอย่าง")
    assert world_sees.refused("GET", f"/letters/L{secret.id}/pdf") == (404, "not_found")
    looks = [one["about"] for one in keeper.get("/events", limit=500)["items"] if one["act"] == "look"]
    keeper.ask("GET", f"/letters/L{secret.id}/pdf")
    seen = [one["about"] for one in keeper.get("/events", limit=500)["items"] if one["act"] == "look"]
    assert len(seen) == len(looks) + 1


def test_a_letterhead_is_set_over_the_api(at: At) -> None:
    admin = at(OURS, "admin")
    emblem = admin.upload("ครุฑ.png", picture("PNG", "#c00"))
    said = {
        "agency": "สำนักงาน",
        "address": "ถนนตัวอย่าง",
        "contact": "โทร. 0 4599 9999",
        "signer": "",
        "position": "",
    }
    answer = admin.ask("PUT", f"/offices/{OURS}/letterhead", {**said, "emblem": emblem})
    assert answer.json() == {**said, "emblem": True}
    assert admin.get(f"/offices/{SCHOOL}/letterhead") == {**dict.fromkeys(said, ""), "emblem": False}
    gone = admin.ask("PUT", f"/offices/{OURS}/letterhead", {**said, "no_emblem": True})
    assert gone.json()["emblem"] is False
    assert admin.refused("PUT", f"/offices/{STRANGERS}/letterhead", said) == (404, "not_found")
    assert admin.refused("PUT", f"/offices/{OURS}/letterhead", {**said, "emblem": "U999"}) == (422, "invalid")

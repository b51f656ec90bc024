"""What an administrator keeps, on screen: groups, books, offices, people, keys, the log of what was done."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from saraban.acts import ACTS
from saraban.commands.add_person import NewPerson, enrol
from saraban.commands.drafts import keep_draft
from saraban.commands.keep_groups import GroupSaid, add_group
from saraban.commands.log_in import FREE_TRIES, log_in
from saraban.errors import TooOften, WrongPassword
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.people import PersonItem
from saraban.queries.staff import person_view
from storage.tables import answer, key
from tests import world
from tests.desk import register, send
from tests.screen import Browser, Sit, logged_in, sit
from tests.server import Client
from tests.world import OTHER_SCHOOL, OURS, OURS_TOO, SCHOOL, STRANGERS

__all__ = ["sit"]


@pytest.fixture
def admin(sit: Sit) -> Browser:
    return sit(OURS, "admin", name="ผู้ดูแล ตัวอย่าง")


@pytest.fixture
def clerk(sit: Sit) -> Browser:
    return sit(OURS_TOO, "clerk", name="สมศรี ตัวอย่าง")


def somchai(office: Office, admin: Browser, code: str = SCHOOL) -> PersonItem:
    new = {"name": "สมชาย ตัวอย่าง", "office": code, "role": "clerk", "username": "somchai"}
    return enrol(office, admin.actor, NewPerson.model_validate(new))


def sheet(browser: Browser, path: str) -> str:
    """The words of an Excel file."""
    answer = browser.get(path)
    assert answer.status_code == 200 and "spreadsheetml" in answer.headers["content-type"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        return "".join(
            file.read(name).decode() for name in file.namelist() if name.startswith("xl/worksheets")
        )


# -- who may ---------------------------------------------------------------------------------------------

PAGES = {
    "/groups": "keep_groups",
    "/groups/new": "keep_groups",
    "/registers": "keep_registers",
    "/registers/outgoing/2569": "keep_registers",
    "/offices": "keep_offices",
    "/offices/new": "keep_offices",
    f"/offices/{SCHOOL}": "keep_offices",
    "/offices.xlsx": "keep_offices",
    "/people": "keep_people",
    "/people/new": "keep_people",
    "/people.xlsx": "keep_people",
    "/keys": "keep_people",
    "/events": "read_events",
    "/events.xlsx": "read_events",
}


@pytest.mark.parametrize("role", ["admin", "registrar", "clerk", "head", "officer"])
def test_a_page_opens_for_those_whose_work_it_is(sit: Sit, role: str) -> None:
    browser = sit(OURS, role)
    menu = browser.open("/inbox").html
    for path, act in PAGES.items():
        may = browser.actor.may(Act(act))
        assert browser.get(path).status_code == (200 if may else 403), path
        if path.count("/") == 1 and ".xlsx" not in path:
            assert (f'href="{path}"' in menu) == may, path


# -- groups of receivers ---------------------------------------------------------------------------------


def test_a_group_is_made_of_ticks_whole_districts_and_codes(office: Office, sit: Sit, clerk: Browser) -> None:
    world.school(office, "99010003", "บ้านตัวอย่าง 3", district="เมืองตัวอย่าง", network="เครือข่ายที่ 1")
    world.school(office, "99010004", "บ้านตัวอย่าง 4", district="เมืองตัวอย่าง")
    assert "ยังไม่มีกลุ่มผู้รับ" in clerk.open("/groups").text
    page = clerk.open("/groups/new")
    made = clerk.send(
        page.form("/groups/new"),
        name="โรงเรียนขนาดเล็ก",
        offices=[SCHOOL],
        districts=["เมืองตัวอย่าง"],
        networks=["เครือข่ายที่ 1"],
        others=f"{STRANGERS}\n{SCHOOL}",
    )
    assert made.path == "/groups" and "ตั้งกลุ่ม โรงเรียนขนาดเล็ก (4 แห่ง) แล้ว" in made.text
    page = clerk.open(made.link("โรงเรียนขนาดเล็ก"))
    form = page.form("/groups/G")
    assert sorted(form.fields["offices"]) == [SCHOOL, "99010003", "99010004"]
    assert form.value("others") == STRANGERS
    changed = clerk.send(form, offices=[OTHER_SCHOOL], others="")
    assert "บันทึกกลุ่ม โรงเรียนขนาดเล็ก (1 แห่ง) แล้ว" in changed.text


def test_a_refused_group_comes_back_with_every_tick(clerk: Browser) -> None:
    form = clerk.open("/groups/new").form("/groups/new")
    refused = clerk.send(form, name="", offices=[SCHOOL, OTHER_SCHOOL], others="9909")
    assert refused.status == 422 and "ต้องกรอก" in refused.text
    again = refused.form("/groups/new")
    assert again.fields["offices"] == [SCHOOL, OTHER_SCHOOL] and again.value("others") == "9909"
    refused = clerk.send(again, name="กลุ่มใหม่")
    assert refused.status == 422 and "ไม่พบหน่วยงานหรือกลุ่มผู้รับ: 9909" in refused.text
    made = clerk.send(refused.form("/groups/new"), others="")
    assert made.path == "/groups" and "2 แห่ง" in made.text


def test_a_double_click_makes_one_group(clerk: Browser) -> None:
    form = clerk.open("/groups/new").form("/groups/new")
    for _ in range(2):
        made = clerk.send(form, name="โรงเรียนขนาดเล็ก", offices=[SCHOOL])
        assert made.path == "/groups"
    assert len(made.rows) == 1


def test_a_group_is_deleted_only_after_one_was_asked(office: Office, sit: Sit, clerk: Browser) -> None:
    group = add_group(office, clerk.actor, GroupSaid(name="กลุ่มเก่า", offices=[SCHOOL]))
    asked = clerk.open(clerk.open("/groups").link("ลบ"))
    assert "ลบกลุ่ม “กลุ่มเก่า”" in asked.text and len(clerk.open("/groups").rows) == 1
    assert clerk.send(asked.form("/delete")).path == "/groups"
    assert clerk.open("/groups").rows == []
    assert clerk.open(f"/groups/G{group.id}").status == 404


def test_a_strangers_group_is_not_found(office: Office, sit: Sit, clerk: Browser) -> None:
    stranger = sit(STRANGERS, "clerk")
    group = add_group(office, stranger.actor, GroupSaid(name="ของเขา", offices=[SCHOOL]))
    for path in (f"/groups/G{group.id}", f"/groups/G{group.id}/delete"):
        assert clerk.open(path).status == 404
    form = clerk.open("/groups/new").form("/groups/new")
    assert clerk.send(form, to_=f"/groups/G{group.id}", name="ของเรา", offices=[SCHOOL]).status == 404
    assert clerk.send(form, to_=f"/groups/G{group.id}/delete").status == 404
    assert len(stranger.open("/groups").rows) == 1


# -- books -----------------------------------------------------------------------------------------------


def test_the_books_say_how_far_they_have_come(office: Office, sit: Sit, admin: Browser) -> None:
    assert "ยังไม่มีทะเบียน" in admin.open("/registers").text
    register(office, admin.actor)
    (line,) = admin.open("/registers").rows
    assert line.startswith("2569 ทะเบียนหนังสือส่ง ศธ 04999/ 1 2 1 –") and "เปิด" in line


def test_a_book_begins_where_the_paper_one_ended(office: Office, admin: Browser) -> None:
    form = admin.open("/registers/outgoing/2569").form("/registers/outgoing/2569")
    kept = admin.send(form, prefix="ศธ 04999/", first_number="๒๖๐๑")
    assert kept.path == "/registers" and "บันทึกทะเบียนหนังสือส่ง ปี 2569 แล้ว" in kept.text
    assert register(office, admin.actor).number == 2601
    page = admin.open("/registers/outgoing/2569")
    assert "เลขเริ่มต้นจึงเปลี่ยนไม่ได้แล้ว" in page.text
    assert "first_number" not in page.form("/registers").names


def test_a_book_is_closed_and_opened(office: Office, admin: Browser) -> None:
    register(office, admin.actor)
    form = admin.open("/registers/outgoing/2569").form("/registers")
    form.fields.pop("is_open")
    assert "ปิด" in admin.send(form).rows[0]
    form = admin.open("/registers/outgoing/2569").form("/registers")
    assert "is_open" not in form.fields
    assert "เปิด" in admin.send(form, is_open="1").rows[0]


def test_circulars_get_a_series_of_their_own(office: Office, admin: Browser) -> None:
    form = admin.open("/registers/outgoing_circular/2569").form("/registers")
    assert form.value("prefix") == "ศธ 04999/", "of the ordinary series, or the office's own"
    admin.send(form)
    assert register(office, admin.actor, circular=True).letter_no == "ศธ 04999/ว 1"
    assert register(office, admin.actor).number == 1


@pytest.mark.parametrize(("year", "number"), [("2569", "0"), ("2569", "เลข"), ("2026", "1"), ("2600", "1")])
def test_a_wrong_number_or_year_is_refused_with_what_was_typed(
    admin: Browser, year: str, number: str
) -> None:
    form = admin.open(f"/registers/outgoing/{year}").form("/registers")
    refused = admin.send(form, prefix="ศธ 04999.1/", first_number=number)
    assert refused.status == 422
    again = refused.form("/registers")
    assert (again.value("prefix"), again.value("first_number")) == ("ศธ 04999.1/", number)
    assert admin.open("/registers").rows == []


# -- offices ---------------------------------------------------------------------------------------------


def test_an_administrator_sees_the_own_tree_and_no_more(admin: Browser) -> None:
    shown = " ".join(admin.open("/offices").rows)
    assert OURS_TOO in shown and SCHOOL in shown and STRANGERS not in shown
    assert len(admin.open("/offices?q=๙๙๐๑๐๐๐๑").rows) == 1
    assert "ไม่พบหน่วยงาน" in admin.open("/offices?q=ไม่มี").text
    assert admin.open(f"/offices/{STRANGERS}").status == 404
    words = sheet(admin, "/offices.xlsx?kind=school")
    assert SCHOOL in words and OURS_TOO not in words


def test_an_office_is_added_changed_closed_and_opened(admin: Browser) -> None:
    form = admin.open("/offices/new").form("/offices/new")
    refused = admin.send(form, kind="school", code="99 01", name="บ้านใหม่", district="เมืองตัวอย่าง")
    assert refused.status == 422 and "ไม่เว้นวรรค" in refused.text
    added = admin.send(refused.form("/offices/new"), code="๙๙๐๑๐๐๐๙")
    assert "99010009" in added.rows[0] and "เมืองตัวอย่าง" in added.rows[0]
    form = admin.open("/offices/99010009").form("/offices/99010009")
    changed = admin.send(form, name="บ้านใหม่พัฒนา", district="")
    assert "บ้านใหม่พัฒนา" in changed.text
    form = changed.form("/offices/99010009")
    assert form.value("district") == ""
    form.fields.pop("is_open")
    admin.send(form)
    assert "ปิด" in admin.open("/offices?q=99010009").rows[0]
    assert "เปิด" in admin.send(form, is_open="1").html


def test_an_office_is_never_left_without_a_name(admin: Browser) -> None:
    form = admin.open(f"/offices/{SCHOOL}").form("/offices/")
    refused = admin.send(form, name="", prefix="ศธ 04999.9/")
    assert refused.status == 422 and "ต้องกรอก" in refused.text
    assert refused.form("/offices/").value("prefix") == "ศธ 04999.9/"
    assert "บ้านตัวอย่าง 1" in admin.open(f"/offices/{SCHOOL}").text


def test_a_group_is_given_books_of_its_own(office: Office, admin: Browser, clerk: Browser) -> None:
    form = admin.open(f"/offices/{OURS_TOO}").form("/offices/")
    admin.send(form, own_books="1", prefix="ศธ 04999.1/")
    assert clerk.open("/registers").status == 403
    assert "มีทะเบียนของตนเอง" in " ".join(admin.open("/offices?kind=group").rows)
    assert "own_books" not in admin.open(f"/offices/{SCHOOL}").form("/offices/").names


def test_nobody_closes_the_house_one_sits_in(admin: Browser) -> None:
    form = admin.open(f"/offices/{OURS}").form("/offices/")
    form.fields.pop("is_open")
    refused = admin.send(form)
    assert refused.status == 422 and "ปิดหน่วยงานของตนเองไม่ได้" in refused.text


# -- people ----------------------------------------------------------------------------------------------


def test_people_of_the_own_tree_are_listed_found_and_exported(
    office: Office, sit: Sit, admin: Browser
) -> None:
    sit(STRANGERS, "clerk", name="คนอื่น ตัวอย่าง")
    somchai(office, admin)
    names = " ".join(admin.open("/people").rows)
    assert "สมชาย ตัวอย่าง" in names and "คนอื่น" not in names and "ยังไม่มีรหัสผ่าน" in names
    for found in ("q=สมชาย", "q=SOMCHAI", f"office={SCHOOL}", "q=บ้านตัวอย่าง+1", "role=clerk&q=som"):
        (line,) = admin.open(f"/people?{found}").rows
        assert "somchai" in line and "บ้านตัวอย่าง 1" in line
    assert "ไม่พบบุคลากร" in admin.open("/people?q=ไม่มี").text
    words = sheet(admin, "/people.xlsx?q=สมชาย")
    assert "สมชาย" in words and "ผู้ดูแล ตัวอย่าง" not in words


def test_pages_of_people_turn_both_ways_and_keep_the_filter(office: Office, sit: Sit, admin: Browser) -> None:
    for n in range(5):
        sit(SCHOOL, "officer", name=f"ครู {n}")
    page = admin.open("/people?q=ครู&limit=2")
    seen = [page.rows]
    while 'rel="next"' in page.html:
        page = admin.open(page.link("ถัดไป"))
        seen.append(page.rows)
    assert [len(rows) for rows in seen] == [2, 2, 1] and len({row for rows in seen for row in rows}) == 5
    while 'rel="prev"' in page.html:
        page = admin.open(page.link("ก่อนหน้า"))
    assert page.rows == seen[0]


def test_a_person_is_added_and_given_a_password_that_is_shown_once(office: Office, admin: Browser) -> None:
    form = admin.open("/people/new").form("/people/new")
    refused = admin.send(form, name="สมชาย ตัวอย่าง", username="สม ชาย", office=SCHOOL, role="clerk")
    assert refused.status == 422 and refused.form("/people/new").value("office") == SCHOOL
    page = admin.send(refused.form("/people/new"), username="SomChai")
    assert "เพิ่ม สมชาย ตัวอย่าง แล้ว" in page.text and "ยังไม่มีรหัสผ่าน" in page.text
    shown = admin.send(page.form("/password"))
    first = re.search(r'<p class="large code">([a-z2-9-]{14})</p>', shown.html)
    assert first and shown.answer.headers["cache-control"] == "no-store"
    assert log_in(office, "somchai", first[1]).must_change
    again = admin.open(page.path)
    assert first[1] not in again.html and "รอตั้งรหัสผ่านใหม่" in again.text


def test_a_double_click_adds_one_person(admin: Browser) -> None:
    form = admin.open("/people/new").form("/people/new")
    for _ in range(2):
        assert admin.send(form, name="ไม่มีชื่อผู้ใช้", office=SCHOOL).status == 200
    assert len(admin.open("/people?q=ไม่มีชื่อผู้ใช้").rows) == 1


def test_what_somebody_may_do_is_changed_and_ended(office: Office, client: Client, admin: Browser) -> None:
    item = somchai(office, admin)
    theirs = Browser(client, logged_in(office, _actor_of(office, item)), admin.actor)
    assert theirs.open("/inbox").path == "/inbox"
    page = admin.open(f"/people/P{item.id}")
    page = admin.send(page.form("/work"), role="head", clearance="secret")
    assert "แก้ไขหน้าที่แล้ว" in page.text and "ผู้บังคับบัญชา ลับมาก" in page.text
    assert "ผู้บังคับบัญชา" in theirs.open("/inbox").text, "who sits there goes on in the new role"
    assert "หน้าที่ที่พ้นแล้ว (1)" in page.text
    page = admin.send(page.form("/work"), clearance="open")
    assert "หน้าที่ที่พ้นแล้ว (1)" in page.text, "another clearance is the same work"
    page = admin.send(page.form("/end"))
    assert "ไม่มีหน้าที่ในหน่วยงานของท่านแล้ว" in page.text
    assert theirs.open("/inbox").path.startswith("/login")
    assert admin.open("/people?q=somchai").rows == []
    log = " ".join(admin.open("/events").rows)
    for told in ("ให้บุคลากรพ้นหน้าที่", "เดิม (ชั้นความลับ ไม่ลับ · หน้าที่ ธุรการ)", "บุคลากร สมชาย ตัวอย่าง"):
        assert told in log


def _actor_of(office: Office, item: PersonItem) -> Actor:
    return world._actor(office, item.id, item.office, str(item.role))


def test_nobody_changes_or_ends_oneself(office: Office, admin: Browser) -> None:
    page = admin.open(f"/people/P{admin.actor.person_id}")
    assert not page.has_form("/work") and not page.has_form("/end")
    (work,) = person_view(office, admin.actor, admin.actor.person_id).work
    form = page.form("/log-out")
    form.fields |= {"membership": [str(work.membership)], "role": ["admin"], "clearance": ["top_secret"]}
    for act in ("/work", "/end"):
        refused = admin.send(form, to_=f"/people/P{admin.actor.person_id}{act}")
        assert refused.status == 422 and "ทำสิ่งนี้ไม่ได้" in refused.text
    assert person_view(office, admin.actor, admin.actor.person_id).work == [work]


def test_people_of_a_stranger_are_not_found(office: Office, sit: Sit, admin: Browser) -> None:
    theirs = sit(STRANGERS, "clerk")
    person, mine = f"/people/P{theirs.actor.person_id}", admin.open("/people/new").form("/people/new")
    assert admin.open(person).status == 404
    keeper = sit(STRANGERS, "admin")
    (work,) = person_view(office, keeper.actor, theirs.actor.person_id).work
    form = {"membership": str(work.membership), "role": "admin", "clearance": "secret"}
    mine.fields |= {name: [value] for name, value in form.items()}
    for act in ("", "/work", "/end", "/password", "/unlock", "/log-out"):
        assert admin.send(mine, to_=person + act, name="ใหม่", username="new").status == 404
    assert person_view(office, keeper.actor, theirs.actor.person_id).work == [work]
    # Nor through the page of one's own: the work that is named must be in the own tree.
    own = somchai(office, admin)
    assert admin.send(mine, to_=f"/people/P{own.id}/end").status == 422
    assert person_view(office, keeper.actor, theirs.actor.person_id).work == [work]


def test_who_works_elsewhere_too_keeps_name_and_password(office: Office, sit: Sit, admin: Browser) -> None:
    item = somchai(office, admin)
    world.also(office, _actor_of(office, item), STRANGERS, "clerk")
    page = admin.open(f"/people/P{item.id}")
    assert "ทำงานในหน่วยงานอื่นด้วย" in page.text and not page.has_form("/password")
    assert "สพป.ตัวอย่าง เขต 2" not in page.text, "where else is not told"
    refused = admin.send(page.form("/end"), to_=f"/people/P{item.id}/password")
    assert refused.status == 422 and "หน่วยงานอื่นด้วย" in refused.text


def test_a_lock_is_opened_and_all_browsers_are_closed(office: Office, client: Client, admin: Browser) -> None:
    item = somchai(office, admin)
    page = admin.open(f"/people/P{item.id}")
    first = re.search(r'<p class="large code">([^<]*)<', admin.send(page.form("/password")).html)
    assert first
    for _ in range(FREE_TRIES + 1):
        with pytest.raises(WrongPassword):
            log_in(office, "somchai", "ผิด")
    with pytest.raises(TooOften):
        log_in(office, "somchai", first[1])
    assert "ล็อกถึง" in admin.open("/people?q=somchai").text
    page = admin.send(admin.open(f"/people/P{item.id}").form("/unlock"))
    assert "ปลดล็อกแล้ว" in page.text
    theirs = Browser(client, log_in(office, "somchai", first[1]).token, admin.actor)
    page = admin.open(f"/people/P{item.id}")
    assert "กำลังเข้าระบบอยู่ 1 เครื่อง" in page.text
    assert theirs.open("/").path == "/password"
    assert "ออกจากระบบทุกเครื่องแล้ว" in admin.send(page.form("/log-out")).text
    assert theirs.open("/").path.startswith("/login")


def test_a_name_is_corrected_and_a_user_name_is_somebodys_own(office: Office, admin: Browser) -> None:
    item = somchai(office, admin)
    other = enrol(office, admin.actor, NewPerson.model_validate({"name": "มาลี ตัวอย่าง", "role": "clerk"}))
    page = admin.open(f"/people/P{other.id}")
    assert not page.has_form("/password") and "ตั้งชื่อผู้ใช้ด้านล่างก่อน" in page.text
    form = next(one for one in page.forms if one.action == f"/people/P{other.id}")
    refused = admin.send(form, name="มาลี ใหม่", username="somchai")
    assert refused.status == 422 and "มี ชื่อผู้ใช้ somchai นี้อยู่แล้ว" in refused.text
    assert "มาลี ใหม่" in refused.html
    saved = admin.send(form, name="มาลี ใหม่", username="มาลี๑")
    assert "บันทึกแล้ว" in saved.text and saved.has_form("/password")
    assert "มาลี1" in saved.html and item.id != other.id


# -- keys ------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_works_and_is_withdrawn(office: Office, client: Client, admin: Browser) -> None:
    page = admin.open("/keys")
    assert "ยังไม่มีกุญแจ" in page.text
    made = admin.send(page.form("/keys"), name="ระบบโรงเรียน", office=SCHOOL, role="system")
    secret = re.search(r"sbn_[\w-]{43}", made.html)
    assert secret and made.answer.headers["cache-control"] == "no-store"
    assert client.as_(secret[0]).get("/api/v1/me").json()["office"]["code"] == SCHOOL
    listed = admin.open("/keys")
    assert "ระบบโรงเรียน" in listed.rows[0] and secret[0] not in listed.html
    for table in (key, answer):
        assert secret[0] not in str(office.db.read(lambda db, t=table: db.execute(select(t)).all()))
    gone = admin.send(listed.form("/keys/withdraw"))
    assert "ยกเลิก 1 ก.ค. 2569" in gone.rows[0]
    assert client.as_(secret[0]).get("/api/v1/me").status_code == 401


def test_a_double_click_makes_one_key_and_says_so(admin: Browser) -> None:
    form = admin.open("/keys").forms[-1]
    said = {"name": "ระบบโรงเรียน", "office": SCHOOL, "role": "system"}
    assert "sbn_" in admin.send(form, **said).html
    again = admin.send(form, **said)
    assert "sbn_" not in again.html and "ออกไปแล้วเมื่อกดครั้งก่อน" in again.text
    assert len(again.rows) == 1


def test_no_key_is_made_for_or_withdrawn_from_a_stranger(sit: Sit, admin: Browser) -> None:
    stranger = sit(STRANGERS, "admin")
    stranger.send(stranger.open("/keys").forms[-1], name="ของเขา", office=STRANGERS, role="system")
    form = admin.open("/keys").forms[-1]
    refused = admin.send(form, name="ของเรา", office=STRANGERS, role="system")
    assert refused.status == 422 and "sbn_" not in refused.html and admin.open("/keys").rows == []
    theirs = stranger.open("/keys").form("/withdraw").value("key")
    form.fields["key"] = [theirs]
    assert admin.send(form, to_="/keys/withdraw").status == 404
    assert stranger.open("/keys").has_form("/withdraw")


# -- the log ---------------------------------------------------------------------------------------------


def test_the_log_tells_who_did_what_and_is_narrowed(
    office: Office, sit: Sit, admin: Browser, clerk: Browser
) -> None:
    letter = register(office, clerk.actor)
    send(office, clerk.actor, letter.id, offices=[SCHOOL])
    send(office, admin.actor, letter.id, offices=[OTHER_SCHOOL])
    page = admin.open("/events")
    assert len(page.rows) == 3 and "ส่งหนังสือ" in page.rows[0] and "ผู้รับ 1" in page.rows[0]
    assert "ลงทะเบียนส่ง" in page.rows[2] and "เลข 1" in page.rows[2]
    assert admin.open(page.link(letter.letter_no)).status == 200
    assert len(admin.open("/events?person=สมศรี").rows) == 2
    assert len(admin.open("/events?person=สมศรี&act=send").rows) == 1
    assert "ไม่มีเหตุการณ์ตามที่ค้นหา" in admin.open("/events?act=void").text
    older = admin.open(admin.open("/events?limit=2").link("ถัดไป"))
    assert "ลงทะเบียนส่ง" in older.rows[0] and 'rel="prev"' in older.html
    words = sheet(admin, "/events.xlsx?act=send")
    assert words.count("ส่งหนังสือ") == 2 and "ลงทะเบียนส่ง" not in words


def test_of_a_secret_letter_the_log_tells_only_that_there_was_something(
    office: Office, sit: Sit, admin: Browser
) -> None:
    named = sit(OURS_TOO, "clerk", "secret", "มาลี ตัวอย่าง")
    letter = register(office, named.actor, secrecy="secret", subject="สอบข้อเท็จจริง")
    (line,) = admin.open("/events").rows
    assert "(หนังสือลับ)" in line and "มาลี ตัวอย่าง" in line
    assert letter.letter_no not in line and "เลข" not in line.replace("ทะเบียน", "")
    words = sheet(admin, "/events.xlsx")
    assert "(หนังสือลับ)" in words and letter.letter_no not in words
    keeper = sit(OURS, "secret_registrar", "secret")
    assert letter.letter_no in keeper.open("/events?act=register_outgoing").rows[0]


def test_every_act_that_is_recorded_has_a_thai_word() -> None:
    commands = Path(__file__).parent.parent / "saraban" / "commands"
    source = "\n".join(file.read_text() for file in commands.glob("*.py"))
    recorded = set(re.findall(r'events\.record\(\s*tx,\s*[\w.()]+,\s*"(\w+)"', source))
    assert len(recorded) > 30 and recorded <= set(ACTS), recorded - set(ACTS)
    assert all(re.search(r"[ก-๛]", thai) for thai in ACTS.values())


def test_strangers_events_are_not_there(office: Office, sit: Sit, admin: Browser) -> None:
    register(office, sit(STRANGERS).actor)
    assert admin.open("/events").rows == []


# -- light, and nothing lost -----------------------------------------------------------------------------


def test_fifty_rows_stay_light(office: Office, sit: Sit, admin: Browser) -> None:
    for n in range(51):
        sit(SCHOOL, "officer", name=f"ครูผู้สอนชื่อยาวพอสมควร นามสกุลยาวพอสมควร {n}")
        register(office, admin.actor)
    for path in ("/people", "/events", "/offices"):
        page = admin.open(path)
        assert len(page.html.encode()) < 60_000, path
        assert "style=" not in page.html


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/groups/new", {"name": "กลุ่มที่พิมพ์ค้าง", "offices": SCHOOL}),
        ("/offices/new", {"name": "บ้านพิมพ์ค้าง", "code": "99010009"}),
        ("/people/new", {"name": "คนพิมพ์ค้าง", "office": SCHOOL}),
        ("/keys", {"name": "โปรแกรมพิมพ์ค้าง"}),
        ("/registers/outgoing/2569", {"prefix": "ศธ 04999.77/"}),
    ],
)
def test_words_of_a_session_that_ended_come_back(
    office: Office, admin: Browser, path: str, words: dict[str, str]
) -> None:
    typed = {name: [value] for name, value in words.items()}
    keep_draft(office, admin.actor.person_id, "kept", typed | {"page": [path]})
    page = admin.open(f"{path}?draft=kept")
    assert page.status == 200
    for value in words.values():
        assert value in page.html

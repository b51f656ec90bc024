"""The door of the pages: who comes in, who is kept out and for how long, what is brought back later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import func, select, update

from routers.ui.pages import within
from saraban.app import create_app, create_office
from saraban.commands.change_password import give_password
from saraban.commands.keep_offices import OfficeChange, change_office
from saraban.commands.keep_people import end_work
from saraban.commands.log_in import FREE_TRIES, IDLE, LONGEST, LONGEST_WAIT, REMEMBERED, log_in
from saraban.errors import TooOften, WorksElsewhere, WrongPassword
from saraban.housekeeping import tidy
from saraban.office import Office
from saraban.passwords import nobodys
from saraban.permissions import Actor, Role
from saraban.queries.events import EventFilters, events_of_the_house
from saraban.settings import Settings
from storage.tables import draft, event, membership, password, person, session
from tests import world
from tests.browser import PASSWORD, Browser, csrf_in
from tests.conftest import Clock
from tests.server import Client, Door

GROUP = {"name": "โรงเรียนขนาดเล็ก", "others": world.SCHOOL, "page": "/groups/new"}


@pytest.fixture
def admin(office: Office) -> Actor:
    world.three_offices(office)
    return world.person(office, world.OURS, "admin", name="ผู้ดูแล")


@pytest.fixture
def somsri(office: Office, admin: Actor) -> Actor:
    clerk = world.person(office, world.OURS_TOO, "clerk", name="สมศรี ตัวอย่าง")
    return welcome(office, admin, clerk, "somsri")


def welcome(office: Office, admin: Actor, actor: Actor, username: str) -> Actor:
    named = update(person).where(person.c.id == actor.person_id).values(username=username)
    office.db.write(lambda tx: tx.execute(named).rowcount)
    give_password(office, admin, actor.person_id, PASSWORD)
    return actor


@pytest.fixture
def browser(client: Client) -> Iterator[Browser]:
    with Browser(str(client.base_url)) as browser:
        yield browser


@pytest.fixture
def other(client: Client) -> Iterator[Browser]:
    with Browser(str(client.base_url)) as browser:
        yield browser


def told(office: Office, actor: Actor) -> list[str]:
    """The acts in the events of the actor's house, since the world was made."""
    reader = replace(actor, role=Role.ADMIN)
    return [one.act for one in events_of_the_house(office, reader, EventFilters(limit=500)).items]


# -- right and wrong -------------------------------------------------------------------------------------


def test_who_has_logged_in_stands_on_the_page_that_was_asked_for(browser: Browser, somsri: Actor) -> None:
    turned_away = browser.get("/inbox?state=waiting")
    assert turned_away.headers["location"] == "/login?next=/inbox%3Fstate%3Dwaiting"
    entered = browser.enter("somsri", next="/inbox?state=waiting")
    assert (entered.status_code, entered.headers["location"]) == (303, "/inbox?state=waiting")
    assert "สมศรี ตัวอย่าง" in browser.see("/inbox?state=waiting")


def test_a_user_name_is_known_however_it_is_typed(browser: Browser, somsri: Actor) -> None:
    for typed in ("SomSri", " somsri ", "som\u200bsri"):
        assert browser.enter(typed).status_code == 303


def test_who_is_unknown_is_told_what_a_wrong_password_is_told(browser: Browser, somsri: Actor) -> None:
    for username in ("somsri", "nobody", "", "nobody\x00", "x" * 5000, "' OR 1=1 --"):
        refused = browser.enter(username, "เดาไปเรื่อยเรื่อย")
        assert refused.status_code == 401
        assert "ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง" in refused.text
        assert "saraban" not in browser.cookies


def test_an_unknown_name_costs_a_hash_of_the_same_cost(office: Office, somsri: Actor) -> None:
    kept = select(password.c.hash).where(password.c.person_id == somsri.person_id)
    theirs = office.db.read(lambda db: db.execute(kept).scalar_one())
    # $argon2id$v=19$m=…,t=…,p=…$salt$hash: all that decides how long it takes.
    assert theirs.split("$")[:4] == nobodys().split("$")[:4]


def test_what_was_typed_wrongly_comes_back_but_never_the_password(browser: Browser, somsri: Actor) -> None:
    refused = browser.enter("somsri", "ความลับที่พิมพ์ผิด", next="/sent")
    assert 'value="somsri"' in refused.text and 'name="next" value="/sent"' in refused.text
    assert "ความลับที่พิมพ์ผิด" not in refused.text


def test_the_session_is_kept_as_a_hash_only(office: Office, browser: Browser, somsri: Actor) -> None:
    browser.enter("somsri")
    token = browser.cookies["saraban"]
    rows = office.db.read(lambda db: db.execute(select(session)).all())
    assert len(rows) == 1 and token not in str(rows[0]) and len(token) >= 40


def test_the_cookie_is_out_of_reach_of_scripts_and_of_strangers(browser: Browser, somsri: Actor) -> None:
    flags = browser.enter("somsri").headers["set-cookie"].lower()
    assert "httponly" in flags and "samesite=lax" in flags and "path=/" in flags and "secure" not in flags


def test_behind_tls_the_cookie_never_leaves_in_the_open(office: Office, somsri: Actor, door: Door) -> None:
    app = create_app(replace(office, settings=office.settings.model_copy(update={"https": True})))
    with door.open_for(app) as base_url, Browser(base_url) as browser:
        entered = browser.enter("somsri")
        assert "secure" in entered.headers["set-cookie"].lower()
        assert entered.headers["strict-transport-security"].startswith("max-age=")


def test_a_new_log_in_ends_the_session_that_stood_in_this_browser(browser: Browser, somsri: Actor) -> None:
    browser.enter("somsri")
    before = browser.cookies["saraban"]
    browser.enter("somsri")
    assert browser.cookies["saraban"] != before
    browser.cookies.clear()
    browser.cookies.set("saraban", before)
    assert browser.get("/").headers["location"].startswith("/login")


def test_who_is_logged_in_is_not_asked_again(browser: Browser, somsri: Actor) -> None:
    browser.enter("somsri")
    assert browser.get("/login?next=/sent").headers["location"] == "/sent"


# -- slower, and then shut -------------------------------------------------------------------------------


def test_failures_lock_for_longer_and_longer_and_say_how_long(
    browser: Browser, clock: Clock, somsri: Actor
) -> None:
    for _ in range(FREE_TRIES + 1):
        assert browser.enter("somsri", "ผิด").status_code == 401
    waits = []
    for _ in range(10):
        shut = browser.enter("somsri", PASSWORD)  # the right one too: the lock tells nothing
        assert shut.status_code == 429
        waits.append(re.search(r"รอ (\d+ [ก-๛]+)", shut.text)[1])  # type: ignore[index]
        clock.advance(seconds=_seconds(waits[-1]))
        assert browser.enter("somsri", "ผิด").status_code == 401
    assert waits[:5] == ["5 วินาที", "10 วินาที", "20 วินาที", "40 วินาที", "80 วินาที"]
    assert waits[5:] == ["3 นาที", "6 นาที", "11 นาที", "15 นาที", "15 นาที"]
    clock.advance(seconds=LONGEST_WAIT.total_seconds())
    assert browser.enter("somsri").status_code == 303
    assert browser.enter("somsri", "ผิด").status_code == 401
    assert browser.enter("somsri").status_code == 303


def _seconds(wait: str) -> int:
    number, unit = wait.split()
    return int(number) * (60 if unit == "นาที" else 1)


def test_a_lock_outlives_a_restart(settings: Settings, office: Office, clock: Clock, somsri: Actor) -> None:
    for _ in range(FREE_TRIES + 1):
        with pytest.raises(WrongPassword):
            log_in(office, "somsri", "ผิด")
    again = create_office(settings, clock)
    try:
        with pytest.raises(TooOften):
            log_in(again, "somsri", PASSWORD)
    finally:
        again.close()


def test_tries_at_once_are_all_counted(office: Office, somsri: Actor) -> None:
    """Thirty guesses in one moment: no more of them are looked at than one after the other would be."""

    def guess(n: int) -> type[Exception] | None:
        try:
            log_in(office, "somsri", f"เดาครั้งที่ {n}")
        except (WrongPassword, TooOften) as refusal:
            return type(refusal)
        return None

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(30)))
    assert outcomes.count(WrongPassword) == FREE_TRIES + 1
    assert outcomes.count(TooOften) == 30 - FREE_TRIES - 1


def test_failures_of_long_ago_are_forgotten(browser: Browser, clock: Clock, somsri: Actor) -> None:
    for _ in range(FREE_TRIES + 1):
        browser.enter("somsri", "ผิด")
    clock.advance(days=2)
    for _ in range(FREE_TRIES):
        assert browser.enter("somsri", "ผิด").status_code == 401
    assert browser.enter("somsri").status_code == 303


def test_nobody_else_is_locked_out(office: Office, browser: Browser, admin: Actor, somsri: Actor) -> None:
    welcome(office, admin, world.person(office, world.OURS, "registrar"), "somying")
    for _ in range(FREE_TRIES + 2):
        browser.enter("somsri", "ผิด")
    assert browser.enter("somying").status_code == 303


# -- the events of the house -----------------------------------------------------------------------------


def test_coming_going_and_a_lock_are_events_with_the_address(
    office: Office, browser: Browser, somsri: Actor
) -> None:
    before = len(told(office, somsri))
    browser.enter("somsri")
    browser.post("/logout")
    for _ in range(FREE_TRIES + 1):
        browser.enter("somsri", "ผิด")
    assert told(office, somsri)[before:] == ["log_in", "log_out", "lock_password"]
    bodies = select(event.c.body).where(event.c.act.in_(("log_in", "lock_password")))
    for body in office.db.read(lambda db: db.execute(bodies).scalars().all()):
        assert '"address":"127.0.0.1"' in body and "ผิด" not in body and PASSWORD not in body


def test_sitting_down_elsewhere_is_an_event_of_that_house(
    office: Office, browser: Browser, admin: Actor, somsri: Actor
) -> None:
    there = world.also(office, somsri, world.STRANGERS, "clerk")
    browser.enter("somsri")
    browser.sit(world.STRANGERS, "สพป.ตัวอย่าง เขต 2")
    assert told(office, there) == ["choose_desk"]
    assert "log_in" in told(office, somsri)


# -- passwords -------------------------------------------------------------------------------------------


def test_a_first_password_must_be_changed_before_anything_else(
    office: Office, browser: Browser, admin: Actor, somsri: Actor
) -> None:
    first = give_password(office, admin, somsri.person_id)
    assert re.fullmatch(r"([a-z2-9]{4}-){2}[a-z2-9]{4}", first)
    browser.enter("somsri", first)
    for path in ("/", "/inbox", "/desks"):
        assert browser.get(path).headers["location"] == "/password"
    assert browser.post("/groups/new", GROUP).headers["location"] == "/password"
    new = {"old": first, "new": "ม้าสามตัวกินหญ้า", "again": "ม้าสามตัวกินหญ้า"}
    assert browser.post("/password", new).status_code == 303
    assert browser.get("/inbox").status_code == 200
    assert browser.enter("somsri", "ม้าสามตัวกินหญ้า").status_code == 303


BAD = [
    ("ไม่ใช่", "ม้าสามตัวกินหญ้า", "ม้าสามตัวกินหญ้า", "รหัสผ่านเดิมไม่ถูกต้อง"),
    (PASSWORD, "ม้าสามตัวกินหญ้า", "ม้าสามตัวกินฟาง", "ไม่ตรงกัน"),
    (PASSWORD, PASSWORD, PASSWORD, "ต้องไม่ซ้ำของเดิม"),
    (PASSWORD, "สั้น", "สั้น", "อย่างน้อย 10"),
    (PASSWORD, "somsri-2569-abc", "somsri-2569-abc", "ชื่อผู้ใช้"),
    (PASSWORD, "password1234", "password1234", "เดาง่าย"),
]


def test_a_bad_new_password_is_refused_and_the_old_one_stays(browser: Browser, somsri: Actor) -> None:
    browser.enter("somsri")
    for old, new, again, why in BAD:
        refused = browser.post("/password", {"old": old, "new": new, "again": again})
        assert refused.status_code == 422 and why in refused.text
        assert f'value="{old}"' not in refused.text and f'value="{new}"' not in refused.text
    assert browser.enter("somsri").status_code == 303


def test_a_new_password_ends_what_is_open_elsewhere(browser: Browser, other: Browser, somsri: Actor) -> None:
    browser.enter("somsri")
    other.enter("somsri")
    new = {"old": PASSWORD, "new": "ม้าสามตัวกินหญ้า", "again": "ม้าสามตัวกินหญ้า"}
    browser.post("/password", new)
    assert browser.get("/").status_code == 200
    assert other.get("/").headers["location"].startswith("/login")


def test_the_old_password_cannot_be_guessed_in_a_browser_left_alone(browser: Browser, somsri: Actor) -> None:
    browser.enter("somsri")
    guess = {"old": "เดา", "new": "ม้าสามตัวกินหญ้า", "again": "ม้าสามตัวกินหญ้า"}
    refused = [browser.post("/password", guess) for _ in range(FREE_TRIES + 2)]
    assert "รอ 5 วินาที" in refused[-1].text


def test_no_administrator_gives_a_password_that_opens_a_strangers_office(
    office: Office, admin: Actor, somsri: Actor
) -> None:
    world.also(office, somsri, world.STRANGERS, "clerk")
    with pytest.raises(WorksElsewhere):
        give_password(office, admin, somsri.person_id)


# -- sessions end ----------------------------------------------------------------------------------------


def test_logging_out_ends_the_session_and_not_only_the_cookie(browser: Browser, somsri: Actor) -> None:
    browser.enter("somsri")
    token = browser.cookies["saraban"]
    assert browser.post("/logout").headers["location"] == "/login"
    assert "saraban" not in browser.cookies
    browser.cookies.set("saraban", token)
    assert browser.get("/").headers["location"].startswith("/login")


def test_a_session_that_is_used_lives_on_but_not_for_ever(
    browser: Browser, clock: Clock, somsri: Actor
) -> None:
    browser.enter("somsri")
    began = clock()
    while clock() - began < LONGEST:
        clock.advance(seconds=IDLE.total_seconds() - 60)
        assert browser.get("/").status_code == 200
    clock.advance(seconds=IDLE.total_seconds() - 60)
    assert browser.get("/").headers["location"].startswith("/login")


def test_a_session_left_alone_ends(browser: Browser, clock: Clock, somsri: Actor) -> None:
    browser.enter("somsri")
    clock.advance(seconds=IDLE.total_seconds() + 1)
    assert browser.get("/inbox").headers["location"] == "/login?next=/inbox"


def test_work_that_has_ended_opens_nothing_at_once(
    office: Office, browser: Browser, admin: Actor, somsri: Actor
) -> None:
    browser.enter("somsri")
    work = select(membership.c.id).where(membership.c.person_id == somsri.person_id)
    end_work(office, admin, office.db.read(lambda db: db.execute(work).scalar_one()))
    assert browser.get("/").headers["location"].startswith("/login")
    browser.enter("somsri")
    assert "ยังไม่สังกัดหน่วยงานใด" in browser.see("/desks")


def test_nobody_sits_in_a_closed_office(
    office: Office, browser: Browser, admin: Actor, somsri: Actor
) -> None:
    browser.enter("somsri")
    change_office(office, admin, world.OURS_TOO, OfficeChange(is_open=False))
    assert browser.get("/inbox").headers["location"].startswith("/desks")
    assert "ยังไม่สังกัดหน่วยงานใด" in browser.see("/desks")


def test_who_is_nobody_any_more_is_out_at_once(office: Office, browser: Browser, somsri: Actor) -> None:
    browser.enter("somsri")
    gone = update(person).where(person.c.id == somsri.person_id).values(is_active=False)
    office.db.write(lambda tx: tx.execute(gone).rowcount)
    assert browser.get("/").headers["location"].startswith("/login")
    assert browser.enter("somsri").status_code == 401


def test_a_made_up_cookie_is_nobody(browser: Browser) -> None:
    for token in ("", "x", "ก", "a" * 199, "a" * 5000):
        answer = browser.get("/", headers={"Cookie": f"saraban={token}".encode()})
        assert answer.headers["location"].startswith("/login")


# -- several offices -------------------------------------------------------------------------------------


def test_who_has_several_offices_chooses_and_switches(
    office: Office, browser: Browser, somsri: Actor
) -> None:
    world.also(office, somsri, world.SCHOOL, "head")
    assert browser.enter("somsri", next="/sent").headers["location"] == "/desks?next=/sent"
    assert browser.get("/inbox").headers["location"] == "/desks?next=/inbox"
    chosen = browser.sit(world.SCHOOL, "บ้านตัวอย่าง 1", next="/sent")
    assert chosen.headers["location"] == "/sent"
    assert "บ้านตัวอย่าง 1" in browser.see("/inbox") and "ผู้บังคับบัญชา" in browser.see("/inbox")
    browser.sit(world.OURS_TOO, "กลุ่มอำนวยการ")
    assert "ธุรการ" in browser.see("/inbox")


def test_nobody_sits_at_a_desk_that_is_not_theirs(
    office: Office, browser: Browser, admin: Actor, somsri: Actor
) -> None:
    browser.enter("somsri")
    theirs = select(membership.c.id).where(membership.c.person_id == admin.person_id)
    desk = office.db.read(lambda db: db.execute(theirs).scalar_one())
    for named in (str(desk), "0", "-1", "9" * 30, "²", "x", ""):
        assert browser.post("/desks", {"desk": named}).status_code == 404
    assert "สมศรี ตัวอย่าง" in browser.see("/inbox")


# -- only to pages of our own ----------------------------------------------------------------------------


ELSEWHERE = [
    "https://example.org/",
    "//example.org/",
    "/\\example.org/",
    "\\\\example.org",
    "/\t/example.org/",
    "/\r\n/example.org/",
    " //example.org",
    "javascript:alert(1)",
    "login.example.org",
    "",
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_no_address_of_a_stranger_is_followed(elsewhere: str) -> None:
    assert within(elsewhere) == "/"


def test_nobody_is_led_to_a_strangers_page(browser: Browser, somsri: Actor) -> None:
    for elsewhere in ELSEWHERE[:6]:
        assert 'name="next" value="/"' in browser.get("/login", params={"next": elsewhere}).text
        assert browser.enter("somsri", next=elsewhere).headers["location"] == "/"
        browser.cookies.clear()
    assert browser.enter("somsri", next="/inbox?state=waiting").headers["location"] == "/inbox?state=waiting"


# -- forms that are ours ---------------------------------------------------------------------------------


def test_a_form_without_our_mark_is_refused(browser: Browser, somsri: Actor) -> None:
    browser.enter("somsri")
    for mark in ({}, {"csrf": ""}, {"csrf": "0" * 32}, {"csrf": "ก"}):
        refused = browser.post_raw("/groups/new", {**GROUP, **mark})
        assert refused.status_code == 403 and "แบบฟอร์มนี้หมดอายุ" in refused.text


def test_the_mark_of_another_browser_is_refused(
    office: Office, browser: Browser, other: Browser, admin: Actor, somsri: Actor
) -> None:
    welcome(office, admin, world.person(office, world.OURS, "registrar"), "somying")
    browser.enter("somsri")
    other.enter("somying")
    theirs = csrf_in(other.see("/groups/new"))
    assert browser.post_raw("/groups/new", {**GROUP, "csrf": theirs}).status_code == 403


def test_a_form_that_stood_on_a_strangers_page_is_refused(browser: Browser, somsri: Actor) -> None:
    browser.enter("somsri")
    mark = csrf_in(browser.see("/groups/new"))
    for origin in ("https://example.org", "null", "http://127.0.0.1:1", ""):
        refused = browser.post_raw("/groups/new", {**GROUP, "csrf": mark}, headers={"Origin": origin})
        assert refused.status_code == 403


def test_nobody_is_logged_in_from_a_strangers_page(browser: Browser, somsri: Actor) -> None:
    mark = csrf_in(browser.see("/login"))
    words = {"csrf": mark, "username": "somsri", "password": PASSWORD}
    refused = browser.post_raw("/login", words, headers={"Origin": "https://example.org"})
    assert refused.status_code == 403 and "saraban" not in browser.cookies


def test_our_own_origin_is_welcome(browser: Browser, somsri: Actor) -> None:
    browser.enter("somsri")
    own = {"Origin": str(browser.base_url).rstrip("/")}
    assert browser.post("/groups/new", GROUP, headers=own).status_code == 303


# -- what was typed --------------------------------------------------------------------------------------


def test_words_typed_after_the_session_ended_come_back_after_log_in(
    browser: Browser, clock: Clock, somsri: Actor
) -> None:
    browser.enter("somsri")
    mark = csrf_in(browser.see("/groups/new"))
    clock.advance(seconds=IDLE.total_seconds() + 1)
    turned_away = browser.post_raw("/groups/new", {**GROUP, "csrf": mark})
    to = httpx.URL(turned_away.headers["location"]).params["next"]
    assert to.startswith("/groups/new?draft=")
    assert browser.enter("somsri", next=to).headers["location"] == to
    page = browser.see(to)
    assert "โรงเรียนขนาดเล็ก" in page and world.SCHOOL in page


def test_words_come_back_to_nobody_else(
    office: Office, browser: Browser, clock: Clock, admin: Actor, somsri: Actor
) -> None:
    welcome(office, admin, world.person(office, world.OURS, "registrar"), "somying")
    browser.enter("somsri")
    clock.advance(seconds=IDLE.total_seconds() + 1)
    turned_away = browser.post_raw("/groups/new", GROUP)
    to = httpx.URL(turned_away.headers["location"]).params["next"]
    browser.enter("somying", next=to)
    assert "โรงเรียนขนาดเล็ก" not in browser.see(to)


def test_a_stranger_leaves_no_words_behind(office: Office, browser: Browser, somsri: Actor) -> None:
    assert browser.post_raw("/groups/new", GROUP).headers["location"] == "/login"
    browser.cookies.set("saraban", "made-up")
    assert browser.post_raw("/groups/new", GROUP).headers["location"] == "/login"
    assert office.db.read(lambda db: db.execute(select(func.count()).select_from(draft)).scalar_one()) == 0


def test_no_password_is_ever_kept_among_the_words(
    office: Office, browser: Browser, clock: Clock, somsri: Actor
) -> None:
    browser.enter("somsri")
    clock.advance(seconds=IDLE.total_seconds() + 1)
    browser.post_raw(
        "/password", {"old": PASSWORD, "new": "ม้าสามตัว", "again": "ม้าสามตัว", "page": "/password"}
    )
    kept = office.db.read(lambda db: db.execute(select(draft.c.fields)).scalars().all())
    assert kept == [{"page": ["/password"]}]


def test_words_with_signs_that_no_database_takes_are_kept_all_the_same(
    browser: Browser, clock: Clock, somsri: Actor
) -> None:
    browser.enter("somsri")
    clock.advance(seconds=IDLE.total_seconds() + 1)
    turned_away = browser.post_raw("/groups/new", {**GROUP, "name": "ก\x00ข"})
    assert turned_away.status_code == 303
    to = httpx.URL(turned_away.headers["location"]).params["next"]
    browser.enter("somsri", next=to)
    assert browser.get(to).status_code == 200


# -- tidying ---------------------------------------------------------------------------------------------


def test_sessions_long_over_and_words_nobody_came_back_for_are_tidied_away(
    office: Office, browser: Browser, clock: Clock, somsri: Actor
) -> None:
    def left() -> tuple[int, int]:
        counts = [select(func.count()).select_from(table) for table in (session, draft)]
        return office.db.read(lambda db: tuple(db.execute(count).scalar_one() for count in counts))  # type: ignore[return-value]

    browser.enter("somsri")
    clock.advance(seconds=IDLE.total_seconds() + 1)
    browser.post_raw("/groups/new", GROUP)
    tidy(office)
    assert left() == (1, 1)
    clock.advance(days=3)
    tidy(office)
    assert left() == (1, 0)
    clock.advance(days=REMEMBERED.days)
    tidy(office)
    assert left() == (0, 0)
    assert "log_in" in told(office, somsri)


# -- headers ---------------------------------------------------------------------------------------------


def test_every_answer_carries_the_headers_that_belong(browser: Browser, somsri: Actor) -> None:
    browser.enter("somsri")
    for path in ("/login", "/", "/nothing-here", "/static/x/style.css"):
        headers = browser.get(path).headers
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"

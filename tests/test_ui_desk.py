"""The desk: its numbers are as long as the lists, its chart is what happened, nobody counts too much."""

from __future__ import annotations

import re

import pytest

from saraban.commands.assign import accept, assign
from saraban.commands.recall_dispatch import recall_dispatch
from saraban.commands.remind_missing import remind_missing
from saraban.commands.return_delivery import return_delivery
from saraban.letters import AssignTo
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries import pace
from saraban.queries.desk import Journeys, Tasks, desk
from tests import world
from tests.conftest import Clock
from tests.desk import receive, register, send, waiting
from tests.screen import Browser, Sit, sit
from tests.test_fan_out import statements
from tests.world import OTHER_SCHOOL, OURS, OURS_TOO, PLANNING, SCHOOL

__all__ = ["sit"]

BOTH = [SCHOOL, OTHER_SCHOOL]


@pytest.fixture
def clerk(sit: Sit) -> Browser:
    return sit(OURS_TOO, "clerk", "secret", "สมศรี ตัวอย่าง")


@pytest.fixture
def school(sit: Sit) -> Browser:
    return sit(SCHOOL, "clerk", name="สมชาย ตัวอย่าง")


def numbers(browser: Browser) -> dict[str, tuple[str, str]]:
    """What each number on the desk says: how much of what, and what more."""
    found = re.findall(r'<a href="([^"]*)"><b>([\d,]+)</b>(.*?)</a>', browser.open("/").html)
    said = {to: " ".join(re.sub("<[^>]*>", " ", words).split()) for to, _, words in found}
    return {to.replace("&amp;", "&"): (count, said[to]) for to, count, _ in found}


# -- what has come ---------------------------------------------------------------------------------------


def test_an_empty_desk_says_so_and_leads_on(school: Browser) -> None:
    page = school.open("/")
    assert page.status == 200 and "ไม่มีหนังสือรอลงทะเบียนรับ" in page.text
    assert school.open(page.link("ดูหนังสือรับทั้งหมด")).status == 200
    assert "<svg" not in page.html


def test_what_waits_is_counted_by_urgency(office: Office, clerk: Browser, school: Browser) -> None:
    for urgency in ("normal", "normal", "urgent", "most_urgent"):
        send(office, clerk.actor, register(office, clerk.actor, urgency=urgency).id, offices=BOTH)
    receive(office, school.actor, waiting(office, school.actor)[0])
    found = numbers(school)
    assert found["/inbox?state=waiting"] == ("3", "ทั้งหมด")
    assert found["/inbox?state=waiting&urgency=most_urgent"] == ("1", "ด่วนที่สุด")
    assert found["/inbox?state=waiting&urgency=urgent"] == ("1", "ด่วน")
    assert found["/inbox?state=waiting&urgency=normal"] == ("1", "ปกติ")


def test_what_is_late_and_what_was_reminded_stands_out(
    office: Office, clerk: Browser, school: Browser, clock: Clock
) -> None:
    sent = send(office, clerk.actor, register(office, clerk.actor, urgency="urgent").id, offices=BOTH)
    clock.advance(days=4)
    remind_missing(office, clerk.actor, sent.id)
    found = desk(office, school.actor)
    assert [(one.count, one.overdue) for one in found.waiting] == [(0, 0), (0, 0), (1, 1), (0, 0)]
    assert found.reminded == 1


def test_a_number_is_as_long_as_the_list_it_leads_to(office: Office, clerk: Browser, school: Browser) -> None:
    for urgency in ("normal", "urgent", "urgent"):
        send(office, clerk.actor, register(office, clerk.actor, urgency=urgency).id, offices=BOTH)
    for to, (count, _) in numbers(school).items():
        if to.startswith("/inbox"):
            assert len(school.open(to).rows) == int(count), to


# -- what was sent ---------------------------------------------------------------------------------------


def test_the_sender_sees_who_is_missing_who_is_late_and_what_came_back(
    office: Office, clerk: Browser, school: Browser, clock: Clock
) -> None:
    letters = [send(office, clerk.actor, register(office, clerk.actor).id, offices=BOTH) for _ in range(3)]
    first, second, third = waiting(office, school.actor)
    receive(office, school.actor, first)
    return_delivery(office, school.actor, second, "ไม่มีสิ่งที่ส่งมาด้วย")
    recall_dispatch(office, clerk.actor, letters[2].id, "ส่งผิดฉบับ")
    found = desk(office, clerk.actor)
    assert found.unacknowledged == Journeys(letters=2, deliveries=2)
    assert found.overdue == Journeys() and found.late == []
    assert found.returned == 1
    assert numbers(clerk)["/returned"] == ("1", "ฉบับถูกส่งคืน ใน 30 วัน")
    clock.advance(days=4)
    assert desk(office, clerk.actor).overdue == Journeys(letters=2, deliveries=2)
    clock.advance(days=30)
    assert desk(office, clerk.actor).returned == 0
    assert third not in waiting(office, school.actor)


def test_what_was_sent_more_than_a_year_ago_is_counted_no_more(
    office: Office, clerk: Browser, clock: Clock
) -> None:
    send(office, clerk.actor, register(office, clerk.actor).id, offices=BOTH)
    clock.advance(days=364)
    send(office, clerk.actor, register(office, clerk.actor).id, offices=BOTH)
    found = desk(office, clerk.actor)
    assert found.unacknowledged == Journeys(letters=2, deliveries=4)
    assert found.overdue == Journeys(letters=1, deliveries=2) and found.late[0].deliveries == 2
    clock.advance(days=2)
    found = desk(office, clerk.actor)
    assert found.unacknowledged == Journeys(letters=1, deliveries=2)
    assert found.overdue == Journeys() and found.late == []


def test_nobody_is_late_by_post(office: Office, clerk: Browser, clock: Clock) -> None:
    send(office, clerk.actor, register(office, clerk.actor).id, post=["ผู้ว่าราชการจังหวัดตัวอย่าง"])
    clock.advance(days=4)
    found = desk(office, clerk.actor)
    assert found.unacknowledged == found.overdue == Journeys() and found.pace is None


def test_late_districts_are_named_the_worst_first(
    office: Office, sit: Sit, clerk: Browser, clock: Clock
) -> None:
    for code, district in (("99010003", "สมมุติพิสัย"), ("99010004", "สมมุติพิสัย"), ("99010005", "จำลองคีรี")):
        world.school(office, code, f"บ้านตัวอย่าง {code[-1]}", district=district)
    codes = ["99010003", "99010004", "99010005", SCHOOL]
    for _ in range(2):
        send(office, clerk.actor, register(office, clerk.actor).id, offices=codes)
    clock.advance(days=4)
    late = [(one.name, one.deliveries, one.offices) for one in desk(office, clerk.actor).late]
    assert late[0] == ("สมมุติพิสัย", 4, 2)
    assert sorted(late[1:]) == sorted([("จำลองคีรี", 2, 1), ("ไม่ระบุอำเภอ", 2, 1)])
    page = sit(OURS, "registrar").open("/")
    assert "สมมุติพิสัย" in page.text and "4 ฉบับ (2 แห่ง)" in page.text


# -- work ------------------------------------------------------------------------------------------------


def test_work_in_my_hands_and_in_my_offices(office: Office, sit: Sit, clerk: Browser) -> None:
    officer = sit(PLANNING, "officer", name="จันทร์ ตัวอย่าง")
    line = register(office, clerk.actor).entry
    for handed in (
        {"person": f"P{officer.actor.person_id}", "due": "2026-07-01"},
        {"person": f"P{officer.actor.person_id}", "due": "2026-07-02"},
        {"office": PLANNING},
    ):
        assign(office, clerk.actor, line, AssignTo.model_validate(handed))
    found = desk(office, officer.actor)
    assert (found.mine, found.ours) == (Tasks(open=2, due=1), Tasks(open=1, due=0))
    assert numbers(officer)["/assignments?box=mine"] == ("2", "มอบหมายให้ฉัน ถึงกำหนด 1")
    assert found.picture is None, "an officer leads nobody"


def test_a_head_sees_every_group_and_whose_hands_are_full(
    office: Office, sit: Sit, clerk: Browser, clock: Clock
) -> None:
    officer = sit(PLANNING, "officer", name="จันทร์ ตัวอย่าง")
    head = sit(OURS, "head", name="วิชัย ตัวอย่าง")
    line, other = register(office, clerk.actor).entry, register(office, clerk.actor).entry
    mine = assign(
        office,
        clerk.actor,
        line,
        AssignTo.model_validate({"person": f"P{officer.actor.person_id}", "due": "2026-07-01"}),
    )
    accept(office, officer.actor, mine.id)
    assign(office, clerk.actor, other, AssignTo.model_validate({"office": PLANNING}))
    picture = desk(office, head.actor).picture
    assert picture is not None
    assert {one.name: (one.open, one.accepted, one.overdue) for one in picture} == {
        "สพป.ตัวอย่าง เขต 1": (0, 0, 0),
        "กลุ่มนโยบายและแผน": (1, 1, 0),
        "กลุ่มอำนวยการ": (0, 0, 0),
    }
    page = head.open("/")
    assert "งานค้างของสพป.ตัวอย่าง เขต 1" in page.text and "จันทร์ ตัวอย่าง 1 เรื่อง" in page.text
    clock.advance(days=1)
    late = next(one for one in desk(office, head.actor).picture or [] if one.overdue)
    assert (late.overdue, [(one.name, one.overdue) for one in late.people]) == (1, [("จันทร์ ตัวอย่าง", 1)])


# -- the chart -------------------------------------------------------------------------------------------


def test_the_chart_says_how_long_it_took_and_nothing_of_days_that_have_not_come(
    office: Office, sit: Sit, clerk: Browser, school: Browser, clock: Clock
) -> None:
    other = sit(OTHER_SCHOOL, "clerk", name="มาลี ตัวอย่าง").actor
    send(office, clerk.actor, register(office, clerk.actor).id, offices=BOTH)
    assert desk(office, clerk.actor).pace is None, "a letter of this minute says nothing yet"
    clock.advance(minutes=30)
    receive(office, school.actor, waiting(office, school.actor)[0])
    clock.advance(hours=29, minutes=30)
    receive(office, other, waiting(office, other)[0])
    clock.advance(hours=20)
    pace = desk(office, clerk.actor).pace
    assert pace is not None and (pace.letters, pace.sampled) == (1, 1)
    assert {one.hours: (one.acknowledged, one.deliveries) for one in pace.points} == {
        1: (1, 2),
        2: (1, 2),
        4: (1, 2),
        8: (1, 2),
        24: (1, 2),
        48: (2, 2),
    }
    page = sit(OURS, "registrar").open("/")
    assert "ภายใน 1 วัน ร้อยละ 50, ภายใน 2 วัน ร้อยละ 100" in page.text
    assert re.search(r"<svg[^>]*role=\"img\"[^>]*aria-labelledby", page.html)
    assert '<th scope="row">2 วัน</th><td class="number">2</td><td class="number">2</td>' in page.html
    assert "style=" not in page.html and "onclick" not in page.html


def test_last_months_letters_are_not_in_the_chart(office: Office, clerk: Browser, clock: Clock) -> None:
    send(office, clerk.actor, register(office, clerk.actor).id, offices=BOTH)
    clock.advance(days=31)
    assert desk(office, clerk.actor).pace is None


def test_of_very_many_letters_some_are_drawn_evenly(
    office: Office, clerk: Browser, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "LETTERS_OF_THE_CHART", 3)
    for _ in range(7):
        send(office, clerk.actor, register(office, clerk.actor).id, offices=BOTH)
    clock.advance(hours=2)
    drawn = desk(office, clerk.actor).pace
    assert drawn is not None and (drawn.letters, drawn.sampled) == (7, 2)
    assert [one.deliveries for one in drawn.points] == [4, 4]


# -- who counts what -------------------------------------------------------------------------------------


def test_secret_letters_are_counted_only_for_those_who_may_see_them(
    office: Office, sit: Sit, clerk: Browser, clock: Clock
) -> None:
    cleared = sit(SCHOOL, "clerk", "secret", "มาลี ตัวอย่าง")
    plain = sit(SCHOOL, "officer", "open", "บุญมี ตัวอย่าง")
    head = sit(OURS, "head", "open", "วิชัย ตัวอย่าง")
    letter = register(office, clerk.actor, secrecy="secret")
    send(office, clerk.actor, letter.id, offices=[SCHOOL])
    assign(
        office, clerk.actor, letter.entry, AssignTo.model_validate({"person": f"P{clerk.actor.person_id}"})
    )
    clock.advance(days=4)
    assert sum(one.count for one in desk(office, cleared.actor).waiting) == 1
    assert sum(one.count for one in desk(office, plain.actor).waiting) == 0
    named, stranger = desk(office, clerk.actor), desk(office, head.actor)
    assert (named.overdue.deliveries, named.mine.open) == (1, 1) and named.pace and named.late
    assert stranger.unacknowledged == stranger.overdue == Journeys()
    assert stranger.pace is None and stranger.late == []
    assert all(one.open == 0 and not one.people for one in stranger.picture or [])


def test_a_strangers_house_counts_for_itself(office: Office, sit: Sit, clerk: Browser) -> None:
    send(office, clerk.actor, register(office, clerk.actor).id, offices=BOTH)
    found = desk(office, sit(world.STRANGERS, "head").actor)
    assert sum(one.count for one in found.waiting) == 0
    assert found.unacknowledged == Journeys() and found.pace is None
    assert [one.name for one in found.picture or []] == ["สพป.ตัวอย่าง เขต 2"]


# -- what it costs ---------------------------------------------------------------------------------------


def test_the_desk_asks_the_same_few_questions_however_much_there_is(
    office: Office, sit: Sit, clerk: Browser, clock: Clock
) -> None:
    head = sit(OURS, "head").actor

    def asked(actor: Actor) -> int:
        with statements(office) as said:
            desk(office, actor)
        return len(said)

    def fill(count: int) -> None:
        for _ in range(count):
            letter = register(office, clerk.actor)
            send(office, clerk.actor, letter.id, offices=BOTH)
            assign(office, clerk.actor, letter.entry, AssignTo.model_validate({"office": PLANNING}))

    fill(1)
    clock.advance(days=4)
    few = asked(head), asked(clerk.actor)
    fill(10)
    clock.advance(days=4)
    assert (asked(head), asked(clerk.actor)) == few == (6, 5)


def test_the_desk_is_light_and_every_number_leads_somewhere(
    office: Office, sit: Sit, clerk: Browser, school: Browser
) -> None:
    for _ in range(5):
        send(office, clerk.actor, register(office, clerk.actor, urgency="urgent").id, offices=BOTH)
    for browser in (clerk, school, sit(OURS, "head")):
        page = browser.open("/")
        assert len(page.html.encode()) < 30_000
        for to in re.findall(r'href="(/[^"#]*)"', page.html):
            assert browser.open(to.replace("&amp;", "&")).status == 200, to

"""Tracking: who has acknowledged, who has only looked, who is late, who has answered; reminding the rest."""

from __future__ import annotations

import pytest

from saraban.office import Office
from tests import world
from tests.conftest import Clock
from tests.desk import At, at, desks
from tests.server import Client
from tests.world import OTHER_SCHOOL, OURS, OURS_TOO, PLANNING, SCHOOL, STRANGERS

__all__ = ["at"]

POST = "สำนักงานจังหวัดตัวอย่าง"


def test_every_receiver_has_one_line_in_thai_dictionary_order_on_every_page(
    office: Office, client: Client
) -> None:
    world.area(office)
    names = ["แม่สาย", "กาดหลวง", "เกาะยาว", "บ้านหนอง 10", "บ้านหนอง 2", "ข้าวสาร", "ไผ่งาม", "ปากน้ำ", "ป่าสัก"]
    for number, name in enumerate(names, start=1):
        world.school(office, f"9901{number:04}", name)
    clerk = desks(office, client)(OURS)
    sent = clerk.send(clerk.register(), to={"everyone": True, "post": [POST]})
    in_order = ["กาดหลวง", "เกาะยาว", "ข้าวสาร", "บ้านหนอง 2", "บ้านหนอง 10", "ปากน้ำ", "ป่าสัก", "ไผ่งาม", "แม่สาย"]
    for limit in (500, 4, 1):
        lines = clerk.lines(sent, limit=limit)
        assert [line["office"]["name"] for line in lines[:-1]] == in_order
        assert (lines[-1]["office"], lines[-1]["to_text"]) == (None, POST)
        assert [line["position"] for line in lines] == list(range(1, 11))


def test_the_lines_and_totals_say_who_has_done_what(at: At, office: Office, clock: Clock) -> None:
    codes = [world.school(office, f"9901000{n}", f"บ้านตัวอย่าง {n}") for n in range(3, 7)]
    clerk, (seen, returns, recalled, _) = at(OURS), (at(code) for code in codes)
    earlier = clerk.send(clerk.register(), codes[2])
    clerk.recall(earlier)
    assert clerk.totals(earlier) == {"recalled": 1}
    sent = clerk.send(clerk.register(), to={"everyone": True, "post": [POST]})
    clock.advance(minutes=1)
    seen.look(seen.newest())
    returns.give_back(returns.newest(), "ผิดโรงเรียน")
    at(SCHOOL, name="วิชัย").acknowledge()
    assert sent["recipients"] == 7
    view = clerk.get(f"/dispatches/{sent['id']}")
    assert view["recipients"] == 7
    by_post = {"by_post": 1, "by_post_waiting": 1}
    assert clerk.totals(sent) == {"waiting": 5, "acknowledged": 1, "returned": 1, "seen": 1, **by_post}
    for state, expected in [
        ("waiting", [OTHER_SCHOOL, codes[0], codes[2], codes[3], None]),
        ("missing", [OTHER_SCHOOL, codes[0], codes[2], codes[3]]),
        ("post", [None]),
        ("acknowledged", [SCHOOL]),
        ("returned", [codes[1]]),
        ("seen", [codes[0]]),
        ("unseen", [OTHER_SCHOOL, codes[2], codes[3]]),
        ("overdue", []),
        ("recalled", []),
    ]:
        lines = clerk.lines(sent, state=state, limit=2)
        assert [line["office"] and line["office"]["code"] for line in lines] == expected, state
    [line] = clerk.lines(sent, state="acknowledged")
    told = {name: line[name] for name in ("state", "number", "year", "person", "acknowledged_at", "seen_at")}
    assert told == {
        "state": "acknowledged",
        "number": 1,
        "year": 2569,
        "person": "วิชัย",
        "acknowledged_at": "2026-07-01T02:58:26Z",
        "seen_at": None,
    }
    assert recalled.inbox(state="recalled")[0]["letter_no"] == "ศธ 04999/1"


def test_the_house_follows_what_its_groups_have_sent_and_nobody_else_does(at: At) -> None:
    clerk = at(OURS_TOO, "clerk")
    sent = clerk.send(clerk.register(), SCHOOL)
    for desk in (at(OURS), at(PLANNING, "officer")):
        [item] = desk.get("/dispatches")["items"]
        assert (item["id"], item["office"]["code"], item["recipients"]) == (sent["id"], OURS_TOO, 1)
        assert len(desk.lines(sent)) == 1
    for stranger in (at(SCHOOL), at(STRANGERS)):
        assert stranger.get("/dispatches")["items"] == []
        for path in ("", "/deliveries"):
            assert stranger.refused("GET", f"/dispatches/{sent['id']}{path}") == (404, "not_found")
        assert stranger.refused("POST", f"/dispatches/{sent['id']}/remind") == (404, "not_found")


def test_the_sent_list_is_newest_first_by_letter_and_page_by_page(at: At) -> None:
    clerk = at(OURS)
    letters = [clerk.register() for _ in range(2)]
    sent = [clerk.send(letters[n % 2], SCHOOL)["id"] for n in range(5)]
    assert [item["id"] for item in clerk.whole("/dispatches", limit=2)] == sent[::-1]
    assert [item["id"] for item in clerk.whole("/dispatches", limit=1, letter=letters[1]["id"])] == [
        sent[3],
        sent[1],
    ]


# -- late -----------------------------------------------------------------------------------------


def test_without_a_deadline_a_letter_is_overdue_after_three_days(at: At, clock: Clock) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    sent = clerk.send(clerk.register(), SCHOOL, OTHER_SCHOOL, to={"post": [POST]})
    clock.advance(days=3, seconds=-1)
    by_post = {"by_post": 1, "by_post_waiting": 1}
    assert clerk.totals(sent) == {"waiting": 3, **by_post}
    assert not school.inbox()[0]["overdue"]
    clock.advance(seconds=2)
    assert clerk.totals(sent) == {"waiting": 3, "overdue": 2, **by_post}
    assert school.inbox()[0]["overdue"]
    school.acknowledge()
    assert clerk.totals(sent) == {"waiting": 2, "acknowledged": 1, "overdue": 1, **by_post}
    assert [(line["office"]["code"], line["overdue"]) for line in clerk.lines(sent, state="overdue")] == [
        (OTHER_SCHOOL, True)
    ]
    assert not school.inbox()[0]["overdue"]


def test_with_a_deadline_a_letter_is_overdue_when_it_has_passed(at: At, clock: Clock) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    soon = clerk.send(clerk.register(), SCHOOL, deadline="2026-07-01T16:00:00+07:00")
    later = clerk.send(clerk.register(), SCHOOL, deadline="2026-08-01T16:00:00+07:00")
    clock.advance(days=4)
    assert [clerk.totals(sent) for sent in (soon, later)] == [{"waiting": 1, "overdue": 1}, {"waiting": 1}]
    assert [(item["letter_no"][-1], item["overdue"]) for item in school.inbox()] == [
        ("2", False),
        ("1", True),
    ]


# -- reminding ------------------------------------------------------------------------------------


def test_only_the_missing_are_reminded_and_the_reminder_stands_in_both_lists(at: At, clock: Clock) -> None:
    clerk, school, other = at(OURS), at(SCHOOL), at(OTHER_SCHOOL)
    sent = clerk.send(clerk.register(), SCHOOL, OTHER_SCHOOL, STRANGERS, to={"post": [POST]})
    school.acknowledge()
    at(STRANGERS).give_back(at(STRANGERS).newest())
    clock.advance(days=1)
    path = f"/dispatches/{sent['id']}/remind"
    assert clerk.post(path) == {"reminded": 1}
    at_that_time = "2026-07-02T02:57:26Z"
    marked = {line["office"]["code"]: line["reminded_at"] for line in clerk.lines(sent) if line["office"]}
    assert marked == {SCHOOL: None, OTHER_SCHOOL: at_that_time, STRANGERS: None}
    [item] = other.inbox()
    assert (item["reminded_at"], item["urgency"]) == (at_that_time, "normal")
    other.acknowledge()
    assert clerk.post(path) == {"reminded": 0}


def test_a_recalled_sending_is_not_reminded(at: At) -> None:
    clerk = at(OURS)
    sent = clerk.send(clerk.register(), SCHOOL)
    clerk.recall(sent)
    assert clerk.refused("POST", f"/dispatches/{sent['id']}/remind") == (409, "dispatch_recalled")


# -- answers --------------------------------------------------------------------------------------


def test_tracking_shows_who_has_answered_once_the_answer_has_come(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    letter = clerk.register()
    sent = clerk.send(letter, SCHOOL, OTHER_SCHOOL)
    school.acknowledge()
    answer = school.register(reply_to=letter["id"], subject="แจ้งรายชื่อผู้เข้าประชุม")
    assert clerk.lines(sent, state="replied") == [], "it is written, but not sent"
    school.send(answer, OURS)
    [line] = clerk.lines(sent, state="replied")
    assert line["office"]["code"] == SCHOOL
    assert line["reply"] == {name: answer[name] for name in ("id", "letter_no", "subject", "dated")}
    assert [line["reply"] for line in clerk.lines(sent)][1] is None
    assert clerk.totals(sent) == {"acknowledged": 1, "waiting": 1, "replied": 1}


@pytest.mark.parametrize("how", ["voided", "recalled", "returned"])
def test_an_answer_that_was_taken_or_given_back_is_no_answer(at: At, how: str) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    letter = clerk.register()
    sent = clerk.send(letter, SCHOOL)
    answer = school.register(reply_to=letter["id"])
    back = school.send(answer, OURS)
    assert clerk.totals(sent)["replied"] == 1
    if how == "voided":
        clerk.acknowledge()
        school.post(f"/entries/{answer['entry']}/void", {"reason": "ตอบผิด"})
    elif how == "recalled":
        school.recall(back)
    else:
        clerk.give_back(clerk.newest())
    assert clerk.totals(sent) == {"waiting": 1}
    assert [line["reply"] for line in clerk.lines(sent)] == [None]
    assert clerk.lines(sent, state="replied") == []


def test_a_letter_that_was_not_received_cannot_be_answered(at: At) -> None:
    letter = at(OURS).register()
    said = {"subject": "ตอบ", "dated": "2026-07-01", "to_text": "เขต", "reply_to": letter["id"]}
    assert at(SCHOOL).refused("POST", "/outgoing", said) == (422, "invalid")


def test_between_groups_the_answer_of_one_is_not_the_answer_of_the_other(at: At, office: Office) -> None:
    world.group(office, "9901-03", "กลุ่มกฎหมายและคดี")
    clerk, planner = at(OURS_TOO, "clerk"), at(PLANNING, "clerk")
    letter = clerk.register()
    sent = clerk.send(letter, PLANNING, "9901-03")
    planner.send(planner.register(reply_to=letter["id"]), OURS_TOO)
    assert [line["office"]["code"] for line in clerk.lines(sent, state="replied")] == [PLANNING]
    assert clerk.totals(sent) == {"waiting": 2, "replied": 1}


# -- by post --------------------------------------------------------------------------------------


def test_a_letter_by_post_carries_its_tracking_number_and_the_day_it_arrived(at: At, clock: Clock) -> None:
    clerk = at(OURS)
    sent = clerk.send(clerk.register(), SCHOOL, to={"post": [POST]})
    by_system, by_post = clerk.lines(sent)
    path = f"/deliveries/{by_post['id']}"
    assert clerk.ask("PATCH", path, {"tracking_no": "EX123456789TH"}).is_success
    clock.advance(days=2)
    future = {"received_at": "2026-07-09T00:00:00Z"}
    assert clerk.refused("PATCH", path, future) == (422, "invalid")
    assert clerk.ask("PATCH", path, {"received_at": "2026-07-02T09:00:00+07:00"}).is_success
    line = clerk.lines(sent)[1]
    told = (line["to_text"], line["tracking_no"], line["state"], line["received_at"], line["number"])
    assert told == (POST, "EX123456789TH", "acknowledged", "2026-07-02T02:00:00Z", None)
    received = {"by_post": 1, "by_post_acknowledged": 1}
    assert clerk.totals(sent) == {"waiting": 1, "acknowledged": 1, **received}
    assert clerk.refused("GET", f"{path}/receipt") == (409, "not_acknowledged")
    own = {"tracking_no": "EX1"}
    assert clerk.refused("PATCH", f"/deliveries/{by_system['id']}", own) == (409, "not_by_post")
    assert at(STRANGERS).refused("PATCH", path, own) == (404, "not_found")
    assert clerk.refused("POST", f"{path}/acknowledge") == (404, "not_found")


def test_what_was_written_down_about_the_post_is_told_by_the_events(at: At) -> None:
    clerk = at(OURS)
    sent = clerk.send(clerk.register(), to={"post": [POST]})
    [line] = clerk.lines(sent)
    for number in ("EX1", "EX2"):
        assert clerk.ask("PATCH", f"/deliveries/{line['id']}", {"tracking_no": number}).is_success
    told = [event for event in clerk.whole("/events") if event["act"] == "record_post"]
    assert [event["about"]["tracking_no"] for event in told] == ["EX1", "EX2"]

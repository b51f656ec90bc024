"""A secret letter has no side door: no list, count, search, link, file, error, replay or log tells of it.

What is secret in these tests holds the word TIGER; whoever has not both the clearance and the need must never
be sent it, by any route, whatever is asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from saraban.office import Office
from saraban.permissions import ALLOWED
from tests import world
from tests.contract import operations
from tests.desk import At, Desk, Json, at
from tests.documents import PDF
from tests.pictures import text_of
from tests.server import Client
from tests.test_gate import ACTS, NOT_IDS, code_of
from tests.world import OTHER_SCHOOL, OURS, OURS_TOO, PLANNING, SCHOOL, STRANGERS

__all__ = ["at"]

TIGER = "เสือดาว"
MASKED = "(หนังสือลับ)"
SECRET = {
    "subject": f"เรื่อง{TIGER}",
    "to_text": f"ถึง{TIGER}",
    "from_text": f"จาก{TIGER}",
    "summary": f"สรุป{TIGER}",
    "note": f"หมายเหตุ{TIGER}",
    "action": f"ปฏิบัติ{TIGER}",
    "references": [f"อ้างถึง{TIGER}"],
    "enclosures": [f"สิ่งที่ส่งมา{TIGER}"],
    "secrecy": "secret",
    "urgency": "most_urgent",
}


class Story(NamedTuple):
    """A secret letter of ours: registered, assigned, sent to a school, and acknowledged there."""

    at: At
    letter: Json
    ids: dict[str, Any]
    received: Json

    def insiders(self) -> dict[str, Desk]:
        return {
            "who registered it": author(self.at),
            "who is named for it": named(self.at),
            "who has it assigned": assignee(self.at),
            "the secret registrar of the house": self.at(PLANNING, "secret_registrar", "secret"),
            "one with a higher clearance": self.at(OURS, "secret_registrar", "top_secret"),
        }

    def outsiders(self) -> dict[str, Desk]:
        return {
            "the registry without clearance": self.at(OURS, "registrar"),
            "an administrator with every clearance": self.at(OURS, "admin", "top_secret"),
            "a cleared clerk of the same group": self.at(OURS_TOO, "clerk", "secret", "ผู้อยู่ข้าง ๆ"),
            "a cleared head of the group that acts": self.at(PLANNING, "head", "secret"),
            "a secret registrar cleared too low": self.at(OURS, "secret_registrar", "confidential"),
            "another house's secret registrar": self.at(STRANGERS, "secret_registrar", "top_secret"),
            "another school's clerk": self.at(OTHER_SCHOOL, "clerk", "secret"),
            "the receiver's uncleared clerk": self.at(SCHOOL, "clerk"),
            "the receiver's cleared teacher, once it is in the book": self.at(
                SCHOOL, "officer", "secret", "ครู"
            ),
        }


def author(at: At) -> Desk:
    return at(OURS_TOO, "clerk", "secret", "ผู้ลงทะเบียน")


def named(at: At) -> Desk:
    return at(PLANNING, "officer", "secret", "ผู้ปฏิบัติ")


def assignee(at: At) -> Desk:
    return at(OURS_TOO, "officer", "secret", "ผู้รับมอบ")


def receiver(at: At) -> Desk:
    return at(SCHOOL, "clerk", "secret", "ธุรการลับ")


def person_id(desk: Desk) -> str:
    return f"P{desk.actor.person_id}"


def secret_letter(at: At, **said: Any) -> Json:
    return author(at).register(f"{TIGER}.pdf", **{**SECRET, "action_office": PLANNING, **said})


@pytest.fixture
def story(at: At) -> Story:
    desk = author(at)
    letter = secret_letter(at)
    receiver(at)
    handed = {"person": person_id(assignee(at)), "instruction": f"โปรด{TIGER}"}
    task = desk.post(f"/entries/{letter['entry']}/assignments", handed)
    acts = {"action_person": person_id(named(at))}
    assert desk.ask("PATCH", f"/entries/{letter['entry']}", acts, If_Match='"2"').is_success
    dispatch = desk.send(letter, SCHOOL, summary=f"ส่ง{TIGER}", to={"post": [f"ไปรษณีย์{TIGER}"]})
    delivery = receiver(at).newest()
    received = receiver(at).acknowledge(delivery, note=f"รับ{TIGER}")
    ids = {
        "letter": letter["id"],
        "entry": letter["entry"],
        "attachment": letter["attachments"][0]["id"],
        "dispatch": dispatch["id"],
        "delivery": delivery,
        "assignment": task["id"],
    }
    return Story(at, letter, ids, received)


# -- whoever has no need finds nothing -------------------------------------------------------------------


def asked_of_lists(letter: Json, story: Story) -> Iterator[dict[str, str]]:
    """Every way of asking a list for the letter without having its line in front of one."""
    yield {}
    for name, value in {
        "q": TIGER,
        "from": TIGER,
        "to": TIGER,
        "number": letter["letter_no"],
        "secrecy": "secret",
        "urgency": "most_urgent",
        "dated_from": "2026-07-01",
        "dated_to": "2026-07-01",
        "office": PLANNING,
        "person": person_id(named(story.at)),
        "state": "sent",
        "letter": letter["id"],
        "box": "all",
        "limit": "1",
        "after": "0",
        "year": "2569",
    }.items():
        yield {name: value}
    yield {"number": str(letter["number"]), "year": "2569"}


def test_whoever_lacks_the_need_is_sent_nothing_of_it_by_any_route(story: Story, app: FastAPI) -> None:
    """Each list by every filter, each address of each of its parts with every method."""
    wrong = []
    for name, desk in story.outsiders().items():
        for operation in operations(app):
            of_it = set(operation.parameters) & set(story.ids)
            if of_it:
                answer = operation.ask(desk.http, {**story.ids, **NOT_IDS})
                act = ACTS[operation.name]
                expected = (
                    (404, "not_found")
                    if act and desk.actor.role in ALLOWED[act]
                    else (403, "role_not_allowed")
                )
                answers = [answer]
                if (answer.status_code, code_of(answer)) != expected:
                    wrong.append((name, operation.name, answer.status_code))
            elif operation.method == "GET":
                known = operation.filters
                asked = [params for params in asked_of_lists(story.letter, story) if set(params) <= known]
                if operation.path.endswith("/pdf"):
                    asked = asked[-1:]  # the list of the same book is asked in every way
                answers = [desk.http.get(operation.path, params=params) for params in asked]
            else:
                continue
            wrong += [(name, operation.name, str(one.url)) for one in answers if TIGER in everything(one)]
    assert wrong == []


def everything(answer: httpx.Response) -> str:
    text = text_of(answer.content) if answer.content.startswith(b"%PDF") else answer.text
    return text + str(answer.headers)


def test_its_ids_say_no_more_than_ids_that_never_were(story: Story, app: FastAPI) -> None:
    """The same words for what is hidden as for what is not there: no answer tells the two apart."""
    never = {name: shown[0] + "999999" for name, shown in story.ids.items()}
    differ = []
    for name, desk in story.outsiders().items():
        for operation in operations(app):
            if set(operation.parameters) & set(story.ids):
                hidden = operation.ask(desk.http, {**story.ids, **NOT_IDS})
                absent = operation.ask(desk.http, {**never, **NOT_IDS})
                if (hidden.status_code, hidden.content) != (absent.status_code, absent.content):
                    differ.append((name, operation.name))
    assert differ == []


def test_its_ids_in_a_body_say_no_more_than_ids_that_never_were(story: Story) -> None:
    never = "L999999"
    for desk in story.outsiders().values():
        if desk.actor.role in ("officer", "head"):
            continue
        for link in ("reply_to", "based_on", "replaces"):
            said = {"subject": "ก", "dated": "2026-07-01", "to_text": "ก", "secrecy": "open"}
            hidden = desk.ask("POST", "/outgoing", {**said, link: story.letter["id"]})
            absent = desk.ask("POST", "/outgoing", {**said, link: never})
            assert (hidden.status_code, hidden.text) == (422, absent.text)
        own = desk.register("ก.pdf")
        hidden = desk.ask(
            "POST",
            f"/letters/{own['id']}/dispatches",
            {"to": {"post": ["ก"]}, "attachments": [story.ids["attachment"]]},
        )
        absent = desk.ask(
            "POST", f"/letters/{own['id']}/dispatches", {"to": {"post": ["ก"]}, "attachments": ["A999999"]}
        )
        assert (hidden.status_code, hidden.text) == (422, absent.text)


def test_whoever_has_clearance_and_need_sees_all_of_it(story: Story) -> None:
    for name, desk in story.insiders().items():
        page = desk.get(f"/letters/{story.letter['id']}")
        assert page["subject"] == SECRET["subject"], name
        assert desk.get(f"/entries/{story.letter['entry']}")["note"] == SECRET["note"], name
        assert desk.http.get(f"/api/v1/attachments/{story.ids['attachment']}").content.startswith(PDF), name
        assert desk.get(f"/dispatches/{story.ids['dispatch']}")["summary"] == f"ส่ง{TIGER}", name
        (line,) = desk.get("/outgoing", q=TIGER)["items"]
        assert (line["subject"], line["id"]) == (SECRET["subject"], story.letter["id"]), name


# -- its line in the book --------------------------------------------------------------------------------


def test_its_line_shows_a_number_and_nothing_else(story: Story) -> None:
    desk = story.at(OURS, "registrar")
    before = desk.register(subject="ก่อน")
    (hidden,) = [line for line in desk.whole("/outgoing") if line["number"] == story.letter["number"]]
    assert {name: value for name, value in hidden.items() if value is not None} == {
        "kind": "outgoing",
        "year": 2569,
        "number": story.letter["number"],
        "subject": MASKED,
    }
    assert [line["number"] for line in desk.whole("/outgoing")] == [before["number"], story.letter["number"]]


def test_its_line_is_found_by_year_and_number_alone(story: Story) -> None:
    desk = story.at(OURS, "registrar")

    def found(**asked: str) -> list[int]:
        return [line["number"] for line in desk.whole("/outgoing", **asked)]

    number = story.letter["number"]
    assert (
        found()
        == found(year="2569")
        == found(number=str(number))
        == found(number="๑", year="2569")
        == [number]
    )
    for asked in asked_of_lists(story.letter, story):
        if set(asked) - {"year", "number", "limit"} and not set(asked) & {"box", "letter", "after"}:
            assert (
                found(**{name + "_" if name == "from" else name: value for name, value in asked.items()})
                == []
            ), asked
    assert found(q=MASKED) == found(q="หนังสือลับ") == found(number=story.letter["letter_no"]) == []


def test_a_received_secret_letter_is_masked_in_the_receivers_book_too(story: Story) -> None:
    school = story.at(SCHOOL, "clerk")
    (hidden,) = school.whole("/incoming")
    assert (hidden["subject"], hidden["id"], hidden["entry"]) == (MASKED, None, None)
    assert hidden["number"] == story.received["number"]
    assert school.inbox() == []


# -- on its way in ---------------------------------------------------------------------------------------


def test_before_it_stands_in_the_book_the_receiving_office_must_be_cleared(at: At) -> None:
    opener, colleague, uncleared = receiver(at), at(SCHOOL, "officer", "secret", "ครู"), at(SCHOOL, "clerk")
    dispatch = author(at).send(secret_letter(at), SCHOOL)
    delivery = opener.newest()
    assert colleague.look(delivery)["subject"] == SECRET["subject"]
    assert uncleared.inbox() == []
    for act, body in (("acknowledge", {}), ("return", {"reason": "ก"})):
        assert uncleared.refused("POST", f"/deliveries/{delivery}/{act}", body) == (404, "not_found")
    opener.acknowledge(delivery)
    assert opener.look(delivery)["number"] == 1
    assert colleague.refused("GET", f"/deliveries/{delivery}") == (404, "not_found")
    assert colleague.inbox() == []
    assert author(at).totals(dispatch) == {"acknowledged": 1, "seen": 1}


def test_once_in_the_book_it_is_for_whom_it_is_handed_to(at: At) -> None:
    opener, teacher = receiver(at), at(SCHOOL, "officer", "secret", "ครู")
    author(at).send(secret_letter(at), SCHOOL)
    delivery = opener.newest()
    opener.acknowledge(delivery, assign_to={"person": person_id(teacher), "instruction": "เพื่อทราบ"})
    assert teacher.look(delivery)["subject"] == SECRET["subject"]
    assert [task["subject"] for task in teacher.whole("/assignments")] == [SECRET["subject"]]


def test_who_acknowledges_a_second_sending_keeps_sight_of_it(at: At) -> None:
    first, second = receiver(at), at(SCHOOL, "clerk", "secret", "ธุรการลับอีกคน")
    letter = secret_letter(at)
    author(at).send(letter, SCHOOL)
    first.acknowledge()
    author(at).send(letter, SCHOOL)
    again = second.newest()
    answer = second.acknowledge(again)
    assert second.acknowledge(again) == answer
    assert second.look(again)["number"] == answer["number"] == 1


def test_a_secret_letter_is_assigned_to_cleared_people_by_name(at: At) -> None:
    letter = secret_letter(at)
    tasks = f"/entries/{letter['entry']}/assignments"
    desk = author(at)
    assert desk.refused("POST", tasks, {"office": PLANNING}) == (422, "invalid")
    assert desk.refused("POST", tasks, {"person": person_id(at(PLANNING, "officer"))}) == (422, "invalid")
    low = at(PLANNING, "officer", "confidential")
    assert desk.refused("POST", tasks, {"person": person_id(low)}) == (422, "invalid")
    clerk = at(PLANNING, "clerk", "secret")
    assert clerk.refused("GET", f"/letters/{letter['id']}") == (404, "not_found")
    desk.post(tasks, {"person": person_id(clerk)})
    assert clerk.get(f"/letters/{letter['id']}")["subject"] == SECRET["subject"]


def test_nobody_registers_above_their_clearance_or_corrects_a_letter_beyond_it(at: At) -> None:
    clerk = at(OURS, "clerk", "confidential")
    said = {"subject": "ก", "dated": "2026-07-01", "to_text": "ก"}
    assert clerk.refused("POST", "/outgoing", {**said, "secrecy": "secret"}) == (403, "clearance_too_low")
    letter = clerk.register(secrecy="confidential")
    change = {"secrecy": "secret"}
    assert clerk.refused("PATCH", f"/letters/{letter['id']}", change, If_Match='"1"') == (
        403,
        "clearance_too_low",
    )


def test_a_letter_made_secret_later_disappears_for_those_without_need(at: At) -> None:
    clerk, other = author(at), at(OURS, "registrar")
    letter = clerk.register(subject=f"เรื่อง{TIGER}")
    assert other.get(f"/letters/{letter['id']}")["subject"] == f"เรื่อง{TIGER}"
    assert clerk.ask("PATCH", f"/letters/{letter['id']}", {"secrecy": "secret"}, If_Match='"1"').is_success
    assert other.refused("GET", f"/letters/{letter['id']}") == (404, "not_found")
    assert [line["subject"] for line in other.whole("/outgoing")] == [MASKED]


# -- links -----------------------------------------------------------------------------------------------


def test_an_open_letter_does_not_tell_which_secret_one_it_answers_or_replaces(at: At) -> None:
    desk, open_eyes, school = author(at), at(OURS, "registrar"), at(SCHOOL, "clerk")
    hidden = secret_letter(at)
    letter = desk.register(reply_to=hidden["id"], replaces=hidden["id"])
    desk.send(letter, SCHOOL)
    page = open_eyes.get(f"/letters/{letter['id']}")
    assert (page["reply_to"], page["replaces"], page["based_on"]) == (None, None, None)
    assert desk.get(f"/letters/{letter['id']}")["replaces"]["id"] == hidden["id"]
    (item,) = school.inbox()
    assert item["replaces"] is None and school.look(item["id"])["replaces"] is None
    assert TIGER not in open_eyes.http.get(f"/api/v1/letters/{letter['id']}").text


def test_an_open_letter_does_not_tell_which_secret_one_replaced_it(at: At) -> None:
    letter = author(at).register()
    secret_letter(at, replaces=letter["id"])
    assert at(OURS, "registrar").get(f"/letters/{letter['id']}")["replaced_by"] is None
    assert author(at).get(f"/letters/{letter['id']}")["replaced_by"]["subject"] == SECRET["subject"]


def test_a_secret_reply_is_counted_and_shown_to_those_who_may_see_it_alone(at: At) -> None:
    registry, secret = at(OURS, "registrar"), at(OURS, "secret_registrar", "secret")
    question = registry.register()
    asked = registry.send(question, SCHOOL)
    school = receiver(at)
    incoming = school.look(school.newest())
    school.acknowledge(incoming["id"])
    reply = school.register(**{**SECRET, "reply_to": incoming["letter"]})
    school.send(reply, OURS)
    for desk, seen in ((registry, False), (secret, True)):
        (line,) = desk.lines(asked)
        assert (line["reply"] is not None) == seen
        assert len(desk.lines(asked, state="replied")) == seen
        assert desk.totals(asked).get("replied", 0) == seen
        assert [one["totals"]["replied"] for one in desk.whole("/dispatches")] == [int(seen)]


def test_a_letter_sent_on_stays_as_secret_as_its_source(at: At) -> None:
    desk = author(at)
    source = secret_letter(at)
    said = {"subject": "ก", "dated": "2026-07-01", "to_text": "ก", "based_on": source["id"]}
    assert desk.refused("POST", "/outgoing", {**said, "secrecy": "open"}) == (422, "invalid")
    copy = desk.post("/outgoing", {**said, "secrecy": "secret"})
    lower = desk.refused("PATCH", f"/letters/{copy['id']}", {"secrecy": "open"}, If_Match='"1"')
    assert lower == (422, "invalid")


# -- twice is once, and only for the same eyes -----------------------------------------------------------


def test_an_answer_is_not_given_again_to_the_same_person_with_less_clearance(
    at: At, office: Office, client: Client
) -> None:
    desk = author(at)
    said = {**SECRET, "dated": "2026-07-01"}
    letter = desk.post("/outgoing", said, Idempotency_Key="k")
    files = {"files": [{"upload": desk.upload(f"{TIGER}.pdf")}]}
    path = f"/letters/{letter['id']}/attachments"
    desk.post(path, files, Idempotency_Key="k")
    for code, role, clearance in (
        (OURS, "clerk", "open"),
        (PLANNING, "clerk", "secret"),
        (SCHOOL, "clerk", "secret"),
    ):
        elsewhere = Desk(office, client, world.also(office, desk.actor, code, role, clearance))
        for where, body in (("/outgoing", said), (path, files)):
            answer = elsewhere.ask("POST", where, body, Idempotency_Key="k")
            assert answer.status_code in (403, 422), (code, where, answer.text)
            assert TIGER not in everything(answer)
    assert desk.post("/outgoing", said, Idempotency_Key="k") == letter


# -- traces ----------------------------------------------------------------------------------------------


class Watch:
    """The events of a house as its secret registrar reads them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def looks(self, by: Desk) -> list[str]:
        page = self.desk.get("/events", limit=500)
        assert page["next"] is None
        return [
            event["about"]["seen"].split()[0]
            for event in page["items"]
            if event["act"] == "look" and event["person"]["id"] == person_id(by)
        ]


def test_every_look_at_it_is_an_event(story: Story) -> None:
    watch = Watch(story.at(OURS, "secret_registrar", "top_secret"))
    desk = named(story.at)
    assert watch.looks(desk) == []
    for path in ("letters/{letter}", "entries/{entry}", "attachments/{attachment}", "dispatches/{dispatch}"):
        desk.http.get("/api/v1/" + path.format(**story.ids)).raise_for_status()
    desk.get(f"/deliveries/{story.ids['delivery']}")
    desk.get(f"/deliveries/{story.ids['delivery']}/receipt")
    desk.http.get(f"/api/v1/attachments/{story.ids['attachment']}", headers={"Range": "bytes=0-0"})
    assert watch.looks(desk) == ["letter", "entry", "file", "dispatch", "delivery", "receipt", "file"]
    school = Watch(story.at(SCHOOL, "secret_registrar", "secret"))
    before = len(school.looks(receiver(story.at)))
    receiver(story.at).look(story.ids["delivery"])
    assert len(school.looks(receiver(story.at))) == before + 1


def test_what_was_refused_or_open_leaves_no_look(story: Story) -> None:
    watch = Watch(story.at(OURS, "secret_registrar", "top_secret"))
    other = story.at(OURS, "registrar")
    assert other.refused("GET", f"/letters/{story.ids['letter']}") == (404, "not_found")
    other.get(f"/letters/{other.register()['id']}")
    assert watch.looks(other) == []


def test_its_events_tell_the_uncleared_that_something_was_done_and_nothing_of_what(story: Story) -> None:
    author(story.at).post(f"/entries/{story.ids['entry']}/void", {"reason": f"ยกเลิก{TIGER}"})
    events = story.at(OURS, "registrar").get("/events", limit=500)["items"]
    of_it = [event for event in events if event["act"] in ("register_outgoing", "assign", "send", "void")]
    assert [event["act"] for event in of_it] == ["register_outgoing", "assign", "send", "void"]
    assert {(event["letter"], event["about"]) for event in of_it} == {(None, None)}
    told = story.at(OURS, "secret_registrar", "secret").get("/events", limit=500)["items"]
    assert [event["about"]["reason"] for event in told if event["act"] == "void"] == [f"ยกเลิก{TIGER}"]


def test_no_line_of_a_log_holds_a_word_of_it(
    at: At, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk = author(at)
    letter = secret_letter(at)
    desk.get("/outgoing", q=TIGER)
    desk.refused("POST", "/outgoing", {**SECRET, "dated": TIGER})
    with office.db.engine.begin() as db:
        db.execute(text("DROP TABLE letter_text"))
    answer = desk.ask("POST", "/outgoing", {**SECRET, "dated": "2026-07-01"})
    assert (answer.status_code, code_of(answer)) == (500, "internal_error")
    assert TIGER not in answer.text
    assert "failed" in caplog.text
    # The test's own client logs the addresses it asks; ours logs none of them.
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    formatter = logging.Formatter()
    assert ours and not [line for line in map(formatter.format, ours) if TIGER in line]
    assert letter["number"] == 1


# -- top secret ------------------------------------------------------------------------------------------


def test_top_secret_is_registered_without_files_and_cannot_be_sent(at: At) -> None:
    desk = at(OURS, "secret_registrar", "top_secret")
    said = {**SECRET, "secrecy": "top_secret", "dated": "2026-07-01"}
    with_file = {**said, "files": [{"upload": desk.upload()}]}
    assert desk.refused("POST", "/outgoing", with_file) == (409, "top_secret_not_sent")
    letter = desk.post("/outgoing", said)
    assert letter["number"] == 1
    at(SCHOOL, "secret_registrar", "top_secret")
    for to in ({"offices": [SCHOOL]}, {"post": ["ผู้ว่าราชการจังหวัดตัวอย่าง"]}):
        assert desk.not_sent(letter, to) == (409, "top_secret_not_sent")
    more = {"files": [{"upload": desk.upload()}]}
    assert desk.refused("POST", f"/letters/{letter['id']}/attachments", more) == (409, "top_secret_not_sent")
    raised = desk.register("ก.pdf", **{**SECRET, "secrecy": "secret"})
    up = desk.refused("PATCH", f"/letters/{raised['id']}", {"secrecy": "top_secret"}, If_Match='"1"')
    assert up == (409, "top_secret_not_sent")
    incoming = {**said, "letter_no": "ศธ 04998/1", "files": [{"upload": desk.upload()}]}
    assert desk.refused("POST", "/incoming", incoming) == (409, "top_secret_not_sent")
    assert author(at).refused("GET", f"/letters/{letter['id']}") == (404, "not_found")


def test_sending_where_nobody_is_cleared_is_refused_with_the_list(at: At) -> None:
    letter = secret_letter(at)
    receiver(at)
    answer = author(at).ask("POST", f"/letters/{letter['id']}/dispatches", {"to": {"everyone": True}})
    assert (answer.status_code, code_of(answer)) == (422, "offices_not_cleared")
    assert answer.json()["offices"] == [f"{OTHER_SCHOOL} บ้านตัวอย่าง 2"]
    assert receiver(at).inbox() == []

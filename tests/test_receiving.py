"""Receiving: what has come, acknowledged once under the receiver's own number, returned, called back."""

from __future__ import annotations

import json

import httpx
import pytest

from saraban.receipts import NotGenuine, parse_keys, verify
from tests.conftest import Clock
from tests.desk import At, at
from tests.world import OTHER_SCHOOL, OURS, OURS_TOO, PLANNING, SCHOOL, STRANGERS

__all__ = ["at"]

NOW = "2026-07-01T02:57:26Z"


# -- acknowledging --------------------------------------------------------------------------------


def test_acknowledging_gives_the_next_number_of_the_schools_own_incoming_book(at: At) -> None:
    clerk, school, other = at(OURS), at(SCHOOL, "clerk"), at(OTHER_SCHOOL, "clerk")
    for _ in range(2):
        clerk.send(clerk.register(), SCHOOL, OTHER_SCHOOL)
    numbers = [school.acknowledge(item["id"])["number"] for item in school.inbox()]
    got = other.acknowledge()
    assert (numbers, got["number"], got["year"], got["acknowledged_at"]) == ([1, 2], 1, 2569, NOW)
    [line, _] = school.get("/incoming")["items"]
    assert (line["number"], line["received_at"], line["from_text"]) == (2, NOW, "สพป.ตัวอย่าง เขต 1")


def test_two_people_who_acknowledge_one_delivery_get_the_same_answer(at: At, clock: Clock) -> None:
    clerk = at(OURS)
    sent = clerk.send(clerk.register("ก.pdf"), SCHOOL)
    first = at(SCHOOL, "clerk", name="คนแรก").acknowledge()
    clock.advance(minutes=5)
    delivery = first["id"]
    assert at(SCHOOL, "head", name="คนที่สอง").acknowledge(delivery, note="ซ้ำ") == first
    [line] = clerk.lines(sent)
    assert (line["person"], line["number"], line["acknowledged_at"]) == ("คนแรก", 1, NOW)
    [entry] = at(SCHOOL).get("/incoming")["items"]
    assert (entry["number"], entry["note"]) == (1, "")


def test_the_time_received_may_be_earlier_than_the_time_typed_but_not_to_come(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    clerk.send(clerk.register(), SCHOOL)
    path = f"/deliveries/{school.newest()}/acknowledge"
    assert school.refused("POST", path, {"received_at": "2026-07-02T00:00:00Z"}) == (422, "invalid")
    got = school.acknowledge(received_at="2026-06-30T23:00:00+07:00")
    assert got["receipt"]["receipt"]["received_at"] == "2026-06-30T16:00:00.000000Z"
    assert got["acknowledged_at"] == NOW
    [line] = school.get("/incoming")["items"]
    assert line["received_at"] == "2026-06-30T16:00:00Z"


def test_acknowledging_hands_the_letter_on_in_the_same_act(at: At) -> None:
    school, registrar = at(SCHOOL), at(OURS)
    school.send(school.register(), OURS)
    registrar.acknowledge(assign_to={"office": PLANNING, "instruction": "ดำเนินการ"})
    assert [item["number"] for item in at(PLANNING, "clerk").inbox(box="office")] == [1]
    assert at(OURS_TOO, "clerk").inbox(box="office") == []
    # Handed to nobody of this house: nothing of the act is kept, its number least of all.
    school.send(school.register(), OURS)
    path = f"/deliveries/{registrar.newest()}/acknowledge"
    assert registrar.refused("POST", path, {"assign_to": {"office": SCHOOL}}) == (422, "invalid")
    assert registrar.acknowledge()["number"] == 2


def test_somebody_elses_delivery_is_not_found_and_an_officer_does_not_receive(at: At) -> None:
    clerk = at(OURS)
    clerk.send(clerk.register(), SCHOOL)
    delivery = at(SCHOOL).newest()
    for stranger in (at(OTHER_SCHOOL), at(STRANGERS), clerk):
        assert stranger.refused("POST", f"/deliveries/{delivery}/acknowledge") == (404, "not_found")
        assert stranger.refused("POST", f"/deliveries/{delivery}/return", {"reason": "ผิด"}) == (
            404,
            "not_found",
        )
    officer = at(SCHOOL, "officer")
    assert officer.refused("POST", f"/deliveries/{delivery}/acknowledge") == (403, "role_not_allowed")
    assert at(SCHOOL).look(delivery)["state"] == "waiting"


# -- the receipt ----------------------------------------------------------------------------------


def test_the_receipt_proves_itself_with_the_published_keys_and_not_when_a_byte_has_changed(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL, name="วิชัย ตัวอย่าง")
    letter = clerk.register("ก.pdf")
    clerk.send(letter, SCHOOL)
    delivery = school.acknowledge()["id"]
    keys = parse_keys(httpx.get(school.http.base_url.join("/.well-known/saraban-keys")).text)
    for desk in (school, clerk):
        document = desk.ask("GET", f"/deliveries/{delivery}/receipt").content
        proven = verify(document, keys)
        [file] = letter["attachments"]
        assert proven == {
            "delivery": delivery,
            "letter_no": "ศธ 04999/1",
            "dated": "2026-07-01",
            "sender": {"code": OURS, "name": "สพป.ตัวอย่าง เขต 1"},
            "receiver": {"code": SCHOOL, "name": "บ้านตัวอย่าง 1"},
            "files": [{"filename": "ก.pdf", "sha256": file["sha256"], "size": file["size"]}],
            "number": 1,
            "year": 2569,
            "person": "วิชัย ตัวอย่าง",
            "acknowledged_at": "2026-07-01T02:57:26.000000Z",
            "received_at": "2026-07-01T02:57:26.000000Z",
        }
    with pytest.raises(NotGenuine):
        verify(document.replace(b'"number":1', b'"number":2'), keys)


def test_the_receipt_in_the_answer_is_the_one_that_is_kept(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    clerk.send(clerk.register(), SCHOOL)
    got = school.acknowledge()
    kept = school.ask("GET", f"/deliveries/{got['id']}/receipt").json()
    assert json.dumps(kept) == json.dumps(got["receipt"])


def test_there_is_no_receipt_before_the_acknowledgement_and_none_for_strangers(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    clerk.send(clerk.register(), SCHOOL)
    path = f"/deliveries/{school.newest()}/receipt"
    assert school.refused("GET", path) == (409, "not_acknowledged")
    school.acknowledge()
    assert at(OTHER_SCHOOL).refused("GET", path) == (404, "not_found")


# -- looking --------------------------------------------------------------------------------------


def test_reading_leaves_a_trace_and_never_a_receipt(at: At, clock: Clock) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    sent = clerk.send(clerk.register("ก.pdf"), SCHOOL)
    delivery = school.newest()
    assert clerk.lines(sent)[0]["seen_at"] is None, "the list alone is no look"
    assert school.look(delivery)["seen_at"] == NOW
    clock.advance(hours=1)
    everything = [
        f"/deliveries/{delivery}",
        f"/deliveries/{delivery}/acknowledge",
        f"/deliveries/{delivery}/receipt",
    ]
    for path in [*everything, "/inbox", "/deliveries", f"/deliveries/{delivery}/return"]:
        for method in ("GET", "HEAD", "OPTIONS"):
            school.ask(method, path)
            clerk.ask(method, path)
    [line] = clerk.lines(sent)
    assert (line["state"], line["seen_at"], line["number"]) == ("waiting", NOW, None)
    assert clerk.totals(sent) == {"waiting": 1, "seen": 1}


def test_the_senders_look_leaves_no_trace_not_even_within_one_house(at: At) -> None:
    clerk, planner = at(OURS_TOO, "clerk"), at(PLANNING, "clerk")
    sent = clerk.send(clerk.register("ก.pdf"), PLANNING, SCHOOL)
    for line in clerk.lines(sent):
        assert clerk.look(line["id"])["seen_at"] is None
        assert clerk.look(line["id"])["side"] == "sender"
    assert clerk.totals(sent) == {"waiting": 2}
    planner.look(planner.newest())
    assert clerk.totals(sent) == {"waiting": 2, "seen": 1}


# -- returning ------------------------------------------------------------------------------------


def test_a_returned_letter_tells_its_sender_why_and_takes_no_number(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    sent = clerk.send(clerk.register(), SCHOOL)
    delivery = school.newest()
    assert school.refused("POST", f"/deliveries/{delivery}/return", {"reason": " "}) == (422, "invalid")
    back = school.give_back(delivery, "ไม่ใช่ของโรงเรียน")
    assert (back["state"], back["returned_at"]) == ("returned", NOW)
    assert school.give_back(delivery, "อีกครั้ง") == back
    [line] = clerk.lines(sent)
    assert (line["state"], line["reason"], line["returned_at"]) == ("returned", "ไม่ใช่ของโรงเรียน", NOW)
    assert school.refused("POST", f"/deliveries/{delivery}/acknowledge") == (409, "delivery_returned")
    assert school.get("/incoming")["items"] == []


def test_a_return_after_the_acknowledgement_voids_the_line_and_the_next_one_gets_the_next_number(
    at: At,
) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    letter = clerk.register()
    clerk.send(letter, SCHOOL)
    first = school.acknowledge()
    school.give_back(first["id"], "ขาดหน้า 2")
    [line] = school.get("/incoming")["items"]
    assert (line["number"], line["void"]["reason"]) == (1, "ขาดหน้า 2")
    clerk.send(letter, SCHOOL)
    assert school.acknowledge()["number"] == 2


def test_a_line_under_which_another_delivery_stands_outlives_the_return_of_one(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    letter = clerk.register()
    deliveries = []
    for _ in range(2):
        clerk.send(letter, SCHOOL)
        deliveries.append(school.acknowledge()["id"])
    school.give_back(deliveries[0])
    assert school.get("/incoming")["items"][0]["void"] is None
    school.give_back(deliveries[1])
    assert school.get("/incoming")["items"][0]["void"]["at"] == NOW


def test_a_line_made_by_acknowledging_is_not_voided_behind_the_senders_back(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    clerk.send(clerk.register(), SCHOOL)
    entry = school.acknowledge()["entry"]
    assert school.refused("POST", f"/entries/{entry}/void", {"reason": "ผิด"}) == (409, "entry_received")


# -- recalling ------------------------------------------------------------------------------------


def test_what_was_recalled_unread_shows_its_mark_and_reason_but_no_files(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    letter = clerk.register("ก.pdf")
    sent = clerk.send(letter, SCHOOL)
    delivery, file = school.newest(), letter["attachments"][0]["id"]
    assert school.ask("GET", f"/attachments/{file}").is_success
    back = clerk.recall(sent, "ส่งผิดฉบับ")
    assert (back["recalled"], back["recalled_at"]) == (1, NOW)
    seen = school.look(delivery)
    told = (seen["state"], seen["recalled_at"], seen["recall_reason"], seen["attachments"])
    assert told == ("recalled", NOW, "ส่งผิดฉบับ", [])
    assert school.refused("GET", f"/attachments/{file}") == (404, "not_found")
    assert school.refused("POST", f"/deliveries/{delivery}/acknowledge") == (409, "delivery_recalled")
    assert school.refused("POST", f"/deliveries/{delivery}/return", {"reason": "ผิด"}) == (
        409,
        "delivery_recalled",
    )
    assert [item["state"] for item in school.inbox()] == ["recalled"]
    # Its own sender still sees what it had sent.
    assert [f["id"] for f in clerk.look(delivery)["attachments"]] == [file]


def test_a_recall_after_the_acknowledgement_keeps_the_state_and_is_marked(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    letter = clerk.register("ก.pdf")
    sent = clerk.send(letter, SCHOOL, OTHER_SCHOOL)
    first = school.acknowledge()
    assert clerk.recall(sent)["recalled"] == 1
    seen = school.look(first["id"])
    told = (
        seen["state"],
        seen["recalled_at"],
        seen["recall_reason"],
        seen["number"],
        len(seen["attachments"]),
    )
    assert told == ("acknowledged", NOW, "ส่งผิดฉบับ", 1, 1)
    assert clerk.totals(sent) == {"acknowledged": 1, "recalled": 1, "seen": 1}
    assert school.acknowledge(first["id"]) == first
    assert school.get("/incoming")["items"][0]["void"] is None


def test_a_second_recall_answers_as_the_first_and_a_stranger_recalls_nothing(at: At, clock: Clock) -> None:
    clerk = at(OURS)
    sent = clerk.send(clerk.register(), SCHOOL)
    for stranger in (at(SCHOOL), at(STRANGERS)):
        path = f"/dispatches/{sent['id']}/recall"
        assert stranger.refused("POST", path, {"reason": "ผิด"}) == (404, "not_found")
    first = clerk.recall(sent, "ส่งผิดฉบับ")
    clock.advance(minutes=1)
    assert clerk.recall(sent, "อีกครั้ง") == first


def test_one_sending_is_recalled_and_the_next_one_of_the_same_letter_stays(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    letter = clerk.register("ก.pdf")
    wrong = clerk.send(letter, SCHOOL)
    clerk.send(letter, SCHOOL)
    clerk.recall(wrong)
    assert school.acknowledge(school.inbox(state="waiting")[0]["id"])["number"] == 1
    assert school.ask("GET", f"/attachments/{letter['attachments'][0]['id']}").is_success


def test_voiding_a_sent_letter_recalls_every_sending_of_it(at: At) -> None:
    clerk, school, other = at(OURS), at(SCHOOL), at(OTHER_SCHOOL)
    letter = clerk.register()
    sent = [clerk.send(letter, SCHOOL), clerk.send(letter, OTHER_SCHOOL)]
    got = school.acknowledge()
    clerk.post(f"/entries/{letter['entry']}/void", {"reason": "ออกเลขซ้ำ"})
    assert [clerk.totals(one) for one in sent] == [{"acknowledged": 1}, {"recalled": 1}]
    for desk, delivery, state in [(school, got["id"], "acknowledged"), (other, other.newest(), "recalled")]:
        seen = desk.look(delivery)
        assert (seen["state"], seen["recalled_at"], seen["recall_reason"]) == (state, NOW, "ออกเลขซ้ำ")


# -- the inbox ------------------------------------------------------------------------------------


def test_the_inbox_shows_the_reminded_first_then_the_most_urgent_then_what_is_closed(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    for urgency in ("most_urgent", "normal", "urgent", "very_urgent", "normal", "urgent"):
        sent = clerk.send(clerk.register(urgency=urgency), SCHOOL)
        if clerk.get("/dispatches")["items"][0]["letter_no"] in ("ศธ 04999/2", "ศธ 04999/3"):
            clerk.post(f"/dispatches/{sent['id']}/remind")
    school.acknowledge(school.inbox()[-1]["id"])
    for limit in (50, 2, 1):
        shown = [item["letter_no"].partition("/")[2] for item in school.inbox(limit=limit)]
        assert shown == ["3", "2", "1", "4", "6", "5"]
    assert [item["letter_no"][-1] for item in school.inbox(urgency="urgent")] == ["3", "6"]
    assert [item["letter_no"][-1] for item in school.inbox(state="acknowledged", limit=1)] == ["5"]
    assert [item["letter_no"][-1] for item in school.inbox(state="waiting", limit=2)] == [
        "3",
        "2",
        "1",
        "4",
        "6",
    ]


def test_the_boxes_are_the_house_my_office_and_me(at: At) -> None:
    school, registrar = at(SCHOOL), at(OURS)
    officer, planner = at(PLANNING, "officer"), at(PLANNING, "clerk")
    for to in (OURS, OURS_TOO, OURS, OURS):
        school.send(school.register(), to)
    fourth, third, _, first = (item["id"] for item in registrar.inbox())
    registrar.acknowledge(first, assign_to={"office": PLANNING})
    registrar.acknowledge(third, assign_to={"person": f"P{officer.actor.person_id}"})
    boxes = {
        desk: [[item["letter_no"][-1] for item in desk.inbox(box=box)] for box in ("all", "office", "mine")]
        for desk in (registrar, planner, officer, at(OURS_TOO, "clerk"))
    }
    assert fourth == registrar.inbox(state="waiting")[0]["id"]
    assert boxes[registrar] == [["4", "2", "3", "1"], ["4", "3", "1"], []]
    assert boxes[planner] == [["4", "2", "3", "1"], ["3", "1"], []]
    assert boxes[officer] == [["4", "2", "3", "1"], ["3", "1"], ["3"]]
    assert boxes[at(OURS_TOO, "clerk")] == [["4", "2", "3", "1"], ["2"], []]


def test_a_school_sees_only_what_has_come_to_it(at: At) -> None:
    clerk = at(OURS)
    clerk.send(clerk.register("ก.pdf"), SCHOOL)
    [item] = at(SCHOOL).inbox()
    assert (item["attachments"], item["state"], item["overdue"]) == (1, "waiting", False)
    assert at(OTHER_SCHOOL).inbox() == []
    assert at(OTHER_SCHOOL).refused("GET", f"/deliveries/{item['id']}") == (404, "not_found")
    assert clerk.inbox() == []

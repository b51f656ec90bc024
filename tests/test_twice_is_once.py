"""Twice is once: a request sent again with its key has the answer it had, and happens no second time."""

from __future__ import annotations

from saraban.housekeeping import tidy
from saraban.office import Office
from tests.conftest import Clock
from tests.desk import At, Desk, Json, at, at_once, told
from tests.world import OTHER_SCHOOL, OURS, SCHOOL

__all__ = ["at"]

KEY = "3f0c8a52-4e0e-4ad8-9d9e-1f6b7f0f2b11"


def send(desk: Desk, letter: Json, *codes: str, key: str | None = KEY) -> Json:
    headers = {} if key is None else {"Idempotency_Key": key}
    path = f"/letters/{letter['id']}/dispatches"
    return told(desk.ask("POST", path, {"to": {"offices": codes}}, **headers))


def sendings(desk: Desk) -> int:
    return len(desk.whole("/dispatches"))


def test_the_same_send_again_has_the_first_answer_and_nobody_receives_twice(at: At, clock: Clock) -> None:
    clerk = at(OURS)
    letter = clerk.register()
    first = send(clerk, letter, SCHOOL)
    clock.advance(days=6)
    assert send(clerk, letter, SCHOOL) == first
    assert (sendings(clerk), len(at(SCHOOL).inbox())) == (1, 1)


def test_a_send_that_was_in_time_keeps_its_answer_when_it_is_asked_again_after_its_deadline(
    at: At, clock: Clock
) -> None:
    clerk = at(OURS)
    path = f"/letters/{clerk.register()['id']}/dispatches"
    body = {"to": {"offices": [SCHOOL]}, "deadline": "2026-07-01T11:00:00+07:00"}
    first = clerk.post(path, body, Idempotency_Key=KEY)
    clock.advance(hours=2)
    assert clerk.post(path, body, Idempotency_Key=KEY) == first
    assert clerk.refused("POST", path, body, Idempotency_Key="another") == (422, "invalid")


def test_the_same_send_many_times_at_once_is_one_sending_with_one_answer(at: At) -> None:
    clerk = at(OURS)
    letter = clerk.register()
    answers = at_once(*[lambda: send(clerk, letter, SCHOOL)] * 6)
    assert answers == [answers[0]] * 6
    assert (sendings(clerk), len(at(SCHOOL).inbox())) == (1, 1)


def test_the_same_key_with_another_body_is_refused_and_nothing_happens(at: At) -> None:
    clerk = at(OURS)
    letter = clerk.register()
    send(clerk, letter, SCHOOL)
    path, body = f"/letters/{letter['id']}/dispatches", {"to": {"offices": [OTHER_SCHOOL]}}
    assert clerk.refused("POST", path, body, Idempotency_Key=KEY) == (422, "idempotency_mismatch")
    assert at(OTHER_SCHOOL).inbox() == []


def test_without_a_key_two_sends_are_two(at: At) -> None:
    clerk = at(OURS)
    letter = clerk.register()
    assert send(clerk, letter, SCHOOL, key=None) != send(clerk, letter, SCHOOL, key=None)
    assert (sendings(clerk), len(at(SCHOOL).inbox())) == (2, 2)


def test_the_key_of_a_refused_request_is_free_again(at: At) -> None:
    clerk = at(OURS)
    letter = clerk.register()
    path, body = f"/letters/{letter['id']}/dispatches", {"to": {"offices": ["99019999"]}}
    for _ in range(2):
        assert clerk.refused("POST", path, body, Idempotency_Key=KEY) == (422, "unknown_offices")
    assert send(clerk, letter, SCHOOL)["recipients"] == 1


def test_a_key_belongs_to_one_person_and_one_path(at: At) -> None:
    clerk, colleague = at(OURS), at(OURS, "clerk")
    letters = [clerk.register(), clerk.register()]
    sent = [send(desk, letter, SCHOOL)["id"] for desk in (clerk, colleague) for letter in letters]
    assert len(set(sent)) == 4


def test_a_key_is_forgotten_after_seven_days(at: At, clock: Clock, office: Office) -> None:
    clerk = at(OURS)
    letter = clerk.register()
    first = send(clerk, letter, SCHOOL)
    clock.advance(days=7)
    tidy(office)
    assert send(clerk, letter, SCHOOL) == first
    clock.advance(seconds=1)
    tidy(office)
    assert send(clerk, letter, SCHOOL)["id"] != first["id"]


def test_a_letter_that_is_registered_again_with_its_key_keeps_its_number(at: At) -> None:
    clerk = at(OURS)
    said = {"subject": "แจ้งกำหนดการ", "dated": "2026-07-01", "to_text": "โรงเรียน"}
    answers = at_once(*[lambda: clerk.post("/outgoing", said, Idempotency_Key=KEY)] * 4)
    assert answers == [answers[0]] * 4
    assert clerk.register()["number"] == 2


def test_acknowledge_return_recall_repeat_by_their_state_without_a_key(at: At, clock: Clock) -> None:
    clerk, school, other = at(OURS), at(SCHOOL), at(OTHER_SCHOOL)
    sent = clerk.send(clerk.register(), SCHOOL, OTHER_SCHOOL)
    arrived, wrong = school.newest(), other.newest()
    for act in (
        lambda: school.acknowledge(arrived),
        lambda: other.give_back(wrong),
        lambda: clerk.recall(sent),
    ):
        first = act()
        clock.advance(minutes=1)
        assert act() == first
    acts_told = [event["act"] for desk in (clerk, school, other) for event in desk.get("/events")["items"]]
    assert [acts_told.count(act) for act in ("acknowledge", "return", "recall")] == [1, 1, 1]

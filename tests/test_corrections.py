"""Corrections: of a letter by its writer until it is sent, of a line by its house always, with history."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from saraban.commands.correct_entry import correct_entry
from saraban.commands.correct_letter import correct_letter
from saraban.commands.enter_letter import Registered
from saraban.commands.register_incoming import register_incoming
from saraban.commands.register_outgoing import register_outgoing
from saraban.commands.send_letter import NewDispatch, Receivers, send_letter
from saraban.commands.void_entry import void_entry
from saraban.errors import EntryVoid, Invalid, LetterSent, NotAllowed, NotFound, StaleVersion
from saraban.letters import EntryChange, LetterChange, NewIncoming, NewOutgoing
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.entry import entry_view
from saraban.queries.letter import letter_view
from saraban.queries.register_lines import IncomingFilters, OutgoingFilters, incoming_lines, outgoing_lines
from tests import world
from tests.server import Client


@pytest.fixture
def clerk(office: Office) -> Actor:
    world.three_offices(office)
    return world.person(office, world.OURS_TOO, "clerk")


@pytest.fixture
def sending(office: Office, clerk: Actor) -> Registered:
    said = {"subject": "ขอเชิญประชุม", "dated": "2026-07-01", "to_text": "โรงเรียนทุกโรงเรียน"}
    return register_outgoing(office, clerk, NewOutgoing.model_validate(said))


@pytest.fixture
def paper(office: Office, clerk: Actor) -> Registered:
    said = {"subject": "ส่งรายงาน", "dated": "2026-06-30", "from_text": "เทศบาล", "letter_no": "มท 0201.2/159"}
    return register_incoming(office, clerk, NewIncoming.model_validate(said))


def change(**said: Any) -> LetterChange:
    return LetterChange.model_validate(said)


# -- the letter -----------------------------------------------------------------------------------


def test_a_correction_keeps_what_stood_there_before(
    office: Office, clerk: Actor, sending: Registered, client: Client
) -> None:
    asks = client.as_(world.key_for(office, clerk))
    here = f"/api/v1/letters/L{sending.id}"
    said = {
        "subject": "ขอเลื่อนประชุม",
        "urgency": "most_urgent",
        "dated": "2026-07-02",
        "to_text": "โรงเรียนทุกโรงเรียน",
    }
    answer = asks.patch(here, json=said, headers={"If-Match": asks.get(here).headers["ETag"]})
    assert (answer.status_code, answer.json(), answer.headers["ETag"]) == (
        200,
        {"id": f"L{sending.id}", "version": 2},
        '"2"',
    )
    page = asks.get(here).json()
    assert {name: page[name] for name in said} == said
    assert page["history"] == [
        {
            "version": 1,
            "at": "2026-07-01T02:57:26Z",
            "by": {"id": f"P{clerk.person_id}", "name": clerk.person_name},
            "before": {"subject": "ขอเชิญประชุม", "urgency": "normal", "dated": "2026-07-01"},
        }
    ]


def test_a_correction_needs_the_version_that_was_read(
    office: Office, clerk: Actor, sending: Registered, paper: Registered, client: Client
) -> None:
    asks = client.as_(world.key_for(office, clerk))
    for here, body in (
        (f"letters/L{sending.id}", {"subject": "ก"}),
        (f"entries/E{paper.entry}", {"note": "ก"}),
    ):
        missing = asks.patch(f"/api/v1/{here}", json=body)
        assert (missing.status_code, missing.json()["code"]) == (428, "version_missing")
        for stale in ('"2"', '"0"', "x", "*"):
            answer = asks.patch(f"/api/v1/{here}", json=body, headers={"If-Match": stale})
            assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")
        assert asks.patch(f"/api/v1/{here}", json=body, headers={"If-Match": 'W/"1"'}).status_code == 200
        assert asks.patch(f"/api/v1/{here}", json=body, headers={"If-Match": '"1"'}).status_code == 412


def test_of_two_corrections_of_one_version_one_is_made(
    office: Office, clerk: Actor, sending: Registered
) -> None:
    def correct(subject: str) -> bool:
        try:
            correct_letter(office, clerk, sending.id, change(subject=subject), 1)
        except StaleVersion:
            return False
        return True

    with ThreadPoolExecutor(8) as clerks:
        made = list(clerks.map(correct, [f"ฉบับ {n}" for n in range(8)]))
    assert made.count(True) == 1
    page = letter_view(office, clerk, sending.id)
    assert (page.version, page.subject, len(page.history)) == (2, f"ฉบับ {made.index(True)}", 1)


def test_a_correction_that_changes_nothing_is_no_version(
    office: Office, clerk: Actor, sending: Registered
) -> None:
    assert correct_letter(office, clerk, sending.id, change(subject="ขอเชิญประชุม"), 1).version == 1
    assert correct_letter(office, clerk, sending.id, change(), 1).version == 1
    assert letter_view(office, clerk, sending.id).history == []


def test_what_was_sent_is_not_corrected(
    office: Office, clerk: Actor, sending: Registered, client: Client
) -> None:
    send_letter(office, clerk, sending.id, NewDispatch(to=Receivers(everyone=True)))
    asks = client.as_(world.key_for(office, clerk))
    answer = asks.patch(f"/api/v1/letters/L{sending.id}", json={"subject": "ก"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (409, "letter_already_sent")
    with pytest.raises(LetterSent):
        correct_letter(office, clerk, sending.id, change(urgency="urgent"), 1)


def test_a_receiver_does_not_correct_its_senders_letter(
    office: Office, clerk: Actor, sending: Registered
) -> None:
    send_letter(office, clerk, sending.id, NewDispatch(to=Receivers(offices=[world.SCHOOL])))
    teacher = world.person(office, world.SCHOOL)
    assert letter_view(office, teacher, sending.id).subject == "ขอเชิญประชุม"
    with pytest.raises(NotFound):
        correct_letter(office, teacher, sending.id, change(subject="ก"), 1)


def test_a_voided_letter_is_not_corrected(office: Office, clerk: Actor, sending: Registered) -> None:
    void_entry(office, clerk, sending.entry, "พิมพ์ซ้ำ")
    with pytest.raises(EntryVoid):
        correct_letter(office, clerk, sending.id, change(subject="ก"), 1)


@pytest.mark.parametrize(
    "field", ["subject", "dated", "to_text", "from_text", "secrecy", "letter_no", "summary"]
)
def test_what_is_not_to_be_corrected_is_left_out_not_null(
    office: Office, clerk: Actor, paper: Registered, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        correct_letter(office, clerk, paper.id, change(**{field: None}), 1)
    assert refused.value.fields[0][0] == field


def test_an_officer_corrects_nothing(office: Office, clerk: Actor, sending: Registered) -> None:
    officer = world.person(office, world.OURS_TOO, "officer")
    with pytest.raises(NotAllowed):
        correct_letter(office, officer, sending.id, change(subject="ก"), 1)
    with pytest.raises(NotAllowed):
        correct_entry(office, officer, sending.entry, EntryChange(note="ก"), 1)
    with pytest.raises(NotAllowed):
        void_entry(office, officer, sending.entry, "ก")


def test_the_senders_number_of_a_paper_letter_is_corrected_and_found(
    office: Office, clerk: Actor, paper: Registered
) -> None:
    correct_letter(office, clerk, paper.id, change(letter_no="มท ๐๒๐๑.๒/ว ๑๕๙๐", subject="ส่งแบบรายงาน"), 1)
    page = letter_view(office, clerk, paper.id)
    assert (page.letter_no, page.circular, page.subject) == ("มท ๐๒๐๑.๒/ว ๑๕๙๐", True, "ส่งแบบรายงาน")
    assert page.history[0].before == {"letter_no": "มท 0201.2/159", "subject": "ส่งรายงาน"}

    def found(number: str) -> list[int]:
        asked = IncomingFilters(number=number)
        return [line.number for line in incoming_lines(office, clerk, asked).items]

    assert found("1590") == found("มท0201.2/ว1590") == [1]
    assert found("159") == found("มท 0201.2/159") == []


def test_our_own_number_is_the_books_and_is_not_corrected(
    office: Office, clerk: Actor, sending: Registered
) -> None:
    with pytest.raises(Invalid) as refused:
        correct_letter(office, clerk, sending.id, change(letter_no="ศธ 04999/2"), 1)
    assert refused.value.fields[0][0] == "letter_no"
    assert letter_view(office, clerk, sending.id).letter_no == "ศธ 04999/1"


def test_a_letter_made_secret_is_masked_from_then_on(
    office: Office, clerk: Actor, sending: Registered
) -> None:
    keeper = world.person(office, world.OURS, "secret_registrar", "secret")
    correct_letter(office, keeper, sending.id, change(secrecy="secret"), 1)
    with pytest.raises(NotFound):
        letter_view(office, clerk, sending.id)
    assert outgoing_lines(office, clerk, OutgoingFilters()).items[0].subject == "(หนังสือลับ)"
    assert letter_view(office, keeper, sending.id).history[0].before == {"secrecy": "open"}


def test_nobody_makes_a_letter_more_secret_than_they_may_read(
    office: Office, clerk: Actor, sending: Registered
) -> None:
    with pytest.raises(NotAllowed):
        correct_letter(office, clerk, sending.id, change(secrecy="confidential"), 1)


# -- the line -------------------------------------------------------------------------------------


def test_a_line_is_corrected_after_sending_too_with_its_history(
    office: Office, clerk: Actor, sending: Registered, client: Client
) -> None:
    send_letter(office, clerk, sending.id, NewDispatch(to=Receivers(everyone=True)))
    colleague = world.person(office, world.PLANNING, "officer")
    asks = client.as_(world.key_for(office, clerk))
    here = f"/api/v1/entries/E{sending.entry}"
    said = {
        "note": "โทรแจ้งแล้ว",
        "action": "เวียนทราบ",
        "action_office": world.PLANNING,
        "action_person": f"P{colleague.person_id}",
    }
    answer = asks.patch(here, json=said, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()) == (200, {"id": f"E{sending.entry}", "version": 2})
    cleared = asks.patch(here, json={"action_person": None}, headers={"If-Match": answer.headers["ETag"]})
    assert cleared.status_code == 200
    line = asks.get(here).json()
    assert (line["note"], line["action"], line["version"]) == ("โทรแจ้งแล้ว", "เวียนทราบ", 3)
    assert (line["action_office"]["code"], line["action_person"]) == (world.PLANNING, None)
    assert [revised["before"] for revised in line["history"]] == [
        {"note": "", "action": "", "action_office": world.OURS_TOO, "action_person": None},
        {"action_person": f"P{colleague.person_id}"},
    ]


def test_when_a_paper_letter_was_received_is_corrected_but_not_to_tomorrow(
    office: Office, clerk: Actor, paper: Registered, sending: Registered
) -> None:
    earlier = office.clock() - timedelta(days=2)
    correct_entry(office, clerk, paper.entry, EntryChange(received_at=earlier), 1)
    assert entry_view(office, clerk, paper.entry).received_at == earlier
    for line, version, at in ((paper, 2, office.clock() + timedelta(days=1)), (sending, 1, earlier)):
        with pytest.raises(Invalid) as refused:
            correct_entry(office, clerk, line.entry, EntryChange(received_at=at), version)
        assert refused.value.fields[0][0] == "received_at"


def test_nobody_of_another_house_acts_in_our_book(office: Office, clerk: Actor, sending: Registered) -> None:
    stranger = world.person(office, world.STRANGERS)
    for said in ({"action_office": world.STRANGERS}, {"action_person": f"P{stranger.person_id}"}):
        with pytest.raises(Invalid) as refused:
            correct_entry(office, clerk, sending.entry, EntryChange.model_validate(said), 1)
        assert [refused.value.fields[0][0]] == list(said)


def test_a_voided_number_says_why_and_stays_as_it_is(
    office: Office, clerk: Actor, sending: Registered, client: Client
) -> None:
    asks = client.as_(world.key_for(office, clerk))
    here = f"/api/v1/entries/E{sending.entry}"
    voided = asks.post(f"{here}/void", json={"reason": "พิมพ์ซ้ำ"})
    assert voided.status_code == 200
    assert asks.post(f"{here}/void", json={"reason": "พิมพ์ซ้ำ"}).json() == voided.json(), (
        "once more is harmless"
    )
    assert asks.post(f"{here}/void", json={"reason": "เหตุอื่น"}).status_code == 409
    assert asks.post(f"{here}/void", json={"reason": " "}).status_code == 422
    line = asks.get(here).json()
    assert (line["state"], line["void"]["reason"], line["number"]) == ("void", "พิมพ์ซ้ำ", 1)
    refused = asks.patch(here, json={"note": "ก"}, headers={"If-Match": f'"{line["version"]}"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "entry_void")

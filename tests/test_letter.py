"""A letter's page: what it says, to whom, and what a look at it leaves behind."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from saraban.commands.acknowledge import Acknowledging, acknowledge
from saraban.commands.attach_files import MoreFiles, attach_files
from saraban.commands.keep_upload import keep_upload
from saraban.commands.recall_dispatch import recall_dispatch
from saraban.commands.register_incoming import register_incoming
from saraban.commands.register_outgoing import register_outgoing
from saraban.commands.send_letter import NewDispatch, Receivers, send_letter
from saraban.errors import NotFound
from saraban.letters import FileGiven, NewIncoming, NewOutgoing
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.entry import entry_view
from saraban.queries.inbox import InboxFilters, inbox
from saraban.queries.letter import LetterView, letter_view
from storage.files import Spool
from storage.tables import event
from tests import world
from tests.documents import PDF
from tests.server import Client


@pytest.fixture
def clerk(office: Office) -> Actor:
    world.three_offices(office)
    return world.person(office, world.OURS_TOO, "clerk")


@pytest.fixture
def teacher(office: Office, clerk: Actor) -> Actor:
    return world.person(office, world.SCHOOL, "clerk", name="สมชาย ตัวอย่าง")


def register(office: Office, who: Actor, subject: str = "ขอเชิญประชุม", **said: Any) -> int:
    given = {"subject": subject, "dated": "2026-07-01", "to_text": "โรงเรียนทุกโรงเรียน", **said}
    return register_outgoing(office, who, NewOutgoing.model_validate(given)).id


def upload(office: Office, who: Actor, filename: str) -> FileGiven:
    with Spool(office.settings.spool, 1_000_000) as spool:
        spool.write(PDF)
        kept = keep_upload(office, who, spool, filename)
    return FileGiven(upload=kept.id, description="")


def send(office: Office, who: Actor, letter: int, *to: str, **how: Any) -> int:
    return send_letter(office, who, letter, NewDispatch(to=Receivers(offices=list(to)), **how)).id


def acts(office: Office) -> list[str]:
    return list(
        office.db.read(lambda db: db.execute(select(event.c.act).order_by(event.c.seq)).scalars().all())
    )


def test_the_page_shows_the_letter_its_line_and_its_journeys(
    office: Office, clerk: Actor, client: Client
) -> None:
    letter = register(
        office,
        clerk,
        references=["หนังสือที่ ศธ 04999/9"],
        enclosures=["กำหนดการ"],
        summary="สรุป",
        urgency="urgent",
    )
    sent = send(office, clerk, letter, world.SCHOOL, world.OTHER_SCHOOL)
    recall_dispatch(office, clerk, sent, "ผิดฉบับ")
    answer = client.as_(world.key_for(office, clerk)).get(f"/api/v1/letters/L{letter}")
    assert answer.headers["ETag"] == '"1"'
    at, ours = "2026-07-01T02:57:26Z", {"code": world.OURS_TOO, "name": "กลุ่มอำนวยการ"}
    said = answer.json()
    (line,) = said.pop("entries")
    assert said == {
        "id": f"L{letter}",
        "version": 1,
        "letter_no": "ศธ 04999/1",
        "circular": False,
        "subject": "ขอเชิญประชุม",
        "dated": "2026-07-01",
        "from_text": "สพป.ตัวอย่าง เขต 1",
        "to_text": "โรงเรียนทุกโรงเรียน",
        "references": ["หนังสือที่ ศธ 04999/9"],
        "enclosures": ["กำหนดการ"],
        "summary": "สรุป",
        "urgency": "urgent",
        "secrecy": "open",
        "office": ours,
        "created_at": at,
        "sent_at": at,
        "attachments": [],
        "paper": None,
        "based_on": None,
        "reply_to": None,
        "replaces": None,
        "replaced_by": None,
        "dispatches": [
            {"id": f"S{sent}", "sent_at": at, "recipients": 2, "urgency": "urgent", "recalled": True}
        ],
        "deliveries": [],
        "history": [],
    }
    assert (line["kind"], line["number"], line["state"], line["action_office"]) == (
        "outgoing",
        1,
        "sent",
        ours,
    )
    entry = client.as_(world.key_for(office, clerk)).get(f"/api/v1/entries/{line['id']}")
    assert entry.headers["ETag"] == '"1"'
    assert entry.json()["letter"] == f"L{letter}" and entry.json()["subject"] == "ขอเชิญประชุม"
    assert {name: entry.json()[name] for name in line} == line


def test_a_receiver_sees_its_own_line_and_arrival_and_the_files_sent_to_it(
    office: Office, clerk: Actor, teacher: Actor
) -> None:
    letter = register(office, clerk)
    files = MoreFiles(files=[upload(office, clerk, "หนึ่ง.pdf"), upload(office, clerk, "สอง.pdf")])
    first, second = attach_files(office, clerk, letter, files).attachments
    send(office, clerk, letter, world.SCHOOL, attachments=[first.id])
    page = letter_view(office, teacher, letter)
    assert [file.filename for file in page.attachments] == ["หนึ่ง.pdf"]
    assert (page.entries, page.dispatches, page.history) == ([], [], [])
    (arrival,) = page.deliveries
    assert (arrival.state, arrival.office.code) == ("waiting", world.SCHOOL)
    acknowledge(office, teacher, arrival.id, Acknowledging())
    (line,) = letter_view(office, teacher, letter).entries
    assert (line.kind, line.number, line.state) == ("incoming", 1, "registered")
    assert [file.id for file in letter_view(office, clerk, letter).attachments] == [first.id, second.id]


def test_looking_at_a_letter_acknowledges_nothing(office: Office, clerk: Actor, teacher: Actor) -> None:
    letter = register(office, clerk)
    send(office, clerk, letter, world.SCHOOL)
    before = acts(office)
    letter_view(office, teacher, letter)
    assert inbox(office, teacher, InboxFilters()).items[0].state == "waiting"
    assert acts(office) == before


def test_somebody_elses_letter_is_not_found(office: Office, clerk: Actor, client: Client) -> None:
    letter = register(office, clerk)
    (line,) = letter_view(office, clerk, letter).entries
    for stranger in (world.person(office, world.STRANGERS, "admin"), world.person(office, world.SCHOOL)):
        asks = client.as_(world.key_for(office, stranger))
        for there in (f"letters/L{letter}", f"entries/E{line.id}", "letters/L999", "letters/x", "entries/L1"):
            answer = asks.get(f"/api/v1/{there}")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        for there, body in ((f"letters/L{letter}", {"subject": "x"}), (f"entries/E{line.id}", {"note": "x"})):
            answer = asks.patch(f"/api/v1/{there}", json=body, headers={"If-Match": '"1"'})
            assert answer.status_code == 404
        assert asks.post(f"/api/v1/entries/E{line.id}/void", json={"reason": "x"}).status_code == 404
    assert letter_view(office, clerk, letter).entries == [line]


# -- links ----------------------------------------------------------------------------------------


def links(page: LetterView) -> dict[str, int | None]:
    named = {"based_on": page.based_on, "reply_to": page.reply_to, "replaces": page.replaces}
    return {name: ref and ref.id for name, ref in {**named, "replaced_by": page.replaced_by}.items()}


def test_a_letter_names_what_it_answers_replaces_and_goes_back_to(office: Office, clerk: Actor) -> None:
    asked = {"subject": "ขอข้อมูล", "dated": "2026-06-01", "from_text": "สพฐ.", "letter_no": "ศธ 04001/7"}
    source = register_incoming(office, clerk, NewIncoming.model_validate(asked)).id
    first = register(office, clerk, based_on=f"L{source}")
    second = register(office, clerk, replaces=f"L{first}", reply_to=f"L{source}")
    third = register(office, clerk, replaces=f"L{first}")
    assert links(letter_view(office, clerk, first)) == {
        "based_on": source,
        "reply_to": None,
        "replaces": None,
        "replaced_by": third,
    }
    assert links(letter_view(office, clerk, second)) == {
        "based_on": None,
        "reply_to": source,
        "replaces": first,
        "replaced_by": None,
    }
    ref = letter_view(office, clerk, first).based_on
    assert ref is not None and (ref.letter_no, ref.subject) == ("ศธ 04001/7", "ขอข้อมูล")


def test_a_link_to_a_letter_one_may_not_see_is_not_told(office: Office, clerk: Actor, teacher: Actor) -> None:
    source = register(office, clerk, "เบื้องหลัง")
    letter = register(office, clerk, based_on=f"L{source}", replaces=f"L{source}")
    send(office, clerk, letter, world.SCHOOL)
    later = register(office, clerk, replaces=f"L{letter}")
    assert set(links(letter_view(office, teacher, letter)).values()) == {None}
    send(office, clerk, later, world.SCHOOL)
    assert links(letter_view(office, teacher, letter))["replaced_by"] == later


# -- secret letters -------------------------------------------------------------------------------


def test_every_look_at_a_secret_letter_is_an_event_and_a_look_in_vain_is_none(
    office: Office, clerk: Actor
) -> None:
    keeper = world.person(office, world.OURS, "secret_registrar", "secret")
    letter = register(office, keeper, secrecy="secret")
    before = acts(office)
    (line,) = letter_view(office, keeper, letter).entries
    assert acts(office) == [*before, "look"]
    with pytest.raises(NotFound):
        letter_view(office, clerk, letter)
    cleared = world.person(office, world.OURS, "registrar", "secret")
    with pytest.raises(NotFound):
        letter_view(office, cleared, letter)
    assert acts(office) == [*before, "look"]
    assert entry_view(office, keeper, line.id).secrecy == "secret"
    assert acts(office) == [*before, "look", "look"]


def test_what_a_looker_cannot_be_traced_for_is_not_shown(
    office: Office, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = world.person(office, world.OURS, "secret_registrar", "secret")
    letter = register(office, keeper, secrecy="secret")

    def full_disk(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(type(office.db), "write", full_disk)
    with pytest.raises(OSError, match="no space"):
        letter_view(office, keeper, letter)

"""The house's chain of events: in order, whole, and telling of no secret letter."""

from __future__ import annotations

import hashlib
import threading

import pytest
from sqlalchemy import select

from saraban.office import Office
from storage.events import beginning
from storage.tables import event, office as offices
from tests import world
from tests.desk import At, Desk, Json, at, at_once

__all__ = ["at"]  # a fixture


@pytest.fixture
def reader(at: At) -> Desk:
    return at(world.OURS)


def follow(desk: Desk, after: int = 0, limit: int = 500) -> list[Json]:
    events: list[Json] = []
    while True:
        page = desk.get("/events", after=after, limit=limit)
        events += page["items"]
        if page["next"] is None:
            return events
        after = page["next"]


def test_every_act_is_told_in_order_with_who_and_what(at: At, reader: Desk) -> None:
    clerk = at(world.OURS_TOO, "clerk", name="สมศรี ตัวอย่าง")
    letter = clerk.register()
    sent = clerk.send(letter, world.SCHOOL)
    first, second = follow(reader)
    assert (first["seq"], second["seq"]) == (1, 2)
    assert first["person"] == {"id": clerk.get("/me")["id"], "name": "สมศรี ตัวอย่าง"}
    assert (first["office"], first["act"], first["letter"]) == (
        world.OURS_TOO,
        "register_outgoing",
        letter["id"],
    )
    assert first["about"] == {"entry": letter["entry"], "number": 1, "year": 2569}
    assert first["at"] == "2026-07-01T02:57:26Z"
    assert second["about"] == {"dispatch": sent["id"], "recipients": 1}


def test_each_hash_follows_from_the_one_before(office: Office, reader: Desk) -> None:
    for _ in range(3):
        reader.register()
    house, bodies = office.db.read(
        lambda db: (
            db.execute(select(offices.c.id).where(offices.c.code == world.OURS)).scalar_one(),
            db.execute(select(event.c.body).order_by(event.c.seq)).scalars().all(),
        )
    )
    link = beginning(house)
    for told, body in zip(follow(reader), bodies, strict=True):
        link = hashlib.sha256(link + body.encode()).digest()
        assert told["hash"] == link.hex()


def test_a_follower_sees_every_event_once_while_others_write(at: At, reader: Desk) -> None:
    clerks = [at(world.OURS_TOO, "clerk", name=f"เจ้าหน้าที่ {n}") for n in range(4)]
    seen: list[int] = []
    done = threading.Event()

    def write(clerk: Desk) -> None:
        for _ in range(10):
            clerk.register()

    def read_along() -> None:
        while not done.is_set() or len(follow(reader, seen[-1] if seen else 0)) > 0:
            seen.extend(told["seq"] for told in follow(reader, seen[-1] if seen else 0, limit=3))

    following = threading.Thread(target=read_along)
    following.start()
    try:
        at_once(*[lambda clerk=clerk: write(clerk) for clerk in clerks])
    finally:
        done.set()
        following.join()
    assert seen == list(range(1, 41))


def test_a_house_reads_its_own_chain_only(at: At, reader: Desk) -> None:
    at(world.STRANGERS).register()
    assert follow(reader) == []
    assert [told["act"] for told in follow(at(world.STRANGERS))] == ["register_outgoing"]


def test_of_a_secret_letter_others_read_that_something_was_done_and_by_whom(at: At, reader: Desk) -> None:
    named = at(world.OURS, "secret_registrar", "secret", "นายทะเบียนหนังสือลับ")
    letter = named.register(subject="สอบข้อเท็จจริง", secrecy="secret")
    named.post(f"/entries/{letter['entry']}/void", {"reason": "สอบใหม่อีกครั้ง"})
    for told in follow(reader):
        assert told["letter"] is None and told["about"] is None
        assert told["person"]["name"] == "นายทะเบียนหนังสือลับ"
    assert letter["id"] not in str(follow(reader)) and "สอบ" not in str(follow(reader))
    assert [told["letter"] for told in follow(named)] == [letter["id"]] * 2
    assert follow(named)[1]["about"]["reason"] == "สอบใหม่อีกครั้ง"
    assert [told["hash"] for told in follow(named)] == [told["hash"] for told in follow(reader)]


def test_clerks_and_officers_do_not_read_the_chain(at: At) -> None:
    for role in ("clerk", "officer"):
        assert at(world.OURS_TOO, role).refused("GET", "/events") == (403, "role_not_allowed")


@pytest.mark.parametrize(
    "asked", ["after=-1", "after=x", "after=99999999999999999999", "limit=501", "since=1"]
)
def test_a_place_that_cannot_be_is_refused(reader: Desk, asked: str) -> None:
    assert reader.refused("GET", f"/events?{asked}") == (422, "invalid")

"""An entry goes from the registry to a group, from its head to a person, and is done or comes back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update

from saraban.commands.acknowledge import Acknowledging, acknowledge
from saraban.commands.assign import Assigned, accept, assign, finish, hand_back
from saraban.commands.register_incoming import register_incoming
from saraban.commands.register_outgoing import register_outgoing
from saraban.commands.send_letter import NewDispatch, Receivers, send_letter
from saraban.commands.void_entry import void_entry
from saraban.errors import AssignmentClosed, EntryVoid, Invalid, NotAllowed, NotFound
from saraban.letters import AssignTo, NewIncoming, NewOutgoing
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.assignments import AssignmentFilters, assignments
from saraban.queries.entry import entry_view
from saraban.queries.inbox import InboxFilters, inbox
from saraban.queries.letter import letter_view
from storage.tables import event, office as offices
from tests import world
from tests.server import Client


@pytest.fixture
def registry(office: Office) -> Actor:
    world.three_offices(office)
    return world.person(office, world.OURS, "registrar", name="สารบรรณกลาง")


@pytest.fixture
def head(office: Office, registry: Actor) -> Actor:
    return world.person(office, world.PLANNING, "head", name="ผอ.กลุ่ม")


@pytest.fixture
def officer(office: Office, registry: Actor) -> Actor:
    return world.person(office, world.PLANNING, "officer", name="เจ้าของเรื่อง")


def received(office: Office, who: Actor, **said: Any) -> int:
    given = {
        "subject": "ขอข้อมูล",
        "dated": "2026-06-30",
        "from_text": "สพฐ.",
        "letter_no": "ศธ 04001/7",
        **said,
    }
    return register_incoming(office, who, NewIncoming.model_validate(given)).entry


def hand(office: Office, who: Actor, entry: int, to: str | Actor, **more: Any) -> Assigned:
    named = {"office": to} if isinstance(to, str) else {"person": to.person_id}
    return assign(office, who, entry, AssignTo(**named, **more))


def acting(office: Office, who: Actor, entry: int) -> tuple[str, int | None]:
    line = entry_view(office, who, entry)
    return line.action_office.code, line.action_person and line.action_person.id


def box(office: Office, who: Actor, name: str, **asked: Any) -> list[int]:
    filters = AssignmentFilters.model_validate({"box": name, **asked})
    return [task.id for task in assignments(office, who, filters).items]


def acts(office: Office) -> list[str]:
    return list(
        office.db.read(lambda db: db.execute(select(event.c.act).order_by(event.c.seq)).scalars().all())
    )


def test_from_the_registry_to_the_group_to_the_person_until_it_is_done(
    office: Office, registry: Actor, head: Actor, officer: Actor, client: Client
) -> None:
    entry = received(office, registry)
    asks = {who.person_id: client.as_(world.key_for(office, who)) for who in (registry, head, officer)}
    given = asks[registry.person_id].post(
        f"/api/v1/entries/E{entry}/assignments",
        json={"office": world.PLANNING, "instruction": "โปรดดำเนินการ", "due": "2026-07-10"},
    )
    assert given.status_code == 201
    group = given.json()
    assert (group["office"], group["person"], group["state"]) == (world.PLANNING, None, "open")
    assert acting(office, registry, entry) == (world.PLANNING, None)

    (waiting,) = asks[head.person_id].get("/api/v1/assignments?box=office&state=open").json()["items"]
    assert {name: waiting[name] for name in group} == group
    assert (waiting["subject"], waiting["number"], waiting["assigned_by"]) == ("ขอข้อมูล", 1, "สารบรรณกลาง")
    taken = asks[head.person_id].post(f"/api/v1/assignments/{group['id']}/accept").json()
    assert (taken["state"], taken["accepted_at"]) == ("accepted", "2026-07-01T02:57:26Z")
    mine = asks[head.person_id].post(
        f"/api/v1/entries/E{entry}/assignments", json={"person": f"P{officer.person_id}"}
    )
    assert acting(office, registry, entry) == (world.PLANNING, officer.person_id)

    (task,) = asks[officer.person_id].get("/api/v1/assignments?box=mine").json()["items"]
    assert (task["id"], task["person_name"], task["assigned_by"]) == (
        mine.json()["id"],
        "เจ้าของเรื่อง",
        "ผอ.กลุ่ม",
    )
    done = (
        asks[officer.person_id].post(f"/api/v1/assignments/{task['id']}/done", json={"note": "ตอบแล้ว"}).json()
    )
    assert (done["state"], done["note"], done["closed_at"]) == ("done", "ตอบแล้ว", "2026-07-01T02:57:26Z")
    assert asks[head.person_id].post(f"/api/v1/assignments/{group['id']}/done").json()["state"] == "done"
    line = asks[registry.person_id].get(f"/api/v1/entries/E{entry}").json()
    assert line["state"] == "done"
    assert [(task["office"], task["person"], task["state"]) for task in line["assignments"]] == [
        (world.PLANNING, None, "done"),
        (None, f"P{officer.person_id}", "done"),
    ]
    assert [revised["before"] for revised in line["history"]] == [
        {"action_office": world.OURS},
        {"action_person": None},
    ]
    assert acts(office) == ["register_incoming", "assign", "accept", "assign", "done", "done"]


# -- handing back ---------------------------------------------------------------------------------


def test_who_hands_it_back_says_why_and_acts_no_longer(
    office: Office, registry: Actor, head: Actor, officer: Actor, client: Client
) -> None:
    entry = received(office, registry)
    group = hand(office, registry, entry, world.PLANNING)
    mine = hand(office, head, entry, officer)
    asks = client.as_(world.key_for(office, officer))
    assert asks.post(f"/api/v1/assignments/T{mine.id}/hand-back", json={"reason": ""}).status_code == 422
    back = asks.post(f"/api/v1/assignments/T{mine.id}/hand-back", json={"reason": "ไม่ใช่งานของข้าพเจ้า"}).json()
    assert (back["state"], back["note"]) == ("handed_back", "ไม่ใช่งานของข้าพเจ้า")
    assert acting(office, registry, entry) == (world.PLANNING, None), "the group acts again"
    hand_back(office, head, group.id, "เป็นงานของกลุ่มอื่น")
    assert acting(office, registry, entry) == (world.OURS, None), "and then who registered it"
    assert entry_view(office, registry, entry).state == "registered"
    assert box(office, registry, "all", state="handed_back") == [mine.id, group.id]


def test_handing_back_what_was_handed_on_since_moves_nobody(
    office: Office, registry: Actor, head: Actor, officer: Actor
) -> None:
    entry = received(office, registry)
    first = hand(office, registry, entry, world.OURS_TOO)
    hand(office, registry, entry, officer)
    clerk = world.person(office, world.OURS_TOO, "clerk")
    hand_back(office, clerk, first.id, "ผิดกลุ่ม")
    assert acting(office, registry, entry) == (world.PLANNING, officer.person_id)


def test_an_earlier_person_acts_again_in_their_own_group(
    office: Office, registry: Actor, head: Actor, officer: Actor
) -> None:
    entry = received(office, registry)
    hand(office, registry, entry, officer)
    assert acting(office, registry, entry) == (world.PLANNING, officer.person_id), (
        "a person brings their group"
    )
    clerk = world.person(office, world.OURS_TOO, "clerk")
    second = hand(office, registry, entry, clerk)
    assert acting(office, registry, entry) == (world.OURS_TOO, clerk.person_id)
    hand_back(office, clerk, second.id, "ผิดคน")
    assert acting(office, registry, entry) == (world.PLANNING, officer.person_id)


def test_a_group_does_not_inherit_the_person_of_another(
    office: Office, registry: Actor, officer: Actor
) -> None:
    entry = received(office, registry)
    hand(office, registry, entry, officer)
    hand(office, registry, entry, world.OURS_TOO)
    assert acting(office, registry, entry) == (world.OURS_TOO, None)


# -- twice, at once, too late ---------------------------------------------------------------------


def test_doing_it_again_changes_nothing_and_is_no_event(
    office: Office, registry: Actor, officer: Actor
) -> None:
    entry = received(office, registry)
    task = hand(office, registry, entry, officer)
    first = accept(office, officer, task.id)
    events = acts(office)
    assert accept(office, officer, task.id) == first
    done = finish(office, officer, task.id, "เสร็จ")
    assert finish(office, officer, task.id, "เสร็จอีกครั้ง") == done
    assert acts(office) == [*events, "done"]
    for too_late in (accept, lambda *about: hand_back(*about, "ก")):
        with pytest.raises(AssignmentClosed):
            too_late(office, officer, task.id)
    back = hand(office, registry, entry, officer)
    returned = hand_back(office, officer, back.id, "ก")
    assert hand_back(office, officer, back.id, "ข") == returned
    with pytest.raises(AssignmentClosed):
        finish(office, officer, back.id, "")


def test_of_those_who_end_it_at_once_one_owns_the_end(office: Office, registry: Actor) -> None:
    entry = received(office, registry)
    task = hand(office, registry, entry, world.PLANNING)
    clerks = [world.person(office, world.PLANNING, "clerk", name=f"คนที่ {n}") for n in range(6)]

    def end(nth: int) -> str:
        try:
            if nth % 2:
                return finish(office, clerks[nth], task.id, str(nth)).note
            return hand_back(office, clerks[nth], task.id, str(nth)).note
        except AssignmentClosed:
            return "closed"

    with ThreadPoolExecutor(6) as pool:
        notes = list(pool.map(end, range(6)))
    (told,) = entry_view(office, registry, entry).assignments
    same_way = [note for note in notes if note != "closed"]
    assert set(same_way) == {told.note} and len(same_way) == 3
    assert len([act for act in acts(office) if act in ("done", "hand_back")]) == 1


def test_the_same_request_sent_twice_hands_it_on_once(
    office: Office, registry: Actor, officer: Actor, client: Client
) -> None:
    entry = received(office, registry)
    asks = client.as_(world.key_for(office, registry))
    there, body = f"/api/v1/entries/E{entry}/assignments", {"person": f"P{officer.person_id}"}
    first, again = (asks.post(there, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert len(entry_view(office, registry, entry).assignments) == 1


def test_of_a_voided_line_nothing_is_left_to_do(office: Office, registry: Actor, officer: Actor) -> None:
    entry = received(office, registry)
    task = hand(office, registry, entry, officer)
    void_entry(office, registry, entry, "ลงซ้ำ")
    assert box(office, officer, "mine") == box(office, registry, "all") == []
    for move in (
        lambda: accept(office, officer, task.id),
        lambda: finish(office, officer, task.id, ""),
        lambda: hand_back(office, officer, task.id, "ก"),
        lambda: hand(office, registry, entry, officer),
    ):
        with pytest.raises(EntryVoid):
            move()
    (told,) = entry_view(office, registry, entry).assignments
    assert told.state == "open"


# -- who may --------------------------------------------------------------------------------------


def test_only_whom_it_was_given_to_moves_it(
    office: Office, registry: Actor, head: Actor, officer: Actor
) -> None:
    entry = received(office, registry)
    personal = hand(office, registry, entry, officer)
    to_group = hand(office, registry, entry, world.PLANNING)
    elsewhere = world.person(office, world.OURS_TOO, "clerk")
    stranger = world.person(office, world.STRANGERS, "registrar")
    moves: list[Callable[[Actor, int], Assigned]] = [
        lambda who, task: accept(office, who, task),
        lambda who, task: finish(office, who, task, ""),
        lambda who, task: hand_back(office, who, task, "ก"),
    ]
    for move in moves:
        for who, task in (
            (head, personal),
            (elsewhere, personal),
            (elsewhere, to_group),
            (stranger, to_group),
        ):
            with pytest.raises(NotFound):
                move(who, task.id)
    assert accept(office, officer, to_group.id).state == "accepted", "anybody of the group"


def test_an_officer_hands_nothing_on(office: Office, registry: Actor, officer: Actor) -> None:
    entry = received(office, registry)
    with pytest.raises(NotAllowed):
        hand(office, officer, entry, officer)


def test_it_is_handed_to_one_and_only_inside_the_house(
    office: Office, registry: Actor, officer: Actor
) -> None:
    entry = received(office, registry)
    stranger = world.person(office, world.STRANGERS)
    closed = update(offices).where(offices.c.code == world.OURS_TOO).values(is_open=False)
    office.db.write(lambda tx: tx.execute(closed))
    for to, field in (
        (AssignTo(), "office"),
        (AssignTo(office=world.PLANNING, person=officer.person_id), "office"),
        (AssignTo(office=world.STRANGERS), "office"),
        (AssignTo(office=world.SCHOOL), "office"),
        (AssignTo(office=world.OURS_TOO), "office"),
        (AssignTo(office="nowhere"), "office"),
        (AssignTo(person=stranger.person_id), "person"),
        (AssignTo(person=10**9), "person"),
    ):
        with pytest.raises(Invalid) as refused:
            assign(office, registry, entry, to)
        assert refused.value.fields[0][0] == field, to
    view = entry_view(office, registry, entry)
    assert (view.assignments, view.version) == ([], 1)


def test_another_houses_entry_is_not_found(office: Office, registry: Actor) -> None:
    entry = received(office, registry)
    stranger = world.person(office, world.STRANGERS)
    with pytest.raises(NotFound):
        hand(office, stranger, entry, stranger)
    assert box(office, stranger, "all") == []


# -- secret letters -------------------------------------------------------------------------------


def test_a_secret_letter_goes_only_to_somebody_named_and_cleared(
    office: Office, registry: Actor, officer: Actor
) -> None:
    keeper = world.person(office, world.OURS, "secret_registrar", "secret")
    cleared = world.person(office, world.PLANNING, "officer", "secret")
    entry = received(office, keeper, secrecy="secret")
    with pytest.raises(Invalid):
        hand(office, keeper, entry, world.PLANNING)
    with pytest.raises(Invalid):
        hand(office, keeper, entry, officer)
    letter = entry_view(office, keeper, entry).letter
    with pytest.raises(NotFound):
        letter_view(office, cleared, letter)
    task = hand(office, keeper, entry, cleared)
    assert letter_view(office, cleared, letter).secrecy == "secret"
    assert accept(office, cleared, task.id).state == "accepted"
    assert box(office, registry, "all") == box(office, officer, "office") == [], "nobody else hears of it"
    assert box(office, cleared, "mine") == box(office, keeper, "all") == [task.id]


def test_who_hands_a_secret_letter_on_need_not_keep_sight_of_it(office: Office, registry: Actor) -> None:
    keeper = world.person(office, world.OURS, "secret_registrar", "secret")
    first = world.person(office, world.PLANNING, "head", "secret")
    second = world.person(office, world.PLANNING, "officer", "secret")
    entry = received(office, keeper, secrecy="secret", action_person=f"P{first.person_id}")
    assert hand(office, first, entry, second).person == second.person_id
    with pytest.raises(NotFound):
        entry_view(office, first, entry)


# -- other ways in --------------------------------------------------------------------------------


def test_acknowledging_can_hand_it_on_at_once(office: Office, registry: Actor) -> None:
    said = {"subject": "ขอเชิญประชุม", "dated": "2026-07-01", "to_text": "โรงเรียน"}
    letter = register_outgoing(office, registry, NewOutgoing.model_validate(said)).id
    send_letter(office, registry, letter, NewDispatch(to=Receivers(offices=[world.SCHOOL])))
    school = world.person(office, world.SCHOOL, "clerk")
    teacher = world.person(office, world.SCHOOL, "officer")
    (came,) = inbox(office, school, InboxFilters()).items
    to = AssignTo(person=teacher.person_id, instruction="เข้าประชุม")
    entry = acknowledge(office, school, came.id, Acknowledging(assign_to=to)).entry
    (task,) = assignments(office, teacher, AssignmentFilters()).items
    assert (task.entry, task.instruction, task.kind) == (entry, "เข้าประชุม", "incoming")
    assert acting(office, school, task.entry) == (world.SCHOOL, teacher.person_id)


def test_boxes_are_read_by_pages_newest_first(
    office: Office, registry: Actor, officer: Actor, client: Client
) -> None:
    entry = received(office, registry)
    ids = [f"T{hand(office, registry, entry, officer).id}" for _ in range(5)]
    asks, seen, cursor = client.as_(world.key_for(office, officer)), [], None
    for size in (2, 2, 1):
        page = asks.get(
            "/api/v1/assignments", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        ).json()
        assert len(page["items"]) == size
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert (seen, cursor) == (ids[::-1], None)
    for wrong in ("box=theirs", "state=closed", "cursor=x", "colour=red"):
        assert asks.get(f"/api/v1/assignments?{wrong}").status_code == 422

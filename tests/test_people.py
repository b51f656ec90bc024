"""Who is in the house, who lets them in, and the keys of programs."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from saraban.commands.add_person import NewPerson, add_person, enrol
from saraban.commands.create_root import create_root, operator
from saraban.commands.import_offices import import_offices, import_schools
from saraban.commands.keep_keys import add_key, revoke_key
from saraban.errors import AlreadyExists, Invalid, NotAllowed, NotFound, UnknownOffices
from saraban.office import Office
from saraban.queries.events import EventFilters, events_of_the_house
from saraban.queries.people import PeopleFilters, people
from storage.tables import key
from tests import world
from tests.desk import At, Desk, at
from tests.server import Client

__all__ = ["at"]  # a fixture

SOMSRI = {"name": "สมศรี ตัวอย่าง", "role": "clerk", "username": "somsri"}


@pytest.fixture
def admin(at: At) -> Desk:
    return at(world.OURS, "admin", name="ผู้ดูแล")


@pytest.fixture
def rooted(office: Office) -> Office:
    create_root(office)
    import_offices(office, [{"area_code": world.OURS, "name": "สพป.ตัวอย่าง เขต 1"}], with_groups=True)
    import_schools(office, [{"school_code": world.SCHOOL, "area_code": world.OURS, "name": "บ้านตัวอย่าง 1"}])
    return office


def told(office: Office, act: str) -> list[object]:
    events = events_of_the_house(office, operator(office), EventFilters(limit=500)).items
    return [event.about for event in events if event.act == act]


# -- the list ------------------------------------------------------------------------------------------------


def test_a_house_lists_its_own_people_and_those_of_its_groups(at: At) -> None:
    desks = [
        at(world.OURS, name="ก"),
        at(world.OURS_TOO, "clerk", "secret", "ข"),
        at(world.PLANNING, "head", name="ค"),
    ]
    at(world.SCHOOL, name="ง")
    at(world.STRANGERS, name="จ")
    listed = desks[0].whole("/people", limit=1)
    assert [(one["name"], one["office"], one["role"], one["clearance"]) for one in listed] == [
        ("ค", world.PLANNING, "head", "open"),
        ("ข", world.OURS_TOO, "clerk", "secret"),
        ("ก", world.OURS, "registrar", "open"),
    ]
    assert listed[2]["id"] == desks[0].get("/me")["id"]
    assert [one["name"] for one in desks[0].whole("/people", office=world.PLANNING)] == ["ค"]


def test_people_of_another_house_are_not_found(at: At) -> None:
    for code in (world.STRANGERS, world.SCHOOL, "nobody"):
        assert at(world.OURS).refused("GET", f"/people?office={code}") == (404, "not_found")
    assert at(world.SCHOOL, "admin").refused("GET", f"/people?office={world.OURS}") == (404, "not_found")


def test_who_keeps_people_sees_those_of_the_schools_below(at: At, admin: Desk) -> None:
    at(world.SCHOOL, name="ง")
    assert [one["name"] for one in admin.whole("/people", office=world.SCHOOL)] == ["ง"]
    assert admin.refused("GET", f"/people?office={world.STRANGERS}") == (404, "not_found")


# -- adding --------------------------------------------------------------------------------------------------


def test_a_person_is_added_with_a_clearance_and_the_grant_is_an_event(admin: Desk) -> None:
    added = admin.post("/people", SOMSRI | {"office": world.OURS_TOO, "clearance": "secret"})
    assert added == {
        "id": added["id"],
        "name": "สมศรี ตัวอย่าง",
        "username": "somsri",
        "office": world.OURS_TOO,
        "office_name": "กลุ่มอำนวยการ",
        "role": "clerk",
        "clearance": "secret",
        "is_program": False,
    }
    assert added in admin.whole("/people")
    (event,) = admin.get("/events")["items"]
    assert (event["act"], event["about"]) == (
        "add_person",
        {"person": added["id"], "office": world.OURS_TOO, "role": "clerk", "clearance": "secret"},
    )


def test_a_username_adds_an_office_to_the_same_person(admin: Desk) -> None:
    first = admin.post("/people", SOMSRI)
    second = admin.post("/people", SOMSRI | {"office": world.SCHOOL, "username": "SomSri"})
    assert (first["id"], first["office"]) == (second["id"], world.OURS)
    assert admin.refused("POST", "/people", SOMSRI) == (409, "already_exists")
    assert admin.refused("POST", "/people", SOMSRI | {"name": "สมปอง ตัวอย่าง"}) == (409, "already_exists")


def test_nobody_gives_a_clearance_to_oneself(office: Office, admin: Desk) -> None:
    second = admin.post("/people", {"name": "ผู้ดูแล คนที่สอง", "role": "admin", "username": "second"})
    more = {"name": "ผู้ดูแล คนที่สอง", "role": "secret_registrar", "username": "second", "clearance": "secret"}
    with pytest.raises(NotAllowed):
        enrol(office, replace(admin.actor, person_id=int(second["id"][1:])), NewPerson.model_validate(more))
    assert admin.post("/people", more)["clearance"] == "secret"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"office": world.STRANGERS}, 404, "not_found"),
        ({"office": "nobody"}, 422, "unknown_offices"),
        ({"role": "boss"}, 422, "invalid"),
        ({"clearance": "ลับ"}, 422, "invalid"),
        ({"name": " "}, 422, "invalid"),
        ({"username": "som sri"}, 422, "invalid"),
        ({"username": "s" * 65}, 422, "invalid"),
        ({"password": "secret"}, 422, "invalid"),
    ],
)
def test_a_person_who_cannot_be_added_is_refused(
    admin: Desk, change: dict[str, str], status: int, code: str
) -> None:
    assert admin.refused("POST", "/people", SOMSRI | change) == (status, code)
    assert [one["name"] for one in admin.whole("/people")] == ["ผู้ดูแล"]


def test_only_an_administrator_lets_people_in(at: At) -> None:
    for role in ("registrar", "secret_registrar", "clerk", "head", "officer", "system"):
        assert at(world.OURS, role).refused("POST", "/people", SOMSRI) == (403, "role_not_allowed")


# -- from the command line -----------------------------------------------------------------------------------


def test_the_operator_adds_people_anywhere(rooted: Office) -> None:
    added = add_person(
        rooted,
        name="สมศรี ตัวอย่าง",
        office_code=world.SCHOOL,
        role="clerk",
        clearance="open",
        username="somsri",
    )
    assert (added.office, added.role, added.username) == (world.SCHOOL, "clerk", "somsri")
    assert told(rooted, "add_person") == [
        {"person": f"P{added.id}", "office": world.SCHOOL, "role": "clerk", "clearance": "open"}
    ]


@pytest.mark.parametrize(
    ("change", "refusal", "says"),
    [
        ({"office_code": "nobody"}, UnknownOffices, "nobody"),
        ({"role": "boss"}, Invalid, "role ต้องเป็นค่าใดค่าหนึ่งใน admin, registrar"),
        ({"clearance": "ลับ"}, Invalid, "clearance ต้องเป็นค่าใดค่าหนึ่งใน open, confidential"),
        ({"name": ""}, Invalid, "เว้นว่างไม่ได้"),
        ({"username": "operator"}, NotAllowed, "หน้าที่ของท่าน"),
    ],
)
def test_what_was_mistyped_is_refused_in_thai(
    rooted: Office, change: dict[str, str], refusal: type[Exception], says: str
) -> None:
    said = {"name": "สมศรี", "office_code": world.SCHOOL, "role": "clerk", "clearance": "open", **change}
    with pytest.raises(refusal, match=says):
        add_person(rooted, **said)


# -- keys ----------------------------------------------------------------------------------------------------


def test_a_key_opens_for_a_program_that_is_a_person_and_only_its_hash_is_kept(
    rooted: Office, client: Client
) -> None:
    made = add_key(rooted, office_code=world.OURS_TOO, role="clerk", clearance="secret", name="ระบบงานแผน")
    assert re.fullmatch(r"sbn_[\w-]{43}", made.secret)
    me = client.as_(made.secret).get("/api/v1/me").json()
    assert (me["person"], me["office"]["code"], me["role"], me["clearance"]) == (
        "ระบบงานแผน",
        world.OURS_TOO,
        "clerk",
        "secret",
    )
    stored = rooted.db.read(lambda db: db.execute(select(key)).all())
    assert made.secret not in str(stored) and len(stored) == 1
    assert made.secret not in str(told(rooted, "add_key"))
    assert told(rooted, "add_key")[0] == {
        "clearance": "secret",
        "key": made.id,
        "office": world.OURS_TOO,
        "person": me["id"],
        "role": "clerk",
    }


def test_a_revoked_key_opens_nothing_and_its_program_is_gone(rooted: Office, client: Client) -> None:
    made = add_key(rooted, office_code="root", role="clerk", clearance="secret", name="ระบบงานแผน")
    other = add_key(rooted, office_code="root", role="clerk", clearance="open", name="ระบบอื่น")
    revoke_key(rooted, "ระบบงานแผน")
    assert client.as_(made.secret).get("/api/v1/me").status_code == 401
    assert client.as_(other.secret).get("/api/v1/me").status_code == 200
    listed = people(rooted, operator(rooted), PeopleFilters()).items
    assert [person.name for person in listed] == ["ผู้ดูแลเครื่อง", "ระบบอื่น"]
    with pytest.raises(NotFound):
        revoke_key(rooted, made.id)


def test_of_two_keys_of_one_name_the_id_says_which(rooted: Office, client: Client) -> None:
    old, new = (
        add_key(rooted, office_code=world.OURS, role="clerk", clearance="open", name="ระบบงานแผน")
        for _ in "ab"
    )
    with pytest.raises(Invalid, match=rf"{old.id} \(9901\), {new.id} \(9901\)"):
        revoke_key(rooted, "ระบบงานแผน")
    revoke_key(rooted, old.id)
    assert client.as_(old.secret).get("/api/v1/me").status_code == 401
    assert client.as_(new.secret).get("/api/v1/me").status_code == 200
    revoke_key(rooted, "ระบบงานแผน")


def test_a_username_is_of_one_person(rooted: Office) -> None:
    add_person(rooted, name="สมศรี", office_code="root", role="clerk", clearance="open", username="somsri")
    with pytest.raises(AlreadyExists):
        add_person(
            rooted, name="สมปอง", office_code="root", role="clerk", clearance="open", username="somsri"
        )

"""The tree of offices: read by all, kept by those who are above."""

from __future__ import annotations

import pytest

from saraban.commands.create_root import create_root, operator
from saraban.commands.keep_offices import NewOffice, add_office
from saraban.errors import NotReady
from saraban.office import Office
from saraban.queries.events import EventFilters, events_of_the_house
from saraban.queries.offices import OfficeFilters, offices_of_the_tree
from saraban.queries.people import PeopleFilters, people
from tests import world
from tests.desk import At, Desk, at, at_once, desks
from tests.server import Client

__all__ = ["at"]  # a fixture


@pytest.fixture
def admin(at: At) -> Desk:
    return at(world.OURS, "admin")


def codes(desk: Desk, **asked: object) -> list[str]:
    return [item["code"] for item in desk.whole("/offices", **asked)]


# -- the root ------------------------------------------------------------------------------------------------


def test_the_root_is_made_once_however_often_the_office_is_migrated(office: Office) -> None:
    at_once(*[lambda: create_root(office)] * 4)
    create_root(office)
    who = operator(office)
    (root,) = offices_of_the_tree(office, who, OfficeFilters()).items
    assert (root.code, root.kind, root.house, root.area) == ("root", "root", "root", None)
    (person,) = people(office, who, PeopleFilters()).items
    assert (person.name, person.is_program, person.role) == ("ผู้ดูแลเครื่อง", True, "admin")
    assert [event.act for event in events_of_the_house(office, who, EventFilters()).items] == [
        "create_office"
    ]


def test_without_a_root_there_is_no_operator(office: Office) -> None:
    with pytest.raises(NotReady):
        operator(office)


def test_what_the_operator_does_is_an_event_of_the_root(office: Office) -> None:
    create_root(office)
    who = operator(office)
    area = add_office(office, who, NewOffice(code="9901", kind="area", name="สพป.ตัวอย่าง เขต 1"))
    assert (area.parent, area.house) == ("root", "9901")
    last = events_of_the_house(office, who, EventFilters()).items[-1]
    assert (last.person.name, last.act, last.about) == (
        "ผู้ดูแลเครื่อง",
        "create_office",
        {"kind": "area", "office": "9901", "parent": "root"},
    )


# -- reading -------------------------------------------------------------------------------------------------


def test_anyone_reads_the_whole_tree_in_thai_order_page_by_page(office: Office, client: Client) -> None:
    world.area(office)
    for n, name in enumerate(["ไทยรัฐ", "บ้านตัวอย่าง 10", "เกาะตัวอย่าง", "บ้านตัวอย่าง 2", "บ้านตัวอย่าง 2"], start=1):
        world.school(office, f"9901000{n}", name)
    stranger = desks(office, client)(world.school(office, "99010009", "อนุบาลตัวอย่าง"), "officer")
    names = [item["name"] for item in stranger.whole("/offices", limit=2, kind="school")]
    assert names == ["เกาะตัวอย่าง", "ไทยรัฐ", "บ้านตัวอย่าง 2", "บ้านตัวอย่าง 2", "บ้านตัวอย่าง 10", "อนุบาลตัวอย่าง"]


def test_offices_are_found_by_what_is_above_them_and_by_any_part_of_name_or_code(
    at: At, office: Office
) -> None:
    world.school(office, "99010003", "น้ำตกตัวอย่าง", district="เมือง", network="เครือข่ายที่ 1")
    desk = at(world.SCHOOL, "officer")
    assert codes(desk, parent=world.OURS, kind="group") == [world.PLANNING, world.OURS_TOO]
    assert codes(desk, district="เมือง") == codes(desk, network="เครือข่ายที่ 1") == ["99010003"]
    assert codes(desk, q="นํ้าตก") == codes(desk, q="๙๙๐๑๐๐๐๓") == ["99010003"]
    assert codes(desk, q="%") == codes(desk, q="_") == codes(desk, parent="nobody") == []
    assert codes(desk, q="") == codes(desk)


def test_an_item_says_whose_books_it_writes_in(at: At) -> None:
    items = {item["code"]: item for item in at(world.SCHOOL).whole("/offices")}
    assert items[world.OURS_TOO] | {"name": ""} == {
        "code": world.OURS_TOO,
        "kind": "group",
        "name": "",
        "parent": world.OURS,
        "area": world.OURS,
        "house": world.OURS,
        "prefix": "",
        "district": "",
        "network": "",
        "is_open": True,
        "own_books": False,
    }
    assert items[world.SCHOOL]["house"] == world.SCHOOL


@pytest.mark.parametrize(
    "asked", ["limit=0", "limit=501", "kind=ministry", "cursor=nonsense", "colour=blue", "q=%00"]
)
def test_a_question_that_makes_no_sense_is_refused(at: At, asked: str) -> None:
    assert at(world.OURS).refused("GET", f"/offices?{asked}")[0] == 422


# -- adding --------------------------------------------------------------------------------------------------


def test_an_area_adds_groups_schools_and_agencies_below_itself(admin: Desk) -> None:
    school = admin.post(
        "/offices", {"code": "๙๙๐๑๐๐๑๐", "kind": "school", "name": " บ้านใหม่ ", "prefix": "ที่ ศธ ๐๔๙๙๙.๐๑๐"}
    )
    assert (school["code"], school["name"], school["prefix"]) == ("99010010", "บ้านใหม่", "ศธ 04999.010/")
    assert (school["parent"], school["area"], school["house"]) == (world.OURS, world.OURS, "99010010")
    work = admin.post(
        "/offices", {"code": "9901-01.1", "kind": "group", "name": "งานสารบรรณ", "parent": "9901-01"}
    )
    assert (work["area"], work["house"]) == (world.OURS, world.OURS)
    agency = admin.post("/offices", {"code": "p99", "kind": "agency", "name": "ศาลากลางจังหวัดตัวอย่าง"})
    assert agency["house"] == "p99", "what is sent to an agency must not land in the area's own books"
    own = admin.post(
        "/offices", {"code": "9901-09", "kind": "group", "name": "กลุ่มกฎหมายและคดี", "own_books": True}
    )
    assert own["house"] == "9901-09"


def test_a_school_adds_its_own_groups_but_nothing_beside_itself(at: At) -> None:
    desk = at(world.SCHOOL, "admin")
    group = {"code": "99010001-1", "kind": "group", "name": "ธุรการ"}
    assert desk.post("/offices", group)["house"] == world.SCHOOL
    beside = group | {"code": "99010001-2"}
    assert desk.refused("POST", "/offices", beside | {"parent": world.OURS}) == (404, "not_found")
    assert desk.refused("POST", "/offices", beside | {"parent": world.STRANGERS}) == (404, "not_found")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"code": world.SCHOOL}, 409, "already_exists"),
        ({"code": world.STRANGERS}, 409, "already_exists"),
        ({"code": "99/01"}, 422, "invalid"),
        ({"code": ".."}, 422, "invalid"),
        ({"code": "99 01"}, 422, "invalid"),
        ({"name": "\u200b "}, 422, "invalid"),
        ({"kind": "area"}, 422, "invalid"),
        ({"kind": "root"}, 422, "invalid"),
        ({"parent": world.SCHOOL}, 422, "invalid"),
        ({"parent": "nobody"}, 422, "unknown_offices"),
        ({"parent": world.STRANGERS}, 404, "not_found"),
        ({"own_books": True}, 422, "invalid"),
        ({"house": world.OURS}, 422, "invalid"),
    ],
)
def test_an_office_that_may_not_be_is_refused(
    admin: Desk, change: dict[str, object], status: int, code: str
) -> None:
    new = {"code": "99010010", "kind": "school", "name": "บ้านใหม่"}
    assert admin.refused("POST", "/offices", new | change) == (status, code)
    assert "99010010" not in codes(admin)


def test_only_an_administrator_keeps_offices(at: At) -> None:
    new = {"code": "99010010", "kind": "school", "name": "บ้านใหม่"}
    for role in ("registrar", "secret_registrar", "clerk", "head", "officer", "system"):
        assert at(world.OURS, role).refused("POST", "/offices", new) == (403, "role_not_allowed")
        assert at(world.OURS, role).refused("PATCH", f"/offices/{world.SCHOOL}", {})[0] == 403


def test_the_same_office_asked_for_twice_with_one_key_is_added_once(admin: Desk) -> None:
    new = {"code": "99010010", "kind": "school", "name": "บ้านใหม่"}
    first = admin.post("/offices", new, Idempotency_Key="once")
    assert admin.post("/offices", new, Idempotency_Key="once") == first
    assert admin.refused("POST", "/offices", new) == (409, "already_exists")


def test_of_two_who_take_one_code_at_once_one_gets_it(admin: Desk) -> None:
    new = {"code": "99010010", "kind": "school", "name": "บ้านใหม่"}
    statuses = [answer.status_code for answer in at_once(*[lambda: admin.ask("POST", "/offices", new)] * 4)]
    assert sorted(statuses) == [201, 409, 409, 409]


# -- changing ------------------------------------------------------------------------------------------------


def test_what_is_named_changes_and_the_rest_stays(admin: Desk) -> None:
    path = f"/offices/{world.SCHOOL}"
    before = next(item for item in admin.whole("/offices") if item["code"] == world.SCHOOL)
    assert admin.ask("PATCH", path, {"name": "วัดตัวอย่าง", "district": "เมือง"}).json() == before | {
        "name": "วัดตัวอย่าง",
        "district": "เมือง",
    }
    assert codes(admin, q="วัดตัว") == [world.SCHOOL]
    assert admin.ask("PATCH", path, {"district": ""}).json()["district"] == ""
    assert admin.refused("PATCH", path, {"name": None}) == (422, "invalid")
    assert admin.refused("PATCH", path, {"code": "x"}) == (422, "invalid")


def test_a_change_is_one_event_and_no_change_is_none(admin: Desk) -> None:
    for _ in range(3):
        admin.ask("PATCH", f"/offices/{world.SCHOOL}", {"name": "วัดตัวอย่าง"})
    assert [(event["act"], event["about"]) for event in admin.get("/events")["items"]] == [
        ("change_office", {"office": world.SCHOOL, "name": "วัดตัวอย่าง"})
    ]


def test_what_is_not_in_ones_own_tree_is_not_found(at: At) -> None:
    for desk, code in [
        (at(world.OURS, "admin"), world.STRANGERS),
        (at(world.SCHOOL, "admin"), world.OTHER_SCHOOL),
        (at(world.SCHOOL, "admin"), world.OURS),
        (at(world.OURS, "admin"), "nobody"),
        (at(world.OURS, "admin"), "%00"),
    ]:
        assert desk.refused("PATCH", f"/offices/{code}", {"name": "ของฉัน"}) == (404, "not_found")


def test_a_closed_school_receives_nothing_until_it_opens_again(at: At, admin: Desk) -> None:
    clerk = at(world.OURS_TOO, "clerk")
    letter = clerk.register()
    admin.ask("PATCH", f"/offices/{world.SCHOOL}", {"is_open": False})
    assert clerk.not_sent(letter, {"offices": [world.SCHOOL]}) == (422, "offices_closed")
    assert clerk.receivers(clerk.send(letter, to={"everyone": True})) == [world.OTHER_SCHOOL]
    admin.ask("PATCH", f"/offices/{world.SCHOOL}", {"is_open": True})
    assert clerk.receivers(clerk.send(letter, world.SCHOOL)) == [world.SCHOOL]


def test_nobody_locks_the_door_behind_themselves(at: At, admin: Desk) -> None:
    assert admin.refused("PATCH", f"/offices/{world.OURS}", {"is_open": False}) == (422, "invalid")
    group = at(world.OURS_TOO, "admin")
    assert group.refused("PATCH", f"/offices/{world.OURS_TOO}", {"is_open": False}) == (422, "invalid")


def test_a_group_is_given_books_of_its_own_and_keeps_them_once_a_number_was_used(at: At, admin: Desk) -> None:
    clerk = at(world.OURS_TOO, "clerk")
    path = f"/offices/{world.OURS_TOO}"
    assert clerk.register()["number"] == 1
    assert admin.ask("PATCH", path, {"own_books": True}).json()["house"] == world.OURS_TOO
    assert admin.ask("PATCH", path, {"own_books": False}).json()["house"] == world.OURS
    assert clerk.register()["number"] == 2
    admin.ask("PATCH", path, {"own_books": True})
    assert clerk.register()["number"] == 1
    assert admin.refused("PATCH", path, {"own_books": False}) == (409, "books_in_use")
    assert admin.refused("PATCH", f"/offices/{world.SCHOOL}", {"own_books": True}) == (422, "invalid")


def test_a_house_passes_its_books_on_to_the_groups_below(admin: Desk) -> None:
    admin.post(
        "/offices", {"code": "9901-01.1", "kind": "group", "name": "งานสารบรรณ", "parent": world.OURS_TOO}
    )
    admin.ask("PATCH", f"/offices/{world.OURS_TOO}", {"own_books": True})
    houses = {item["code"]: item["house"] for item in admin.whole("/offices", kind="group")}
    assert houses == {world.OURS_TOO: world.OURS_TOO, "9901-01.1": world.OURS_TOO, world.PLANNING: world.OURS}

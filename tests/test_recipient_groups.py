"""Saved groups of receivers: the house's own, and no record."""

from __future__ import annotations

import pytest

from saraban.office import Office
from tests import world
from tests.desk import At, Desk, Json, at, at_once

__all__ = ["at"]  # a fixture

SMALL = "โรงเรียนขนาดเล็ก"


@pytest.fixture
def clerk(at: At) -> Desk:
    return at(world.OURS_TOO, "clerk")


def save(desk: Desk, *codes: str, name: str = SMALL) -> Json:
    return desk.post("/recipient-groups", {"name": name, "offices": codes})


def test_a_group_is_shown_with_codes_and_names_in_thai_order(clerk: Desk) -> None:
    group = save(clerk, world.OTHER_SCHOOL, world.SCHOOL, world.OTHER_SCHOOL)
    assert group["offices"] == [world.SCHOOL, world.OTHER_SCHOOL]
    assert group["members"][0] == {"code": world.SCHOOL, "name": "บ้านตัวอย่าง 1", "is_open": True}
    assert clerk.whole("/recipient-groups") == [group]


def test_a_letter_sent_to_a_group_reaches_each_of_its_offices(clerk: Desk) -> None:
    group = save(clerk, world.SCHOOL, world.OTHER_SCHOOL)
    sent = clerk.send(clerk.register(), world.SCHOOL, to={"groups": [group["id"]]})
    assert clerk.receivers(sent) == [world.SCHOOL, world.OTHER_SCHOOL]


def test_a_group_is_put_as_it_is_to_be(clerk: Desk) -> None:
    path = f"/recipient-groups/{save(clerk, world.SCHOOL)['id']}"
    changed = clerk.ask("PUT", path, {"name": "ขยายโอกาส", "offices": [world.OTHER_SCHOOL]}).json()
    assert (changed["name"], changed["offices"]) == ("ขยายโอกาส", [world.OTHER_SCHOOL])
    assert clerk.ask("PUT", path, {"name": "ขยายโอกาส", "offices": []}).json()["offices"] == []
    assert clerk.refused("PUT", path, {"name": "ขยายโอกาส"}) == (422, "invalid")


def test_a_forgotten_group_leaves_what_was_sent_to_it(clerk: Desk) -> None:
    group = save(clerk, world.SCHOOL)
    letter = clerk.register()
    sent = clerk.send(letter, to={"groups": [group["id"]]})
    answer = clerk.ask("DELETE", f"/recipient-groups/{group['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert clerk.whole("/recipient-groups") == []
    assert clerk.receivers(sent) == [world.SCHOOL]
    assert clerk.not_sent(letter, {"groups": [group["id"]]}) == (422, "unknown_offices")
    assert clerk.refused("DELETE", f"/recipient-groups/{group['id']}") == (404, "not_found")


def test_a_name_is_used_once_in_a_house_and_again_in_another(at: At, clerk: Desk) -> None:
    save(clerk, world.SCHOOL)
    assert clerk.refused("POST", "/recipient-groups", {"name": f" {SMALL} ", "offices": []}) == (
        409,
        "already_exists",
    )
    other = save(clerk, name="ขยายโอกาส")
    assert clerk.refused("PUT", f"/recipient-groups/{other['id']}", {"name": SMALL, "offices": []})[0] == 409
    assert save(at(world.STRANGERS))["name"] == SMALL


def test_of_two_who_save_one_name_at_once_one_does(clerk: Desk) -> None:
    said = {"name": SMALL, "offices": [world.SCHOOL]}
    answers = at_once(*[lambda: clerk.ask("POST", "/recipient-groups", said)] * 4)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


def test_two_who_change_one_group_at_once_leave_it_as_one_of_them_said(clerk: Desk) -> None:
    path = f"/recipient-groups/{save(clerk)['id']}"
    chosen = [[world.SCHOOL], [world.SCHOOL, world.OTHER_SCHOOL], [world.OTHER_SCHOOL]]
    acts = [lambda codes=codes: clerk.ask("PUT", path, {"name": SMALL, "offices": codes}) for codes in chosen]
    assert [answer.status_code for answer in at_once(*acts)] == [200, 200, 200]
    assert clerk.whole("/recipient-groups")[0]["offices"] in chosen


def test_an_unknown_office_is_named_and_nothing_is_saved(clerk: Desk) -> None:
    said = {"name": SMALL, "offices": [world.SCHOOL, "nobody", "99019999"]}
    answer = clerk.ask("POST", "/recipient-groups", said)
    assert (answer.status_code, answer.json()["offices"]) == (422, ["nobody", "99019999"])
    group = save(clerk, world.SCHOOL)
    assert clerk.refused("PUT", f"/recipient-groups/{group['id']}", said) == (422, "unknown_offices")
    assert clerk.whole("/recipient-groups") == [group]


def test_a_group_of_another_house_is_not_found(at: At, clerk: Desk) -> None:
    path = f"/recipient-groups/{save(at(world.STRANGERS))['id']}"
    assert clerk.refused("PUT", path, {"name": SMALL, "offices": []}) == (404, "not_found")
    assert clerk.refused("DELETE", path) == (404, "not_found")
    assert clerk.whole("/recipient-groups") == []
    assert clerk.refused("DELETE", "/recipient-groups/7") == (404, "not_found")


def test_who_only_reads_saves_no_group(at: At) -> None:
    for role in ("head", "officer"):
        desk = at(world.OURS, role)
        assert desk.refused("POST", "/recipient-groups", {"name": SMALL, "offices": []}) == (
            403,
            "role_not_allowed",
        )
        assert desk.refused("PUT", "/recipient-groups/G1", {"name": SMALL, "offices": []})[0] == 403
        assert desk.refused("DELETE", "/recipient-groups/G1")[0] == 403


def test_ten_thousand_offices_are_a_group_and_one_more_is_not(office: Office, clerk: Desk) -> None:
    codes = world.schools(office, 30, of=world.STRANGERS)
    assert save(clerk, *codes * 333, *codes[:10])["offices"] == codes
    too_many = {"name": "ทั้งประเทศ", "offices": codes * 334}
    assert clerk.refused("POST", "/recipient-groups", too_many) == (422, "invalid")


def test_the_list_is_read_page_by_page(clerk: Desk) -> None:
    names = [f"กลุ่มเครือข่ายที่ {n}" for n in range(5)]
    for name in names:
        save(clerk, world.SCHOOL, name=name)
    assert [group["name"] for group in clerk.whole("/recipient-groups", limit=2)] == names


def test_what_is_done_to_a_group_is_an_event(clerk: Desk, at: At) -> None:
    group = save(clerk, world.SCHOOL)
    clerk.ask("PUT", f"/recipient-groups/{group['id']}", {"name": "ขยายโอกาส", "offices": []})
    clerk.ask("DELETE", f"/recipient-groups/{group['id']}")
    assert [(event["act"], event["about"]) for event in at(world.OURS).get("/events")["items"]] == [
        ("create_group", {"group": group["id"], "name": SMALL, "offices": 1}),
        ("change_group", {"group": group["id"], "name": "ขยายโอกาส", "offices": 0}),
        ("delete_group", {"group": group["id"], "name": "ขยายโอกาส"}),
    ]

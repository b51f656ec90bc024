"""Every list turns its pages both ways: back from the end it shows the same rows as on the way there."""

from __future__ import annotations

import pytest

from saraban.office import Office
from saraban.queries.paging import cursor_at
from tests import world
from tests.desk import At, Desk, Json, at, desks
from tests.server import Client
from tests.world import OTHER_SCHOOL, OURS, OURS_TOO, PLANNING, SCHOOL

__all__ = ["at"]


def there_and_back(desk: Desk, path: str, limit: int = 2, **params: object) -> list[Json]:
    """All rows of a list, which must be the same rows, page for page, read back from its end."""
    pages, cursor = [], {}
    while True:
        page = desk.get(path, limit=limit, **params, **cursor)
        pages.append(page)
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(pages) > 2, "too few rows to say anything"
    assert pages[0]["previous"] is None
    for expected in reversed(pages[:-1]):
        page = desk.get(path, limit=limit, **params, cursor=page["previous"])
        assert page["items"] == expected["items"]
        assert page["next"] is not None
    assert page["previous"] is None
    return [item for page in pages for item in page["items"]]


@pytest.fixture
def busy(at: At) -> At:
    """Letters sent, acknowledged, assigned and waiting: five and more of everything."""
    clerk, group, school = at(OURS), at(OURS_TOO, "clerk"), at(SCHOOL)
    for urgency in ("normal", "most_urgent", "normal", "urgent", "normal", "most_urgent", "normal"):
        clerk.send(clerk.register(urgency=urgency), SCHOOL, OTHER_SCHOOL, PLANNING)
    for item in school.inbox()[:3]:
        school.acknowledge(item["id"])
    letters = [clerk.register() for _ in range(5)]
    for letter in letters:
        given = {"person": f"P{group.actor.person_id}", "instruction": "เพื่อทราบ"}
        clerk.post(f"/entries/{letter['entry']}/assignments", given)
    for name in "กขคงจ":
        clerk.post("/recipient-groups", {"name": name, "offices": [SCHOOL]})
    for year in range(2562, 2569):
        clerk.ask("PUT", f"/registers/outgoing/{year}", {"prefix": "ศธ 04999/", "first_number": 1})
        clerk.ask("PUT", f"/registers/incoming/{year}", {"first_number": 1})
    return at


@pytest.mark.parametrize(
    ("code", "path", "params"),
    [
        (OURS, "/outgoing", {}),
        (OURS, "/outgoing", {"q": "สอบ"}),
        (SCHOOL, "/inbox", {}),
        (SCHOOL, "/inbox", {"state": "waiting", "limit": 1}),
        (OURS, "/dispatches", {}),
        (OURS, "/offices", {}),
        (OURS, "/people", {"limit": 1}),
        (OURS, "/assignments", {"box": "all"}),
        (OURS, "/recipient-groups", {}),
        (OURS, "/registers", {}),
    ],
)
def test_a_list_read_back_from_its_end_shows_the_same_pages(
    busy: At, code: str, path: str, params: Json
) -> None:
    for person in range(3):
        busy(OURS, name=f"คนที่ {person}")
    there_and_back(busy(code), path, **params)


def test_the_inbox_turns_back_over_the_line_between_what_waits_and_the_rest(busy: At) -> None:
    school = busy(SCHOOL)
    for limit in (1, 2, 3):
        states = [item["state"] for item in there_and_back(school, "/inbox", limit)]
        assert states == ["waiting"] * 4 + ["acknowledged"] * 3


def test_both_series_of_the_book_are_read_back_in_one_order(at: At) -> None:
    clerk = at(OURS)
    for year in (2568, 2569):
        clerk.ask("PUT", f"/registers/outgoing_circular/{year}", {"prefix": "ศธ 04999/", "first_number": 1})
        clerk.ask("PUT", f"/registers/outgoing/{year}", {"prefix": "ศธ 04999/", "first_number": 1})
    for circular in (True, False, True, True, False, True):
        clerk.register(circular=circular)
    for limit in (1, 2):
        there_and_back(clerk, "/outgoing", limit)


def test_tracking_turns_back(office: Office, client: Client) -> None:
    world.area(office)
    world.schools(office, 7)
    clerk = desks(office, client)(OURS)
    sent = clerk.send(clerk.register(), to={"everyone": True, "post": ["ผู้ว่าราชการจังหวัดตัวอย่าง"]})
    lines = there_and_back(clerk, f"/dispatches/{sent['id']}/deliveries")
    assert [line["position"] for line in lines] == list(range(1, 9))


def test_what_came_meanwhile_stands_on_a_whole_first_page(at: At) -> None:
    clerk = at(OURS)
    for _ in range(4):
        clerk.register()
    second = clerk.get("/outgoing", limit=3, cursor=clerk.get("/outgoing", limit=3)["next"])
    clerk.register()
    [_, *shown] = clerk.get("/outgoing", limit=3)["items"]
    back = clerk.get("/outgoing", limit=3, cursor=second["previous"])
    assert [item["number"] for item in back["items"]] == [4, 3, 2]
    first = clerk.get("/outgoing", limit=3, cursor=back["previous"])
    assert [item["number"] for item in first["items"]] == [5, 4, 3], "a page of one row helps nobody"
    assert first["items"][1:] == shown
    assert first["previous"] is None


def test_a_page_whose_rows_have_gone_still_leads_back(at: At) -> None:
    clerk, school = at(OURS), at(SCHOOL)
    for _ in range(3):
        clerk.send(clerk.register(), SCHOOL)
    first = school.get("/inbox", state="waiting", limit=2)
    school.acknowledge(first["items"][1]["id"])
    school.acknowledge(school.get("/inbox", state="waiting", limit=2, cursor=first["next"])["items"][0]["id"])
    gone = school.get("/inbox", state="waiting", limit=2, cursor=first["next"])
    assert (gone["items"], gone["next"]) == ([], None)
    back = school.get("/inbox", state="waiting", limit=2, cursor=gone["previous"])
    assert [item["id"] for item in back["items"]] == [first["items"][0]["id"]]


@pytest.mark.parametrize(
    "cursor", ["~", "~x", "~~WzFd", cursor_at("elsewhere", 0, 1), cursor_at(1, back=True)]
)
def test_a_cursor_that_leads_nowhere_is_refused(at: At, cursor: str) -> None:
    assert at(SCHOOL).refused("GET", f"/inbox?cursor={cursor}") == (422, "bad_cursor")

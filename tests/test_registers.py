"""The books of a year: prepared, begun in the middle, closed and opened again."""

from __future__ import annotations

import pytest

from saraban.office import Office
from tests import world
from tests.conftest import Clock
from tests.desk import At, Desk, Json, at, at_once

__all__ = ["at"]  # a fixture


@pytest.fixture
def registrar(at: At) -> Desk:
    return at(world.OURS)


def put(desk: Desk, book: str, **said: object) -> Json:
    answer = desk.ask("PUT", f"/registers/{book}", said)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


def test_a_book_of_paper_is_continued_from_its_last_number(registrar: Desk) -> None:
    made = put(registrar, "outgoing/2569", prefix="ที่ ศธ ๐๔๙๙๙", first_number=2631)
    assert made == {
        "kind": "outgoing",
        "year": 2569,
        "prefix": "ศธ 04999/",
        "first_number": 2631,
        "next_number": 2631,
        "is_open": True,
        "used": 0,
        "void": 0,
    }
    assert registrar.register()["letter_no"] == "ศธ 04999/2631"


def test_used_and_voided_numbers_are_counted(registrar: Desk) -> None:
    letters = [registrar.register() for _ in range(3)]
    registrar.post(f"/entries/{letters[1]['entry']}/void", {"reason": "ออกเลขซ้ำ"})
    (book,) = registrar.whole("/registers", year=2569)
    assert (book["first_number"], book["next_number"], book["used"], book["void"]) == (1, 4, 3, 1)


def test_the_first_number_is_fixed_once_a_number_was_used(registrar: Desk) -> None:
    put(registrar, "outgoing/2569", first_number=100)
    put(registrar, "outgoing/2569", first_number=200)
    assert registrar.register()["number"] == 200
    assert registrar.refused("PUT", "/registers/outgoing/2569", {"first_number": 1}) == (
        409,
        "register_in_use",
    )
    assert put(registrar, "outgoing/2569", first_number=200, prefix="ศธ 04997")["prefix"] == "ศธ 04997/"
    assert registrar.register()["letter_no"] == "ศธ 04997/201"


def test_no_number_slips_between_the_question_and_the_change(registrar: Desk) -> None:
    put(registrar, "outgoing/2569", first_number=1)
    change = {"first_number": 500}
    changed, letter, *_ = at_once(
        lambda: registrar.ask("PUT", "/registers/outgoing/2569", change),
        registrar.register,
        registrar.register,
    )
    (book,) = registrar.whole("/registers")
    assert (changed.status_code, book["first_number"]) in {(200, 500), (409, 1)}
    assert book["next_number"] == book["first_number"] + 2
    assert letter["number"] - book["first_number"] in (0, 1)


def test_a_closed_book_gives_no_number_and_an_opened_one_goes_on(registrar: Desk) -> None:
    assert registrar.register()["number"] == 1
    assert put(registrar, "outgoing/2569", is_open=False)["next_number"] == 2
    letter = {"subject": "ขอเชิญประชุม", "dated": "2026-07-01", "to_text": "ผู้อำนวยการโรงเรียน"}
    assert registrar.refused("POST", "/outgoing", letter) == (409, "register_closed")
    put(registrar, "outgoing/2569", is_open=True)
    assert registrar.register()["number"] == 2


def test_next_year_is_prepared_and_inherits_this_years_prefix(registrar: Desk, clock: Clock) -> None:
    put(registrar, "outgoing/2569", prefix="ศธ 04997")
    assert put(registrar, "outgoing/2570", first_number=5)["prefix"] == "ศธ 04997/"
    clock.advance(days=200)
    assert registrar.register(dated="2027-01-15")["letter_no"] == "ศธ 04997/5"


def test_an_earlier_year_is_opened_for_what_comes_late(registrar: Desk) -> None:
    late = {"subject": "ขอเชิญประชุม", "dated": "2025-12-31", "to_text": "ผู้อำนวยการโรงเรียน", "year": 2568}
    assert registrar.refused("POST", "/outgoing", late) == (409, "register_closed")
    put(registrar, "outgoing/2568", first_number=900)
    assert registrar.post("/outgoing", late)["number"] == 900


def test_circulars_have_a_series_of_their_own_once_its_book_is_made(registrar: Desk) -> None:
    put(registrar, "outgoing_circular/2569", first_number=50)
    assert registrar.register(circular=True)["letter_no"] == "ศธ 04999/ว 50"
    assert registrar.register()["letter_no"] == "ศธ 04999/1"


@pytest.mark.parametrize(
    ("book", "said", "status"),
    [
        ("outgoing/2026", {}, 422),
        ("outgoing/2571", {}, 422),
        ("outgoing/99999999999999999999", {}, 422),
        ("outgoing/-1", {}, 422),
        ("outgoing/soon", {}, 404),
        ("orders/2569", {}, 404),
        ("outgoing/2569", {"first_number": 0}, 422),
        ("outgoing/2569", {"first_number": "7"}, 422),
        ("outgoing/2569", {"first_number": 10_000_000}, 422),
        ("outgoing/2569", {"is_open": 1}, 422),
        ("outgoing/2569", {"next_number": 7}, 422),
        ("outgoing/2569", {"prefix": "x" * 501}, 422),
    ],
)
def test_a_book_that_cannot_be_is_refused_and_not_made(
    registrar: Desk, book: str, said: dict[str, object], status: int
) -> None:
    assert registrar.refused("PUT", f"/registers/{book}", said)[0] == status
    assert registrar.whole("/registers") == []


def test_only_the_central_registry_and_administrators_keep_the_books(at: At) -> None:
    for role in ("secret_registrar", "clerk", "head", "officer", "system"):
        desk = at(world.OURS, role)
        assert desk.refused("PUT", "/registers/outgoing/2569", {}) == (403, "role_not_allowed")
        assert desk.whole("/registers") == []


def test_a_house_sees_its_own_books_the_newest_first(at: At, registrar: Desk) -> None:
    for book in ("outgoing/2569", "incoming/2569", "outgoing/2570", "incoming/2568"):
        put(registrar, book)
    put(at(world.STRANGERS), "outgoing/2569", prefix="ศธ 04998")
    listed = at(world.OURS_TOO, "clerk").whole("/registers", limit=1)
    assert [(book["year"], book["kind"]) for book in listed] == [
        (2570, "outgoing"),
        (2569, "incoming"),
        (2569, "outgoing"),
        (2568, "incoming"),
    ]
    assert len(registrar.whole("/registers", year=2569)) == 2
    assert registrar.refused("GET", "/registers?year=2026") == (422, "invalid")


def test_a_book_set_up_is_an_event_and_setting_it_up_the_same_way_is_none(
    office: Office, registrar: Desk
) -> None:
    for _ in range(2):
        put(registrar, "outgoing/2569", first_number=7)
    put(registrar, "outgoing/2569", is_open=False)
    assert [event["about"] for event in registrar.get("/events")["items"]] == [
        {"kind": "outgoing", "year": 2569, "first_number": 7},
        {"kind": "outgoing", "year": 2569, "is_open": False},
    ]

"""A request is answered alike whether its route reads it or leaves it to the framework."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from routers.routes import Page
from tests.contract import every_route
from tests.desk import At, Desk, at
from tests.world import OURS_TOO, SCHOOL

__all__ = ["at"]

JSON = "application/json"
ASKED: list[tuple[str, str, bytes, str]] = [
    *(
        ("GET", path, b"", "")
        for path in (
            *("/me", "/outgoing", "/outgoing?limit=1", "/outgoing?limit=0", "/outgoing?limit=x"),
            *("/outgoing?year=2569&limit=2", "/outgoing?year=2569&year=2568", "/outgoing?strange=1"),
            *("/outgoing?q=%E0%B8%81&state=sent", "/outgoing?state=nonsense", "/outgoing?cursor=x"),
            *("/incoming?from=%E0%B8%81&to=", "/inbox?box=mine", "/inbox?urgency=", "/offices?q=1"),
            *("/dispatches/S1", "/dispatches/S1/deliveries?state=waiting", "/dispatches/S0", "/dispatches/9"),
            *("/letters/L1", "/letters/x", "/deliveries?limit=2", "/people?office=9901", "/events?act=read"),
        )
    ),
    *(
        ("POST", path, body, kind)
        for path in ("/outgoing", "/recipient-groups", "/deliveries/D1/acknowledge", "/entries/E1/void")
        for body, kind in (
            *((b"", JSON), (b"null", JSON), (b"[]", JSON), (b'{"strange": 1}', JSON), (b"{", JSON)),
            *((b'{"subject": 1, "note": []}', JSON), (b'{"subject": "x"}', "text/plain"), (b"{}", "")),
        )
    ),
    ("DELETE", "/recipient-groups/G9", b"", ""),
]


@pytest.fixture
def clerk(at: At) -> Desk:
    desk = at(OURS_TOO)
    letter = desk.register()
    desk.send(letter, SCHOOL)
    return desk


def test_both_ways_answer_alike(clerk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def answers() -> list[Any]:
        return [_told(clerk.http, *asked) for asked in ASKED]

    by_us = answers()
    assert {status for status, _, _ in by_us} >= {200, 404, 415, 422}
    monkeypatch.setattr(Page, "_given", lambda route, request: None)
    for asked, ours, theirs in zip(ASKED, by_us, answers(), strict=True):
        assert ours == theirs, asked


def _told(http: httpx.Client, method: str, path: str, body: bytes, kind: str) -> tuple[int, Any, Any]:
    headers = {"Content-Type": kind} if kind else {}
    answer = http.request(method, f"/api/v1{path}", content=body, headers=headers)
    about = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, about, answer.text


def test_who_says_nothing_about_a_receipt_need_not_send_braces(clerk: Desk, at: At) -> None:
    school = at(SCHOOL)
    (delivery,) = school.get("/inbox")["items"]
    answer = school.http.post(f"/api/v1/deliveries/{delivery['id']}/acknowledge")
    assert answer.status_code == 200 and answer.json()["number"] == 1


def test_a_route_that_reads_by_itself_asks_the_framework_for_nothing_it_would_not_get() -> None:
    plain = [route for route in every_route() if isinstance(route, Page) and route._is_plain()]
    assert "/api/v1/outgoing" in {route.path for route in plain}
    for route in plain:
        shaped = (
            *(route.response_model_include, route.response_model_exclude, route.max_body_size),
            *(route.response_model_exclude_unset, route.response_model_exclude_none),
            route.response_model_exclude_defaults,
        )
        assert not any(shaped) and route.response_model_by_alias, route.path

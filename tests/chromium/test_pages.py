"""Pages over a weak line: what fifty rows weigh, and what a browser fetches besides the page."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from routers.ui.pages import COOKIE
from saraban.office import Office
from saraban.permissions import Actor
from tests.chromium.conftest import Sit
from tests.chromium.days import CLERK, SCHOOL_CLERK, SCHOOLS, actor, seated, settle_in
from tests.desk import receive, register, send, waiting
from tests.screen import logged_in
from tests.server import Door

PAGE, SCHOOLS_INBOX = 60_000, 14_000  # bytes: of any page of fifty rows; of a school's inbox as it travels
ROWS = 50
SUBJECT = "รายงานข้อมูลนักเรียนรายบุคคล (DMC) ภาคเรียนที่ 1 ปีการศึกษา 2569 ครั้งที่ "


@pytest.fixture
def settings(embedded: object) -> object:
    return embedded  # a page weighs the same on either engine


@pytest.fixture
def full(office: Office, app: FastAPI, door: Door) -> Iterator[str]:
    """More than a page of everything: letters with long subjects, sent to all and to one school."""
    settle_in(office)
    clerk, school = actor(office, CLERK), actor(office, SCHOOL_CLERK)
    for number in range(ROWS + 5):
        letter = register(
            office,
            clerk,
            subject=f"{SUBJECT}{number}",
            urgency="urgent",
            circular=True,
            to_text="ผู้อำนวยการโรงเรียนในสังกัดทุกโรงเรียน",
        )
        send(office, clerk, letter.id, **({"everyone": True} if number == 0 else {"offices": ["99010001"]}))
    for delivery in waiting(office, school):
        receive(office, school, delivery)
    for number in range(ROWS + 5):
        letter = register(office, clerk, subject=f"{SUBJECT}{number}", urgency="very_urgent", circular=True)
        send(office, clerk, letter.id, offices=["99010001"])
    with door.open_for(app) as base_url:
        yield base_url


def fetched(base_url: str, office: Office, who: Actor, path: str) -> str:
    with httpx.Client(base_url=base_url, verify=False, cookies={COOKIE: logged_in(office, who)}) as http:
        answer = http.get(path)
    assert answer.status_code == 200
    return answer.text


def test_a_page_of_fifty_rows_is_light(full: str, office: Office) -> None:
    clerk, school = actor(office, CLERK), actor(office, SCHOOL_CLERK)
    weights = {}
    for who, path in [
        *((clerk, path) for path in ("/outgoing", "/sent")),
        *((school, path) for path in ("/inbox", "/inbox?state=acknowledged", "/incoming")),
    ]:
        shown = fetched(full, office, who, path)
        assert shown.count("<tr") > ROWS, path
        weights[path] = len(shown.encode())
    assert {path: weight for path, weight in weights.items() if weight > PAGE} == {}


def test_a_schools_inbox_fits_one_round_trip_when_compressed(full: str, office: Office) -> None:
    shown = fetched(full, office, actor(office, SCHOOL_CLERK), "/inbox")
    assert shown.count('name="delivery"') == ROWS
    assert len(gzip.compress(shown.encode())) <= SCHOOLS_INBOX


def test_choosing_among_every_school_is_light_too(full: str, office: Office) -> None:
    shown = fetched(full, office, actor(office, CLERK), "/letters/L1/send")
    assert shown.count('name="offices" value="9901') >= SCHOOLS
    assert len(shown.encode()) <= PAGE


def test_a_second_page_asks_for_nothing_again(full: str, office: Office, sit: Sit) -> None:
    page = seated(sit(full), office, actor(office, SCHOOL_CLERK), full)
    page.goto("/inbox")
    page.goto("/incoming")
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').filter(it => it.transferSize > 0).map(it => it.name)"
    )
    assert sizes == []

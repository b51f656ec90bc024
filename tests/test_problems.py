"""Every refusal has one shape: a stable code for programs, a Thai sentence for people; all are in a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

import routers.api
import routers.ui
from routers.problems import MEDIA_TYPE, PLAIN, STATUS, TITLES, Problem, answer, status_of
from saraban.errors import Invalid, Refusal, all_refusals
from tests.desk import At, at
from tests.world import OURS

__all__ = ["at"]

DOCUMENT = Path(__file__).parent.parent / "docs" / "errors.md"
assert routers.api and routers.ui  # whoever refuses anything has been imported
REFUSALS = sorted(all_refusals(), key=lambda kind: (status_of(kind), kind.code))
THAI = re.compile(r"[ก-๛]")


def codes() -> Iterator[tuple[int, str, str]]:
    for kind in REFUSALS:
        yield status_of(kind), kind.code, kind.detail
    for status, (code, detail) in PLAIN.items():
        yield status, code, detail


def page() -> str:
    """What `docs/errors.md` says: sentences of `saraban/errors.py`, statuses of `routers/problems.py`."""
    lines = [f"| {status} | `{code}` | {detail} |" for status, code, detail in sorted(codes())]
    head = DOCUMENT.read_text().partition("| status |")[0]
    return "\n".join([f"{head}| status | code | detail |", "|---|---|---|", *lines, ""])


def test_every_code_stands_in_the_documentation() -> None:
    assert DOCUMENT.read_text() == page()


def test_every_refusal_has_a_code_of_its_own_a_family_and_a_thai_sentence() -> None:
    named = [code for _, code, _ in codes()]
    assert len(named) == len(set(named)) > 30
    for status, code, detail in codes():
        assert re.fullmatch(r"[a-z_]+", code)
        assert THAI.search(detail), code
        assert status in TITLES and HTTPStatus(status)
    assert all(issubclass(family, Refusal) for family in STATUS)


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.code)
def test_every_refusal_is_told_in_one_shape(kind: type[Refusal]) -> None:
    refusal = kind(("subject", "ต้องกรอก")) if issubclass(kind, Invalid) else kind(field="subject")
    given = answer(refusal)
    body = Problem.model_validate_json(given.body)
    assert given.headers["content-type"] == MEDIA_TYPE
    assert given.status_code == body.status == status_of(kind)
    assert body.type == f"urn:saraban:problem:{kind.code}"
    assert body.code == kind.code
    assert body.title == TITLES[body.status]
    assert THAI.search(body.detail) and "{" not in body.detail
    assert body.errors is not None and [error.field for error in body.errors] == ["subject"]
    assert ("www-authenticate" in given.headers) == (body.status == 401)


def test_what_the_framework_refuses_has_the_same_shape(at: At) -> None:
    ours = at(OURS)
    for given, status, code in [
        (ours.http.delete("/api/v1/outgoing"), 405, "method_not_allowed"),
        (ours.http.get("/api/v1/nothing"), 404, "not_found"),
        (ours.http.get("/api/nothing"), 404, "not_found"),
        (ours.http.request("HEAD", "/healthz"), 405, None),
    ]:
        assert given.status_code == status
        assert given.headers["content-type"] == MEDIA_TYPE
        if code is not None:
            assert problem(given).code == code
    assert ours.http.delete("/api/v1/outgoing").headers["allow"] == "GET, POST"
    assert ours.http.request("OPTIONS", "/api/v1/attachments/A1").headers["allow"] == "GET, DELETE"


def problem(given: httpx.Response) -> Problem:
    assert set(given.json()) <= set(Problem.model_fields)
    return Problem.model_validate(given.json())


def test_a_broken_program_tells_nobody_why(at: At, app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    def break_down() -> None:
        raise RuntimeError("เรื่องลับ")

    app.router.routes.append(APIRoute("/api/v1/broken/{word}", break_down))
    given = at(OURS).http.get("/api/v1/broken/%0Aforged")
    assert (given.status_code, problem(given).code) == (500, "internal_error")
    assert "เรื่องลับ" not in given.text and "RuntimeError" not in given.text
    (line,) = [record for record in caplog.records if record.name == "saraban"]
    assert line.getMessage() == "GET /api/v1/broken/%0Aforged failed"

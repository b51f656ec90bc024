"""The description of the API is complete, committed, and the same wherever it is asked for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from routers.openapi import API
from routers.problems import MEDIA_TYPE, TITLES
from saraban.app import create_app, create_office
from saraban.settings import Settings
from tests.contract import Json, Operation, every_route, operations

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "openapi.json"
THAI = re.compile(r"[ก-๛]")


@pytest.fixture
def app(embedded: Settings) -> Iterator[FastAPI]:
    """The description knows of no engine."""
    office = create_office(embedded)
    yield create_app(office)
    office.close()


def test_the_committed_description_is_the_one_of_the_code(app: FastAPI) -> None:
    assert json.loads(DOCUMENT.read_text()) == app.openapi(), "docs/openapi.json is old: make openapi"


def test_the_command_prints_the_committed_file() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "saraban.cli", "openapi"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout == DOCUMENT.read_text()


def test_every_operation_says_what_it_does_who_may_ask_and_what_may_go_wrong(app: FastAPI) -> None:
    for operation in operations(app):
        told = operation.told
        assert told["summary"] and told["tags"], operation.name
        assert told["security"] == [{"HTTPBearer": []}], operation.name
        assert {"401", "422"} <= set(told["responses"]), operation.name
        assert "{" not in operation.path or "404" in told["responses"], operation.name
        assert "requestBody" not in told or {"413", "415"} <= set(told["responses"]), operation.name
        assert operation.method not in ("PATCH",) or "409" in told["responses"], operation.name


def test_every_error_is_a_problem(app: FastAPI) -> None:
    for operation in operations(app):
        for status, said in operation.told["responses"].items():
            if int(status) >= 400:
                assert said["description"] == TITLES[int(status)]
                schema = said["content"][MEDIA_TYPE]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, operation.name
    schemas = app.openapi()["components"]["schemas"]
    assert set(schemas["Problem"]["required"]) == {"type", "title", "status", "code", "detail"}
    assert not {"HTTPValidationError", "ValidationError"} & set(schemas)


def test_every_operation_has_a_name_like_a_function(app: FastAPI) -> None:
    names = [one["operationId"] for path in app.openapi()["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"(get|post|put|patch|delete)(_[a-z]+)+", name) for name in names), names
    assert {
        "get_me",
        "post_letter_dispatches",
        "get_delivery_receipt",
        "patch_office",
        "put_register",
    } <= set(names)


def test_every_body_has_an_example_that_is_valid(app: FastAPI) -> None:
    routes = {
        f"{method} {route.path.removeprefix(API)}": route
        for route in every_route()
        for method in route.methods or ()
    }
    shown = 0
    for operation in operations(app):
        if operation.takes_json:
            assert operation.example, operation.name
            model_of(routes[operation.name]).validate_python(operation.example)
            shown += 1
    assert shown > 15


def model_of(route: APIRoute) -> TypeAdapter[Any]:
    assert route.body_field is not None
    return TypeAdapter(route.body_field.field_info.annotation)


def test_every_word_of_a_choice_is_explained_in_thai(app: FastAPI) -> None:
    choices = list(chosen_from(app.openapi(), ""))
    assert len(choices) > 20
    for where, choice in choices:
        description = choice.get("description", "")
        explained = re.findall(r"`(\w+)` [ก-๛0-9]", description)
        assert explained == choice["enum"], f"{where}: {description}"


def chosen_from(told: Any, where: str) -> Iterator[tuple[str, Json]]:
    if isinstance(told, dict):
        if isinstance(told.get("enum"), list):
            yield where, told
        for name, part in told.items():
            if name != "examples":
                yield from chosen_from(part, f"{where}/{name}")
    elif isinstance(told, list):
        for number, part in enumerate(told):
            yield from chosen_from(part, f"{where}/{number}")


def test_the_security_scheme_says_where_the_key_goes(app: FastAPI) -> None:
    (scheme,) = app.openapi()["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert THAI.search(scheme["description"])


def test_files_are_described_as_bytes_and_as_forms(app: FastAPI) -> None:
    described = {operation.name: operation for operation in operations(app)}
    upload = described["POST /uploads"].told["requestBody"]["content"]
    assert set(upload) == {"multipart/form-data", "application/octet-stream"}
    for name in ("POST /outgoing", "POST /incoming", "POST /letters/{letter}/attachments"):
        content = described[name].told["requestBody"]["content"]
        assert set(content) == {"application/json", "multipart/form-data"}
        form, same = content["multipart/form-data"]["schema"], body_of(described[name])
        assert set(form["properties"]) == {*same["properties"], "files", "descriptions"}
        assert form["properties"]["files"]["items"] == {"type": "string", "format": "binary"}
    download = described["GET /attachments/{attachment}"].told["responses"]
    assert {"200", "206", "304", "416", "500"} <= set(download)


def body_of(operation: Operation) -> Json:
    ref = operation.told["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return dict(operation.schemas[ref.rpartition("/")[2]])


def test_what_is_outside_the_api_asks_for_no_key(app: FastAPI) -> None:
    outside = {
        path: one
        for path, methods in app.openapi()["paths"].items()
        for one in methods.values()
        if not path.startswith(API)
    }
    assert set(outside) == {"/healthz", "/readyz", "/.well-known/saraban-keys"}
    assert not any("security" in one or "401" in one["responses"] for one in outside.values())

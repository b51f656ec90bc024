"""The description of the API: what the routes say of themselves, and what is true of every one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from routers.problems import Problem, refusals

API = "/api/v1"

Json = dict[str, Any]

ABOUT = """
ระบบสารบรรณอิเล็กทรอนิกส์สำหรับเชื่อมต่อกับระบบอื่นของสำนักงาน

* ทุกคำขอใต้ `/api/v1` ต้องมี `Authorization: Bearer <กุญแจ>` หน่วยงานที่กระทำคือหน่วยงานของกุญแจ
* วันที่เป็น ISO 8601 (ค.ศ.) เวลาเป็น RFC 3339 ส่วน `year` เป็น พ.ศ. ทุกแห่ง รหัส (`id`) เป็นข้อความที่ไม่ต้องแปลความ
* คำตอบที่ไม่สำเร็จเป็น `application/problem+json` มี `code` ที่ไม่เปลี่ยนและ `detail` ภาษาไทย
* รายการยาวตอบเป็น `{items, next}`: ส่ง `next` กลับมาเป็น `cursor` เพื่ออ่านหน้าถัดไป
"""


# The gate asks for it, before any route.
KEY = {"type": "http", "description": "กุญแจของโปรแกรม จาก `saraban key add`", "scheme": "bearer"}


def operation_id(route: APIRoute) -> str:
    """`POST /letters/{letter}/dispatches` is `post_letter_dispatches`: named by the contract, not by code."""
    path = re.sub(r"([\w-]+)(?:/\{\w+\})+", _one_of, route.path.removeprefix(API))
    return "_".join([min(route.methods or ["GET"]).lower(), *re.findall(r"\w+", path)])


def _one_of(many: re.Match[str]) -> str:
    return re.sub(r"ies$|(?<=ch)es$|s$", lambda end: "y" if end[0] == "ies" else "", many[1])


def describe(app: FastAPI) -> Json:
    """Made once; what the gate and the reading of a body refuse is added to what each route says."""
    if app.openapi_schema is None:
        app.openapi_schema = _described(app)
    return app.openapi_schema


def _described(app: FastAPI) -> Json:
    told = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=ABOUT,
        routes=[one for route in app.routes for one in getattr(route, "routes", [])],
    )
    for path, _, operation in operations(told):
        answers: Json = operation["responses"]
        if path.startswith(API):
            operation["security"] = [{"HTTPBearer": []}]
            answers |= {str(status): one for status, one in refusals(*_common(path, operation)).items()}
        operation["responses"] = dict(sorted(answers.items()))
    told["components"]["securitySchemes"] = {"HTTPBearer": KEY}
    _, problem = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    schemas: Json = told["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)  # the framework's own shape of a 422, which is never sent
    told["components"]["schemas"] = dict(sorted({**schemas, **problem["$defs"]}.items()))
    return told


def operations(told: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _common(path: str, operation: Json) -> Iterator[int]:
    yield from (401, 422)
    if "{" in path:
        yield 404
    if "requestBody" in operation:
        yield from (413, 415)

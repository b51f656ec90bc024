"""Refusals become answers: the only table of HTTP statuses, one shape for programs (RFC 9457)."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from saraban import errors
from saraban.errors import Invalid, NotFound, Refusal

log = logging.getLogger("saraban")

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[Refusal], int] = {
    errors.Unauthenticated: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.StaleVersion: 412,
    errors.TooLarge: 413,
    errors.WrongFileKind: 415,
    errors.WrongBodyKind: 415,
    errors.Invalid: 422,
    errors.VersionMissing: 428,
    errors.TooOften: 429,
    errors.FileDamaged: 500,
    errors.PrintFailed: 500,
    errors.PrintBusy: 503,
    errors.NotReady: 503,
}


def status_of(kind: type[Refusal]) -> int:
    return next(STATUS[family] for family in kind.__mro__ if family in STATUS)


class BodyTooLarge(HTTPException):
    """Raised while a body is being read: the framework lets only its own kind of exception through."""

    def __init__(self, limit: int) -> None:
        super().__init__(413)
        self.limit = limit


SHOWN = ("offices", "uploads")  # what a refusal tells programs beside its sentence


class FieldError(BaseModel):
    field: str = Field(examples=["subject"])
    message: str = Field(examples=["ต้องกรอก: เว้นว่างไม่ได้"])


class KeptUpload(BaseModel):
    upload: str = Field(examples=["U12"])
    filename: str = Field(examples=["หนังสือ.pdf"])


class Problem(BaseModel):
    """Why something was not done: a stable code for programs, a Thai sentence for people."""

    type: str = Field(examples=["urn:saraban:problem:not_found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    code: str = Field(examples=["not_found"])
    detail: str = Field(examples=["ไม่พบสิ่งที่ขอในหน่วยงานของท่าน: ตรวจสอบรหัสหรือเลขที่อีกครั้ง"])
    errors: list[FieldError] | None = Field(None, description="which fields are wrong, and why")
    offices: list[str] | None = Field(None, description="the offices the refusal is about")
    uploads: list[KeptUpload] | None = Field(
        None, description="files of a refused form: kept, to be named in the next try"
    )


TITLES = {
    400: "Bad Request",
    401: "Who are you?",
    403: "Not your role",
    404: "Not found",
    405: "Method not allowed",
    409: "The state forbids it",
    412: "Changed by somebody else",
    413: "Too large",
    415: "Wrong kind",
    416: "Range not satisfiable",
    422: "A field is wrong",
    428: "If-Match is missing",
    429: "Too often",
    500: "Internal error",
    503: "Not ready",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its description; what all routes share is added in `openapi.py`."""
    return {
        status: {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
        for status in statuses
    }


_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def answer(refusal: Refusal) -> JSONResponse:
    status = status_of(type(refusal))
    extra: dict[str, Any] = {name: refusal.about[name] for name in SHOWN if name in refusal.about}
    return _problem(status, refusal.code, refusal.message, refusal.fields, extra)


def _problem(
    status: int,
    code: str,
    detail: str,
    fields: Sequence[tuple[str, str]] = (),
    extra: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    body = {
        "type": f"urn:saraban:problem:{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
        **(extra or {}),
    }
    if fields:
        body["errors"] = [{"field": field, "message": message} for field, message in fields]
    headers = dict(headers or {})
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


# What is no refusal of ours: the framework's own, and a program that is broken.
PLAIN = {
    400: ("bad_request", "คำขอไม่ถูกต้อง: ตรวจสอบรูปแบบข้อมูล"),
    405: ("method_not_allowed", "เรียกด้วยวิธี (method) นี้ไม่ได้: ดูวิธีที่ใช้ได้ในส่วนหัว Allow"),
    416: ("range_not_satisfiable", "ช่วงของไฟล์ที่ขออยู่นอกขนาดของไฟล์"),
    500: ("internal_error", "ระบบขัดข้อง ข้อมูลที่ทำค้างไว้ไม่ถูกบันทึก: ลองใหม่ หรือแจ้งผู้ดูแลระบบ"),
}

UNKNOWN = "ไม่มีช่องนี้: ตรวจสอบชื่อช่องอีกครั้ง"
TWICE = "ระบุได้ครั้งเดียว"
NO_NUMBER = "ต้องเป็นข้อความ"
UNREADABLE = "อ่าน JSON ไม่ได้: ตรวจสอบรูปแบบข้อมูล"

# What the validator says in English, said to people; what our own rules say is Thai already.
_THAI = {
    "missing": "ต้องกรอก",
    "extra_forbidden": UNKNOWN,
    "literal_error": "เลือกได้เฉพาะค่าที่กำหนด: {expected}",
    "enum": "เลือกได้เฉพาะค่าที่กำหนด: {expected}",
    "string_type": NO_NUMBER,
    "string_too_long": "ยาวเกิน {max_length} ตัวอักษร: ย่อให้สั้นลง",
    "string_too_short": "สั้นเกินไป",
    "bool_type": "ต้องเป็น true หรือ false",
    "bool_parsing": "ต้องเป็น true หรือ false",
    "int_type": "ต้องเป็นจำนวนเต็ม",
    "int_parsing": "ต้องเป็นจำนวนเต็ม",
    "int_from_float": "ต้องเป็นจำนวนเต็ม",
    "list_type": "ต้องเป็นรายการ",
    "dict_type": "ต้องเป็นกลุ่มข้อมูล",
    "model_type": "ต้องเป็นกลุ่มข้อมูล",
    "model_attributes_type": "ต้องเป็นกลุ่มข้อมูล",
    "too_long": "มากเกิน {max_length} รายการ",
    "greater_than_equal": "ต้องไม่น้อยกว่า {ge}",
    "less_than_equal": "ต้องไม่มากกว่า {le}",
    "date_from_datetime_parsing": "วันที่ไม่ถูกต้อง: ใช้แบบ ISO 8601 เช่น 2026-07-01",
    "date_parsing": "วันที่ไม่ถูกต้อง: ใช้แบบ ISO 8601 เช่น 2026-07-01",
    "date_from_datetime_inexact": "วันที่ต้องไม่มีเวลา: ใช้แบบ 2026-07-01",
    "datetime_parsing": "วันเวลาไม่ถูกต้อง: ใช้แบบ RFC 3339 เช่น 2026-07-01T09:57:26+07:00",
    "datetime_from_date_parsing": "วันเวลาไม่ถูกต้อง: ใช้แบบ RFC 3339 เช่น 2026-07-01T09:57:26+07:00",
    "timezone_aware": "วันเวลาต้องมีเขตเวลา เช่น 2026-07-01T09:57:26+07:00",
    "json_invalid": UNREADABLE,
}


MOST_TOLD = 100  # of wrong fields: a body may hold a hundred thousand, and nobody reads more


def from_validator(failures: Sequence[Any]) -> Refusal:
    # An id that cannot be read names nothing, whatever else was said.
    if any(failure["loc"] and failure["loc"][0] == "path" for failure in failures):
        return NotFound()
    return Invalid(*[(_field(failure), _message(failure)) for failure in failures[:MOST_TOLD]])


def _field(failure: Any) -> str:
    """`body → to → offices → 3` is the field `to.offices.3`; of what is no JSON only the place is known."""
    where = [] if failure["type"] == "json_invalid" else failure["loc"]
    named = [str(part) for part in where if part not in ("body", "query", "header")]
    return ".".join(named) or "body"


def _message(failure: Any) -> str:
    told = _THAI.get(failure["type"])
    if told is None:
        return str(failure["msg"]) if failure["type"] in ("rule", "id") else "ค่าไม่ถูกต้อง"
    about = {"expected": "", **failure.get("ctx", {})}
    return told.format_map({**about, "expected": about["expected"].replace(" or ", " หรือ ")})


# A refusal as a page, given the request and what a program would have been told.
Page = Callable[[Request, dict[str, Any]], Response]
FOR_PROGRAMS = ("/api/", "/healthz", "/readyz", "/.well-known/", "/openapi.json")


def _methods_at(request: Request) -> list[str]:
    """All that this address answers: the framework tells only of its first route there."""
    return [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]


def answer_refusals(app: FastAPI, page: Page) -> None:
    """The one place where errors become answers: JSON for programs, a page for people."""

    def told(request: Request, problem: JSONResponse) -> Response:
        if request.url.path.startswith(FOR_PROGRAMS):
            return problem
        return page(request, json.loads(bytes(problem.body)))

    async def refused(request: Request, refusal: Exception) -> Response:
        assert isinstance(refusal, Refusal)
        return told(request, answer(refusal))

    async def invalid(request: Request, failure: Exception) -> Response:
        assert isinstance(failure, RequestValidationError)
        return told(request, answer(from_validator(failure.errors())))

    async def http(request: Request, failure: Exception) -> Response:
        assert isinstance(failure, HTTPException)
        if isinstance(failure, BodyTooLarge):
            return told(request, answer(errors.TooLarge(limit=failure.limit)))
        if failure.status_code == 404:
            return told(request, answer(NotFound()))
        if failure.status_code == 400:
            # A body that the framework could not read at all: bytes that are no text, a thousand brackets.
            return told(request, answer(Invalid(("body", UNREADABLE))))
        code, detail = PLAIN.get(failure.status_code, PLAIN[400])
        headers = dict(failure.headers or {})
        if failure.status_code == 405:
            headers["Allow"] = ", ".join(_methods_at(request))
        return told(request, _problem(failure.status_code, code, detail, headers=headers))

    async def broken(request: Request, failure: Exception) -> Response:
        # As it came over the wire, so that nobody can write a second line into the log.
        path = quote(request.scope["raw_path"], safe="/%")
        log.error("%s %s failed", request.method, path, exc_info=failure)
        return told(request, _problem(500, *PLAIN[500]))

    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, broken)

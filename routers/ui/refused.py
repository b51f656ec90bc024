"""A refusal as a page: what happened, what to do next, whom to ask."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from routers.ui.pages import page

HEADINGS = {
    401: "ต้องเข้าสู่ระบบก่อน",
    403: "ทำสิ่งนี้ไม่ได้",
    404: "ไม่พบหน้านี้",
    405: "เปิดหน้านี้โดยตรงไม่ได้",
    409: "ทำในตอนนี้ไม่ได้",
    413: "ใหญ่เกินกำหนด",
    422: "ข้อมูลไม่ถูกต้อง",
    429: "รอสักครู่",
    503: "ระบบยังไม่พร้อม",
}


def refused_page(request: Request, problem: dict[str, Any]) -> Response:
    status = problem["status"]
    return page(
        request,
        "refused",
        status,
        heading=HEADINGS.get(status, "ระบบขัดข้อง"),
        why=problem["detail"],
        code=problem["code"],
        offices=problem.get("offices", []),
    )

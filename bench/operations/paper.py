"""Paper: single PDFs beside bare WeasyPrint, two workers beside one, and a year's book while others work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import patch

import httpx

from bench.bodies import post_json
from bench.house import House
from bench.lines import TURNS, Line, by_turns
from bench.load import Request
from bench.memory import watching
from saraban.app import create_app, create_office
from saraban.press import Press
from saraban.settings import Settings
from saraban.thai.dates import buddhist_year

SCALES = ("year",)
SECONDS, TIMES = 4, 5
BODY = "\n".join(
    "ด้วยสำนักงานเขตพื้นที่การศึกษา กำหนดจัดประชุมผู้บริหารสถานศึกษา เพื่อซักซ้อมความเข้าใจแนวทางการจัดสรรงบประมาณ ดังนี้"
    if n % 3 == 0 else f"{n}. ให้สถานศึกษารายงานผลการดำเนินงานภายในวันที่ {n} ของเดือนถัดไป" for n in range(12)
)  # fmt: skip


def measure(house: House) -> Iterator[Line]:
    told = {"engine": house.engine, "scale": house.scale}
    pages = _pages(house)
    written = record(house.settings, [*pages.values()])
    for name, request in pages.items():
        html = written[request.path]
        ours, bare = by_turns(lambda r=request: _ours(house, r), lambda h=html: _bare(h))
        yield Line(
            f"PDF of {name}",
            ours=ours,
            floor=bare,
            unit="ms",
            at_most=1.25,
            floor_is="bare warm WeasyPrint",
            **told,
        )
    letter = [pages["a letter"]]
    two, one = by_turns(
        lambda: house.load(letter, 2, SECONDS).rate, lambda: house.load(letter, 1, SECONDS).rate
    )
    yield Line(
        "PDFs of letters, two at once",
        ours=two,
        floor=one,
        unit="PDFs/s",
        at_least=1.7,
        floor_is="one",
        **told,
    )
    if house.engine == "sqlite":  # minutes of the press, which knows of no database
        yield from _year(house, told)


def _pages(house: House) -> dict[str, Request]:
    key = house.key("clerk1")
    paper = {"form": "external", "body": BODY, "signer": "นายสมชาย ตัวอย่าง", "position": "ผู้อำนวยการกลุ่ม"}
    said = {
        "subject": "ขอเชิญประชุม",
        "dated": date.today().isoformat(),
        "to_text": "ผู้อำนวยการโรงเรียน",
        "paper": paper,
    }
    letter = post_json(house.base_url, "/api/v1/outgoing", key, said)["id"]
    area = "JOIN office o ON o.id = {0}.house_id WHERE o.code = ?"
    middle = house.one(
        f"SELECT registered_at FROM entry e {area.format('e')} AND e.kind = 'outgoing' AND e.number = 2500",
        house.area,
    )
    day = date.fromisoformat(str(middle)[:10])
    sent = house.one(f"SELECT max(w.id) - 20 FROM dispatch w {area.format('w')}", house.area)
    span = f"registered_from={day}&registered_to={day + timedelta(days=2)}"
    lines = _lines(house, f"/api/v1/outgoing?{span}&limit=500")
    return {
        "a letter": Request("GET", f"/api/v1/letters/{letter}/pdf", key),
        f"a register of {lines} lines": Request("GET", f"/api/v1/outgoing/pdf?{span}", key),
        "a tracking report of 252 schools": Request("GET", f"/api/v1/dispatches/S{sent}/pdf", key),
    }


def _lines(house: House, path: str) -> int:
    page = _get(house, path).json()
    found = len(page["items"])
    while page["next"]:  # a long book is looked through in several requests
        page = _get(house, f"{path}&cursor={page['next']}").json()
        found += len(page["items"])
    return found


def _get(house: House, path: str) -> httpx.Response:
    name, value = house.key("clerk1")
    return httpx.get(house.base_url + path, headers={name: value}, timeout=60).raise_for_status()


def _ours(house: House, request: Request) -> float:
    # A client that is there already: one made for each request reads all certificates of the machine, 20 ms.
    with house.client("clerk1") as client:
        client.get("/me").raise_for_status()
        began = time.perf_counter()
        for _ in range(TIMES):
            client.get(house.base_url + request.path).raise_for_status()
        return 1000 * (time.perf_counter() - began) / TIMES


def _year(house: House, told: dict[str, Any]) -> Iterator[Line]:
    """A year's incoming book, once: its pieces are printed one after the other while others go on."""
    others = [Request("GET", "/api/v1/outgoing", house.key("clerk1"))]
    idle = [house.load(others, 1, SECONDS).p99 for _ in range(TURNS)]
    busy: list[float] = []
    began = time.perf_counter()
    with watching(house.server.pid) as memory:
        asked = post_json(
            house.base_url, "/api/v1/printouts", house.key("clerk2"),
            {"book": "incoming", "filters": {"year": buddhist_year(datetime.now(UTC))}},
        )  # fmt: skip
        while True:
            if len(busy) < len(idle):
                busy.append(house.load(others, 1, SECONDS).p99)
            name, value = house.key("clerk2")
            state = httpx.get(
                f"{house.base_url}/api/v1/printouts/{asked['id']}", headers={name: value}, timeout=60
            ).raise_for_status().json()  # fmt: skip
            if state["state"] not in ("waiting", "running"):
                break
            time.sleep(1)
    assert state["state"] == "done", state
    lasted = time.perf_counter() - began
    yield Line(f"PDF of a year's {state['total']:,} lines", ours=[lasted], unit="s", **told)
    yield Line("PDF of a year, memory", ours=[memory.more], unit="MiB more", at_most=256, **told)
    yield Line(
        "PDF of a year, p99 of others meanwhile",
        ours=busy,
        floor=idle,
        unit="ms",
        at_most=2.0,
        floor_is="idle",
        **told,
    )


# -- the floor: the same HTML, and nothing around it ------------------------------------------------------


def record(settings: Settings, asked: Sequence[Request]) -> dict[str, str]:
    """What our press is given to print for each."""
    heard: list[str] = []

    def hear(_press: Press, _function: object, html: str, *_more: object, **_named: object) -> bytes:
        heard.append(html)
        return b"%PDF-"

    async def ask() -> dict[str, str]:
        app, written = create_app(office), {}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://floor") as client:
            for request in asked:
                (await client.get(request.path, headers=[request.header])).raise_for_status()
                written[request.path] = heard[-1]
        return written

    office = create_office(settings)
    try:
        with patch.object(Press, "run", hear):
            return asyncio.run(ask())
    finally:
        office.close()


@cache
def _fonts() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


def _bare(html: str) -> float:
    from weasyprint import HTML

    HTML(string=html).write_pdf(font_config=_fonts())  # warm
    began = time.perf_counter()
    for _ in range(TIMES):
        HTML(string=html).write_pdf(font_config=_fonts())
    return 1000 * (time.perf_counter() - began) / TIMES

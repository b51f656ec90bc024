"""The report of a sending: its head, how far it has come, and a line per receiver in the manual's form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest

from saraban.office import Office
from saraban.queries import tracking_report
from saraban.queries.tracking_report import curve
from tests import world
from tests.conftest import Clock
from tests.desk import At, at, receive, register, send, waiting
from tests.pictures import looks_like, text_of
from tests.screen import Sit, sit
from tests.world import OTHER_SCHOOL, OURS_TOO, SCHOOL, STRANGERS

__all__ = ["at", "sit"]

POST = "ศาลจังหวัดตัวอย่าง"
SAID = {"subject": "ขอเชิญประชุมผู้บริหารสถานศึกษา ครั้งที่ 3/2569", "urgency": "very_urgent"}


def test_the_report_has_a_line_for_every_receiver(at: At, office: Office, clock: Clock) -> None:
    codes = [
        world.school(office, f"9901000{n}", f"บ้านตัวอย่าง {n}", district=f"อำเภอ{n % 2}") for n in range(3, 8)
    ]
    clerk = at(OURS_TOO, "clerk", name="สมศรี ตัวอย่าง")
    sent = clerk.send(
        clerk.register("หนังสือ.pdf", **SAID),
        to={"everyone": True, "post": [POST]},
        deadline="2026-07-01T17:00:00+07:00",
    )
    clock.advance(hours=1)
    at(SCHOOL, name="วิชัย").acknowledge()
    clock.advance(hours=5)
    at(codes[0], name="มานี").acknowledge()
    at(codes[1]).give_back(at(codes[1]).newest(), "ไม่มีสิ่งที่ส่งมาด้วย")
    at(codes[2]).look(at(codes[2]).newest())
    clerk.post(f"/dispatches/{sent['id']}/remind")
    clock.advance(hours=20)
    answer = clerk.http.get(f"/api/v1/dispatches/{sent['id']}/pdf")
    assert unquote(answer.headers["content-disposition"]).endswith("ผลการรับหนังสือ ศธ 04999-1.pdf")
    told = text_of(answer.content)
    for line in (
        "๑.บ้านตัวอย่าง๑ลงทะเบียนเรียบร้อยแล้ว๑ก.ค.๒๕๖๙๑๐.๕๗น.๑วิชัย",
        "๒.บ้านตัวอย่าง๒ยังไม่ลงทะเบียนเกิน",
        "ไม่มีสิ่งที่ส่งมาด้วย",
        "๘.ศาลจังหวัดตัวอย่าง",
        "ลงทะเบียนแล้ว๒จาก๗แห่ง(ร้อยละ๒๙)·ไปรษณีย์๑ราย",
        "ให้ลงทะเบียนรับภายใน๑ก.ค.๒๕๖๙๑๗.๐๐น.",
    ):
        assert line in told, told
    looks_like(answer.content, "tracking_report")
    late = text_of(
        clerk.http.get(f"/api/v1/dispatches/{sent['id']}/pdf", params={"state": "overdue"}).content
    )
    assert "๒.บ้านตัวอย่าง๒" in late and "๑.บ้านตัวอย่าง๑" not in late
    assert at(STRANGERS).refused("GET", f"/dispatches/{sent['id']}/pdf") == (404, "not_found")


def test_the_page_of_a_sending_offers_it_and_what_is_too_long_is_refused(
    sit: Sit, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = sit(OURS_TOO, "clerk")
    sent = send(office, clerk.actor, register(office, clerk.actor).id, offices=[SCHOOL, OTHER_SCHOOL])
    receive(office, (school := world.person(office, SCHOOL)), *waiting(office, school))
    page = clerk.open(f"/dispatches/S{sent.id}?state=waiting")
    late = clerk.get(page.link("พิมพ์รายงาน"))
    assert late.headers["content-type"] == "application/pdf"
    assert "เฉพาะที่ยังไม่ลงทะเบียน๑แห่ง" in text_of(late.content)
    monkeypatch.setattr(tracking_report, "MOST", 1)
    refused = clerk.open(f"/dispatches/S{sent.id}/pdf")
    assert (refused.status, "ยาวเกินกว่าจะพิมพ์" in refused.text) == (413, True)
    assert clerk.get(f"/dispatches/S{sent.id}/pdf?state=waiting").status_code == 200


def test_the_curve_begins_with_the_sending_and_its_hours_are_round() -> None:
    begins = datetime(2026, 7, 1, 2, 30, tzinfo=UTC)
    done = [begins + timedelta(hours=hours) for hours in (0, 1, 24)]
    drawn = curve(done, 4, begins, begins + timedelta(hours=48), begins + timedelta(hours=36))
    assert drawn.points[0] == (0, 0)
    assert drawn.points[-1] == (1, 0.75)
    assert [word for _, word in drawn.ticks] == ["12:00", "18:00", "2 ก.ค.", "06:00", "12:00", "18:00"]
    assert drawn.due is None
    soon = curve([begins + timedelta(minutes=5)], 4, begins, None, begins + timedelta(minutes=30))
    assert soon.points[-1] == (0.5, 0.25), "what is still to come is not drawn"
    years = curve([begins, begins + timedelta(days=1500)], 2, begins, None, begins + timedelta(days=2000))
    assert len(years.ticks) < 8

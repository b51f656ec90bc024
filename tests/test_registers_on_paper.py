"""The books on paper: forms 13 and 14, whole and by days, what is void struck, what is secret masked."""

from __future__ import annotations

import re
from typing import Any

import pytest

from saraban.commands.register_incoming import register_incoming
from saraban.commands.void_entry import void_entry
from saraban.errors import TooLongToPrint
from saraban.letters import NewIncoming
from saraban.office import Office
from saraban.permissions import Actor
from saraban.press import pages
from saraban.printing import register as on_paper
from saraban.printing.register import short_register
from saraban.queries.filed_lines import Book, PrintedQuestion, count_lines, filed_lines
from tests import world
from tests.conftest import Clock
from tests.desk import At, at, register
from tests.pictures import looks_like, pages_of
from tests.world import OURS

__all__ = ["at"]

one_engine = pytest.mark.parametrize("settings", ["embedded"], indirect=True)


def asked(**said: Any) -> PrintedQuestion:
    return PrintedQuestion.model_validate(said)


@pytest.fixture
def clerk(office: Office) -> Actor:
    world.three_offices(office)
    return world.person(office, OURS, "registrar", "secret")


@pytest.fixture
def officer(office: Office, clerk: Actor) -> Actor:
    return world.person(office, OURS, "officer", name="สมชาย ตัวอย่าง")


def numbers(office: Office, who: Actor, book: Book = "outgoing", **said: Any) -> list[tuple[int, bool]]:
    """The numbers on paper, and whether more than the number stands there."""
    lines = [(line.number, line.entry is not None) for line in filed_lines(office, who, book, asked(**said))]
    assert count_lines(office, who, book, asked(**said)) == len(lines)
    return lines


def three_days(office: Office, clock: Clock, clerk: Actor) -> None:
    """1 July: 1, 2 (secret); 2 July: 3 (secret), 4, 5; 3 July: 6."""
    for secrecy in ("open", "secret", "next", "secret", "open", "open", "next", "open"):
        if secrecy == "next":
            clock.advance(days=1)
        else:
            register(office, clerk, subject=f"เรื่อง {secrecy}", secrecy=secrecy)


def test_a_day_is_whole_for_everybody_with_its_secret_lines_masked(
    office: Office, clock: Clock, clerk: Actor, officer: Actor
) -> None:
    three_days(office, clock, clerk)
    second = {"registered_from": "2026-07-02", "registered_to": "2026-07-02"}
    assert numbers(office, clerk, **second) == [(3, True), (4, True), (5, True)]
    # Who may not know on which day a secret line was written finds it behind the line before it.
    days = [
        {"registered_from": day, "registered_to": day} for day in ("2026-07-01", "2026-07-02", "2026-07-03")
    ]
    told = [numbers(office, officer, **day) for day in days]
    assert told == [[(1, True), (2, False), (3, False)], [(4, True), (5, True)], [(6, True)]]
    month = {"registered_from": "2026-07-01", "registered_to": "2026-07-31"}
    together = [line for day in told for line in day]
    assert together == numbers(office, officer, **month) == numbers(office, officer, year=2569)
    assert numbers(office, officer, registered_from="2026-07-04") == []
    # Asked for anything else, a masked line gives no answer.
    assert numbers(office, officer, **month, secrecy="secret") == []
    assert numbers(office, officer, registered_to="2026-07-01", state="registered") == [(1, True)]


def test_on_paper_stands_what_the_list_shows_to_whoever_prints(
    office: Office, clock: Clock, clerk: Actor, officer: Actor
) -> None:
    three_days(office, clock, clerk)
    void_entry(office, clerk, register(office, clerk, subject="<b>ออกซ้ำ</b>").entry, "ออกเลขซ้ำ")
    mine, others = (short_register(office, who, "outgoing", asked(year=2569)) for who in (clerk, officer))
    assert mine.count("เรื่อง secret") == 2
    assert "(หนังสือลับ)" not in mine
    assert others.count("(หนังสือลับ)") == 2
    assert "เรื่อง secret" not in others
    for html in (mine, others):
        shown = re.findall(r'<tr id="n(\d+)"(.*?)>', html)
        assert [int(number) for number, _ in shown] == [1, 2, 3, 4, 5, 6, 7]
        assert [bool(more) for _, more in shown] == [False] * 6 + [True]  # struck
        assert "ยกเลิก ๓ ก.ค. ๒๕๖๙ สมหญิง ตัวอย่าง: ออกเลขซ้ำ" in re.sub("<.*?>", "", html)
        assert "&lt;b&gt;ออกซ้ำ" in html
        days = re.findall(r'<tr class="day".*?>วันที่ (.*?)<', html)
        assert days == ["๑ กรกฎาคม ๒๕๖๙", "๒ กรกฎาคม ๒๕๖๙", "๓ กรกฎาคม ๒๕๖๙"]


def test_short_books_are_paper_at_once_and_long_ones_are_not(
    at: At, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = at(OURS)
    ours.register()
    ours.register(subject="ขอเชิญประชุม")
    found = ours.http.get("/api/v1/outgoing/pdf", params={"q": "ประชุม", "registered_from": "2026-07-01"})
    assert found.headers["content-type"] == "application/pdf"
    assert len(pages_of(found.content)) == 1
    assert ours.http.get("/api/v1/incoming/pdf").content.startswith(b"%PDF")  # with nothing in it
    assert ours.refused("GET", "/outgoing/pdf?cursor=1") == (422, "invalid")
    monkeypatch.setattr(on_paper, "AT_ONCE", 1)
    assert ours.refused("GET", "/outgoing/pdf") == (413, "too_long_to_print")
    monkeypatch.setattr(on_paper, "AT_ONCE", 500)
    ours.register(note="หมายเหตุ " * 400)
    monkeypatch.setattr(on_paper, "LETTERS", 3000)
    assert on_paper.fits_at_once(office, ours.actor, "outgoing", asked())
    ours.register()
    assert not on_paper.fits_at_once(office, ours.actor, "outgoing", asked())
    with pytest.raises(TooLongToPrint, match="POST /api/v1/printouts"):
        short_register(office, ours.actor, "outgoing", asked())


# -- what it looks like ----------------------------------------------------------------------------------

LONG = "การดำเนินงานโครงการโรงเรียนคุณธรรม สพฐ. ประจำปีงบประมาณ พ.ศ. 2569 และการรายงานผลผ่านระบบออนไลน์ตามแบบ"


@one_engine
def test_form_14_looks_like_form_14(office: Office, clock: Clock, clerk: Actor, officer: Actor) -> None:
    for number, more in enumerate(
        [
            {"circular": True, "action": "เพื่อดำเนินการ", "note": "ส่งทาง e-mail แล้ว"},
            {
                "subject": LONG,
                "urgency": "most_urgent",
                "to_text": "ผู้อำนวยการโรงเรียนบ้านตัวอย่างราษฎร์บำรุงวิทยาคาร",
            },
            {"secrecy": "secret"},
            {"subject": "ส่งผิดฉบับ", "note": "ฉบับแก้"},
            {"note": "ขอให้แจ้งผลภายในวันศุกร์ " * 14},
        ]
    ):
        done = register(office, clerk, **more)
        if number == 3:
            clock.advance(days=1)
            void_entry(office, clerk, done.entry, "ออกเลขซ้ำกับฉบับก่อน ให้ใช้เลขทะเบียนถัดไปแทน")
    html = short_register(office, officer, "outgoing", asked(year=2569))
    looks_like(office.press.run(pages.pdf, html), "outgoing_register")


@one_engine
def test_form_13_looks_like_form_13(office: Office, clerk: Actor) -> None:
    for letter_no, subject in (("ศธ 04001/ว 12", LONG), ("มท 0201.2/ว 1590", "แจ้งกำหนดการสอบ O-NET")):
        said = {
            "subject": subject,
            "dated": "2026-06-29",
            "to_text": "ผอ.สพป.ตัวอย่าง เขต 1",
            "channel": "paper",
        }
        more = {"letter_no": letter_no, "from_text": "สำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน"}
        register_incoming(office, clerk, NewIncoming.model_validate({**said, **more, "urgency": "urgent"}))
    day = {
        "registered_from": "2026-07-01",
        "registered_to": "2026-07-01",
        "from": "สำนักงาน",
        "urgency": "urgent",
    }
    looks_like(
        office.press.run(pages.pdf, short_register(office, clerk, "incoming", asked(**day))),
        "incoming_register",
    )

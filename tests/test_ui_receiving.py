"""The receiving side on screen: what has come, what is done with it, and the book it is written in."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from typing import Any

import pytest

from saraban.commands.assign import assign
from saraban.commands.drafts import keep_draft
from saraban.commands.recall_dispatch import recall_dispatch
from saraban.commands.remind_missing import remind_missing
from saraban.commands.send_letter import NewDispatch, send_letter
from saraban.ids import show
from saraban.letters import AssignTo
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.inbox import InboxFilters, InboxItem, inbox
from saraban.receipts import verify
from storage import signing_keys
from tests.screen import Browser, Page, Sit, sit
from tests.desk import receive, register
from tests.documents import EXE, PDF, PNG, office as document
from tests.world import OURS, OURS_TOO, SCHOOL, STRANGERS

__all__ = ["sit"]

PAPER = {
    "letter_no": "มท 0201.2/ว 1590",
    "dated": "๑ ก.ค. ๖๙",
    "from_text": "จังหวัดตัวอย่าง",
    "subject": "แจ้งกำหนดฉีดวัคซีนนักเรียน",
}


@pytest.fixture
def clerk(sit: Sit) -> Actor:
    """Who sends: a group of the area."""
    return sit(OURS_TOO, "clerk", "secret").actor


@pytest.fixture
def school(sit: Sit, clerk: Actor) -> Browser:
    return sit(SCHOOL, "clerk", name="สมชาย ตัวอย่าง")


@pytest.fixture
def registry(sit: Sit) -> Browser:
    return sit(OURS, "registrar", name="วิชัย ตัวอย่าง")


def sent(office: Office, clerk: Actor, *to: str, urgency: str = "normal", **said: Any) -> InboxItem:
    """A letter that has come to the school, as its inbox says."""
    letter = register(office, clerk, urgency=urgency, **said)
    dispatch = NewDispatch.model_validate({"to": {"offices": to or [SCHOOL]}, "urgency": urgency})
    send_letter(office, clerk, letter.id, dispatch)
    return newest(office, clerk, letter.id)


def newest(office: Office, clerk: Actor, letter: int) -> Any:
    from saraban.queries.tracking import DeliveryFilters, DispatchFilters, sent_letters, tracking

    (dispatch,) = sent_letters(office, clerk, DispatchFilters(letter=letter)).items
    return tracking(office, clerk, dispatch.id, DeliveryFilters()).items[0], dispatch


# -- the list -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("box", ["all", "office", "mine"])
def test_an_empty_inbox_says_what_to_do_next(school: Browser, box: str) -> None:
    page = school.open(f"/inbox?box={box}")
    assert page.status == 200
    assert "/inbox" in page.link("ดูหนังสือรับทั้งหมด") if box != "all" else "ยังไม่มีหนังสือส่งมาถึงบ้านตัวอย่าง 1" in page.text


def test_reminded_and_most_urgent_letters_stand_on_top_with_their_marks(
    office: Office, clerk: Actor, school: Browser
) -> None:
    _, reminded = sent(office, clerk, subject="เรื่องที่ถูกเตือน")
    sent(office, clerk, subject="เรื่องธรรมดา")
    sent(office, clerk, urgency="most_urgent", subject="เรื่องด่วนที่สุด")
    remind_missing(office, clerk, reminded.id)
    first, second, third = school.open("/inbox").rows
    assert "เรื่องที่ถูกเตือน" in first and "ผู้ส่งเตือน" in first
    assert "เรื่องด่วนที่สุด ด่วนที่สุด" in second
    assert "เรื่องธรรมดา" in third and "○ ยังไม่ลงทะเบียน" in third and "กลุ่มอำนวยการ" in third
    assert "1 ก.ค. 2569 09:57 น." in third


def test_the_filters_narrow_and_a_misread_one_says_so(office: Office, clerk: Actor, school: Browser) -> None:
    sent(office, clerk, subject="เรื่องธรรมดา")
    sent(office, clerk, urgency="urgent", subject="เรื่องด่วน")
    assert [row.split()[2] for row in school.open("/inbox?urgency=urgent&state=&box=").rows] == ["เรื่องด่วน"]
    assert school.open("/inbox?state=acknowledged").rows == []
    wrong = school.open("/inbox?state=lost")
    assert wrong.status == 422 and "refused" in wrong.html


def test_fifty_letters_are_light_enough_for_a_weak_line(office: Office, clerk: Actor, school: Browser) -> None:
    for number in range(51):
        sent(office, clerk, subject=f"ขอเชิญประชุมผู้บริหารสถานศึกษา ครั้งที่ {number}/2569 ณ ห้องประชุมใหญ่")
    page = school.open("/inbox")
    assert len(page.rows) == 50
    assert len(page.html.encode()) <= 60_000
    assert len(gzip.compress(page.html.encode(), 6)) <= 14_000
    further = school.open(page.link("ถัดไป"))
    assert len(further.rows) == 1
    assert school.open(further.link("ก่อนหน้า")).rows == page.rows


def test_plain_letters_are_acknowledged_together_and_the_others_one_by_one(
    office: Office, clerk: Actor, school: Browser
) -> None:
    first, _ = sent(office, clerk, subject="ฉบับแรก")
    second, _ = sent(office, clerk, subject="ฉบับที่สอง")
    urgent, _ = sent(office, clerk, urgency="most_urgent", subject="ฉบับด่วนที่สุด")
    page = school.open("/inbox")
    assert page.html.count('type="checkbox" name="delivery"') == 2
    chosen = [show("D", one.id) for one in (first, urgent, second)]
    result = school.send(page.form("/inbox/acknowledge"), delivery=chosen)
    assert "ลงทะเบียนรับแล้ว 2 ฉบับ" in result.text and "อีก 1 ฉบับ" in result.text
    assert [row.split()[0] for row in result.rows] == ["1", "–", "2"]
    again = school.send(page.form("/inbox/acknowledge"), delivery=chosen[:1])
    assert [row.split()[0] for row in again.rows] == ["1"]
    assert [row.split()[0] for row in school.open("/incoming").rows] == ["2/2569", "1/2569"] or [
        row.split()[0] for row in school.open("/incoming").rows
    ] == ["2", "1"]


def test_nothing_chosen_is_said_and_changes_nothing(office: Office, clerk: Actor, school: Browser) -> None:
    sent(office, clerk)
    page = school.send(school.open("/inbox").form("/inbox/acknowledge"))
    assert "ยังไม่ได้เลือกหนังสือ" in page.text
    assert "ทะเบียนยังว่าง" in school.open("/incoming").text


# -- one letter -----------------------------------------------------------------------------------------


def test_looking_is_no_receipt(office: Office, clerk: Actor, school: Browser) -> None:
    delivery, dispatch = sent(office, clerk)
    for _ in range(2):
        assert "ยังไม่ลงทะเบียน" in school.open(f"/deliveries/D{delivery.id}").text
    again, _ = newest(office, clerk, dispatch.letter)
    assert again.state == "waiting" and again.seen_at is not None


def test_a_letter_is_acknowledged_and_assigned_in_one_act(office: Office, clerk: Actor, sit: Sit, school: Browser) -> None:
    head = sit(SCHOOL, "head", name="เฉลิม ตัวอย่าง")
    delivery, _ = sent(office, clerk, subject="ขอเชิญประชุม")
    form = school.open(f"/deliveries/D{delivery.id}").form("/acknowledge")
    done = school.send(
        form,
        received_date="30/6/2569",
        received_time="๑๖.๐๕",
        note="รับทางระบบ",
        to=f"/deliveries/D{delivery.id}/acknowledge",
    ) if False else school.send(
        form,
        **{"received_date": "30/6/2569", "received_time": "๑๖.๐๕", "note": "รับทางระบบ"},
    )
    assert "ลงทะเบียนรับแล้ว เลขรับ 1" in done.text
    assert "30 มิถุนายน 2569" in done.text and "16:05 น." in done.text
    assert head.open("/assignments").rows == []

"""The day of a school clerk: log in, open, acknowledge, assign, see it in the book; the sender sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect

from saraban.office import Office
from saraban.queries.assignments import AssignmentFilters, assignments
from saraban.queries.inbox import InboxFilters, inbox
from saraban.queries.tracking import DispatchFilters, sent_letters
from tests.chromium.conftest import Sit
from tests.chromium.days import (
    CLERK,
    EVERY_PAIR,
    PRINCIPAL,
    SCHOOL_CLERK,
    SCHOOLS,
    SUBJECT,
    actor,
    choose,
    keep,
    log_in,
    school_name,
    seated,
    settle_in,
)
from tests.desk import register, send
from tests.server import Door


@pytest.mark.parametrize(("settings", "scripts", "width"), EVERY_PAIR, indirect=["settings"])
def test_a_school_clerk_opens_acknowledges_and_assigns(
    office: Office, app: FastAPI, door: Door, sit: Sit, paper: Path, scripts: bool, width: int
) -> None:
    settle_in(office, SCHOOL_CLERK)
    clerk, school = actor(office, CLERK), actor(office, SCHOOL_CLERK)
    file = {"upload": keep(office, clerk, paper), "description": "หนังสือเชิญประชุม"}
    letter = register(office, clerk, subject=SUBJECT, urgency="urgent", circular=True, files=[file])
    send(office, clerk, letter.id, everyone=True)

    with door.open_for(app) as base_url:
        page = sit(base_url, width, scripts)
        log_in(page, SCHOOL_CLERK)
        page.get_by_role("link", name="1 ทั้งหมด").click()
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.locator("tbody tr")).to_contain_text("○ ยังไม่ลงทะเบียน")

        # Open: the paper beside the page.
        page.get_by_role("link", name=SUBJECT).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"ด่วน {SUBJECT}")
        page.get_by_role("link", name="หนังสือเชิญประชุม").first.click()
        shown = page.locator("iframe").get_attribute("src")
        assert shown and page.request.get(base_url + shown).body() == paper.read_bytes()

        # Acknowledge: the school's own number, large enough to copy onto paper.
        # By keyboard: just after a scroll Chromium still hands a click to the frame that stood there before.
        page.get_by_role("button", name="ลงทะเบียนรับ").press("Enter")
        stamp = page.get_by_role("group", name="ตรารับหนังสือ").locator("strong")
        expect(page.locator(".outcome")).to_contain_text("ลงทะเบียนโดย " + SCHOOL_CLERK.name)
        expect(stamp).to_have_text("1")
        assert stamp.evaluate("it => parseFloat(getComputedStyle(it).fontSize)") >= 48

        # Assign: to the principal, with a word.
        page.get_by_role("link", name="มอบหมาย", exact=True).click()
        page.get_by_label(PRINCIPAL.name).check()
        page.get_by_label("คำสั่ง").fill("เพื่อทราบและดำเนินการ")
        page.get_by_role("button", name="มอบหมาย", exact=True).click()
        expect(page.locator("main")).to_contain_text(f"{PRINCIPAL.name} “เพื่อทราบและดำเนินการ”")

        # The book has the line.
        choose(page, "ทะเบียนหนังสือรับ")
        line = page.locator("tbody tr")
        expect(line).to_have_count(1)
        expect(line).to_contain_text(SUBJECT)
        expect(line).to_contain_text(letter.letter_no)
        expect(line).to_contain_text("มอบหมายแล้ว")
        page.goto("/")
        expect(page.locator("main")).to_contain_text("ไม่มีหนังสือรอลงทะเบียนรับ")

        # The sender sees it at once.
        sender = seated(sit(base_url, width, scripts), office, clerk, base_url)
        sender.goto("/sent")
        sender.get_by_role("link", name=SUBJECT).click()
        expect(sender.locator("h2").first).to_have_text(f"ลงทะเบียนแล้ว 1 จาก {SCHOOLS} แห่ง")
        expect(sender.locator(".lines li").first).to_have_text(
            f"1.{school_name(1)} ✓ ลงทะเบียนเรียบร้อยแล้ว 1 ก.ค. 2569 09:57:26 น. เลขรับ 1 {SCHOOL_CLERK.name}"
            " ใบตอบรับ"
        )

    (received,) = inbox(office, school, InboxFilters()).items
    assert (received.state, received.number) == ("acknowledged", 1)
    (task,) = assignments(office, actor(office, PRINCIPAL), AssignmentFilters(box="mine")).items
    assert (task.subject, task.instruction) == (SUBJECT, "เพื่อทราบและดำเนินการ")
    (sent,) = sent_letters(office, clerk, DispatchFilters()).items
    assert (sent.totals.acknowledged, sent.totals.waiting) == (1, SCHOOLS - 1)

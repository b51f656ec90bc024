"""The day of a group clerk: log in, register with a file, send to 252 schools, follow, remind."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect

from saraban.commands.acknowledge import Acknowledging, acknowledge
from saraban.office import Office
from saraban.queries.deliveries import delivery_view
from saraban.queries.inbox import InboxFilters, inbox
from saraban.queries.tracking import DispatchFilters, sent_letters
from tests.chromium.conftest import Sit
from tests.chromium.days import (
    CLERK,
    EVERY_PAIR,
    SCHOOL_CLERK,
    SCHOOLS,
    SUBJECT,
    actor,
    choose,
    log_in,
    school_name,
    settle_in,
)
from tests.server import Door


@pytest.mark.parametrize(("settings", "scripts", "width"), EVERY_PAIR, indirect=["settings"])
def test_a_group_clerk_registers_sends_to_every_school_follows_and_reminds(
    office: Office, app: FastAPI, door: Door, sit: Sit, paper: Path, scripts: bool, width: int
) -> None:
    settle_in(office, CLERK)
    with door.open_for(app) as base_url:
        page = sit(base_url, width, scripts)
        log_in(page, CLERK)

        # Register: the number comes by itself, the file from the disk.
        choose(page, "ลงทะเบียนส่ง")
        page.get_by_label("หนังสือเวียน (ว)").check()
        expect(page.get_by_label("ลงวันที่")).to_have_value("1/7/2569")
        page.get_by_label("ลงวันที่").fill("๑ ก.ค. ๖๙")
        page.get_by_role("group", name="ชั้นความเร็ว").get_by_label("ด่วนมาก", exact=True).check()
        page.get_by_label("ถึง", exact=False).first.fill("ผู้อำนวยการโรงเรียนทุกโรงเรียน")
        page.get_by_label("เรื่อง").fill(SUBJECT)
        with page.expect_file_chooser() as choosing:
            page.get_by_label("ไฟล์ที่ 1", exact=True).click()
        choosing.value.set_files(paper)
        page.get_by_label("คำอธิบายไฟล์ที่ 1").fill("หนังสือเชิญประชุม")
        page.get_by_role("button", name="ลงทะเบียน", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("ลงทะเบียนส่งแล้ว")
        expect(page.locator(".taken")).to_have_text("เลขทะเบียนส่ง 1 ที่ ศธ 04999/ว 1")
        expect(page.locator("main")).to_contain_text("ไฟล์แนบ 1 ไฟล์")

        # Send: to everyone, after a look at the file and at how many there are.
        page.get_by_role("link", name="ส่งหนังสือ", exact=True).click()
        page.get_by_label(f"ทุกโรงเรียน ({SCHOOLS} แห่ง)").check()
        if scripts:
            expect(page.locator("[data-count-here]")).to_have_text(f"เลือกแล้ว {SCHOOLS} แห่ง")
        page.get_by_role("button", name="ดูก่อนส่ง").and_(page.locator(":not(.unseen)")).click()
        expect(page.locator(".taken")).to_have_text(f"{SCHOOLS} ผู้รับ")
        with page.context.expect_page() as opening:
            page.get_by_role("link", name="1. หนังสือเชิญประชุม").click()
        opening.value.close()
        file = page.get_by_role("link", name="1. หนังสือเชิญประชุม").get_attribute("href")
        assert page.request.get(f"{base_url}{file}").body() == paper.read_bytes()
        page.get_by_role("button", name=f"ส่งหนังสือ ถึง {SCHOOLS} แห่ง").click()
        expect(page.get_by_role("status").first).to_have_text(f"ส่งหนังสือแล้ว ถึงผู้รับ {SCHOOLS} แห่ง")
        expect(page.locator("h2").first).to_have_text(f"ลงทะเบียนแล้ว 0 จาก {SCHOOLS} แห่ง")
        assert page.locator(".board i").count() == SCHOOLS

        # Follow: a school acknowledges meanwhile, and its line says so in the manual's words.
        school = actor(office, SCHOOL_CLERK)
        (waiting,) = inbox(office, school, InboxFilters()).items
        acknowledge(office, school, waiting.id, Acknowledging())
        choose(page, "หนังสือส่ง")
        page.get_by_role("link", name=SUBJECT).click()
        expect(page.locator("h2").first).to_have_text(f"ลงทะเบียนแล้ว 1 จาก {SCHOOLS} แห่ง")
        expect(page.locator(".lines li").first).to_have_text(
            f"1.{school_name(1)} ✓ ลงทะเบียนเรียบร้อยแล้ว 1 ก.ค. 2569 09:57:26 น. เลขรับ 1 {SCHOOL_CLERK.name}"
            " ใบตอบรับ"
        )
        page.get_by_role("link", name="ยังไม่ลงทะเบียน").first.click()
        expect(page.locator(".lines li").first).to_contain_text(f"2.{school_name(2)} ✗ ยังไม่ลงทะเบียน")

        # Remind: those who have not, and nobody else.
        page.get_by_role("button", name="เตือนผู้ที่ยังไม่ลงทะเบียน").click()
        expect(page.get_by_role("status").first).to_contain_text(f"{SCHOOLS - 1}")
        expect(page.locator("main")).to_contain_text("เตือนแล้ว 1 ก.ค. 2569 09:57:26 น.")

    (sent,) = sent_letters(office, actor(office, CLERK), DispatchFilters()).items
    assert (sent.letter_no, sent.subject, sent.urgency) == ("ศธ 04999/ว 1", SUBJECT, "very_urgent")
    assert (sent.recipients, sent.totals.acknowledged, sent.totals.waiting) == (SCHOOLS, 1, SCHOOLS - 1)
    assert [file.filename for file in delivery_view(office, school, waiting.id).attachments] == [paper.name]

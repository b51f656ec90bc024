"""Every page for everybody: axe-core, keyboard, narrow screens, 200 % zoom; nothing asked for elsewhere."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from saraban.app import create_app
from saraban.office import Office
from saraban.settings import Settings
from saraban.thai.dates import MONTHS, SHORT_MONTHS
from tests.chromium import places
from tests.chromium.conftest import DESK, HEIGHT, PHONE, ZOOMED, Complaints, Sit
from tests.chromium.days import seated
from tests.chromium.places import CLERK, NOBODY, Place
from tests.conftest import Clock
from tests.server import Door

NOW = datetime(2026, 7, 1, 2, 57, 26, tzinfo=UTC)
RULES = {"resultTypes": ["violations"], "iframes": False}  # the frame is Chromium's own PDF viewer
WIDE = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
# What stands in two lines and must not: a date, a time, a letter's number.
WHOLE = rf"[0-9]{{1,2}} (?:{'|'.join(map(re.escape, (*MONTHS, *SHORT_MONTHS)))}) [0-9]{{4}}"
WHOLE += r"|[0-9]{2}:[0-9]{2}(?::[0-9]{2})? น\.|[ก-ฮ]{2} [0-9.]{5,}/(?:ว )?[0-9]+"
TORN = """(whole) => {
  const found = [], texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode());) {
    for (const one of text.data.replaceAll("\\u00a0", " ").matchAll(new RegExp(whole, "g"))) {
      const range = new Range();
      range.setStart(text, one.index);
      range.setEnd(text, one.index + one[0].length);
      const lines = [...range.getClientRects()].filter((box) => box.width > 0 && box.height > 3);
      if (new Set(lines.map((box) => Math.round(box.top / 8))).size > 1) found.push(one[0]);
    }
  }
  return found;
}"""
FOCUSED = """() => {
  const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
  return {name: it.name || it.textContent.trim(), in_form: !!it.closest('form.entry'),
          seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0};
}"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, session: Path) -> Iterator[Office]:
    settings = Settings(data=tmp_path_factory.mktemp("lively"))
    office = places.lively(settings, session, Clock(NOW))
    yield office
    office.close()
    shutil.rmtree(settings.data)


@pytest.fixture(scope="module")
def base_url(office: Office, door: Door) -> Iterator[str]:
    with door.open_for(create_app(office)) as base_url:
        yield base_url


def go(page: Page, office: Office, place: Place, base_url: str) -> None:
    if place.username != NOBODY:
        seated(page, office, places.actor(office, place.username), base_url)
    answer = page.goto(places.address(office, place))
    assert answer is not None
    assert answer.status == (404 if "999" in place.route else 200), page.inner_text("main")
    assert answer.headers["content-type"].startswith("text/html")


def _grave(page: Page) -> list[dict[str, Any]]:
    """What axe-core calls serious or critical."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [one for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("place", places.places(), ids=str)
def test_a_page_is_for_everybody(place: Place, office: Office, base_url: str, sit: Sit) -> None:
    page = sit(base_url)
    go(page, office, place, base_url)
    grave = _grave(page)
    assert [f"{one['id']}: {node['html'][:160]}" for one in grave for node in one["nodes"]] == []
    for width in (DESK, 1280, 1200, 1024, ZOOMED, PHONE):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        assert page.evaluate(WIDE) <= 0, f"wider than {width} px"
        assert page.evaluate(TORN, WHOLE) == [], f"torn at {width} px"
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "th"


def test_what_is_looked_for_would_be_found(chromium: Browser, base_url: str) -> None:
    context = chromium.new_context(base_url=base_url, viewport={"width": PHONE, "height": HEIGHT})
    complaints = Complaints(context, base_url)
    page = context.new_page()
    page.goto("/login")
    page.evaluate("""() => {
      document.querySelector("h1").insertAdjacentHTML("afterend",
        "<p style='color: red'><img src='http://127.0.0.2/'><button></button><b></b></p>");
      document.querySelector("b").style.cssText = "display: block; width: 700px; height: 1px";
      document.querySelector("p").append("1 ก.ค. 2569");
      document.querySelector("p").style.cssText = "width: 3em";
    }""")
    assert page.evaluate(TORN, WHOLE) == ["1 ก.ค. 2569"]
    assert page.evaluate(WIDE) > 0
    assert {one["id"] for one in _grave(page)} == {"button-name", "image-alt"}
    assert len([line for line in complaints.told if "Content Security Policy" in line]) == 2
    context.close()


def test_a_letter_is_registered_by_keyboard_alone(office: Office, base_url: str, sit: Sit) -> None:
    page = sit(base_url)
    go(page, office, Place("/outgoing/new", CLERK), base_url)
    typed = {"subject": "แจ้งกำหนดการสอบ O-NET", "to_text": "ผู้อำนวยการโรงเรียนทุกโรงเรียน", "summary": "สรุป"}
    order = []
    for _ in range(120):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at["in_form"]:
            assert at["seen"], at["name"]
            order.append(at["name"])
        if at["name"] in typed:
            page.keyboard.type(typed[at["name"]])
        if at["name"] == "ลงทะเบียน" and at["in_form"]:
            break
    fields = ["circular", "dated", "urgency", "secrecy", "from_text", "to_text", "subject"]
    assert [name for name in order if name in fields] == fields
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("ลงทะเบียนส่งแล้ว")
    expect(page.locator("main")).to_contain_text(typed["subject"])
    # What comes next has the focus already.
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("ส่งหนังสือ")


def test_the_first_tab_leaps_over_the_menu(office: Office, base_url: str, sit: Sit) -> None:
    page = sit(base_url)
    go(page, office, Place("/inbox", places.SCHOOL), base_url)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="ข้ามไปเนื้อหา")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_refused_form_comes_back_whole_and_for_everybody(
    office: Office, base_url: str, sit: Sit, paper: Path, scripts: bool
) -> None:
    page = sit(base_url, PHONE, scripts)
    go(page, office, Place("/outgoing/new", CLERK), base_url)
    page.get_by_label("ลงวันที่").fill("31/2/2569")
    page.locator("#to_text").fill("ผู้อำนวยการโรงเรียนทุกโรงเรียน")
    page.get_by_label("เรื่อง").fill("แจ้งกำหนดการสอบ O-NET")
    page.get_by_label("ไฟล์ที่ 1", exact=True).set_input_files(paper)
    page.get_by_role("button", name="ลงทะเบียน", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("ยังไม่ได้บันทึก")
    wrong = page.get_by_label("ลงวันที่")
    expect(wrong).to_have_value("31/2/2569")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("เรื่อง")).to_have_value("แจ้งกำหนดการสอบ O-NET")
    expect(page.locator(".filerow").first).to_contain_text(f"✓ อยู่ในระบบแล้ว {paper.name}")
    if scripts:  # axe-core is one itself
        assert _grave(page) == []
    assert page.evaluate(WIDE) <= 0

    wrong.fill("1/7/2569")
    page.get_by_role("button", name="ลงทะเบียน", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ลงทะเบียนส่งแล้ว")
    expect(page.locator("main")).to_contain_text("ไฟล์แนบ 1 ไฟล์")

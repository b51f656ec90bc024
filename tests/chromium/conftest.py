"""Debian's Chromium, for whoever sits down at a page; what a page does behind one's back is written down."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

from saraban.press import Press
from tests.server import DEADLINE

CHROMIUM = os.environ.get("CHROMIUM", "chromium")
QUIET = [
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK, PHONE, ZOOMED = 1366, 360, 683  # 683 px is what is left of 1366 at 200 %
HEIGHT = 800
PATIENCE = DEADLINE * 1000  # of Playwright, in milliseconds


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which(CHROMIUM)
    assert path, f"no {CHROMIUM} here: make browser brings it"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


class Complaints:
    """What no page may do: fail in a script, break the policy, ask another host."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.host = urlsplit(base_url).netloc
        self.told: list[str] = []
        context.on("console", self._console)
        context.on(
            "weberror", lambda error: self.told.append(f"{error.page and error.page.url}: {error.error}")
        )
        context.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        # A form that is refused answers 422 on purpose; Chromium notes every such answer as an error.
        if (
            message.type in ("error", "warning")
            and "the server responded with a status of 4" not in message.text
        ):
            self.told.append(f"{message.location.get('url')}: {message.text}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != self.host:
            self.told.append(f"asked {request.url}")


Sit = Callable[..., Page]


@pytest.fixture
def sit(chromium: Browser) -> Iterator[Sit]:
    """A person's own browser, of that width, with scripts or without."""
    opened: list[tuple[BrowserContext, Complaints]] = []

    def sit_down(base_url: str, width: int = DESK, scripts: bool = True) -> Page:
        context = chromium.new_context(
            base_url=base_url,
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=scripts,
            locale="th-TH",
            timezone_id="Asia/Bangkok",
        )
        context.set_default_timeout(PATIENCE)
        opened.append((context, Complaints(context, base_url)))
        return context.new_page()

    yield sit_down
    told = [line for _, complaints in opened for line in complaints.told]
    for context, _ in opened:
        context.close()
    assert told == []


@pytest.fixture
def paper(tmp_path: Path, press: Press) -> Path:
    """A letter as it lies on the clerk's disk."""
    from saraban.demo.paper import pdf

    path = tmp_path / "หนังสือเชิญประชุม.pdf"
    path.write_bytes(pdf(press, "ขอเชิญประชุมผู้บริหารสถานศึกษา", "ขอเชิญประชุมในวันที่ 15 กรกฎาคม 2569"))
    return path

"""`make screenshots`: every page of the demo, wide and narrow, to be looked at; and the manuals' pictures."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from saraban.app import create_app
from saraban.office import Office
from saraban.settings import Settings
from tests.chromium.conftest import CHROMIUM, DESK, HEIGHT, PHONE, QUIET
from tests.chromium.days import seated
from tests.chromium.places import CLERK, NOBODY, SCHOOL, Place, actor, address, lively, places
from tests.conftest import Clock
from tests.server import CHECKOUT, Door

MANUALS = CHECKOUT / "docs" / "คู่มือ"
FOLDER = CHECKOUT / "build" / "screenshots"
WEDNESDAY = datetime(2026, 7, 1, 2, 57, 26, tzinfo=UTC)


# The manuals' pictures: the page, how wide and how high.
CHOSEN = {
    "desk": (Place("/", CLERK), 1220, 760),
    "register-outgoing": (Place("/outgoing/new", CLERK), 1220, 900),
    "send": (Place("/letters/{letter}/send", CLERK), 1220, 760),
    "tracking": (Place("/dispatches/{dispatch}", CLERK), 1220, 900),
    "inbox": (Place("/inbox", SCHOOL), 1220, 620),
    "acknowledged": (Place("/deliveries/{acknowledged}", SCHOOL), PHONE, 720),
}


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright, Door() as door:
        office = lively(Settings(data=Path(folder) / "data"), Path(folder), Clock(WEDNESDAY))
        browser = playwright.chromium.launch(executable_path=shutil.which(CHROMIUM), args=QUIET)
        with door.open_for(create_app(office)) as base_url:
            for place in places():
                name = re.sub(r"[^\w.-]+", "-", str(place)).strip("-")
                for width in (DESK, PHONE):
                    _look(browser, office, place, (width, HEIGHT), base_url, FOLDER / f"{name}-{width}.png")
            for name, (place, *size) in CHOSEN.items():
                picture = MANUALS / f"{name}.png"
                _look(browser, office, place, size, base_url, picture, full_page=False)
                _lighten(picture)
        browser.close()
        office.close()
    print(f"{len(list(FOLDER.iterdir()))} pictures in {FOLDER}")


def _look(
    browser: Browser,
    office: Office,
    place: Place,
    size: Sequence[int],
    base_url: str,
    picture: Path,
    full_page: bool = True,
) -> None:
    width, height = size
    context = browser.new_context(
        base_url=base_url, viewport={"width": width, "height": height}, locale="th-TH"
    )
    page = context.new_page()
    if place.username != NOBODY:
        seated(page, office, actor(office, place.username), base_url)
    page.goto(address(office, place), wait_until="networkidle")
    page.screenshot(path=picture, full_page=full_page)
    context.close()


def _lighten(picture: Path) -> None:
    """Sixty-four colours: a third of the weight, and nothing to be seen of it."""
    Image.open(picture).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    main()

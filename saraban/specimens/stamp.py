"""The receive stamp: with the longest names, on an empty sheet and on a page that has no room."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from saraban import rendering
from saraban.press import Press, pages
from saraban.press.stamping import stamped
from saraban.queries.stamp import Stamp
from saraban.specimens import AREA, GROUP, SCHOOL, SCHOOL_IN_ONE, SUBJECT, TALL


def specimens(press: Press) -> Iterator[tuple[str, bytes]]:
    def stamp(house: str) -> str:
        longest = datetime(2026, 11, 30, 16, 59, tzinfo=UTC)
        return rendering.html("pdf/stamp.html", stamp=Stamp(house, 123456, longest))

    for name, house, place in [
        ("ชื่อยาว", SCHOOL, "auto"),
        ("ชื่อไม่มีช่องว่าง", SCHOOL_IN_ONE, "left"),
        ("ชื่อเขต", AREA, "bottom_left"),
        ("ชื่อกลุ่ม", f"{GROUP} {AREA}", "top"),
        ("ชื่อยาวที่สุด", f"{GROUP} {TALL}", "bottom_right"),
    ]:
        yield f"ตรารับ {name}", press.run(stamped, None, stamp(house), place)
    full = press.run(
        pages.pdf,
        f'<style>@page {{ margin: 5mm }} p {{ font: 12pt Laksaman }}</style><p lang="th">{SUBJECT * 40}',
    )
    with tempfile.TemporaryDirectory() as folder:
        letter = Path(folder, "letter.pdf")
        letter.write_bytes(full)
        yield "ตรารับ ไม่มีที่ว่าง", press.run(stamped, letter, stamp(AREA))

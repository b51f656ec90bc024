"""The manuals quote the pages: words between “ ” stand on a page; pictures lie beside the text, and light."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from saraban.rendering import TEMPLATES
from tests.server import CHECKOUT

MANUALS = sorted((CHECKOUT / "docs" / "คู่มือ").glob("*.md"))
PICTURE = 120_000  # bytes


@pytest.fixture(scope="module")
def words() -> str:
    """All the words of the pages; what is filled in later leaves a gap."""
    pages = "\n".join(path.read_text() for path in sorted(TEMPLATES.rglob("*.html")))
    bare = re.sub(r"<[^>]*>|[{%}]+", "\n", pages)
    return html.unescape(bare)


def test_there_is_a_manual_for_each_of_the_two_clerks() -> None:
    assert [path.stem for path in MANUALS] == ["ธุรการโรงเรียน", "เจ้าหน้าที่ธุรการกลุ่ม"]


@pytest.mark.parametrize("manual", MANUALS, ids=lambda path: path.stem)
def test_what_a_manual_quotes_stands_on_the_pages(manual: Path, words: str) -> None:
    quoted = re.findall(r"“([^”]+)”", manual.read_text())
    parts = [part.strip() for one in quoted for part in one.split("…") if part.strip()]
    assert len(parts) > 20
    strange = [part for part in parts if part not in words]
    assert strange == []


@pytest.mark.parametrize("manual", MANUALS, ids=lambda path: path.stem)
def test_the_pictures_of_a_manual_are_there_and_light(manual: Path) -> None:
    pictures = re.findall(r"!\[.+?\]\((.+?)\)", manual.read_text())
    assert pictures
    for name in pictures:
        picture = manual.with_name(name)
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < PICTURE

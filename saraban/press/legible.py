"""Thai that can be copied out of a PDF, found in it and read aloud. Runs in a process of the press."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

_MEANING = re.compile(rb"<([0-9a-f]{4})> <[0-9a-f]*>")
_NAME = re.compile(r"uni(0E[0-7][0-9A-F])(\..+)?")  # a letter, or its form beside others: `uni0E48.low_left`
_letters: dict[bytes, dict[int, bytes]] = {}  # of each font that was used


def legible(document: Any, pdf: Any) -> None:
    """Let every glyph mean the letter it draws; WeasyPrint lets the last of a syllable mean the whole.

    ำ becomes ํ and า, the two glyphs it is drawn with."""
    for font in document.fonts.values():
        if font.name not in _letters:
            _letters[font.name] = _drawn_by(font)
    for written in pdf.objects:
        if isinstance(written, dict) and written.get("Type") == "/Font" and "ToUnicode" in written:
            letters = _letters[written["BaseFont"]]
            meanings = pdf.objects[int(written["ToUnicode"].split()[0])]
            meanings.stream = [_MEANING.sub(lambda one: _told(one, letters), line) for line in meanings.stream]


def _drawn_by(font: Any) -> dict[int, bytes]:
    from fontTools.ttLib import TTFont
    from weasyprint.text.fonts import get_hb_object_data

    # The font as it was before only the letters of the page were left in it, for the names go with the rest.
    names = TTFont(BytesIO(get_hb_object_data(font.hb_face)), fontNumber=font.index, lazy=True).getGlyphOrder()
    found = {number: _NAME.fullmatch(name) for number, name in enumerate(names)}
    return {number: one[1].lower().encode() for number, one in found.items() if one is not None}


def _told(one: re.Match[bytes], letters: dict[int, bytes]) -> bytes:
    letter = letters.get(int(one[1], 16))
    return one[0] if letter is None else b"<%s> <%s>" % (one[1], letter)

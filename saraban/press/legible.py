"""Thai that can be copied out of a PDF, found in it and read aloud. Runs in a process of the press.

WeasyPrint lets the last glyph of a syllable mean the whole of it, and fonts draw ำ as ํ and า, or a tone
before the vowel below it. So every glyph is told its letter, and a syllable drawn otherwise says how it is
written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any

Letters = dict[int, str]  # what each glyph of a font draws

_NAME = re.compile(r"uni(0E[0-7][0-9A-F])(\..+)?")  # a letter, or its form beside others: `uni0E48.low_left`
_MEANING = re.compile(rb"<([0-9a-f]{4})> <[0-9a-f]*>")
_FONT = re.compile(rb"/([A-Z]+) \S+ Tf")
_SHOWN = re.compile(rb"<([0-9a-f]+)>|(-?[0-9.]+(?:e-[0-9]+)?)")  # in a line of text: glyphs, a step aside
_STEP, _OTHER = " ", "?"
_MARK = "[ัิ-ฺ็-๎]"
_SYLLABLE = re.compile(f"[ก-ฮ](?:(?: *{_MARK})* *ํ(?: *{_MARK})* *า|(?: *{_MARK})+)")
_known: dict[str, Letters] = {}  # by the name that a font has in all documents


def legible(document: Any, pdf: Any) -> None:
    for font in document.fonts.values():
        if font.hash not in _known:
            _known[font.hash] = _drawn_by(font)
    for written in pdf.objects:
        if isinstance(written, dict) and written.get("Type") == "/Font" and "ToUnicode" in written:
            name = written["BaseFont"].decode()[1:].partition("+")[0]
            meanings = pdf.objects[int(written["ToUnicode"].split()[0])]
            meanings.stream = [_MEANING.sub(partial(_told, _known[name]), line) for line in meanings.stream]
        elif b"BT" in getattr(written, "stream", ()):
            written.stream = list(_written(written.stream))


def _drawn_by(font: Any) -> Letters:
    from fontTools.ttLib import TTFont
    from weasyprint.text.fonts import get_hb_object_data

    # The font as it was before it was cut down to the letters of the page: the names go with the rest.
    whole = TTFont(BytesIO(get_hb_object_data(font.hb_face)), fontNumber=font.index, lazy=True)
    found = {number: _NAME.fullmatch(name) for number, name in enumerate(whole.getGlyphOrder())}
    return {number: chr(int(one[1], 16)) for number, one in found.items() if one is not None}


def _told(letters: Letters, one: re.Match[bytes]) -> bytes:
    letter = letters.get(int(one[1], 16))
    return one[0] if letter is None else b"<%s> <%04x>" % (one[1], ord(letter))


def _written(lines: list[Any]) -> Iterator[Any]:
    letters: Letters = {}
    for line in lines:
        if isinstance(line, bytes) and (found := _FONT.fullmatch(line)):
            letters = _known.get(found[1].decode(), {})
        if letters and isinstance(line, bytes) and line.endswith(b"] TJ"):
            yield from _syllables(line, letters)
        else:
            yield line


def _syllables(line: bytes, letters: Letters) -> Iterator[bytes]:
    parts = list(_parts(line))
    drawn = "".join(letters.get(int(one[1:5], 16), _OTHER) if one[:1] == b"<" else _STEP for one in parts)
    shown = 0
    for syllable in _SYLLABLE.finditer(drawn):
        if (spelt := _spelt(syllable[0].replace(_STEP, ""))) != syllable[0]:
            start, end = syllable.span()
            yield from _shown(parts[shown:start])
            yield b"/Span <</ActualText <feff%s>>> BDC" % spelt.encode("utf-16-be").hex().encode()
            yield from _shown(parts[start:end])
            yield b"EMC"
            shown = end
    yield from _shown(parts[shown:])


def _parts(line: bytes) -> Iterator[bytes]:
    aside = 0.0
    for glyphs, step in _SHOWN.findall(line):
        aside += float(step or 0)
        if glyphs and aside:
            yield b"%.2f" % aside
            aside = 0.0
        yield from (b"<%s>" % glyphs[at : at + 4] for at in range(0, len(glyphs), 4))
    if aside:
        yield b"%.2f" % aside


def _shown(parts: list[bytes]) -> Iterator[bytes]:
    if parts:
        yield b"[%s] TJ" % b"".join(parts).replace(b"><", b"")


def _spelt(syllable: str) -> str:
    """As it is typed: the vowel before the tone, ำ last."""
    marks = sorted(syllable[1:], key=lambda mark: mark > "็")
    if "า" in marks:
        marks = [*(mark for mark in marks if mark not in "ํา"), "ำ"]
    return syllable[0] + "".join(marks)

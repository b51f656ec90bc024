"""A letter of several pages says at the foot of each how the next one begins: `/จึงเรียนมา…`, as the
regulation has it. What it will be is known once the pages are laid out, so they are laid out twice."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import islice, pairwise
from typing import Any

from saraban.press.legible import legible
from saraban.press.pages import document, fonts

HERE, MOST_PAGES, LONGEST = "<!--continued-->", 40, 28  # the template has this mark, and styles for as many
_JOINS = {"และ", "หรือ", "ที่", "ซึ่ง", "ของ", "เพื่อ", "ใน", "กับ", "ให้", "การ", "ความ", "โดย", "ตาม"}
_UNDER = "mark"  # what stands under the text of every page
_GOES_ON = {"การ", "ไป", "มา", "แล้ว"}  # the dictionary has ดำเนินการ as two words
_FIRST = 8  # texts of a page: more than two words


def letter(html: str) -> bytes:
    laid_out = document(html).render(font_config=fonts())
    begins = [_beginning(page) for page in laid_out.pages[1 : MOST_PAGES + 1]]
    if begins:
        feet = "".join(
            f'<p class="next next{at}">/{escape(words)}…</p>' for at, words in enumerate(begins, start=1)
        )
        laid_out = document(html.replace(HERE, feet, 1)).render(font_config=fonts())
    return bytes(laid_out.write_pdf(finisher=legible))


def _beginning(page: Any) -> str:
    """The first words on a page, up to a blank; of an item its number and what follows it."""
    words = "".join(islice(_texts(page), _FIRST)).split()[:2]
    if words and sum(character.isalpha() for character in words[0]) > 3:
        words = words[:1]
    return catchword(" ".join(words))


def catchword(words: str) -> str:
    """Up to the end of a word, and never to one that joins it to the next; what is no word loses no vowel or
    tone of its last letter."""
    from weasyprint.text.line_break import get_log_attrs

    if len(words) <= LONGEST:
        return words
    breaks = [at for at, letter in enumerate(get_log_attrs(words, "th")) if letter.is_line_break and at]
    parts = [words[begins:ends] for begins, ends in pairwise([0, *breaks])]
    fit = [
        end
        for end, part, following in zip(breaks, parts, parts[1:], strict=False)
        if end <= LONGEST and part.strip() not in _JOINS and following not in _GOES_ON
    ]
    if fit:
        return words[: fit[-1]].rstrip()
    end = min(len(words), LONGEST)
    while end < len(words) and not words[end].isalnum():
        end += 1
    return words[:end]


def _texts(page: Any) -> Iterator[str]:
    """What is kept whole goes on with the word before it; all else begins anew."""
    before = ""
    for box in page._page_box.children[0].descendants():
        if getattr(box, "text", "") and box.element_tag != _UNDER:
            yield box.text if "nobr" in (box.element_tag, before) else f" {box.text}"
            before = box.element_tag

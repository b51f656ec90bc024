"""Thai dictionary order as a plain string, because neither SQLite nor PostgreSQL without ICU knows it."""

import re

from saraban.thai.text import fold

_LEADING_VOWEL = re.compile("([เแโใไ])([ก-ฮ])")
_NUMBER = re.compile("[0-9]+")
# In the dictionary these decide only between words that are otherwise the same: ฺ ็ ่ ้ ๊ ๋ ์ ํ ๎, in this order.
_MARK_WEIGHT = {mark: str(weight) for weight, mark in enumerate("ฺ็่้๊๋์ํ๎", start=1)}


def sort_key(text: str) -> str:
    """A string whose code points, and so UTF-8 bytes, sort as a Thai dictionary does, and numbers by size."""
    swapped = _LEADING_VOWEL.sub(r"\2\1", fold(text))
    letters: list[str] = []
    marks: list[str] = []
    for character in swapped:
        if weight := _MARK_WEIGHT.get(character):
            marks.append(weight)
        else:
            letters.append(character)
            marks.append("0")
    primary = _NUMBER.sub(_by_size, "".join(letters))
    secondary = "".join(marks).rstrip("0")
    # A folded text holds no tab, so the tab sorts a word before every longer word that begins with it.
    return f"{primary}\t{secondary}" if secondary else primary


def _by_size(number: re.Match[str]) -> str:
    """The number behind its length, so that 10 (`210`) follows 2 (`12`); a 9 says that the length goes on."""
    digits = number[0].lstrip("0")
    return "9" * (len(digits) // 9) + str(len(digits) % 9) + digits

"""The numbers of letters: how they are printed, read and compared."""

import re
from dataclasses import dataclass

from saraban.thai.digits import to_arabic
from saraban.thai.text import fold, tidy

_END_OF_PREFIX = re.compile("[ /]*(/ ?ว)?[ /]*$")
# The ? after ที่ gives nothing back (?+), or the agency of `ที่ 12/2569`, which is an order's number, would be ที่.
_LETTER_NO = re.compile(r"(?:ที่ ?)?+([ก-ฮะ-์a-z.]+) ?([0-9]+(?:\.[0-9]+)*) ?/ ?(ว)? ?([0-9]{1,9})")


@dataclass(frozen=True)
class LetterNo:
    """A letter's number taken apart: `ศธ 04183/ว 2631` is ศธ, 04183, circular, 2631."""

    agency: str
    code: str
    circular: bool
    number: int


def tidy_prefix(prefix: str) -> str:
    """The prefix of a book as it is stored: `ศธ 04183/`, or nothing."""
    # ที่ is the label on paper and ว the mark of the single letter: neither belongs to the book.
    spaced = " ".join(to_arabic(tidy(prefix)).split()).removeprefix("ที่ ")
    kept = _END_OF_PREFIX.sub("", spaced, count=1)
    return f"{kept}/" if kept else ""


def letter_no(prefix: str, number: int, circular: bool) -> str:
    """The number as printed: no year, no padding, ว before the number of a circular."""
    return f"{tidy_prefix(prefix)}{'ว ' if circular else ''}{number}"


def parse_letter_no(text: str) -> LetterNo | None:
    """The number of a letter in any spacing and digits, or None when it is not of the usual form."""
    read = _LETTER_NO.fullmatch(fold(text))
    return LetterNo(read[1], read[2], read[3] is not None, int(read[4])) if read else None


def letter_key(text: str) -> str:
    """What two writings of one letter's number have in common: `ที่ ศธ ๐๔๑๘๓ / ว๒๖๓๑` and `ศธ04183/ว2631`."""
    return fold(text).replace(" ", "").removeprefix("ที่")

"""Thai text as it is stored, and as it is searched."""

import re
import unicodedata

from saraban.thai.digits import to_arabic

# NUL, soft hyphen, zero-width spaces and joiners, direction marks, BOM.
_INVISIBLE = "\x00\u00ad\u061c\u180e\ufeff" + "".join(
    map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x206A)))
)
_WITHOUT_INVISIBLE = str.maketrans("", "", _INVISIBLE)
_BLANK = _INVISIBLE + "".join(character for character in map(chr, range(0x3001)) if character.isspace())

# ำ in one piece or two, and the tone wherever a keyboard lets it be typed: it is drawn in the same place.
_SARA_AM = re.compile("([ก-ฮ][่-๋]*)(?:ํ([่-๋]*)า|ำ)([่-๋]*)")
_FOUR_DIGITS = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
# An agency's code begins with 0: what follows is a running number and no year, though it may look like one.
_LETTER_NO = re.compile(r"(?<![0-9])0[0-9.]{3,}/(?:ว ?)?[0-9]+")


def tidy(text: str) -> str:
    """The text as it is stored: what was typed, in NFC, without blank ends."""
    # Never NFKC: it takes ำ apart into nikhahit and า. No NUL: PostgreSQL cannot store it.
    return unicodedata.normalize("NFC", text.replace("\x00", "")).strip(_BLANK)


def fold(text: str) -> str:
    """The form in which texts are compared and searched: two texts that look alike fold alike."""
    folded = unicodedata.normalize("NFC", text.translate(_WITHOUT_INVISIBLE)).casefold()
    folded = _SARA_AM.sub(r"\1\2\3ำ", to_arabic(folded)).replace("ํา", "ำ").replace("เเ", "แ")
    return " ".join(unicodedata.normalize("NFC", folded).split())


def compact(text: str) -> str:
    """The folded text without its spaces, for names that are written in any spacing."""
    return fold(text).replace(" ", "")


def words(query: str) -> list[str]:
    """The folded words of a query, each of which is looked for by itself."""
    return fold(query).split()


def searchable(*parts: str, number: str = "") -> str:
    """A letter's number and the folded parts, then the words of these that hold a year with that year in the
    other calendar."""
    folded = fold(" ".join((number, *parts)))
    own = set(folded.split())
    said = _LETTER_NO.sub(" ", fold(" ".join(parts))).split()
    turned = ((word, _FOUR_DIGITS.sub(_other_calendar, word)) for word in said)
    added = dict.fromkeys(other for word, other in turned if other != word and other not in own)
    return " ".join([folded, *added])


def _other_calendar(digits: re.Match[str]) -> str:
    year = int(digits[0])
    if 2500 <= year <= 2599:
        return str(year - 543)
    if 1957 <= year <= 2056:
        return str(year + 543)
    return digits[0]

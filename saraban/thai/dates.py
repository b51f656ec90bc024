"""Dates as Thai people write them: Buddhist years, Thai months, Bangkok time."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

from saraban.thai.text import fold

# Thailand has been at +07:00 since April 1920 and has no summer time, so no table of time zones is needed.
BANGKOK = timezone(timedelta(hours=7))

BUDDHIST_ERA = 543  # since 1941 the Buddhist year, too, begins on 1 January
# Outside these a typed year is a slip: 2026 for 2569, or the other way round.
FIRST_YEAR, LAST_YEAR = 1900, 2200
FIRST_DAY, LAST_DAY = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)

MONTHS = (
    "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน",
    "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม",
)  # fmt: skip
SHORT_MONTHS = (
    "ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.",
)  # fmt: skip

_MONTH_NUMBER = {
    name.replace(".", ""): number
    for names in (MONTHS, SHORT_MONTHS)
    for number, name in enumerate(names, start=1)
}
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_IN_NUMBERS = re.compile(r"([0-9]{1,2}) ?([/.-]) ?([0-9]{1,2}) ?\2 ?([0-9]{4}|[0-9]{2})")
_IN_WORDS = re.compile(r"(?:วันที่ ?)?([0-9]{1,2}) ?([ก-์. ]+?) ?(?:พ\.? ?ศ\.? ?)?([0-9]{4}|[0-9]{2})")


def in_bangkok(moment: datetime) -> datetime:
    """The same instant on a Bangkok clock; a moment without a zone is refused, for it may be anybody's."""
    if moment.tzinfo is None:
        raise ValueError("a moment must carry its time zone")
    return moment.astimezone(BANGKOK)


def bangkok_day(when: date) -> date:
    """The day itself, or the day on which an instant falls in Bangkok."""
    return in_bangkok(when).date() if isinstance(when, datetime) else when


def day_begins(day: date) -> datetime:
    """The first instant of a day in Bangkok."""
    return datetime.combine(day, time(), BANGKOK)


def buddhist_year(when: date) -> int:
    """The Buddhist year of a day, or of an instant in Bangkok."""
    return bangkok_day(when).year + BUDDHIST_ERA


def full_date(when: date, blank: str = " ") -> str:
    """`1 กรกฎาคม 2569`."""
    day = bangkok_day(when)
    return f"{day.day}{blank}{MONTHS[day.month - 1]}{blank}{buddhist_year(day)}"


# A page of 252 receivers says a moment for each: the words are looked up, and an instant in UTC is moved on
# without asking a time zone, which takes four times as long (measured).
_AHEAD = timedelta(hours=7)
_TWO = tuple(f"{number:02}" for number in range(60))


def _clock(moment: datetime) -> datetime:
    """Its parts are those of a Bangkok clock; as an instant it means nothing."""
    return moment + _AHEAD if moment.tzinfo is UTC else in_bangkok(moment)


def short_date(when: date, blank: str = " ") -> str:
    """`1 ก.ค. 2569`."""
    day = _clock(when) if isinstance(when, datetime) else when
    return f"{day.day}{blank}{SHORT_MONTHS[day.month - 1]}{blank}{day.year + BUDDHIST_ERA}"


def short_moment(moment: datetime, blank: str = " ") -> str:
    """`1 ก.ค. 2569 09:57:26 น.`; between the day and its time always stands an ordinary blank."""
    at = _clock(moment)
    clock = f"{_TWO[at.hour]}:{_TWO[at.minute]}:{_TWO[at.second]}{blank}น."
    return f"{at.day}{blank}{SHORT_MONTHS[at.month - 1]}{blank}{at.year + BUDDHIST_ERA} {clock}"


def clock_time(moment: datetime, blank: str = " ") -> str:
    """`09:57 น.`."""
    at = _clock(moment)
    return f"{_TWO[at.hour]}:{_TWO[at.minute]}{blank}น."


def days_in_words(first: date | None, last: date | None) -> str:
    """As the head of a book says them: a day, a month, or from one day to another."""
    if first is not None and last is not None:
        if first == last:
            return f"วันที่ {full_date(first)}"
        same_month = (first.year, first.month) == (last.year, last.month)
        if same_month and first.day == 1 and (last + timedelta(days=1)).day == 1:
            return f"เดือน{MONTHS[first.month - 1]} {buddhist_year(first)}"
        return f"วันที่ {full_date(first)} ถึง {full_date(last)}"
    if first is not None:
        return f"ตั้งแต่วันที่ {full_date(first)}"
    return f"ถึงวันที่ {full_date(last)}" if last is not None else ""


def parse_date(text: str, today: date) -> date:
    """The day a person typed: `1/7/2569`, `1 ก.ค. 69`, `๑ กรกฎาคม ๒๕๖๙` or `2026-07-01`."""
    typed = fold(text)
    if iso := _ISO.fullmatch(typed):
        return _day(int(iso[1]), int(iso[2]), int(iso[3]), typed)
    if numbers := _IN_NUMBERS.fullmatch(typed):
        return _day(_year(numbers[4], today) - BUDDHIST_ERA, int(numbers[3]), int(numbers[1]), typed)
    words = _IN_WORDS.fullmatch(typed)
    month = _MONTH_NUMBER.get(re.sub("[. ]", "", words[2])) if words else None
    if words is None or month is None:
        raise ValueError(f"อ่านวันที่ “{text}” ไม่ได้ พิมพ์อย่าง 1/7/2569 หรือ 1 ก.ค. 2569")
    return _day(_year(words[3], today) - BUDDHIST_ERA, month, int(words[1]), typed)


def _year(typed: str, today: date) -> int:
    """The Buddhist year meant: of two digits, the nearest to today, and the past one of two as near."""
    if len(typed) == 4:
        return int(typed)
    this_year = buddhist_year(today)
    return this_year - 50 + (int(typed) - this_year + 50) % 100


def _day(year: int, month: int, day: int, typed: str) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"ปีของวันที่ “{typed}” ไม่ถูกต้อง ใช้ปี พ.ศ. เช่น 1/7/2569 หรือปี ค.ศ. แบบ 2026-07-01")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"ไม่มีวันที่ “{typed}” ในปฏิทิน") from None

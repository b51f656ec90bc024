"""Who is in the made-up area: names that nobody bears, codes of a province that does not exist."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import NamedTuple

from saraban.commands.import_offices import GROUPS

AREA, AREA_NAME, PREFIX = "9901", "สพป.ตัวอย่าง เขต 1", "ศธ 04999/"
ROOT = "root"
SCHOOLS = 36

_PLACES = ("บ้านหนอง", "บ้านโคก", "บ้านดอน", "บ้านนา", "บ้านโนน", "บ้านห้วย", "วัด", "ชุมชน", "อนุบาล")
_WORDS = ("ตัวอย่าง", "สมมุติ", "จำลอง", "สาธิต")
DISTRICTS = ("เมืองตัวอย่าง", "สมมุติพิสัย", "จำลองคีรี", "สาธิตบุรี")

_FIRST = (
    "กนกวรรณ", "กิตติ", "จันทร์เพ็ญ", "เฉลิม", "ชุติมา", "ณรงค์", "ดวงใจ", "ถนอม", "ธิดา", "นพดล",
    "บุญมี", "ปราณี", "พรทิพย์", "ไพศาล", "มาลี", "ยุพิน", "รัตนา", "วิชัย", "สมศรี", "อารีย์",
)  # fmt: skip
_LAST = ("ตัวอย่างดี", "สมมุติวงศ์", "จำลองใจ", "สาธิตกุล", "ใจตัวอย่าง", "เรืองสมมุติ")


class Seat(NamedTuple):
    """A person in an office, with a role."""

    office_code: str
    name: str
    role: str
    clearance: str
    username: str

    def row(self) -> dict[str, str]:
        return self._asdict()


def area_rows() -> list[dict[str, str]]:
    return [{"area_code": AREA, "name": AREA_NAME, "prefix": PREFIX}]


def school_code(number: int) -> str:
    return f"{AREA}{number:04}"


def school_rows() -> list[dict[str, str]]:
    names = [place + word for word, place in product(_WORDS, _PLACES)]
    return [
        {
            "school_code": school_code(number),
            "area_code": AREA,
            "name": name,
            "district": DISTRICTS[(number - 1) // 9],
            "network": f"เครือข่ายสถานศึกษาที่ {(number - 1) // 6 + 1}",
            "prefix": f"ศธ 04999.{number:03}/",
        }
        for number, name in enumerate(names, start=1)
    ]


def group_code(number: int) -> str:
    return f"{AREA}-{number:02}"


def seats() -> dict[str, Seat]:
    """Everybody, by username; the same people every time."""
    names = [f"{first} {last}" for first, last in product(_FIRST, _LAST)]
    Random(2526).shuffle(names)  # noqa: S311 made-up names, no secrets
    name = iter(names)

    def seat(username: str, office: str, role: str, clearance: str = "open") -> Seat:
        return Seat(office, next(name), role, clearance, username)

    taken = [
        seat("obec", ROOT, "registrar"),
        seat("director", AREA, "head", "secret"),
        seat("admin", AREA, "admin"),
        seat("registrar", AREA, "registrar"),
        seat("secret", group_code(9), "secret_registrar", "top_secret"),
    ]
    for number in range(1, len(GROUPS) + 1):
        # The law group handles what is secret: its clerk is cleared as well.
        clearance = "confidential" if number == 9 else "open"
        taken += [
            seat(f"clerk{number}", group_code(number), "clerk", clearance),
            seat(f"head{number}", group_code(number), "head", clearance),
            seat(f"officer{number}", group_code(number), "officer"),
        ]
    for number in range(1, SCHOOLS + 1):
        clearance = "confidential" if number <= 12 else "open"
        taken.append(seat(f"school{number}", school_code(number), "clerk", clearance))
        if number <= 6:
            taken.append(seat(f"principal{number}", school_code(number), "head", clearance))
    return {one.username: one for one in taken}

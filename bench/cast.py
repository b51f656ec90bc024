"""Who is in an area, or in the country: offices and people, brought in as an operator would."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, insert, select

from bench.subjects import person_name, place
from saraban.commands.create_root import create_root
from saraban.commands.import_offices import GROUPS, import_offices, import_people, import_schools
from saraban.office import Office
from saraban.passwords import hashed
from saraban.queries.who_is_asking import digest_of
from storage.tables import key, membership, password, person

PUBLIC = Path(__file__).parents[2] / "shared" / "data"
CLERKS = 32
PASSWORD = "กขค ทุกคนใช้ร่วมกัน 2569"
Row = dict[str, str]


def own_area() -> str:
    """The area in whose books everything is measured: a real one's names where they are at hand."""
    return "3401" if PUBLIC.is_dir() else "9901"


def secret_of(username: str) -> str:
    """The key that a person of the benchmark holds; it opens nothing but a made-up office on loopback."""
    return "sbn_" + hashlib.sha256(f"bench {username}".encode()).hexdigest()[:43]


def hire(office: Office, schools: int | None) -> None:
    """An area with so many schools; with None the whole country."""
    areas, below = _areas(), _schools()
    if schools is not None:
        areas = [row for row in areas if row["area_code"] == own_area()]
        below = [row for row in below if row["area_code"] == own_area()][:schools]
    create_root(office)
    import_offices(office, areas, with_groups=True)
    import_schools(office, below)
    import_people(office, [*_people(areas, below)])
    office.db.write(_let_in)


def _let_in(tx: Connection) -> None:
    """Everybody has a key and the same password."""
    seats = select(membership.c.id, person.c.id.label("person_id"), person.c.username, person.c.created_at)
    rows = tx.execute(seats.join(person).where(person.c.is_program.is_(False))).all()
    keys: list[dict[str, Any]] = [
        {"membership_id": row.id, "digest": digest_of(secret_of(row.username)), "created_at": row.created_at}
        for row in rows
    ]
    kept = hashed(PASSWORD)
    given = {"hash": kept, "must_change": False, "failures": 0}
    tx.execute(insert(key), keys)
    tx.execute(
        insert(password),
        [{"person_id": row.person_id, "changed_at": row.created_at, **given} for row in rows],
    )


def _areas() -> list[Row]:
    if not PUBLIC.is_dir():
        return [{"area_code": "9901", "name": "สพป.ตัวอย่าง เขต 1", "prefix": "ศธ 04999/"}]
    return [
        {"area_code": row["area_code"], "name": row["name"], "prefix": f"ศธ {4001 + at:05}/"}
        for at, row in enumerate(_read("areas.csv"))
    ]


def _schools() -> list[Row]:
    chance = Random(99)
    if PUBLIC.is_dir():
        rows = _read("schools.csv")
    else:
        rows = [
            {"school_code": f"9901{n:04}", "area_code": "9901", "name": f"บ้าน{place(chance)}"}
            for n in range(1, 253)
        ]
    for at, row in enumerate(rows):
        row |= {"district": f"อำเภอที่ {at // 60 + 1}", "network": f"เครือข่ายสถานศึกษาที่ {at // 17 + 1}"}
    return rows


def _people(areas: list[Row], schools: list[Row]) -> Iterator[Row]:
    chance = Random(2526)

    def seat(office_code: str, role: str, username: str, clearance: str = "open") -> Row:
        name = person_name(chance)
        return {
            "office_code": office_code, "name": name, "role": role, "username": username,
            "clearance": clearance,
        }  # fmt: skip

    yield seat("root", "registrar", "root")
    for area in (row["area_code"] for row in areas):
        yield seat(area, "registrar", f"registrar{area}")
        yield seat(f"{area}-01", "clerk", f"clerk{area}")
    for number in range(1, CLERKS + 1):
        yield seat(f"{own_area()}-{number % len(GROUPS) + 1:02}", "clerk", f"clerk{number}")
    for school in schools:
        yield seat(school["school_code"], "clerk", f"s{school['school_code']}")


def _read(name: str) -> list[Row]:
    with (PUBLIC / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))

"""The tree comes from files: areas, schools, offices of any kind; the second time only what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import Connection, Row, select

from saraban.commands.create_root import operator
from saraban.commands.import_people import import_people
from saraban.commands.keep_offices import NewCode, Prefix
from saraban.commands.sheet import Imported, SheetRow, Wrong, numbered, read
from saraban.fields import Line, Name
from saraban.office import Office
from saraban.thai.digits import to_arabic
from saraban.thai.text import tidy
from storage import events, tree
from storage.sql import insert_or_change
from storage.tables import office as offices

__all__ = ["import_offices", "import_people", "import_schools"]

# The work groups of an area office, in the order of the ministry's announcement.
GROUPS = (
    "กลุ่มอำนวยการ",
    "กลุ่มนโยบายและแผน",
    "กลุ่มส่งเสริมการศึกษาทางไกล เทคโนโลยีสารสนเทศและการสื่อสาร",
    "กลุ่มบริหารงานการเงินและสินทรัพย์",
    "กลุ่มบริหารงานบุคคล",
    "กลุ่มพัฒนาครูและบุคลากรทางการศึกษา",
    "กลุ่มนิเทศ ติดตาม และประเมินผลการจัดการศึกษา",
    "กลุ่มส่งเสริมการจัดการศึกษา",
    "กลุ่มกฎหมายและคดี",
    "หน่วยตรวจสอบภายใน",
)


class AreaRow(SheetRow):
    area_code: NewCode
    name: Name
    prefix: Prefix | None = None


class SchoolRow(SheetRow):
    school_code: NewCode
    area_code: NewCode
    name: Line  # the public list has schools without a name: their code stands for it
    district: Line | None = None
    network: Line | None = None
    prefix: Prefix | None = None


class OfficeRow(SheetRow):
    code: NewCode
    kind: Literal["area", "group", "school", "agency"]
    parent: Line = tree.ROOT
    name: Name
    prefix: Prefix | None = None
    district: Line | None = None
    network: Line | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """An office as a line of the file wants it; what is None stays as it is."""

    line: int
    code: str
    kind: str
    parent: str
    name: str
    prefix: str | None = None
    district: str | None = None
    network: str | None = None
    keeps_name: bool = False


def import_offices(office: Office, rows: Iterable[Mapping[str, str]], with_groups: bool = False) -> Imported:
    wrong, lines = Wrong(), numbered(rows)
    if lines and any(name and tidy(name).lower() == "area_code" for name in lines[0][1]):
        planned = [
            Planned(row.line, row.area_code, "area", tree.ROOT, row.name, row.prefix)
            for row in read(lines, AreaRow, wrong)
        ]
    else:
        planned = [
            Planned(
                r.line,
                r.code,
                r.kind,
                to_arabic(r.parent) or tree.ROOT,
                r.name,
                r.prefix,
                r.district,
                r.network,
            )
            for r in read(lines, OfficeRow, wrong)
        ]
    if with_groups:
        planned += [group for area in planned if area.kind == "area" for group in _groups_of(area)]
    return _write(office, planned, wrong, "import_offices")


def import_schools(office: Office, rows: Iterable[Mapping[str, str]]) -> Imported:
    wrong = Wrong()
    planned = [
        Planned(r.line, r.school_code, "school", r.area_code, r.name, r.prefix, r.district, r.network)
        for r in read(numbered(rows), SchoolRow, wrong)
    ]
    return _write(office, planned, wrong, "import_schools")


def _groups_of(area: Planned) -> Iterator[Planned]:
    """The standard groups; one that the area has renamed keeps its name."""
    for number, name in enumerate(GROUPS, start=1):
        yield Planned(area.line, f"{area.code}-{number:02}", "group", area.code, name, keeps_name=True)


def _write(office: Office, planned: Sequence[Planned], wrong: Wrong, act: str) -> Imported:
    actor, now = operator(office), office.clock()

    def command(tx: Connection) -> Imported:
        known = {row.code: row for row in tx.execute(_KNOWN)}
        depths = _checked(known, planned, wrong)
        wrong.refuse()
        done = Imported(0, 0, 0)
        # Parents before children: a wave for each depth, in all two or three.
        for _, wave in groupby(sorted(planned, key=lambda p: depths[p.code]), key=lambda p: depths[p.code]):
            done = _write_wave(tx, known, list(wave), now, done)
        if done.added or done.changed:
            tree.settle(tx, known[tree.ROOT].id)
        events.record(tx, actor, act, now, None, **done._asdict())
        return done

    return office.db.write(command)


_parent = offices.alias("parent")
_KNOWN = (
    select(offices.c.id, offices.c.code, offices.c.kind, offices.c.name, offices.c.prefix)
    .add_columns(offices.c.district, offices.c.network, offices.c.parent_id, _parent.c.code.label("parent"))
    .outerjoin(_parent, _parent.c.id == offices.c.parent_id)
)


def _checked(known: Mapping[str, Row[Any]], planned: Sequence[Planned], wrong: Wrong) -> dict[str, int]:
    """How deep each office of the file stands below the root; what cannot stand where it should is wrong."""
    kinds = {code: row.kind for code, row in known.items()}
    above = {code: row.parent for code, row in known.items()}
    seen: dict[str, int] = {}
    for p in planned:
        if p.code in seen:
            wrong.say(p.line, f"รหัส {p.code} ซ้ำกับบรรทัด {seen[p.code]}")
        elif kinds.get(p.code, p.kind) != p.kind:
            wrong.say(p.line, f"รหัส {p.code} เป็นของหน่วยงานชนิด {kinds[p.code]} อยู่แล้ว")
        seen.setdefault(p.code, p.line)
        kinds.setdefault(p.code, p.kind)
        above[p.code] = p.parent
    depths: dict[str, int] = {}
    for p in planned:
        if p.parent not in kinds:
            wrong.say(p.line, f"ไม่พบหน่วยงานต้นสังกัด {p.parent}: นำเข้าหน่วยงานนั้นก่อน")
        elif kinds[p.parent] not in tree.PARENTS[p.kind]:
            wrong.say(p.line, f"หน่วยงานชนิด {p.kind} อยู่ใต้หน่วยงานชนิด {kinds[p.parent]} ({p.parent}) ไม่ได้")
        else:
            depths[p.code] = depth = _depth(above, p.code)
            if depth < 0:
                wrong.say(p.line, f"หน่วยงาน {p.code} อยู่ใต้ตัวเอง")
    return depths


def _depth(above: Mapping[str, str | None], code: str) -> int:
    """The number of offices above, or -1 when the way up leads in a circle."""
    line: dict[str | None, None] = {}
    at: str | None = code
    while at is not None:
        if at in line:
            return -1
        line[at] = None
        at = above.get(at)
    return len(line) - 1


KEPT = ("name", "sort_key", "folded", "parent_id", "prefix", "district", "network")


def _write_wave(
    tx: Connection, known: dict[str, Row[Any]], wave: Sequence[Planned], at: datetime, done: Imported
) -> Imported:
    rows, added = [], 0
    for p in wave:
        old = known.get(p.code)
        wanted = _wanted(p, old, known[p.parent].id)
        if old is None:
            added += 1
        elif all(getattr(old, name) == value for name, value in wanted.items()):
            continue
        name = wanted.pop("name")
        rows.append({**tree.fresh(p.code, p.kind, name, created_at=at), **wanted})
    if rows:
        insert_or_change(tx, offices, rows, by=["code"], changing=KEPT)
        if added:
            known |= {row.code: row for row in tx.execute(_KNOWN)}
    return Imported(done.added + added, done.changed + len(rows) - added, done.same + len(wave) - len(rows))


def _wanted(p: Planned, old: Row[Any] | None, parent_id: int) -> dict[str, Any]:
    wanted: dict[str, Any] = {"parent_id": parent_id}
    for name in ("prefix", "district", "network"):
        said = getattr(p, name)
        wanted[name] = said if said is not None else "" if old is None else getattr(old, name)
    keeps = old is not None and (p.keeps_name or not p.name)
    wanted["name"] = old.name if keeps and old is not None else p.name or p.code
    return wanted

"""The people of many offices come from a file; brought in again, nobody is there twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator
from sqlalchemy import Connection, and_, bindparam, insert, not_, select, update

from saraban.commands.add_person import Username
from saraban.commands.create_root import operator
from saraban.commands.keep_offices import NewCode
from saraban.commands.sheet import Imported, SheetRow, Wrong, numbered, read
from saraban.fields import Name, SecrecyWord
from saraban.ids import show
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Role
from saraban.thai.text import fold
from storage import events
from storage.sql import insert_or_change
from storage.tables import membership, office as offices, person


class PersonRow(SheetRow):
    office_code: NewCode
    name: Name
    role: Role
    clearance: Annotated[SecrecyWord, BeforeValidator(lambda word: word or "open")] = "open"
    username: Annotated[Username | None, BeforeValidator(lambda name: name or None)] = None

    @property
    def level(self) -> Secrecy:
        return Secrecy[self.clearance.upper()]


@dataclass(eq=False, slots=True)
class Who:
    """A person as known, or as the file makes them known."""

    name: str
    username: str | None
    id: int | None = None
    named_on: int | None = None
    is_changed: bool = False


class Grant(NamedTuple):
    who: Who
    office_id: int
    row: PersonRow


def import_people(office: Office, rows: Iterable[Mapping[str, str]]) -> Imported:
    """Known by the username; without one, by the name within the office. Other roles of a person stay."""
    actor, now, wrong = operator(office), office.clock(), Wrong()
    lines = read(numbered(rows), PersonRow, wrong)

    def command(tx: Connection) -> Imported:
        people = _People(tx)
        grants = _grants(tx, people, lines, wrong)
        wrong.refuse()
        people.write(tx, now)
        done, cleared = _write(tx, grants)
        # A clearance given is told by name, however many people the file brings.
        events.record(tx, actor, "import_people", now, None, **done._asdict(), cleared=cleared or None)
        return done

    return office.db.write(command)


def _grants(tx: Connection, people: _People, lines: Sequence[PersonRow], wrong: Wrong) -> list[Grant]:
    where = {row.code: row.id for row in tx.execute(select(offices.c.code, offices.c.id))}
    grants: dict[tuple[Who, int, Role], Grant] = {}
    for line in lines:
        office_id = where.get(line.office_code)
        who = None
        if office_id is None:
            wrong.say(line.line, f"ไม่พบหน่วยงาน {line.office_code}: นำเข้าหน่วยงานนั้นก่อน")
        elif isinstance(who := people.identify(line, office_id), str):
            wrong.say(line.line, who)
        elif (before := grants.get((who, office_id, line.role))) is not None:
            wrong.say(line.line, f"{line.name} ซ้ำกับบรรทัด {before.row.line}")
        else:
            grants[who, office_id, line.role] = Grant(who, office_id, line)
    return list(grants.values())


_IS_PERSON = and_(person.c.is_active, not_(person.c.is_program))
_PEOPLE = select(person.c.id, person.c.name, person.c.username).where(_IS_PERSON)
_WORKING = select(membership.c.person_id, membership.c.office_id)
_RESERVED = select(person.c.username).where(not_(_IS_PERSON))
_RENAME = (
    update(person)
    .where(person.c.id == bindparam("person_id"))
    .values(name=bindparam("new_name"), username=bindparam("new_username"))
)


class _People:
    """Everybody, found by username, or by name within an office."""

    def __init__(self, tx: Connection) -> None:
        by_id = {row.id: Who(row.name, row.username, row.id) for row in tx.execute(_PEOPLE)}
        self.everybody = list(by_id.values())
        self.by_username = {who.username: who for who in self.everybody if who.username}
        self.by_name: dict[tuple[int, str], dict[Who, None]] = defaultdict(dict)
        for row in tx.execute(_WORKING):
            if (who := by_id.get(row.person_id)) is not None:
                self.by_name[row.office_id, fold(who.name)][who] = None
        self.reserved = set(tx.execute(_RESERVED).scalars())

    def identify(self, line: PersonRow, office_id: int) -> Who | str:
        """The person a line means, or why nobody can be meant."""
        if line.username is not None and line.username in self.reserved:
            return f"ชื่อผู้ใช้ {line.username} ใช้ไม่ได้"
        who = self.by_username.get(line.username or "")
        if who is None:
            alike = self.by_name[office_id, fold(line.name)]
            meant = [one for one in alike if line.username is None or one.username is None]
            if len(meant) > 1:
                return f"มี {line.name} หลายคนในหน่วยงานนี้: ระบุ username"
            who = meant[0] if meant else self._newcomer(line)
        elif who.named_on is not None and fold(who.name) != fold(line.name):
            return f"ชื่อผู้ใช้เดียวกับบรรทัด {who.named_on} แต่ชื่อไม่ตรงกัน"
        self._learn(who, line, office_id)
        return who

    def _newcomer(self, line: PersonRow) -> Who:
        who = Who(line.name, line.username)
        self.everybody.append(who)
        return who

    def _learn(self, who: Who, line: PersonRow, office_id: int) -> None:
        said = (line.name, line.username or who.username)
        who.is_changed |= said != (who.name, who.username)
        who.name, who.username = said
        who.named_on = who.named_on or line.line
        if who.username:
            self.by_username[who.username] = who
        self.by_name[office_id, fold(who.name)][who] = None

    def write(self, tx: Connection, at: datetime) -> None:
        renamed = [
            {"person_id": who.id, "new_name": who.name, "new_username": who.username}
            for who in self.everybody
            if who.is_changed and who.id is not None
        ]
        if renamed:
            tx.execute(_RENAME, renamed)
        if new := [who for who in self.everybody if who.id is None]:
            always = {"is_program": False, "is_active": True, "created_at": at}
            rows = [{"name": who.name, "username": who.username, **always} for who in new]
            added = tx.execute(insert(person).returning(person.c.id, sort_by_parameter_order=True), rows)
            for who, person_id in zip(new, added.scalars(), strict=True):
                who.id = person_id


def _write(tx: Connection, grants: Sequence[Grant]) -> tuple[Imported, list[dict[str, Any]]]:
    """What was granted, and to whom a clearance."""
    standing = {
        (row.person_id, row.office_id, row.role): row.clearance
        for row in tx.execute(select(membership).where(membership.c.ended_at.is_(None)))
    }
    added = changed = 0
    rows: list[dict[str, Any]] = []
    cleared: list[dict[str, Any]] = []
    for who, office_id, row in grants:
        works = {"person_id": who.id, "office_id": office_id, "role": str(row.role)}
        old = standing.get((who.id, office_id, row.role))
        added += old is None
        changed += old is not None and (who.is_changed or old != row.level)
        if old != row.level:
            rows.append({**works, "clearance": int(row.level), "ended_at": None})
            if max(old or 0, row.level) > Secrecy.OPEN:
                person_id = show("P", who.id or 0)
                cleared.append({"person": person_id, "office": row.office_code, "clearance": row.clearance})
    if rows:
        place = ["person_id", "office_id", "role"]
        insert_or_change(tx, membership, rows, by=place, changing=["clearance", "ended_at"])
    return Imported(added, changed, len(grants) - added - changed), cleared

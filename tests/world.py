"""The offices and people that tests are about: ours, ours too, and a stranger's.

สพป.ตัวอย่าง เขต 1 (9901)       ours: an area, with two groups and the schools below it
  กลุ่มอำนวยการ (9901-01)       ours too: a group, in its area's books
  กลุ่มนโยบายและแผน (9901-02)
  บ้านตัวอย่าง 1 (99010001) …   schools, with books of their own
สพป.ตัวอย่าง เขต 2 (9902)       a stranger's
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Connection, insert, select

from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Actor, Role
from saraban.queries.who_is_asking import digest_of, who_is_asking
from storage.tables import key, membership, office as offices, person as people
from storage.tree import fresh, settle

OURS, OURS_TOO, PLANNING, STRANGERS = "9901", "9901-01", "9901-02", "9902"
SCHOOL, OTHER_SCHOOL = "99010001", "99010002"


def three_offices(office: Office) -> None:
    """Ours with its groups and two schools, and a stranger's."""
    area(office)
    group(office)
    group(office, PLANNING, "กลุ่มนโยบายและแผน")
    school(office)
    school(office, OTHER_SCHOOL, "บ้านตัวอย่าง 2")
    area(office, STRANGERS, "สพป.ตัวอย่าง เขต 2", prefix="ศธ 04998/")


def area(
    office: Office, code: str = OURS, name: str = "สพป.ตัวอย่าง เขต 1", *, prefix: str = "ศธ 04999/"
) -> str:
    return _add(office, code, "area", name, prefix=prefix)


def group(office: Office, code: str = OURS_TOO, name: str = "กลุ่มอำนวยการ", *, of: str = OURS) -> str:
    return _add(office, code, "group", name, of=of)


def school(
    office: Office, code: str = SCHOOL, name: str = "บ้านตัวอย่าง 1", *, of: str = OURS, **more: Any
) -> str:
    return _add(office, code, "school", name, of=of, prefix=f"ศธ 04999.{int(code[-3:]):03}/", **more)


def schools(office: Office, count: int, *, of: str = OURS) -> list[str]:
    return [school(office, f"{of}{n:04}", f"บ้านตัวอย่าง {n}", of=of) for n in range(1, count + 1)]


def _add(office: Office, code: str, kind: str, name: str, *, of: str | None = None, **more: Any) -> str:
    above = select(offices.c.id).where(offices.c.code == of).scalar_subquery()

    def found(tx: Connection) -> str:
        row = fresh(code, kind, name, **more)
        made = insert(offices).values(**row, parent_id=above, created_at=office.clock())
        settle(tx, tx.execute(made.returning(offices.c.id)).scalar_one())
        return code

    return office.db.write(found)


def person(
    office: Office,
    code: str = OURS,
    role: str = "registrar",
    clearance: str = "open",
    name: str = "สมหญิง ตัวอย่าง",
) -> Actor:
    """Somebody who works there."""

    def hire(tx: Connection) -> int:
        at = office.clock()
        made = insert(people).values(name=name, is_program=False, is_active=True, created_at=at)
        person_id = int(tx.execute(made.returning(people.c.id)).scalar_one())
        _join(tx, person_id, code, role, clearance)
        return person_id

    return _actor(office, office.db.write(hire), code, role)


def also(office: Office, who: Actor, code: str, role: str, clearance: str = "open") -> Actor:
    """The same person in another office or role."""
    office.db.write(lambda tx: _join(tx, who.person_id, code, role, clearance))
    return _actor(office, who.person_id, code, role)


def _join(tx: Connection, person_id: int, code: str, role: str, clearance: str) -> None:
    tx.execute(
        insert(membership).values(
            person_id=person_id,
            office_id=select(offices.c.id).where(offices.c.code == code).scalar_subquery(),
            role=str(Role(role)),
            clearance=int(Secrecy[clearance.upper()]),
        )
    )


def _actor(office: Office, person_id: int, code: str, role: str) -> Actor:
    return who_is_asking(office, _new_key(office, person_id, code, role))


def key_for(office: Office, actor: Actor) -> str:
    """What `client.as_(…)` takes to ask as this person in this office."""
    return _new_key(office, actor.person_id, actor.office_code, actor.role)


def _new_key(office: Office, person_id: int, code: str, role: str) -> str:
    secret = secrets.token_urlsafe(32)
    whose = (
        select(membership.c.id)
        .join(offices, offices.c.id == membership.c.office_id)
        .where(membership.c.person_id == person_id, offices.c.code == code, membership.c.role == str(role))
        .scalar_subquery()
    )
    office.db.write(
        lambda tx: tx.execute(
            insert(key).values(membership_id=whose, digest=digest_of(secret), created_at=office.clock())
        )
    )
    return secret

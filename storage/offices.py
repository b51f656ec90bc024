"""The tree of offices and the people in it, as commands need them."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from saraban.errors import Invalid, NotFound
from saraban.levels import Secrecy
from saraban.permissions import Actor
from saraban.thai.text import fold
from storage.tables import membership, office, person


def by_code(tx: Connection, code: str) -> Row[Any] | None:
    return tx.execute(select(office).where(office.c.code == code)).first()


def person_by_username(tx: Connection, username: str) -> int:
    known = select(person.c.id).where(person.c.username == fold(username), person.c.is_active)
    person_id = tx.execute(known).scalar()
    if person_id is None:
        raise NotFound()
    return int(person_id)


class Acting(NamedTuple):
    """Who acts on an entry: an office of the house, perhaps a person in it."""

    office_id: int
    person_id: int | None


def acting(tx: Connection, actor: Actor, code: str | None, person_id: int | None, secrecy: int) -> Acting:
    """The acting office and person, who must be the actor's own house's (and cleared for a secret letter)."""
    office_id = actor.office_id if code is None or code == actor.office_code else own_office(tx, actor, code)
    if person_id is not None:
        must_be_of_the_house(tx, actor, person_id, secrecy, "action_person")
    return Acting(office_id, person_id)


def own_office(tx: Connection, actor: Actor, code: str, field: str = "action_office") -> int:
    row = tx.execute(
        select(office.c.id, office.c.house_id, office.c.is_open).where(office.c.code == code)
    ).first()
    if row is None or row.house_id != actor.house_id:
        raise Invalid((field, f"ไม่พบหน่วยงาน {code} ในหน่วยงานของท่าน"))
    if not row.is_open:
        raise Invalid((field, f"หน่วยงาน {code} ปิดแล้ว: เลือกหน่วยงานอื่น"))
    return int(row.id)


def must_be_of_the_house(tx: Connection, actor: Actor, person_id: int, secrecy: int, field: str) -> None:
    clearances = (
        tx.execute(
            select(membership.c.clearance)
            .join(office, office.c.id == membership.c.office_id)
            .join(person, person.c.id == membership.c.person_id)
            .where(
                membership.c.person_id == person_id,
                membership.c.ended_at.is_(None),
                person.c.is_active,
                office.c.house_id == actor.house_id,
            )
        )
        .scalars()
        .all()
    )
    if not clearances:
        raise Invalid((field, "ไม่พบบุคลากรนี้ในหน่วยงานของท่าน"))
    if secrecy > Secrecy.OPEN and max(clearances) < secrecy:
        raise Invalid((field, "บุคลากรนี้ไม่มีสิทธิ์เข้าถึงชั้นความลับของหนังสือ"))

"""The root of the tree, and the operator: whoever works at the machine's own command line."""

from __future__ import annotations

from sqlalchemy import Connection, select

from saraban.errors import NotReady
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Actor, Role
from saraban.queries.who_is_asking import WHO, actor_of
from storage import events, tree
from storage.sql import insert_missing
from storage.tables import membership, office as offices, person

ROOT_NAME = "สำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน"
OPERATOR, OPERATOR_NAME = "operator", "ผู้ดูแลเครื่อง"
_OPERATOR = WHO.where(
    person.c.username == OPERATOR, offices.c.kind == tree.ROOT, membership.c.role == str(Role.ADMIN)
)


def create_root(office: Office) -> None:
    """What is there already stays: every `saraban migrate` may call this, two at once as well."""
    now = office.clock()

    def command(tx: Connection) -> None:
        made = insert_missing(tx, offices, tree.fresh(tree.ROOT, tree.ROOT, ROOT_NAME, created_at=now))
        root_id = tx.execute(select(offices.c.id).where(offices.c.kind == tree.ROOT)).scalar_one()
        tree.settle(tx, root_id)
        operator = {"username": OPERATOR, "name": OPERATOR_NAME, "is_program": True, "is_active": True}
        insert_missing(tx, person, {**operator, "created_at": now})
        person_id = tx.execute(select(person.c.id).where(person.c.username == OPERATOR)).scalar_one()
        works = {"person_id": person_id, "office_id": root_id, "role": str(Role.ADMIN)}
        insert_missing(tx, membership, {**works, "clearance": int(Secrecy.OPEN)})
        if made:
            events.record(tx, _actor(tx), "create_office", now, office=tree.ROOT, kind=tree.ROOT)

    office.db.write(command)


def operator(office: Office) -> Actor:
    """In whose name the command line acts, so that every act names somebody."""
    return office.db.read(_actor)


def _actor(tx: Connection) -> Actor:
    row = tx.execute(_OPERATOR).first()
    if row is None:
        raise NotReady(reason="ยังไม่มีหน่วยงานราก: สั่ง saraban migrate ก่อน")
    return actor_of(row)

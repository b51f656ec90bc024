"""An administrator adds a person to an office of the house or below it: with a role, and a clearance."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from saraban.commands.create_root import operator
from saraban.commands.once import Nonce, write_once
from saraban.errors import AlreadyExists, Invalid, NotAllowed
from saraban.fields import Given, Name, NeededLine, OfficeCode, SecrecyWord, wrong
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Act, Actor, Role
from saraban.queries.people import PersonItem, person_item
from saraban.thai.text import fold
from storage import events, tree
from storage.sql import insert_missing
from storage.tables import membership, person


def _tidy_username(username: str) -> str:
    tidied = fold(username)  # as it will be looked for, when it is typed to log in
    if len(tidied) > 64 or not tidied.isprintable() or " " in tidied:
        raise wrong("ชื่อผู้ใช้ยาวไม่เกิน 64 ตัวอักษร และไม่เว้นวรรค")
    return tidied


Username = Annotated[NeededLine, AfterValidator(_tidy_username)]


class NewPerson(Given):
    """A person in an office; a username known already adds the office to that person's others."""

    name: Name = Field(examples=["สมศรี ตัวอย่าง"])
    office: OfficeCode | None = Field(None, examples=["9901-01"], description="without it: the caller's own")
    role: Role = Field(examples=["clerk"])
    clearance: SecrecyWord = "open"
    username: Username | None = Field(None, examples=["somsri"])


def enrol(office: Office, actor: Actor, new: NewPerson, nonce: Nonce | None = None) -> PersonItem:
    """Any clearance may be given, but never to oneself; and every grant is an event."""
    actor.must(Act.KEEP_PEOPLE)
    now = office.clock()
    clearance = Secrecy[new.clearance.upper()]

    def command(tx: Connection) -> PersonItem:
        where = tree.chosen(tx, actor, new.office or actor.office_code, "office")
        person_id = _known(tx, actor, new)
        if person_id is None:
            person_id = create(tx, new.name, now, username=new.username, is_program=False)
        membership_id = grant(tx, person_id, where.id, new.role, clearance)
        told = {"person": person_id, "office": where.code, "role": str(new.role), "clearance": clearance.word}
        events.record(tx, actor, "add_person", now, None, **told)
        return person_item(tx, membership_id)

    return write_once(office, actor, nonce, PersonItem, command)


def _known(tx: Connection, actor: Actor, new: NewPerson) -> int | None:
    if new.username is None:
        return None
    row = tx.execute(select(person).where(person.c.username == new.username)).first()
    if row is None:
        return None
    if row.id == actor.person_id:
        raise NotAllowed(field="username")
    if row.is_program or not row.is_active or fold(row.name) != fold(new.name):
        raise AlreadyExists(field="username", what=f"ชื่อผู้ใช้ {new.username}")
    return int(row.id)


def create(tx: Connection, name: str, at: Any, *, username: str | None, is_program: bool) -> int:
    row = {"name": name, "username": username, "is_program": is_program, "is_active": True, "created_at": at}
    try:
        return int(tx.execute(insert(person).values(row).returning(person.c.id)).scalar_one())
    except IntegrityError as taken:
        raise AlreadyExists(field="username", what=f"ชื่อผู้ใช้ {username}") from taken


def grant(tx: Connection, person_id: int, office_id: int, role: Role, clearance: Secrecy) -> int:
    """A membership, new or taken up again; one that stands is not changed by the way."""
    works = {"person_id": person_id, "office_id": office_id, "role": str(role)}
    same = [membership.c[name] == value for name, value in works.items()]
    if not insert_missing(tx, membership, {**works, "clearance": int(clearance)}):
        again = update(membership).where(*same, membership.c.ended_at.isnot(None))
        if tx.execute(again.values(ended_at=None, clearance=int(clearance))).rowcount == 0:
            raise AlreadyExists(field="role", what=f"หน้าที่ {role} ของบุคลากรในหน่วยงาน")
    return int(tx.execute(select(membership.c.id).where(*same)).scalar_one())


def add_person(
    office: Office, *, name: str, office_code: str, role: str, clearance: str, username: str | None = None
) -> PersonItem:
    """The same, from the command line."""
    said = {"name": name, "office": office_code, "role": role, "clearance": clearance, "username": username}
    return enrol(office, operator(office), stated(NewPerson, said))


def stated(kind: type[Any], said: dict[str, Any]) -> Any:
    """What was typed at the command line, under the rules of the API."""
    try:
        return kind.model_validate(said)
    except ValidationError as wrong_fields:
        raise Invalid(*[reason(error) for error in wrong_fields.errors()]) from None


CHOICES = {"role": ", ".join(Role), "clearance": ", ".join(level.word for level in Secrecy)}


def reason(error: Any) -> tuple[str, str]:
    """A field and what is wrong with it: our rules speak Thai, of the rest only a choice can be wrong."""
    field = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == "rule":
        return field, str(error["msg"])
    return field, f"{field} ต้องเป็นค่าใดค่าหนึ่งใน {CHOICES[field]}" if field in CHOICES else f"{field} ไม่ถูกต้อง"

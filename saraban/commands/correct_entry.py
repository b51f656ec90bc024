"""A house corrects its own line in the book, always, with history."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, insert, update

from saraban.commands.correct_letter import plain
from saraban.errors import EntryVoid, Invalid, StaleVersion
from saraban.fields import A_FEW_MINUTES
from saraban.ids import EntryId
from saraban.letters import EntryChange
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import entries, events, offices
from storage.tables import entry, revision


class LineCorrected(BaseModel):
    id: EntryId
    version: int


def correct_entry(
    office: Office, actor: Actor, entry_id: int, change: EntryChange, version: int
) -> LineCorrected:
    actor.must(Act.CORRECT)
    now = office.clock()
    named = change.model_fields_set
    for name in named - {"action_person"}:
        if getattr(change, name) is None:
            raise Invalid((name, "เว้นว่างไม่ได้: ไม่ต้องระบุช่องที่ไม่แก้ไข"))
    if change.received_at is not None and change.received_at > now + A_FEW_MINUTES:
        raise Invalid(("received_at", "วันเวลาที่รับยังมาไม่ถึง"))

    def command(tx: Connection) -> LineCorrected:
        line = entries.visible(tx, actor, entry_id, lock=True)
        if line.void_at is not None:
            raise EntryVoid()
        if line.version != version:
            raise StaleVersion()
        if "received_at" in named and line.kind != "incoming":
            raise Invalid(("received_at", "แก้วันเวลาที่รับได้เฉพาะทะเบียนหนังสือรับ"))
        values = _values(tx, actor, line, change)
        before = {
            name: plain(getattr(line, name)) for name, value in values.items() if getattr(line, name) != value
        }
        if not before:
            return LineCorrected(id=entry_id, version=line.version)
        tx.execute(update(entry).where(entry.c.id == entry_id).values(**values, version=line.version + 1))
        tx.execute(
            insert(revision).values(
                entry_id=entry_id,
                version=line.version,
                changed_at=now,
                changed_by=actor.person_id,
                before=before,
            )
        )
        events.record(tx, actor, "correct_entry", now, line.letter_id, entry=entry_id, fields=sorted(before))
        return LineCorrected(id=entry_id, version=line.version + 1)

    return office.db.write(command)


def _values(tx: Connection, actor: Actor, line: Any, change: EntryChange) -> dict[str, Any]:
    named = change.model_fields_set
    values: dict[str, Any] = {
        name: getattr(change, name) for name in named & {"note", "action", "received_at"}
    }
    if "action_office" in named and change.action_office is not None:
        values["action_office_id"] = offices.own_office(tx, actor, change.action_office)
    if "action_person" in named:
        if change.action_person is not None:
            offices.must_be_of_the_house(tx, actor, change.action_person, line.secrecy, "action_person")
        values["action_person_id"] = change.action_person
    return values

"""The writer corrects a letter's content, with history, until it is first sent.

The writer of a letter that came on paper is the house that registered it: never sent, always corrected.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Row, insert, select, update

from saraban import numbering
from saraban.errors import EntryVoid, Invalid, LetterSent, NotFound, StaleVersion, TopSecretNotSent
from saraban.ids import LetterId
from saraban.letters import LetterChange, Paper
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import entries, events, letter_paper, letters, registers
from storage.rows import insert_each
from storage.tables import entry, letter, revision


class Corrected(BaseModel):
    id: LetterId
    version: int


def correct_letter(
    office: Office, actor: Actor, letter_id: int, change: LetterChange, version: int
) -> Corrected:
    actor.must(Act.CORRECT)
    now = office.clock()
    given = _values(actor, change)

    def command(tx: Connection) -> Corrected:
        row = letters.lock(tx, actor, letter_id)
        line = entries.of_letter(tx, actor, letter_id)
        if row.house_id != actor.house_id or line is None:
            raise NotFound()
        if line.void_at is not None:
            raise EntryVoid()
        if row.sent_at is not None:
            raise LetterSent()
        if row.version != version:
            raise StaleVersion()
        before = {
            name: plain(getattr(row, name)) for name, value in given.items() if getattr(row, name) != value
        }
        paper = letter_paper.of_letter(tx, letter_id)
        if change.paper is not None:
            before |= _write(tx, line, paper, change.paper)
        if not before:
            return Corrected(id=letter_id, version=row.version)
        if "secrecy" in before:
            _must_stay_as_secret_as_its_source(tx, row.based_on_id, given["secrecy"])
        if given.get("secrecy", row.secrecy) == Secrecy.TOP_SECRET and (
            paper or change.paper or letters.files_of(tx, actor, letter_id)
        ):
            raise TopSecretNotSent(field="secrecy")
        if paper is not None:
            letter_paper.drop_file(tx, paper, now)
        changed = letters.change(tx, letter_id, **given, **_numbered(line, given), version=row.version + 1)
        if "secrecy" in before:
            tx.execute(update(entry).where(entry.c.letter_id == letter_id).values(secrecy=changed.secrecy))
        tx.execute(
            insert(revision).values(
                letter_id=letter_id,
                version=row.version,
                changed_at=now,
                changed_by=actor.person_id,
                before=before,
            )
        )
        events.record(
            tx, actor, "correct_letter", now, letter_id, version=changed.version, fields=sorted(before)
        )
        return Corrected(id=letter_id, version=changed.version)

    return office.db.write(command)


def _values(actor: Actor, change: LetterChange) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in change.model_fields_set:
        value = getattr(change, name)
        if value is None:
            raise Invalid((name, "เว้นว่างไม่ได้: ไม่ต้องระบุช่องที่ไม่แก้ไข"))
        if name != "paper":
            values[name] = value
    if "urgency" in values:
        values["urgency"] = int(Urgency[values["urgency"].upper()])
    if "secrecy" in values:
        level = Secrecy[values["secrecy"].upper()]
        actor.must_be_cleared(level)
        values["secrecy"] = int(level)
    return values


def _write(tx: Connection, line: Row[Any], paper: Row[Any] | None, said: Paper) -> dict[str, Any]:
    """Put down what is to stand on the paper; what stood there before, when that was something else."""
    if line.kind == registers.INCOMING:
        raise Invalid(("paper", "หนังสือจากภายนอกเขียนในระบบไม่ได้: แนบไฟล์ของหนังสือแทน"))
    values = said.model_dump()
    if paper is None:
        insert_each(tx, [letter_paper.new(line.letter_id, values)])
        return {"paper": None}
    before = {name: getattr(paper, name) for name, value in values.items() if getattr(paper, name) != value}
    if not before:
        return {}
    letter_paper.change(tx, line.letter_id, **values)
    return {"paper": before}


def _numbered(line: Row[Any], given: dict[str, Any]) -> dict[str, Any]:
    """The sender's number may have been typed wrongly; our own is the book's, and stays."""
    if "letter_no" not in given:
        return {}
    if line.kind != registers.INCOMING:
        raise Invalid(("letter_no", "เลขที่หนังสือส่งออกโดยทะเบียน แก้ไขไม่ได้: ยกเลิกเลขนี้แล้วลงทะเบียนใหม่"))
    read = numbering.parse_letter_no(given["letter_no"])
    return {
        "letter_key": numbering.letter_key(given["letter_no"]),
        "circular": read is not None and read.circular,
    }


def _must_stay_as_secret_as_its_source(tx: Connection, based_on: int | None, secrecy: int) -> None:
    """It shares its files: made open afterwards, it would carry them to everybody."""
    source = select(letter.c.secrecy).where(letter.c.id == based_on)
    if based_on is not None and tx.execute(source).scalar_one() > secrecy:
        raise Invalid(("secrecy", "ชั้นความลับต่ำกว่าหนังสือฉบับเดิมไม่ได้"))


def plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value

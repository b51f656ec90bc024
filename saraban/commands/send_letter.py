"""A clerk sends a registered letter: to every school, some, groups, other offices, by post; each once."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel, Field
from sqlalchemy import Connection, bindparam, insert, select, update

from saraban.commands.once import Nonce, write_once
from saraban.errors import (
    EntryVoid,
    Invalid,
    NoReceivers,
    NotFound,
    OfficesClosed,
    OfficesNotCleared,
    PaperMissing,
    StaleVersion,
    TooManyFiles,
    TopSecretNotSent,
    UnknownOffices,
)
from saraban.fields import Flag, Given, Moment, NeededLine, OfficeCode, Summary, UrgencyWord, example
from saraban.ids import AttachmentId, DispatchId, GroupId
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import deliveries, events, letter_paper, letters
from storage.prepared import Prepared
from storage.rows import Change, Row
from storage.tables import Id, dispatch, dispatch_attachment, entry, letter, office as offices
from storage.visibility import Sight, ids_of, sees_entry, sight_of

MOST_NAMED = 10_000  # more receivers than this are reached by `everyone` or a saved group


class Receivers(Given):
    """Who is to get it: the union of these, each receiver once."""

    everyone: Flag = Field(False, description="ทุกโรงเรียนที่เปิดอยู่ใต้หน่วยงาน (โรงเรียน: ของเขต) ยกเว้นผู้ส่ง")
    groups: list[GroupId] = Field([], max_length=500, description="กลุ่มผู้รับที่บันทึกไว้")
    offices: list[OfficeCode] = Field([], max_length=MOST_NAMED, description="รหัสหน่วยงาน")
    except_: list[OfficeCode] = Field(
        [], max_length=MOST_NAMED, alias="except", description="ไม่ส่งหน่วยงานเหล่านี้"
    )
    post: list[NeededLine] = Field([], max_length=500, description="ผู้รับทางไปรษณีย์")


class NewDispatch(Given):
    model_config = example(
        to={"everyone": True, "except": ["99010002"], "post": ["ผู้ว่าราชการจังหวัดตัวอย่าง"]},
        urgency="urgent",
        deadline="2026-07-15T16:30:00+07:00",
    )

    to: Receivers
    attachments: list[AttachmentId] | None = Field(None, max_length=500, description="ไม่ระบุ = ทุกไฟล์ของหนังสือ")
    summary: Summary | None = None
    urgency: UrgencyWord | None = None
    deadline: Moment | None = None


class Sent(BaseModel):
    id: DispatchId
    recipients: int
    sent_at: datetime


_DISPATCH = Prepared(insert(dispatch).returning(dispatch.c.id))
_SENT = (
    update(letter)
    .where(letter.c.id == bindparam("of_letter", type_=Id))
    .values(sent_at=bindparam("first_sent_at", type_=letter.c.sent_at.type))
    .returning(letter.c.id)
)


def send_letter(
    office: Office,
    actor: Actor,
    letter_id: int,
    new: NewDispatch,
    version: int | None = None,
    nonce: Nonce | None = None,
) -> Sent:
    actor.must(Act.SEND)
    now = office.clock()
    overdue_at = new.deadline or now + timedelta(days=office.settings.overdue_days)

    def command(tx: Connection) -> Sent:
        # Asked here: a request sent again with its key, after its deadline, was sent in time the first time.
        _must_be_ahead(new, now)
        row = letters.lock(tx, actor, letter_id)
        _must_be_sendable(tx, actor, row, version)
        receivers = _receivers(tx, actor, new.to, row.secrecy)
        files = _files(tx, actor, letter_id, new.attachments, office.settings.max_files)
        urgency = row.urgency if new.urgency is None else Urgency[new.urgency.upper()]
        dispatch_id = _DISPATCH.only(
            tx,
            house_id=actor.house_id,
            office_id=actor.office_id,
            letter_id=letter_id,
            summary=row.summary if new.summary is None else new.summary,
            urgency=int(urgency),
            secrecy=row.secrecy,
            deadline=new.deadline,
            overdue_at=overdue_at,
            sent_at=now,
            sent_by=actor.person_id,
            recall_reason="",
        )
        sending = deliveries.Sending(
            dispatch_id, letter_id, actor.house_id, int(urgency), row.secrecy, changed_at=now
        )
        count = deliveries.fan_out(tx, receivers, sending, new.to.post)
        if count == 0:
            raise NoReceivers(field="to")
        first = Change(_SENT, {"of_letter": letter_id, "first_sent_at": now}) if row.sent_at is None else None
        travelling = [
            Row(dispatch_attachment, {"dispatch_id": dispatch_id, "attachment_id": file}) for file in files
        ]
        told = {"dispatch": dispatch_id, "recipients": count}
        events.record(tx, actor, "send", now, letter_id, travelling, first, **told)
        return Sent(id=dispatch_id, recipients=count, sent_at=now)

    return write_once(office, actor, nonce, Sent, command)


class Reached(NamedTuple):
    """An office that a sending would reach."""

    code: str
    name: str


def rehearse(office: Office, actor: Actor, letter_id: int, new: NewDispatch) -> list[Reached]:
    """Whom a sending would reach by system, in the order of its lines, or why not; nothing is sent."""
    actor.must(Act.SEND)
    _must_be_ahead(new, office.clock())

    def query(db: Connection) -> list[Reached]:
        row = letters.visible(db, actor, letter_id)
        _must_be_sendable(db, actor, row, None)
        receivers = _receivers(db, actor, new.to, row.secrecy)
        _files(db, actor, letter_id, new.attachments, office.settings.max_files)
        named = select(offices.c.code, offices.c.name).where(receivers.condition)
        in_order = named.order_by(offices.c.sort_key, offices.c.id)
        reached = [Reached(*row) for row in db.execute(in_order, receivers.values)]
        if not (reached or new.to.post):
            raise NoReceivers(field="to")
        return reached

    return office.db.read(query)


def _must_be_ahead(new: NewDispatch, now: datetime) -> None:
    if new.deadline is not None and new.deadline <= now:
        raise Invalid(("deadline", "กำหนดเวลาผ่านไปแล้ว"))


def _must_be_sendable(tx: Connection, actor: Actor, row: Any, version: int | None) -> None:
    own = _own_line(sight_of(actor)).first(tx, of_letter=row.id, **ids_of(actor))
    if own is None:
        # Somebody else's letter is not sent on as it is, but as a new one `based_on` it.
        raise NotFound()
    if own.void_at is not None:
        raise EntryVoid()
    if row.secrecy == Secrecy.TOP_SECRET:
        raise TopSecretNotSent()
    if version is not None and version != row.version:
        raise StaleVersion()
    if own.due:  # what is sent is what the sender saw
        raise PaperMissing()


@cache
def _own_line(sight: Sight) -> Prepared:
    of_letter = entry.c.letter_id == bindparam("of_letter", type_=Id)
    due = letter_paper.is_due(entry.c.letter_id).label("due")
    own = (of_letter, entry.c.kind != "incoming", sees_entry(sight.anybody))
    return Prepared(select(entry.c.void_at, due).where(*own))


def _receivers(tx: Connection, actor: Actor, to: Receivers, secrecy: int) -> deliveries.Chosen:
    named = {*to.offices, *to.except_}
    asked = select(offices.c.code, offices.c.name, offices.c.is_open).where(offices.c.code.in_(named))
    known = {row.code: row for row in tx.execute(asked)} if named else {}
    unknown = sorted(named - known.keys())
    groups = deliveries.groups_of(tx, actor, to.groups) if to.groups else set()
    if unknown or len(groups) < len(set(to.groups)):
        missing = unknown + [f"G{group}" for group in to.groups if group not in groups]
        raise UnknownOffices(field="to", offices=missing)
    closed = [f"{code} {known[code].name}" for code in dict.fromkeys(to.offices) if not known[code].is_open]
    if closed:
        raise OfficesClosed(field="to", offices=closed)
    if actor.office_code in to.offices or actor.house_code in to.offices:
        raise Invalid(("to", "ส่งหนังสือถึงหน่วยงานของตนเองไม่ได้"))
    if not (to.everyone or to.groups or to.offices or to.post):
        raise NoReceivers(field="to")
    receivers = deliveries.chosen(
        tx, actor, all_schools=to.everyone, groups=to.groups, codes=to.offices, without=to.except_
    )
    if secrecy > Secrecy.OPEN and (uncleared := deliveries.not_cleared(tx, receivers, secrecy)):
        raise OfficesNotCleared(field="to", offices=uncleared)
    return receivers


def _files(tx: Connection, actor: Actor, letter_id: int, named: list[int] | None, limit: int) -> list[int]:
    files = [row.id for row in letters.files_of(tx, actor, letter_id, named)]
    if named is not None and len(files) != len(set(named)):
        raise Invalid(("attachments", "ไม่พบไฟล์แนบนี้ในหนังสือฉบับนี้"))
    if len(files) > limit:
        raise TooManyFiles(field="attachments", limit=limit)
    return files

"""Who has acknowledged, who has only looked, who has not, who has answered, who is late?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select

from saraban.commands.enter_letter import Filed
from saraban.commands.look import trace_look
from saraban.ids import DeliveryId, DispatchId, LetterId, PersonId
from saraban.letters import SecrecyWord, UrgencyWord, in_thai
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.inbox import DeliveryState, OfficeRef
from saraban.queries.paging import Page, Paging, Place, turn
from saraban.words import DELIVERY_STATES
from storage import dispatches, letters
from storage.deliveries import ACKNOWLEDGED, RETURNED, WAITING
from storage.keyset import in_order_of, newest_first
from storage.tables import delivery, dispatch, entry, letter, office as offices, person
from storage.visibility import sees_delivery, sent_by


class Totals(BaseModel):
    """Counted, not stored: a column on the dispatch would be a row that every school waits for."""

    waiting: int = 0
    acknowledged: int = 0
    returned: int = 0
    recalled: int = 0
    seen: int = 0
    overdue: int = 0
    replied: int = 0


class DispatchItem(BaseModel):
    id: DispatchId
    letter: LetterId
    letter_no: str
    subject: str
    dated: date
    office: OfficeRef
    sent_by: str
    sent_at: datetime
    urgency: UrgencyWord
    secrecy: SecrecyWord
    summary: str
    deadline: datetime | None
    recipients: int
    totals: Totals
    recalled_at: datetime | None
    recall_reason: str | None


class DispatchView(DispatchItem):
    attachments: list[Filed]


class PersonRef(BaseModel):
    id: PersonId
    name: str


class LetterRef(BaseModel):
    id: LetterId
    letter_no: str
    subject: str
    dated: date


class DeliveryLine(BaseModel):
    """One school's line: ✓ ลงทะเบียนเรียบร้อยแล้ว, with when, under which number and by whom, or ✗."""

    id: DeliveryId
    position: int
    office: OfficeRef | None
    district: str | None
    network: str | None
    to_text: str | None
    tracking_no: str | None
    state: DeliveryState
    overdue: bool
    seen_at: datetime | None
    reminded_at: datetime | None
    acknowledged_at: datetime | None
    received_at: datetime | None
    returned_at: datetime | None
    reason: str | None
    recalled_at: datetime | None
    number: int | None
    year: int | None
    person: str | None
    reply: LetterRef | None


class DispatchFilters(Paging):
    letter: LetterId | None = None


class DeliveryFilters(Paging):
    state: (
        Annotated[
            Literal[
                "waiting", "acknowledged", "returned", "recalled", "overdue", "seen", "unseen", "replied"
            ],
            in_thai(
                **DELIVERY_STATES,
                overdue="เกินกำหนด",
                seen="เปิดดูแล้ว ยังไม่ลงทะเบียนรับ",
                unseen="ยังไม่เปิดดู",
                replied="ตอบกลับแล้ว",
            ),
        ]
        | None
    ) = None


DISPATCHES = (
    select(dispatch, letter.c.letter_no, letter.c.subject, letter.c.dated, person.c.name.label("sender"))
    .add_columns(offices.c.code.label("office_code"), offices.c.name.label("office_name"))
    .join(letter, letter.c.id == dispatch.c.letter_id)
    .join(offices, offices.c.id == dispatch.c.office_id)
    .join(person, person.c.id == dispatch.c.sent_by)
)

# A position follows the receivers' names as a Thai dictionary has them.
_NEWEST_FIRST, _BY_NAME = newest_first(dispatch.c.id), in_order_of(delivery.c.position)


def sent_letters(office: Office, actor: Actor, asked: DispatchFilters) -> Page[DispatchItem]:
    """The list หนังสือส่ง: every act of sending of the house, newest first."""
    actor.must(Act.READ)
    now = office.clock()

    def query(db: Connection) -> Page[DispatchItem]:
        rows = DISPATCHES.where(dispatch.c.house_id == actor.house_id, may_follow(actor))
        if asked.letter is not None:
            rows = rows.where(dispatch.c.letter_id == asked.letter)

        def read(place: Place | None, back: bool, limit: int) -> Sequence[Any]:
            return db.execute(_NEWEST_FIRST.read(rows, place, back).limit(limit)).all()

        turned = turn(asked, (int,), read, lambda row: (row.id,))
        totals = totals_of(db, actor, turned.rows, now)
        items = [dispatch_item(row, totals[row.id]) for row in turned.rows]
        return Page[DispatchItem](items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)


def may_follow(actor: Actor) -> ColumnElement[bool]:
    """Open letters without asking the books: every dispatch of the house is of a letter in them."""
    return (dispatch.c.secrecy == 0) | sent_by(actor, dispatch.c.letter_id)


def dispatch_view(office: Office, actor: Actor, dispatch_id: int) -> DispatchView:
    actor.must(Act.READ)
    now = office.clock()

    def query(db: Connection) -> DispatchView:
        dispatches.sent(db, actor, dispatch_id)
        row = db.execute(DISPATCHES.where(dispatch.c.id == dispatch_id)).one()
        files = [
            Filed.model_validate(dict(file._mapping)) for file in letters.files_of_dispatch(db, dispatch_id)
        ]
        item = dispatch_item(row, totals_of(db, actor, [row], now)[dispatch_id])
        return DispatchView(**dict(item), attachments=files)

    view = office.db.read(query)
    trace_look(office, actor, Secrecy.named(view.secrecy), view.letter, "dispatch")
    return view


def tracking(office: Office, actor: Actor, dispatch_id: int, asked: DeliveryFilters) -> Page[DeliveryLine]:
    """One line per receiver, in the order of a Thai dictionary."""
    actor.must(Act.READ)
    now = office.clock()

    def query(db: Connection) -> Page[DeliveryLine]:
        sent = dispatches.sent(db, actor, dispatch_id)
        late = sent.overdue_at <= now
        rows = _LINES.where(delivery.c.dispatch_id == dispatch_id, *_in_state(actor, asked.state, late))

        def read(place: Place | None, back: bool, limit: int) -> Sequence[Any]:
            return db.execute(_BY_NAME.read(rows, place, back).limit(limit)).all()

        turned = turn(asked, (int,), read, lambda row: (row.position,))
        replies = _replies(db, actor, [row.id for row in turned.rows])
        items = [_line(row, late, replies.get(row.id)) for row in turned.rows]
        return Page[DeliveryLine](items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)


_LINES = (
    select(delivery, offices.c.code, offices.c.name, offices.c.district, offices.c.network)
    .add_columns(person.c.name.label("person"), entry.c.number, entry.c.year)
    .outerjoin(offices, offices.c.id == delivery.c.office_id)
    .outerjoin(person, person.c.id == delivery.c.closed_by)
    .outerjoin(entry, entry.c.id == delivery.c.entry_id)
)


def _in_state(actor: Actor, state: str | None, late: bool) -> list[ColumnElement[bool]]:
    waits, by_system = delivery.c.state == WAITING, delivery.c.office_id.isnot(None)
    if state is None:
        return []
    if state == "overdue":
        return [waits, by_system] if late else [waits, delivery.c.id < 0]
    if state == "seen":
        return [waits, delivery.c.seen_at.isnot(None)]
    if state == "unseen":
        return [waits, by_system, delivery.c.seen_at.is_(None)]
    if state == "replied":
        return [exists(select(1).select_from(letter).where(_answers(actor)))]
    return [delivery.c.state == state]


def _answers(actor: Actor) -> ColumnElement[bool]:
    """Of a letter: it answers the delivery's, comes from its receiver, and has come to the actor's house."""
    by_receiver = and_(
        letter.c.house_id == delivery.c.house_id,
        # Groups write in one book: there the answer of one is not the answer of another.
        or_(delivery.c.house_id != delivery.c.sender_id, letter.c.office_id == delivery.c.office_id),
    )
    d = delivery.alias("answered")
    stands = and_(d.c.state.in_((WAITING, ACKNOWLEDGED)), d.c.recalled_at.is_(None))
    has_come = exists(select(1).where(d.c.letter_id == letter.c.id, stands, sees_delivery(actor, d)))
    return and_(letter.c.reply_to_id == delivery.c.letter_id, by_receiver, has_come)


def _replies(db: Connection, actor: Actor, deliveries: Sequence[int]) -> dict[int, LetterRef]:
    """What was answered to each of these deliveries, the newest."""
    rows = db.execute(
        select(delivery.c.id.label("to"), letter.c.id, letter.c.letter_no, letter.c.subject, letter.c.dated)
        .select_from(delivery)
        .join(letter, _answers(actor))
        .where(delivery.c.id.in_(deliveries))
        .order_by(letter.c.id)
    )
    return {
        row.to: LetterRef(id=row.id, letter_no=row.letter_no, subject=row.subject, dated=row.dated)
        for row in rows
    }


def totals_of(db: Connection, actor: Actor, sent: Sequence[Any], now: datetime) -> dict[int, Totals]:
    ids = [row.id for row in sent]
    by_system = case((delivery.c.office_id.isnot(None), 1), else_=0)
    seen = case((delivery.c.seen_at.isnot(None), 1), else_=0)
    counts = db.execute(
        select(delivery.c.dispatch_id, delivery.c.state, func.count().label("n"))
        .add_columns(func.sum(seen).label("seen"), func.sum(by_system).label("by_system"))
        .where(delivery.c.dispatch_id.in_(ids))
        .group_by(delivery.c.dispatch_id, delivery.c.state)
    )
    totals = {row.id: Totals() for row in sent}
    late = {row.id for row in sent if row.overdue_at <= now}
    for row in counts:
        total = totals[row.dispatch_id]
        setattr(total, row.state, row.n)
        total.seen += row.seen
        if row.state == WAITING and row.dispatch_id in late:
            total.overdue = row.by_system
    _count_replies(db, actor, sent, totals)
    return totals


def _count_replies(db: Connection, actor: Actor, sent: Sequence[Any], totals: dict[int, Totals]) -> None:
    answered = db.execute(
        select(delivery.c.dispatch_id, func.count(delivery.c.id.distinct()).label("n"))
        .join(letter, _answers(actor))
        .where(delivery.c.dispatch_id.in_([row.id for row in sent]))
        .group_by(delivery.c.dispatch_id)
    )
    for row in answered:
        totals[row.dispatch_id].replied = row.n


def dispatch_item(row: Any, totals: Totals) -> DispatchItem:
    return DispatchItem(
        id=row.id,
        letter=row.letter_id,
        letter_no=row.letter_no,
        subject=row.subject,
        dated=row.dated,
        office=OfficeRef(code=row.office_code, name=row.office_name),
        sent_by=row.sender,
        sent_at=row.sent_at,
        urgency=Urgency(row.urgency).word,
        secrecy=Secrecy(row.secrecy).word,
        summary=row.summary,
        deadline=row.deadline,
        recipients=totals.waiting + totals.acknowledged + totals.returned + totals.recalled,
        totals=totals,
        recalled_at=row.recalled_at,
        recall_reason=row.recall_reason or None,
    )


def _line(row: Any, late: bool, reply: LetterRef | None) -> DeliveryLine:
    return DeliveryLine(
        id=row.id,
        position=row.position,
        office=None if row.code is None else OfficeRef(code=row.code, name=row.name),
        district=row.district or None,
        network=row.network or None,
        to_text=row.to_text,
        tracking_no=row.tracking_no,
        state=row.state,
        overdue=late and row.state == WAITING and row.office_id is not None,
        seen_at=row.seen_at,
        reminded_at=row.reminded_at,
        acknowledged_at=row.closed_at if row.state == ACKNOWLEDGED else None,
        received_at=row.received_at,
        returned_at=row.closed_at if row.state == RETURNED else None,
        reason=row.reason,
        recalled_at=row.recalled_at,
        number=row.number,
        year=row.year,
        person=row.person,
        reply=reply,
    )

"""Who has acknowledged, who has only looked, who has not, who has answered, who is late?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, exists, func, or_, select

from saraban.commands.enter_letter import Filed
from saraban.commands.look import trace_look
from saraban.errors import NotFound
from saraban.fields import SecrecyWord, UrgencyWord, in_thai
from saraban.ids import DeliveryId, DispatchId, LetterId, PersonId
from saraban.levels import SECRECY_WORDS, URGENCY_WORDS, Secrecy
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.answers import answer
from saraban.queries.inbox import DeliveryState, OfficeRef, office_ref
from saraban.queries.paging import Page, Paging, Place, turn
from saraban.words import DELIVERY_STATES
from storage import letters
from storage.deliveries import ACKNOWLEDGED, RETURNED, WAITING
from storage.keyset import Listing, in_order_of, newest_first
from storage.prepared import Prepared
from storage.tables import Id, delivery, dispatch, entry, letter, office as offices, person
from storage.visibility import Sight, ids_of, sees_delivery, sent_by, sight_of


class Totals(BaseModel):
    """Counted, not stored: a column on the dispatch would be a row that every school waits for."""

    waiting: int = 0
    acknowledged: int = 0
    returned: int = 0
    recalled: int = 0
    seen: int = 0
    overdue: int = 0
    replied: int = 0
    by_post: Annotated[int, Field(description="of all receivers, those by post, in any state")] = 0
    by_post_waiting: Annotated[int, Field(description="of those waiting, the ones by post")] = 0
    by_post_acknowledged: Annotated[int, Field(description="of those acknowledged, the ones by post")] = 0

    @property
    def registered(self) -> int:
        """By offices; a letter that came by post is received, but stands in no book of ours."""
        return self.acknowledged - self.by_post_acknowledged

    @property
    def missing(self) -> int:
        return self.waiting - self.by_post_waiting


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

    @property
    def offices(self) -> int:
        """The receivers that can register it."""
        return self.recipients - self.totals.by_post


class DispatchView(DispatchItem):
    attachments: list[Filed]


class PersonRef(BaseModel):
    model_config = ConfigDict(frozen=True)  # lists share those they name again and again

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
                "waiting",
                "acknowledged",
                "returned",
                "recalled",
                "overdue",
                "seen",
                "unseen",
                "replied",
                "missing",
                "post",
            ],
            in_thai(
                **DELIVERY_STATES,
                overdue="เกินกำหนด",
                seen="เปิดดูแล้ว ยังไม่ลงทะเบียนรับ",
                unseen="ยังไม่เปิดดู",
                replied="ตอบกลับแล้ว",
                missing="หน่วยงานที่ยังไม่ลงทะเบียน",
                post="ทางไปรษณีย์",
            ),
        ]
        | None
    ) = None


_SENT_PAGE, _LINES_PAGE = Page[DispatchItem], Page[DeliveryLine]
_answer = letter.alias("an_answer")
DISPATCHES = (
    select(dispatch, letter.c.letter_no, letter.c.subject, letter.c.dated, person.c.name.label("sender"))
    .add_columns(offices.c.code.label("office_code"), offices.c.name.label("office_name"))
    .add_columns(exists(select(1).where(_answer.c.reply_to_id == dispatch.c.letter_id)).label("answered"))
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
    listing = _sent(sight_of(actor), asked.letter is not None)

    def query(db: Connection) -> Page[DispatchItem]:
        def read(place: Place | None, back: bool, limit: int) -> Sequence[Any]:
            return listing.read(db, place, back, limit, letter=asked.letter, **ids_of(actor))

        turned = turn(asked, (int,), read, lambda row: (row.id,))
        totals = totals_of(db, actor, turned.rows, now)
        items = [dispatch_item(row, totals[row.id]) for row in turned.rows]
        return turned.page(_SENT_PAGE, items)

    return office.db.read(query)


@cache
def _sent(sight: Sight, of_letter: bool) -> Listing:
    actor = sight.anybody
    rows = DISPATCHES.where(dispatch.c.house_id == actor.house_id, may_follow(actor))
    if of_letter:
        rows = rows.where(dispatch.c.letter_id == bindparam("letter", type_=Id))
    return Listing(rows, _NEWEST_FIRST)


def may_follow(actor: Actor) -> ColumnElement[bool]:
    """Open letters without asking the books: every dispatch of the house is of a letter in them."""
    return (dispatch.c.secrecy == 0) | sent_by(actor, dispatch.c.letter_id)


def dispatch_row(db: Connection, actor: Actor, dispatch_id: int) -> Any:
    """A dispatch of the house, with what the lists say of it."""
    row = _one(sight_of(actor)).first(db, dispatch=dispatch_id, **ids_of(actor))
    if row is None:
        raise NotFound()
    return row


@cache
def _one(sight: Sight) -> Prepared:
    actor = sight.anybody
    mine = (dispatch.c.house_id == actor.house_id, sent_by(actor, dispatch.c.letter_id))
    return Prepared(DISPATCHES.where(dispatch.c.id == bindparam("dispatch", type_=Id), *mine))


def dispatch_view(office: Office, actor: Actor, dispatch_id: int) -> DispatchView:
    actor.must(Act.READ)
    now = office.clock()
    view = office.db.read(lambda db: _view(db, actor, dispatch_row(db, actor, dispatch_id), now))
    trace_look(office, actor, Secrecy.named(view.secrecy), view.letter, "dispatch")
    return view


def _view(db: Connection, actor: Actor, sent: Any, now: datetime) -> DispatchView:
    files = [
        Filed.model_validate(file, from_attributes=True) for file in letters.files_of_dispatch(db, sent.id)
    ]
    item = dispatch_item(sent, totals_of(db, actor, [sent], now)[sent.id])
    return answer(DispatchView, {**dict(item), "attachments": files})


class Tracked(NamedTuple):
    """The receivers of a dispatch, as the database tells them: what a page shows. Programs get a
    `DeliveryLine` of each; to make hundreds takes a tenth of the page (measured)."""

    rows: Sequence[Any]
    late: bool  # whether an office that still waits is overdue
    replies: Mapping[int, LetterRef]
    next: str | None = None
    previous: str | None = None


def followed(
    office: Office, actor: Actor, dispatch_id: int, asked: DeliveryFilters
) -> tuple[DispatchView, Tracked]:
    """A dispatch with its receivers: the page that is open while they acknowledge."""
    actor.must(Act.READ)
    now = office.clock()

    def query(db: Connection) -> tuple[Any, DispatchView]:
        sent = dispatch_row(db, actor, dispatch_id)
        return sent, _view(db, actor, sent, now)

    sent, view = office.db.read(query)
    trace_look(office, actor, Secrecy.named(view.secrecy), view.letter, "dispatch")
    return view, office.db.read(lambda db: _tracked(db, actor, sent, asked, now))


def tracking(office: Office, actor: Actor, dispatch_id: int, asked: DeliveryFilters) -> Page[DeliveryLine]:
    """One line per receiver, in the order of a Thai dictionary."""
    actor.must(Act.READ)
    now = office.clock()

    def query(db: Connection) -> Tracked:
        return _tracked(db, actor, dispatch_row(db, actor, dispatch_id), asked, now, _LINES)

    found = office.db.read(query)
    items = [_line(row, found.late, found.replies.get(row.id)) for row in found.rows]
    return answer(_LINES_PAGE, {"items": items, "next": found.next, "previous": found.previous})


_SHOWN = (
    select(delivery.c.id, delivery.c.office_id, delivery.c.position, delivery.c.to_text)
    .add_columns(delivery.c.tracking_no, delivery.c.state, delivery.c.seen_at, delivery.c.reminded_at)
    .add_columns(delivery.c.closed_at, delivery.c.received_at, delivery.c.reason, delivery.c.recalled_at)
    .add_columns(offices.c.name, offices.c.district, person.c.name.label("person"), entry.c.number)
    .outerjoin(offices, offices.c.id == delivery.c.office_id)
    .outerjoin(person, person.c.id == delivery.c.closed_by)
    .outerjoin(entry, entry.c.id == delivery.c.entry_id)
    .where(delivery.c.dispatch_id == bindparam("dispatch", type_=Id))
)
_LINES = _SHOWN.add_columns(offices.c.code, offices.c.network, entry.c.year)


def _tracked(
    db: Connection,
    actor: Actor,
    sent: Any,
    asked: DeliveryFilters,
    now: datetime,
    lines: Select[Any] = _SHOWN,
) -> Tracked:
    late = sent.overdue_at <= now
    listing = _listing(lines, sight_of(actor), asked.state, late)

    def read(place: Place | None, back: bool, limit: int) -> Sequence[Any]:
        return listing.read(db, place, back, limit, dispatch=sent.id, **ids_of(actor))

    turned = turn(asked, (int,), read, lambda row: (row.position,))
    replies = _replies(db, actor, sent) if sent.answered else {}
    return Tracked(turned.rows, late, replies, turned.next, turned.previous)


def first_of(db: Connection, actor: Actor, sent: Any, most: int, now: datetime) -> Tracked:
    """So many receivers of a dispatch, without their answers."""
    rows = _listing(_SHOWN, sight_of(actor), None, False).read(db, None, False, most, dispatch=sent.id)
    return Tracked(rows, sent.overdue_at <= now, {})


@cache
def _listing(lines: Select[Any], sight: Sight, state: str | None, late: bool) -> Listing:
    return Listing(lines.where(*_in_state(sight.anybody, state, late)), _BY_NAME)


def _in_state(actor: Actor, state: str | None, late: bool) -> list[ColumnElement[bool]]:
    waits, by_system = delivery.c.state == WAITING, delivery.c.office_id.isnot(None)
    if state is None:
        return []
    if state == "overdue":
        return [waits, by_system] if late else [waits, delivery.c.id < 0]
    if state == "missing":
        return [waits, by_system]
    if state == "post":
        return [delivery.c.office_id.is_(None)]
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
    stands = and_(or_(d.c.state == WAITING, d.c.state == ACKNOWLEDGED), d.c.recalled_at.is_(None))
    has_come = exists(select(1).where(d.c.letter_id == letter.c.id, stands, sees_delivery(actor, d)))
    return and_(letter.c.reply_to_id == delivery.c.letter_id, by_receiver, has_come)


@cache
def _replied(sight: Sight) -> Prepared:
    return Prepared(
        select(delivery.c.id.label("to"), letter.c.id, letter.c.letter_no, letter.c.subject, letter.c.dated)
        .select_from(delivery)
        .join(letter, _answers(sight.anybody))
        # Said of the letter too: there are few that answer, and it begins with them, not with the receivers.
        .where(letter.c.reply_to_id == bindparam("letter", type_=Id))
        .where(delivery.c.dispatch_id == bindparam("dispatch", type_=Id))
        .order_by(letter.c.id)
    )


def _replies(db: Connection, actor: Actor, sent: Any) -> dict[int, LetterRef]:
    """What was answered to each delivery of a dispatch, the newest."""
    rows = _replied(sight_of(actor)).all(db, letter=sent.letter_id, dispatch=sent.id, **ids_of(actor))
    return {
        row.to: LetterRef(id=row.id, letter_no=row.letter_no, subject=row.subject, dated=row.dated)
        for row in rows
    }


def totals_of(db: Connection, actor: Actor, sent: Sequence[Any], now: datetime) -> dict[int, Totals]:
    """Of rows of `DISPATCHES`; who has answered is asked only where anybody has."""
    counts = {row.id: dict(_NONE) for row in sent}
    late = {row.id for row in sent if row.overdue_at <= now}
    rows: Sequence[Any]
    if len(sent) == 1:
        rows = _COUNTS_OF_ONE.all(db, dispatch=sent[0].id)
    else:
        rows = db.execute(_COUNTS, {"ids": list(counts)}).all()
    for row in rows:
        total = counts[row.dispatch_id]
        total[row.state] = row.n
        total["seen"] += row.seen
        if by_post := row.n - row.by_system:
            total["by_post"] += by_post
            if row.state in (WAITING, ACKNOWLEDGED):
                total[f"by_post_{row.state}"] = by_post
        if row.state == WAITING and row.dispatch_id in late:
            total["overdue"] = row.by_system
    if answered := [row.id for row in sent if row.answered]:
        for row in db.execute(_answered(sight_of(actor)), {"ids": answered, **ids_of(actor)}):
            counts[row.dispatch_id]["replied"] = row.n
    return {dispatch_id: answer(Totals, total) for dispatch_id, total in counts.items()}


_NONE = Totals().model_dump()


_OF_THESE = delivery.c.dispatch_id.in_(bindparam("ids", expanding=True))
_STATES = (
    select(delivery.c.dispatch_id, delivery.c.state, func.count().label("n"))
    .add_columns(func.count(delivery.c.seen_at).label("seen"))
    .add_columns(func.count(delivery.c.office_id).label("by_system"))
    .group_by(delivery.c.dispatch_id, delivery.c.state)
)
_COUNTS = _STATES.where(_OF_THESE)
_COUNTS_OF_ONE = Prepared(_STATES.where(delivery.c.dispatch_id == bindparam("dispatch", type_=Id)))


@cache
def _answered(sight: Sight) -> Select[Any]:
    return (
        select(delivery.c.dispatch_id, func.count(delivery.c.id.distinct()).label("n"))
        .select_from(delivery)
        .join(letter, _answers(sight.anybody))
        .where(_OF_THESE)
        .group_by(delivery.c.dispatch_id)
    )


def dispatch_item(row: Any, totals: Totals) -> DispatchItem:
    return answer(
        DispatchItem,
        {
            "id": row.id,
            "letter": row.letter_id,
            "letter_no": row.letter_no,
            "subject": row.subject,
            "dated": row.dated,
            "office": office_ref(row.office_code, row.office_name),
            "sent_by": row.sender,
            "sent_at": row.sent_at,
            "urgency": URGENCY_WORDS[row.urgency],
            "secrecy": SECRECY_WORDS[row.secrecy],
            "summary": row.summary,
            "deadline": row.deadline,
            "recipients": totals.waiting + totals.acknowledged + totals.returned + totals.recalled,
            "totals": totals,
            "recalled_at": row.recalled_at,
            "recall_reason": row.recall_reason or None,
        },
    )


def _line(row: Any, late: bool, reply: LetterRef | None) -> DeliveryLine:
    return answer(
        DeliveryLine,
        {
            "id": row.id,
            "position": row.position,
            "office": row.code and office_ref(row.code, row.name),
            "district": row.district or None,
            "network": row.network or None,
            "to_text": row.to_text,
            "tracking_no": row.tracking_no,
            "state": row.state,
            "overdue": late and row.state == WAITING and row.office_id is not None,
            "seen_at": row.seen_at,
            "reminded_at": row.reminded_at,
            "acknowledged_at": row.closed_at if row.state == ACKNOWLEDGED else None,
            "received_at": row.received_at,
            "returned_at": row.closed_at if row.state == RETURNED else None,
            "reason": row.reason,
            "recalled_at": row.recalled_at,
            "number": row.number,
            "year": row.year,
            "person": row.person,
            "reply": reply,
        },
    )

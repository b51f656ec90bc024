"""What has come to my office? What waits, reminded and most urgent on top; then the rest, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, exists, func, or_, select

from saraban.errors import BadCursor
from saraban.fields import SecrecyWord, UrgencyWord, in_thai
from saraban.ids import DeliveryId, LetterId
from saraban.levels import SECRECY_WORDS, URGENCY_WORDS, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.answers import answer
from saraban.queries.paging import Page, Paging, Place, turn
from saraban.words import DELIVERY_STATES
from storage import letters
from storage.deliveries import IS_WAITING, REMINDED, WAITING, came_to
from storage.keyset import Listing, newest_first
from storage.tables import (
    assignment,
    delivery,
    dispatch,
    dispatch_attachment,
    entry,
    letter,
    office as offices,
)
from storage.visibility import Sight, ids_of, sight_of

DeliveryState = Annotated[
    Literal["waiting", "acknowledged", "returned", "recalled"], in_thai(**DELIVERY_STATES)
]
Box = Annotated[
    Literal["all", "office", "mine"],
    in_thai(all="ทั้งหน่วยงานเจ้าของทะเบียน", office="กลุ่มหรือหน่วยงานของฉัน", mine="ของฉัน"),
]


class OfficeRef(BaseModel):
    model_config = ConfigDict(frozen=True)  # shared, see below

    code: str = Field(examples=["3401"])
    name: str = Field(examples=["สพป.ตัวอย่าง เขต 1"])


@lru_cache(4096)
def office_ref(code: str, name: str) -> OfficeRef:
    """Lists name the same few offices again and again."""
    return answer(OfficeRef, {"code": code, "name": name})


class InboxFilters(Paging):
    box: Box = "all"
    state: DeliveryState | None = None
    urgency: UrgencyWord | None = None

    @property
    def is_quick(self) -> bool:
        return self.model_fields_set <= {"cursor", "limit", "state"} and self.state in (None, WAITING)


class InboxItem(BaseModel):
    id: DeliveryId
    letter: LetterId
    letter_no: str
    subject: str
    dated: date
    summary: str
    sender: OfficeRef
    receiver: OfficeRef
    sent_at: datetime
    urgency: UrgencyWord
    secrecy: SecrecyWord
    deadline: datetime | None
    overdue: bool
    state: DeliveryState
    seen_at: datetime | None
    reminded_at: datetime | None
    recalled_at: datetime | None
    closed_at: datetime | None
    number: int | None
    year: int | None
    attachments: int
    replaces: LetterId | None


_PAGE = Page[InboxItem]
_sender, _receiver = offices.alias("sender"), offices.alias("receiver")
_FILES = (
    select(func.count())
    .where(dispatch_attachment.c.dispatch_id == delivery.c.dispatch_id)
    .correlate(delivery)
    .scalar_subquery()
)
_SHOWN = (
    select(delivery.c.id, delivery.c.state, delivery.c.priority, delivery.c.secrecy)
    .add_columns(delivery.c.reminded_at, delivery.c.recalled_at, dispatch.c.urgency, dispatch.c.sent_at)
    .add_columns(dispatch.c.deadline, dispatch.c.overdue_at, letter.c.letter_no, letter.c.subject)
    .add_columns(letter.c.dated, letter.c.replaces_id, entry.c.number, _FILES.label("attachments"))
    .add_columns(_sender.c.name.label("sender_name"), _receiver.c.name.label("receiver_name"))
    .join(letter, letter.c.id == delivery.c.letter_id)
    .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
    .join(_sender, _sender.c.id == dispatch.c.office_id)
    .join(_receiver, _receiver.c.id == delivery.c.office_id)
    .outerjoin(entry, entry.c.id == delivery.c.entry_id)
)
_ITEMS = (
    _SHOWN.add_columns(delivery.c.letter_id, delivery.c.seen_at, delivery.c.closed_at, dispatch.c.summary)
    .add_columns(_sender.c.code.label("sender_code"), _receiver.c.code.label("receiver_code"))
    .add_columns(entry.c.year)
)


class Arrived(NamedTuple):
    """What has come, as the database tells it: what a page shows. Programs get an `InboxItem` of each."""

    rows: Sequence[Any]
    now: datetime  # what waits and should have been received by then is overdue
    replaced: set[int]  # the letters that some of them replace, of those that the actor sees
    next: str | None = None
    previous: str | None = None


def arrived(office: Office, actor: Actor, asked: InboxFilters) -> Arrived:
    actor.must(Act.READ)
    now = office.clock()
    return office.db.read(lambda db: _arrived(db, actor, asked, now, _SHOWN))


def inbox(office: Office, actor: Actor, asked: InboxFilters) -> Page[InboxItem]:
    actor.must(Act.READ)
    now = office.clock()
    found = office.db.read(lambda db: _arrived(db, actor, asked, now, _ITEMS))
    items = [
        _item(row, now, row.replaces_id if row.replaces_id in found.replaced else None) for row in found.rows
    ]
    return answer(_PAGE, {"items": items, "next": found.next, "previous": found.previous})


def _arrived(db: Connection, actor: Actor, asked: InboxFilters, now: datetime, items: Select[Any]) -> Arrived:
    level = Urgency.named(asked.urgency or "normal")
    values = {"state": asked.state, "level": int(level), "level_reminded": level + REMINDED}
    names = _sections(asked.state)
    of = (asked.box, asked.state is not None, asked.urgency is not None)

    def read(place: Place | None, back: bool, limit: int) -> list[Any]:
        if place is not None and place[0] not in names:
            raise BadCursor(field="cursor")
        rows: list[Any] = []
        for name in reversed(names) if back else names:
            if place is not None and name != place[0]:
                continue
            section = _section(items, sight_of(actor), name, *of)
            here = place and place[-len(section.order.columns) :]
            rows += section.read(db, here, back, limit - len(rows), **ids_of(actor), **values)
            place = None
            if len(rows) == limit:
                break
        return rows

    turned = turn(asked, (str, int, int), read, _place)
    replaced = letters.seen(db, actor, [row.replaces_id for row in turned.rows])
    return Arrived(turned.rows, now, replaced, turned.next, turned.previous)


def _sections(state: str | None) -> Sequence[str]:
    """What waits, and then the rest; or what is in one state."""
    if state is None:
        return ("waiting", "closed")
    return ("waiting",) if state == WAITING else ("closed",)


@cache
def _section(
    items: Select[Any], sight: Sight, name: str, box: Box, of_state: bool, of_urgency: bool
) -> Listing:
    items = items.where(*_asked(sight.anybody, box, of_urgency))
    if name == "waiting":
        return Listing(items.where(IS_WAITING), newest_first(delivery.c.priority, delivery.c.id))
    closed = delivery.c.state == bindparam("state") if of_state else delivery.c.state != WAITING
    return Listing(items.where(closed), newest_first(delivery.c.id))


def _place(row: Any) -> Place:
    return ("waiting", row.priority, row.id) if row.state == WAITING else ("closed", 0, row.id)


def _asked(actor: Actor, box: Box, of_urgency: bool) -> list[ColumnElement[bool]]:
    conditions = [came_to(actor)]
    if of_urgency:
        levels = [delivery.c.priority == bindparam(name) for name in ("level", "level_reminded")]
        conditions.append(or_(*levels))
    if box == "office":
        conditions.append(
            or_(delivery.c.office_id == actor.office_id, _acts(entry.c.action_office_id, actor.office_id))
        )
    elif box == "mine":
        conditions.append(_acts(entry.c.action_person_id, actor.person_id))
    return conditions


def _acts(column: Any, whose: int) -> ColumnElement[bool]:
    """Named in the line of the book, or handed an assignment on it."""
    named = assignment.c.person_id if column is entry.c.action_person_id else assignment.c.office_id
    handed = exists(select(1).where(assignment.c.entry_id == delivery.c.entry_id, named == whose))
    return or_(and_(entry.c.id.isnot(None), column == whose), handed)


def _item(row: Any, now: datetime, replaces: int | None) -> InboxItem:
    return answer(
        InboxItem,
        {
            "id": row.id,
            "letter": row.letter_id,
            "letter_no": row.letter_no,
            "subject": row.subject,
            "dated": row.dated,
            "summary": row.summary,
            "sender": office_ref(row.sender_code, row.sender_name),
            "receiver": office_ref(row.receiver_code, row.receiver_name),
            "sent_at": row.sent_at,
            "urgency": URGENCY_WORDS[row.urgency],
            "secrecy": SECRECY_WORDS[row.secrecy],
            "deadline": row.deadline,
            "overdue": row.state == WAITING and row.overdue_at <= now,
            "state": row.state,
            "seen_at": row.seen_at,
            "reminded_at": row.reminded_at,
            "recalled_at": row.recalled_at,
            "closed_at": row.closed_at,
            "number": row.number,
            "year": row.year,
            "attachments": row.attachments,
            "replaces": replaces,
        },
    )

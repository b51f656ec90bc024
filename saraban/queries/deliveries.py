"""One delivery as its receiver (or its sender) sees it; what has changed, for systems that follow along."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Connection, and_, or_, select, tuple_, union

from saraban.commands.enter_letter import Filed
from saraban.commands.look import mark_seen, trace_look
from saraban.errors import Invalid, NotAcknowledged, NotFound
from saraban.fields import Moment, SecrecyWord, UrgencyWord, in_thai
from saraban.ids import DeliveryId, DispatchId, EntryId, LetterId
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.inbox import DeliveryState, OfficeRef, office_ref
from saraban.queries.named_in_receipt import named_in_receipt
from saraban.queries.paging import Page, Paging, page_of
from saraban.receipts import ReceiptDocument
from storage import feed, letters
from storage.database import LONGEST_SECONDS
from storage.deliveries import came_to
from storage.tables import delivery, dispatch, entry, letter, office as offices, person, receipt
from storage.visibility import sent_by

Side = Annotated[Literal["receiver", "sender"], in_thai(receiver="ผู้รับ", sender="ผู้ส่ง")]


class DeliveryView(BaseModel):
    id: DeliveryId
    dispatch: DispatchId
    letter: LetterId
    side: Side
    letter_no: str
    circular: bool
    dated: date
    from_text: str
    to_text: str
    subject: str
    references: list[str]
    enclosures: list[str]
    summary: str
    urgency: UrgencyWord
    secrecy: SecrecyWord
    deadline: datetime | None
    sender: OfficeRef
    receiver: OfficeRef | None
    sent_at: datetime
    sent_by: str
    state: DeliveryState
    seen_at: datetime | None
    reminded_at: datetime | None
    recalled_at: datetime | None
    recall_reason: str | None
    acknowledged_at: datetime | None
    returned_at: datetime | None
    reason: str | None
    received_at: datetime | None
    person: str | None
    entry: EntryId | None
    number: int | None
    year: int | None
    replaces: LetterId | None
    attachments: list[Filed]


_sender, _receiver, _closer = offices.alias("sender"), offices.alias("receiver"), person.alias("closer")
_VIEW = (
    select(delivery, letter.c.letter_no, letter.c.circular, letter.c.dated, letter.c.from_text)
    .add_columns(
        letter.c.to_text.label("written_to"), letter.c.subject, letter.c.references, letter.c.enclosures
    )
    .add_columns(letter.c.replaces_id, dispatch.c.summary, dispatch.c.urgency, dispatch.c.deadline)
    .add_columns(dispatch.c.sent_at, dispatch.c.recall_reason, person.c.name.label("sent_by"))
    .add_columns(dispatch.c.office_id.label("sent_from"))
    .add_columns(_sender.c.code.label("sender_code"), _sender.c.name.label("sender_name"))
    .add_columns(_receiver.c.code.label("receiver_code"), _receiver.c.name.label("receiver_name"))
    .add_columns(_closer.c.name.label("closer"), entry.c.number, entry.c.year)
    .join(letter, letter.c.id == delivery.c.letter_id)
    .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
    .join(person, person.c.id == dispatch.c.sent_by)
    .join(_sender, _sender.c.id == dispatch.c.office_id)
    .outerjoin(_receiver, _receiver.c.id == delivery.c.office_id)
    .outerjoin(_closer, _closer.c.id == delivery.c.closed_by)
    .outerjoin(entry, entry.c.id == delivery.c.entry_id)
)


def _as_sender(actor: Actor) -> ColumnElement[bool]:
    return and_(delivery.c.sender_id == actor.house_id, sent_by(actor, delivery.c.letter_id))


def _either_side(actor: Actor) -> ColumnElement[bool]:
    return or_(came_to(actor), _as_sender(actor))


def _side(actor: Actor, row: Any) -> Side:
    """On which side of the journey the actor stands; both may be in one house."""
    return "receiver" if row.house_id == actor.house_id and row.sent_from != actor.office_id else "sender"


def delivery_view(office: Office, actor: Actor, delivery_id: int) -> DeliveryView:
    """Looking leaves a trace: `seen_at` when the receiver looks, an event when the letter is secret."""
    actor.must(Act.READ)

    def query(db: Connection) -> tuple[Any, list[Filed], int | None]:
        row = db.execute(_VIEW.where(delivery.c.id == delivery_id, _either_side(actor))).first()
        if row is None:
            raise NotFound()
        called_back = row.state == "recalled" and _side(actor, row) == "receiver"
        files = [] if called_back else letters.files_of_dispatch(db, row.dispatch_id)
        replaces = next(iter(letters.seen(db, actor, [row.replaces_id])), None)
        return row, [Filed.model_validate(file, from_attributes=True) for file in files], replaces

    row, files, replaces = office.db.read(query)
    trace_look(office, actor, row.secrecy, row.letter_id, "delivery")
    seen_at, side = row.seen_at, _side(actor, row)
    if side == "receiver" and seen_at is None:
        seen_at = mark_seen(office, actor, delivery_id)
    return _view(row, side, files, seen_at, replaces)


def _view(
    row: Any, side: Side, files: list[Filed], seen_at: datetime | None, replaces: int | None
) -> DeliveryView:
    receiver = office_ref(row.receiver_code, row.receiver_name) if row.receiver_code else None
    return DeliveryView(
        id=row.id,
        dispatch=row.dispatch_id,
        letter=row.letter_id,
        side=side,
        letter_no=row.letter_no,
        circular=row.circular,
        dated=row.dated,
        from_text=row.from_text,
        to_text=row.written_to,
        subject=row.subject,
        references=row.references,
        enclosures=row.enclosures,
        summary=row.summary,
        urgency=Urgency(row.urgency).word,
        secrecy=Secrecy(row.secrecy).word,
        deadline=row.deadline,
        sender=office_ref(row.sender_code, row.sender_name),
        receiver=receiver,
        sent_at=row.sent_at,
        sent_by=row.sent_by,
        state=row.state,
        seen_at=seen_at,
        reminded_at=row.reminded_at,
        recalled_at=row.recalled_at,
        recall_reason=row.recall_reason if row.recalled_at else None,
        acknowledged_at=row.closed_at if row.state == "acknowledged" else None,
        returned_at=row.closed_at if row.state == "returned" else None,
        reason=row.reason,
        received_at=row.received_at,
        person=row.closer,
        entry=row.entry_id if side == "receiver" else None,
        number=row.number,
        year=row.year,
        replaces=replaces,
        attachments=files,
    )


class ReceiptShown(NamedTuple):
    """The signed proof, and what is shown beside it without being part of it."""

    document: ReceiptDocument
    sender: str
    receiver: str
    subject: str | None  # that of a secret letter is not told: whoever files a receipt may not know it


def delivery_receipt(office: Office, actor: Actor, delivery_id: int) -> ReceiptDocument:
    """The signed proof, for both who gave it and who was given it."""
    return receipt_shown(office, actor, delivery_id).document


def receipt_shown(office: Office, actor: Actor, delivery_id: int) -> ReceiptShown:
    actor.must(Act.READ)

    def query(db: Connection) -> tuple[Any, ReceiptShown]:
        row = db.execute(
            select(delivery.c.letter_id, delivery.c.secrecy, letter.c.subject, receipt.c.document)
            .join(letter, letter.c.id == delivery.c.letter_id)
            .outerjoin(receipt, receipt.c.delivery_id == delivery.c.id)
            .where(delivery.c.id == delivery_id, _either_side(actor))
        ).first()
        if row is None:
            raise NotFound()
        if row.document is None:
            raise NotAcknowledged()
        document: ReceiptDocument = json.loads(row.document)
        subject = row.subject if row.secrecy == Secrecy.OPEN else None
        return row, ReceiptShown(document, **named_in_receipt(db, document["receipt"]), subject=subject)

    row, shown = office.db.read(query)
    trace_look(office, actor, row.secrecy, row.letter_id, "receipt")
    return shown


# -- the feed ------------------------------------------------------------------------------------

_PLACE = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})")


def _sides(value: Any) -> Any:
    """`as=sender,receiver`, in one word or in several."""
    words = [word for part in ([value] if isinstance(value, str) else value) for word in part.split(",")]
    return list(dict.fromkeys(words))


class FeedFilters(Paging):
    as_: Annotated[list[Side], BeforeValidator(_sides)] = Field(
        ["sender", "receiver"],
        alias="as",
        min_length=1,
        description="`sender`, `receiver` or both with a comma",
    )
    changed_after: Annotated[
        str | None,
        Field(
            max_length=64,
            description="`changed` of the last item that was read; or, to begin, an RFC 3339 time",
            examples=["845.30808", "2026-07-01T00:00:00Z"],
        ),
    ] = None


class Changed(BaseModel):
    changed: str = Field(
        examples=["845.30808"], description="the place in the feed: give it back as `changed_after`"
    )
    changed_at: datetime
    id: DeliveryId
    side: Side
    dispatch: DispatchId
    letter: LetterId
    letter_no: str
    sender: OfficeRef
    receiver: OfficeRef | None
    state: DeliveryState
    urgency: UrgencyWord
    seen_at: datetime | None
    reminded_at: datetime | None
    closed_at: datetime | None
    recalled_at: datetime | None
    number: int | None
    year: int | None


_FEED = (
    select(delivery, letter.c.letter_no, dispatch.c.urgency, entry.c.number, entry.c.year)
    .add_columns(dispatch.c.office_id.label("sent_from"))
    .add_columns(_sender.c.code.label("sender_code"), _sender.c.name.label("sender_name"))
    .add_columns(_receiver.c.code.label("receiver_code"), _receiver.c.name.label("receiver_name"))
    .join(letter, letter.c.id == delivery.c.letter_id)
    .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
    .join(_sender, _sender.c.id == dispatch.c.office_id)
    .outerjoin(_receiver, _receiver.c.id == delivery.c.office_id)
    .outerjoin(entry, entry.c.id == delivery.c.entry_id)
    .order_by(delivery.c.changed, delivery.c.id)
)


def changed_deliveries(office: Office, actor: Actor, asked: FeedFilters) -> Page[Changed]:
    """Every change at least once, in an order in which none can be missed; see `storage/feed.py`."""
    actor.must(Act.READ)
    if asked.cursor is not None and not _PLACE.fullmatch(asked.cursor):
        raise Invalid(("cursor", "ตำแหน่งใช้ไม่ได้: ใช้ค่า next ที่ได้จากหน้าก่อน"))
    after = _after(asked.cursor or asked.changed_after)
    sides = {"receiver": came_to(actor), "sender": _as_sender(actor)}

    def query(db: Connection) -> Page[Changed]:
        # Each side follows its own index to the end of the page; in one statement, that both see one moment.
        ids = [
            select(delivery.c.id)
            .where(sides[side], feed.settled(db), after)
            .order_by(delivery.c.changed, delivery.c.id)
            .limit(asked.limit + 1)
            .subquery()
            for side in asked.as_
        ]
        rows = _FEED.where(delivery.c.id.in_(union(*[select(one.c.id) for one in ids]))).limit(
            asked.limit + 1
        )
        shown, last = page_of(list(db.execute(rows).all()), asked.limit)
        items = [_changed(row, _side(actor, row) if "receiver" in asked.as_ else "sender") for row in shown]
        return Page[Changed](items=items, next=None if last is None else _place(last))

    return office.db.read(query)


def _after(position: str | None) -> Any:
    if position is None:
        return delivery.c.id > 0
    if place := _PLACE.fullmatch(position):
        return tuple_(delivery.c.changed, delivery.c.id) > tuple_(int(place[1]), int(place[2]))
    try:
        moment = TypeAdapter(Moment).validate_python(position)
    except ValidationError:
        raise Invalid(("changed_after", "ใช้ค่า changed ของรายการล่าสุดที่อ่าน หรือเวลาแบบ RFC 3339")) from None
    # A change is stamped before it is committed, by at most the length of a transaction.
    return delivery.c.changed_at > moment - timedelta(seconds=LONGEST_SECONDS)


def _place(row: Any) -> str:
    return f"{row.changed}.{row.id}"


def _changed(row: Any, side: Side) -> Changed:
    return Changed(
        changed=_place(row),
        changed_at=row.changed_at,
        id=row.id,
        side=side,
        dispatch=row.dispatch_id,
        letter=row.letter_id,
        letter_no=row.letter_no,
        sender=office_ref(row.sender_code, row.sender_name),
        receiver=office_ref(row.receiver_code, row.receiver_name) if row.receiver_code else None,
        state=row.state,
        urgency=Urgency(row.urgency).word,
        seen_at=row.seen_at,
        reminded_at=row.reminded_at,
        closed_at=row.closed_at,
        recalled_at=row.recalled_at,
        number=row.number,
        year=row.year,
    )

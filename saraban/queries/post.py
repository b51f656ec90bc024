"""What has left by post? The book of sendings (form 16), the slips (17) and envelopes (15) with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, and_, exists, select

from saraban.commands.look import trace_look
from saraban.errors import NothingByPost, TooLongToPrint
from saraban.fields import Day, SecrecyWord, UrgencyWord, in_thai
from saraban.ids import DeliveryId, DispatchId, LetterId
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.inbox import DeliveryState
from saraban.queries.letterhead import as_address, emblem_of_letter, heads_of
from saraban.queries.paging import Page, Paging, Place, turn, whole
from saraban.queries.tracking import may_follow
from saraban.thai.dates import bangkok_day, day_begins
from saraban.words import DELIVERY_STATES, in_full
from storage import dispatches
from storage.files import Stored
from storage.keyset import in_order_of
from storage.registers import INCOMING
from storage.tables import delivery, dispatch, entry, letter, office as offices

MOST = 1000


class PostSpan(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    sent_from: Annotated[Day | None, Field(description="sent on this day or later")] = None
    sent_to: Annotated[Day | None, Field(description="sent on this day or earlier")] = None


class PostFilters(Paging, PostSpan):
    pass


class PostLine(BaseModel):
    """A letter to one who is reached by post alone."""

    id: DeliveryId
    dispatch: DispatchId
    letter: LetterId
    number: int
    year: int
    letter_no: str
    dated: date
    from_text: str
    written_to: Annotated[str, Field(description="whom the letter itself names")]
    to_text: Annotated[str, Field(description="to whom it went by post")]
    subject: str
    urgency: UrgencyWord
    secrecy: SecrecyWord
    sent_at: datetime
    state: DeliveryState
    tracking_no: str | None
    received_at: datetime | None
    recalled_at: datetime | None

    @property
    def addressed(self) -> Addressed:
        """As an envelope has it. It was typed on one line: an address begins with a house, a street or a
        ตำบล, and the line of its อำเภอ follows."""
        said = _ADDRESS.fullmatch(self.to_text)
        assert said is not None  # every part of it may be missing
        salutation, receiver, postcode = said.groups()
        name, *place = _PLACE_BEGINS.split(receiver, maxsplit=1)
        lines = [line for part in place for line in _DISTRICT_BEGINS.split(part, maxsplit=1)]
        return Addressed(salutation or "เรียน", [name, *lines], postcode or "")


class Addressed(NamedTuple):
    salutation: str
    lines: list[str]
    postcode: str


_ADDRESS = re.compile(r"(?:(กราบเรียน|เรียน|นมัสการ|ถึง)\s+)?(.*?)(?:\s+([0-9๐-๙]{5}))?", re.DOTALL)
_STREETS = r"หมู่|ม\.|ถนน|ถ\.|ซอย|ซ\.|ตำบล|ต\."
_PLACE_BEGINS = re.compile(
    rf"[ \t]+(?=(?:บ้าน)?เลขที่|[0-9๐-๙]+/[0-9๐-๙]|{_STREETS}|แขวง)"
    rf"|(?<!เขต)(?<!ภาค)(?<!ที่)[ \t]+(?=[0-9๐-๙]+[ \t]+(?:{_STREETS}))|\n"
)
_DISTRICT_BEGINS = re.compile(r"[ \t]+(?=อำเภอ|อ\.|เขต[ก-ฮ])|\n")


def _of_entry(column: Any) -> Any:
    """Of the sender's line in its own book."""
    own = and_(
        entry.c.letter_id == letter.c.id, entry.c.house_id == dispatch.c.house_id, entry.c.kind != INCOMING
    )
    return select(column).where(own).correlate(letter, dispatch).scalar_subquery()


_LINES = (
    select(delivery.c.id, delivery.c.dispatch_id, delivery.c.letter_id, delivery.c.to_text, delivery.c.state)
    .add_columns(delivery.c.position, delivery.c.tracking_no, delivery.c.received_at, delivery.c.recalled_at)
    .add_columns(dispatch.c.sent_at, dispatch.c.urgency, dispatch.c.secrecy)
    .add_columns(_of_entry(entry.c.number).label("number"), _of_entry(entry.c.year).label("year"))
    .add_columns(letter.c.letter_no, letter.c.dated, letter.c.from_text, letter.c.subject)
    .add_columns(letter.c.to_text.label("written_to"))
    .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
    .join(letter, letter.c.id == delivery.c.letter_id)
    .where(delivery.c.office_id.is_(None))
)
# Every state is named, so that the index of the totals answers: which few sendings went by post is known in a
# twentieth of the time that going through their deliveries takes (five million, measured).
_by_post = exists(
    select(1).where(
        delivery.c.dispatch_id == dispatch.c.id,
        delivery.c.state.in_(DELIVERY_STATES),
        delivery.c.office_id.is_(None),
    )
)
# As a book is filed: what left first stands first.
_IN_ORDER = in_order_of(delivery.c.dispatch_id, delivery.c.position)


def by_post(office: Office, actor: Actor, asked: PostFilters) -> Page[PostLine]:
    """Secret letters are left out for those who may not follow them, as in the list of sendings."""
    actor.must(Act.READ)
    sent = select(dispatch.c.id).where(dispatch.c.house_id == actor.house_id, may_follow(actor), _by_post)
    if asked.sent_from is not None:
        sent = sent.where(dispatch.c.sent_at >= day_begins(asked.sent_from))
    if asked.sent_to is not None:
        sent = sent.where(dispatch.c.sent_at < day_begins(asked.sent_to) + timedelta(days=1))
    rows = _LINES.where(delivery.c.dispatch_id.in_(sent))

    def query(db: Connection) -> Page[PostLine]:
        def read(place: Place | None, back: bool, limit: int) -> Sequence[Any]:
            return db.execute(_IN_ORDER.read(rows, place, back).limit(limit)).all()

        turned = turn(asked, (int, int), read, lambda row: (row.dispatch_id, row.position))
        items = [_line(row) for row in turned.rows]
        return Page[PostLine](items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)


def _line(row: Any) -> PostLine:
    levels = {"urgency": Urgency(row.urgency).word, "secrecy": Secrecy(row.secrecy).word}
    return PostLine.model_validate(
        {**row._mapping, **levels, "dispatch": row.dispatch_id, "letter": row.letter_id}
    )


def post_book(office: Office, actor: Actor, asked: PostSpan) -> list[PostLine]:
    """All of it, if that is not more than is printed in one go."""
    wanted = PostFilters(**asked.model_dump())
    lines = list(islice(whole(lambda one: by_post(office, actor, one), wanted), MOST + 1))
    if len(lines) > MOST:
        raise TooLongToPrint(limit=MOST)
    return lines


def spanned(asked: PostSpan, lines: Sequence[PostLine]) -> tuple[date | None, date | None]:
    """The days at the head of the book: those that were asked for, or those that stand in it."""
    if asked.sent_from or asked.sent_to or not lines:
        return asked.sent_from, asked.sent_to
    return bangkok_day(lines[0].sent_at), bangkok_day(lines[-1].sent_at)


# -- what goes with one sending -----------------------------------------------------------------------------


class Posted(BaseModel):
    """Whose slips or envelopes of a sending: of all that left by post, or of one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delivery: DeliveryId | None = None


SIZES = {"C4": (324, 229), "C5": (229, 162), "C6": (162, 114), "DL": (220, 110)}  # millimetres
Size = Annotated[
    Literal["C4", "C5", "C6", "DL"],
    in_thai(**{name: f"{wide} × {high} มม." for name, (wide, high) in SIZES.items()}),
]


class Envelopes(Posted):
    size: Size = "C5"
    paid_monthly: Annotated[
        bool, Field(description="with the frame ชำระค่าฝากส่งเป็นรายเดือน, for the licence of the office")
    ] = False


class Sender(NamedTuple):
    name: str
    agency: str  # the name in full, as letters bear it
    address: list[str]
    emblem: str | None


class Parcel(NamedTuple):
    """What a sending leaves by post: the sender, and a line for each receiver."""

    sender: Sender
    lines: list[PostLine]


def parcel(office: Office, actor: Actor, dispatch_id: int, asked: Posted) -> Parcel:
    actor.must(Act.READ)

    def query(db: Connection) -> tuple[Any, list[PostLine], Sender, Stored | None]:
        sent = dispatches.sent(db, actor, dispatch_id)
        rows = _LINES.where(delivery.c.dispatch_id == dispatch_id)
        if asked.delivery is not None:
            rows = rows.where(delivery.c.id == asked.delivery)
        lines = [_line(row) for row in db.execute(rows.order_by(delivery.c.position))]
        found = heads_of(db, sent.office_id, sent.house_id)
        (agency,), (address,) = found.get("agency"), found.get("address")
        (house,) = db.execute(select(offices.c.kind, offices.c.name).where(offices.c.id == sent.house_id))
        full = agency or in_full(house.kind, house.name)
        sender = Sender(house.name, full, [one for one in address.splitlines() if one.strip()], None)
        return sent, lines, sender, emblem_of_letter(db, sent.office_id, sent.house_id)

    sent, lines, sender, emblem = office.db.read(query)
    if not lines:
        raise NothingByPost()
    trace_look(office, actor, sent.secrecy, sent.letter_id, "post")
    return Parcel(sender._replace(emblem=as_address(office, emblem)), lines)

"""What stands in the house's books? Lines newest first, found by number, words and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Connection, FromClause, select

from saraban.errors import BadCursor
from saraban.fields import Day, OfficeCode, SecrecyWord, UrgencyWord, in_thai
from saraban.ids import EntryId, LetterId, PersonId
from saraban.levels import SECRECY_WORDS, URGENCY_WORDS, Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.answers import answer
from saraban.queries.inbox import OfficeRef, office_ref
from saraban.queries.paging import Page, Paging, Place, Turned, turn
from saraban.queries.registers import RegisterKind
from saraban.queries.tracking import PersonRef
from saraban.thai.dates import day_begins
from saraban.thai.text import compact, words
from saraban.words import LINE_STATES
from storage import lines
from storage.registers import INCOMING, OUTGOING, OUTGOING_CIRCULAR
from storage.search import holds
from storage.tables import letter, letter_text, office as offices
from storage.visibility import sees_entry
from storage.ways import Asked

# Of a secret letter everybody of the house sees that its number is taken, and nothing else.
MASKED = "(หนังสือลับ)"

LineState = Annotated[Literal["registered", "assigned", "done", "sent", "void"], in_thai(**LINE_STATES)]
Sought = Annotated[str, Field(max_length=500)]


class BookQuestion(BaseModel):
    """What is asked of a book; what is left out or blank does not narrow."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    year: Annotated[int, Field(ge=2400, le=2800, description="Buddhist year", examples=[2569])] | None = None
    number: Annotated[
        Sought, Field(description="the book's or the sender's, or whole: `ศธ 04999/ว 2631`")
    ] = ""
    q: Annotated[Sought, Field(description="words, each of which stands somewhere in the letter")] = ""
    urgency: UrgencyWord | None = None
    secrecy: SecrecyWord | None = None
    from_: Annotated[Sought, Field(alias="from", description="part of whom it is from, in any spacing")] = ""
    to: Annotated[Sought, Field(description="part of whom it is to, in any spacing")] = ""
    dated_from: Day | None = None
    dated_to: Day | None = None
    registered_from: (
        Annotated[Day, Field(description="the day, in Bangkok, it came into the book")] | None
    ) = None
    registered_to: Day | None = None
    office: Annotated[OfficeCode, Field(description="code of the acting office")] | None = None
    person: Annotated[PersonId, Field(description="the acting person")] | None = None

    @property
    def narrows(self) -> bool:
        """Whether it leaves out lines for more than their number."""
        said = {name for name in self.model_fields_set if getattr(self, name) not in (None, "")}
        return not said <= {"year", "number", "cursor", "limit"}


class OutgoingQuestion(BookQuestion):
    state: Annotated[Literal["registered", "sent", "void"], in_thai(**LINE_STATES)] | None = None


class IncomingQuestion(BookQuestion):
    state: Annotated[Literal["registered", "assigned", "done", "void"], in_thai(**LINE_STATES)] | None = None


class OutgoingFilters(OutgoingQuestion, Paging): ...


class IncomingFilters(IncomingQuestion, Paging): ...


class Void(BaseModel):
    at: datetime
    reason: str
    by: PersonRef


class RegisterLine(BaseModel):
    """A line of a book; of a secret letter that is not for you, that its number is taken."""

    kind: RegisterKind
    year: int
    number: int
    subject: str
    entry: EntryId | None = None
    id: Annotated[LetterId | None, Field(description="the letter")] = None
    letter_no: str | None = None
    dated: date | None = None
    from_text: str | None = None
    to_text: str | None = None
    urgency: UrgencyWord | None = None
    secrecy: SecrecyWord | None = None
    circular: bool | None = None
    action: str | None = None
    note: str | None = None
    action_office: OfficeRef | None = None
    action_person: PersonRef | None = None
    registered_at: datetime | None = None
    received_at: datetime | None = None
    channel: str | None = None
    state: LineState | None = None
    void: Void | None = None
    attachments: int | None = None
    dispatches: int | None = None


_PAGE = Page[RegisterLine]


class Masked(NamedTuple):
    """A line that is not for the actor, instead of its row: no page can show more of it."""

    kind: str
    year: int
    number: int
    seen: bool = False
    subject: str = MASKED


def outgoing_rows(office: Office, actor: Actor, asked: OutgoingFilters) -> Turned:
    """Both series of the outgoing book, when the house keeps its circulars apart: lines as the database tells
    them, or `Masked`, for a page to show. Everything else takes a `RegisterLine` of each."""
    return _book(office, actor, (OUTGOING, OUTGOING_CIRCULAR), asked, asked.state)


def outgoing_lines(office: Office, actor: Actor, asked: OutgoingFilters) -> Page[RegisterLine]:
    return _lines(outgoing_rows(office, actor, asked))


def incoming_rows(office: Office, actor: Actor, asked: IncomingFilters) -> Turned:
    return _book(office, actor, (INCOMING,), asked, asked.state)


def incoming_lines(office: Office, actor: Actor, asked: IncomingFilters) -> Page[RegisterLine]:
    return _lines(incoming_rows(office, actor, asked))


def _lines(book: Turned) -> Page[RegisterLine]:
    return book.page(_PAGE, [line_of(row) for row in book.rows])


def _book(
    office: Office,
    actor: Actor,
    kinds: Sequence[str],
    asked: OutgoingFilters | IncomingFilters,
    state: str | None,
) -> Turned:
    actor.must(Act.READ)
    which = lines_asked(kinds, asked)

    def narrow(e: FromClause) -> list[ColumnElement[bool]]:
        return narrowed(actor, asked, state, e)

    narrowing = narrow if asked.narrows else None

    def query(db: Connection) -> Turned:
        def read(place: Place | None, back: bool, limit: int) -> Sequence[Any]:
            if place is not None and place[2] not in kinds:
                raise BadCursor(field="cursor")
            return lines.page(db, actor, which, narrowing, place, back, limit)

        turned = turn(asked, (int, int, str), read, lambda row: (row.year, row.number, row.kind))
        rows = [row if row.seen else Masked(row.kind, row.year, row.number) for row in turned.rows]
        return turned._replace(rows=rows)

    return office.db.read(query)


def lines_asked(kinds: Sequence[str], asked: BookQuestion) -> Asked:
    by_text = bool(asked.q or asked.from_ or asked.to)
    return Asked(kinds, asked.year, asked.number, words(asked.q), by_text)


def narrowed(
    actor: Actor, asked: BookQuestion, state: str | None, e: FromClause
) -> list[ColumnElement[bool]]:
    """What leaves lines out; a line not for the actor answers to no question but year and number."""
    asks: list[ColumnElement[bool]] = []
    if asked.urgency is not None:
        asks.append(letter.c.urgency == int(Urgency.named(asked.urgency)))
    if asked.secrecy is not None:
        asks.append(e.c.secrecy == int(Secrecy.named(asked.secrecy)))
    if asked.dated_from is not None:
        asks.append(letter.c.dated >= asked.dated_from)
    if asked.dated_to is not None:
        asks.append(letter.c.dated <= asked.dated_to)
    if asked.registered_from is not None:
        asks.append(e.c.registered_at >= day_begins(asked.registered_from))
    if asked.registered_to is not None:
        asks.append(e.c.registered_at < day_begins(asked.registered_to + timedelta(days=1)))
    if asked.office is not None:
        of_code = select(offices.c.id).where(offices.c.code == asked.office).scalar_subquery()
        asks.append(e.c.action_office_id == of_code)
    if asked.person is not None:
        asks.append(e.c.action_person_id == asked.person)
    if state is not None:
        asks.append(lines.state_of(e) == state)
    # Last, for texts are long: few are read where other things have been asked, too.
    if sought := words(asked.q):
        asks.append(holds(sought))
    if from_key := compact(asked.from_):
        asks.append(holds([from_key], letter_text.c.from_key))
    if to_key := compact(asked.to):
        asks.append(holds([to_key], letter_text.c.to_key))
    return [sees_entry(actor, e), *asks] if asks else []


def line_of(row: Any) -> RegisterLine:
    if not row.seen:
        return RegisterLine(kind=row.kind, year=row.year, number=row.number, subject=MASKED)
    return answer(RegisterLine, told(row) | {"attachments": row.attachments, "dispatches": row.dispatches})


def told(row: Any) -> dict[str, Any]:
    """All that a row of `lines.LINES` says, to whoever may see it."""
    return {
        "kind": row.kind,
        "year": row.year,
        "number": row.number,
        "subject": row.subject,
        "entry": row.id,
        "id": row.letter_id,
        "letter_no": row.letter_no,
        "dated": row.dated,
        "from_text": row.from_text,
        "to_text": row.to_text,
        "urgency": URGENCY_WORDS[row.urgency],
        "secrecy": SECRECY_WORDS[row.secrecy],
        "circular": row.circular,
        "action": row.action,
        "note": row.note,
        "action_office": office_ref(row.office_code, row.office_name),
        "action_person": _person(row.action_person_id, row.person_name),
        "registered_at": row.registered_at,
        "received_at": row.received_at,
        "channel": row.channel,
        "state": row.state,
        "void": row.void_at and answer(Void, _voided(row)),
    }


def _voided(row: Any) -> dict[str, Any]:
    return {"at": row.void_at, "reason": row.void_reason, "by": _person(row.void_by, row.void_name)}


@lru_cache(4096)
def _person(person_id: int | None, name: str | None) -> PersonRef | None:
    return None if person_id is None else answer(PersonRef, {"id": person_id, "name": name})

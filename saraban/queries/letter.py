"""What does a letter say, where does it stand in our books, where has it been?"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, func, or_, select

from saraban.commands.enter_letter import Filed, filed
from saraban.commands.look import trace_look
from saraban.errors import NotFound
from saraban.fields import SecrecyWord, UrgencyWord
from saraban.ids import AttachmentId, DeliveryId, DispatchId, LetterId
from saraban.letters import Paper
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.entry import Line, Revised, history, line_told
from saraban.queries.inbox import DeliveryState, OfficeRef
from saraban.queries.tracking import LetterRef
from storage import letter_paper
from storage.lines import LINES
from storage.tables import delivery, dispatch, entry, letter, office as offices, revision
from storage.visibility import sees_delivery, sees_entry, sees_letter, sent_by


class Journey(BaseModel):
    """An act of sending by this house."""

    id: DispatchId
    sent_at: datetime
    recipients: int
    urgency: UrgencyWord
    recalled: bool


class Arrival(BaseModel):
    """How the letter came to this house."""

    id: DeliveryId
    state: DeliveryState
    office: OfficeRef
    sent_at: datetime


class Written(Paper):
    """What stands on the paper of a letter written here."""

    file: AttachmentId | None = Field(description="the file made of what the letter says now")
    taken_out: bool = Field(description="it was made, and somebody took it out of the letter's files")


class LetterView(BaseModel):
    id: LetterId
    version: int
    letter_no: str
    circular: bool
    subject: str
    dated: date
    from_text: str
    to_text: str
    references: list[str]
    enclosures: list[str]
    summary: str
    urgency: UrgencyWord
    secrecy: SecrecyWord
    office: Annotated[OfficeRef, Field(description="who wrote it, or registered what came from outside")]
    created_at: datetime
    sent_at: datetime | None
    attachments: list[Filed]
    paper: Annotated[
        Written | None, Field(description="of a letter written here, for the house that wrote it")
    ]
    entries: list[Line]
    based_on: LetterRef | None
    reply_to: LetterRef | None
    replaces: LetterRef | None
    replaced_by: LetterRef | None
    dispatches: list[Journey]
    deliveries: list[Arrival]
    history: list[Revised]


def letter_view(office: Office, actor: Actor, letter_id: int) -> LetterView:
    """Any letter of the house's books or sent to the house; a look at a secret one is written down first."""
    actor.must(Act.READ)

    def query(db: Connection) -> tuple[Any, dict[str, Any]]:
        row = db.execute(_LETTER.where(letter.c.id == letter_id, sees_letter(actor))).first()
        if row is None:
            raise NotFound()
        lines = db.execute(
            LINES.where(entry.c.letter_id == letter_id, sees_entry(actor)).order_by(entry.c.id)
        ).all()
        # What was corrected is for the house that wrote it, and for whom its book is open there.
        own = row.house_id == actor.house_id and bool(lines)
        return row, {
            "attachments": filed(db, actor, letter_id),
            "paper": _paper(db, letter_id) if own else None,
            "entries": [line_told(line) for line in lines],
            **_links(db, actor, row),
            "dispatches": _journeys(db, actor, letter_id),
            "deliveries": _arrivals(db, actor, letter_id),
            "history": history(db, revision.c.letter_id == letter_id) if own else [],
        }

    row, more = office.db.read(query)
    trace_look(office, actor, row.secrecy, letter_id, "letter")
    said = {name: getattr(row, name) for name in _SAID}
    writer = {"code": row.office_code, "name": row.office_name}
    levels = {"urgency": Urgency(row.urgency).word, "secrecy": Secrecy(row.secrecy).word}
    return LetterView(**said, **levels, office=writer, **more)


_SAID = (
    *("id", "version", "letter_no", "circular", "subject", "dated", "from_text", "to_text"),
    *("references", "enclosures", "summary", "created_at", "sent_at"),
)
_LETTER = select(letter, offices.c.code.label("office_code"), offices.c.name.label("office_name")).join(
    offices, offices.c.id == letter.c.office_id
)


def _paper(db: Connection, letter_id: int) -> dict[str, Any] | None:
    row = letter_paper.of_letter(db, letter_id)
    if row is None:
        return None
    taken_out = row.file is None and row.attachment_id is not None
    said = {name: getattr(row, name) for name in Paper.model_fields}
    return {**said, "file": row.file, "taken_out": taken_out}


def _links(db: Connection, actor: Actor, row: Row[Any]) -> dict[str, Any]:
    """The letters this one names, and the newest that replaces it: those the actor may see."""
    named = [one for one in (row.based_on_id, row.reply_to_id, row.replaces_id) if one is not None]
    either = or_(letter.c.id.in_(named), letter.c.replaces_id == row.id)
    seen = db.execute(_REF.where(either, sees_letter(actor)).order_by(letter.c.id)).all()
    refs = {
        one.id: {"id": one.id, "letter_no": one.letter_no, "subject": one.subject, "dated": one.dated}
        for one in seen
    }
    successors = [refs[one.id] for one in seen if one.replaces_id == row.id]
    return {
        "based_on": refs.get(row.based_on_id),
        "reply_to": refs.get(row.reply_to_id),
        "replaces": refs.get(row.replaces_id),
        "replaced_by": successors[-1] if successors else None,
    }


_REF = select(letter.c.id, letter.c.letter_no, letter.c.subject, letter.c.dated, letter.c.replaces_id)
_RECIPIENTS = (
    select(func.count()).where(delivery.c.dispatch_id == dispatch.c.id).correlate(dispatch).scalar_subquery()
)


def _journeys(db: Connection, actor: Actor, letter_id: int) -> list[dict[str, Any]]:
    rows = db.execute(
        select(dispatch.c.id, dispatch.c.sent_at, dispatch.c.urgency, dispatch.c.recalled_at)
        .add_columns(_RECIPIENTS.label("recipients"))
        .where(dispatch.c.letter_id == letter_id, dispatch.c.house_id == actor.house_id)
        .where(sent_by(actor, dispatch.c.letter_id))
        .order_by(dispatch.c.id)
    )
    return [
        {
            "id": row.id,
            "sent_at": row.sent_at,
            "recipients": row.recipients,
            "urgency": Urgency(row.urgency).word,
            "recalled": row.recalled_at is not None,
        }
        for row in rows
    ]


def _arrivals(db: Connection, actor: Actor, letter_id: int) -> list[dict[str, Any]]:
    rows = db.execute(
        select(delivery.c.id, delivery.c.state, dispatch.c.sent_at, offices.c.code, offices.c.name)
        .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
        .join(offices, offices.c.id == delivery.c.office_id)
        .where(delivery.c.letter_id == letter_id, sees_delivery(actor))
        .order_by(delivery.c.id)
    )
    return [
        {
            "id": row.id,
            "state": row.state,
            "sent_at": row.sent_at,
            "office": {"code": row.code, "name": row.name},
        }
        for row in rows
    ]

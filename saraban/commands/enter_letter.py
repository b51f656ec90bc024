"""What registering means in every book: the letter, its words, its files, its numbered line, its event."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from saraban import numbering
from saraban.errors import TooManyFiles, TopSecretNotSent
from saraban.fields import SecrecyWord, UrgencyWord
from saraban.ids import AttachmentId, EntryId, LetterId
from saraban.letters import NewEntry, Paper
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage import entries, events, letter_paper, letters, offices
from storage.registers import Taken


class Filed(BaseModel):
    """A file of a letter, as it was kept."""

    id: AttachmentId
    filename: str
    description: str
    size: int
    sha256: str
    content_type: str


class Registered(BaseModel):
    """A letter and its line in the book."""

    model_config = ConfigDict(frozen=True)

    id: LetterId
    entry: EntryId
    kind: str
    number: int
    year: int
    letter_no: str
    subject: str
    dated: date
    urgency: UrgencyWord
    secrecy: SecrecyWord
    circular: bool
    registered_at: datetime
    received_at: datetime | None
    version: int
    attachments: list[Filed]


def may_enter(actor: Actor, new: NewEntry) -> None:
    actor.must(Act.REGISTER)
    actor.must_be_cleared(new.secrecy_level)


def must_fit(office: Office, new: NewEntry, files: int) -> None:
    if files > office.settings.max_files:
        raise TooManyFiles(field="files", limit=office.settings.max_files)
    if files and new.secrecy_level == Secrecy.TOP_SECRET:
        raise TopSecretNotSent(field="files")


def enter_letter(
    tx: Connection,
    actor: Actor,
    new: NewEntry,
    at: datetime,
    taken: Taken,
    *,
    letter_no: str,
    circular: bool,
    from_text: str,
    to_text: str,
    files: list[dict[str, Any]],
    links: dict[str, int | None] | None = None,
    paper: Paper | None = None,
    received_at: datetime | None = None,
    channel: str = "system",
) -> Registered:
    acting = offices.acting(tx, actor, new.action_office, new.action_person, new.secrecy_level)
    rows = letters.new(
        id=taken.letter_id,
        house_id=actor.house_id,
        office_id=actor.office_id,
        letter_no=letter_no,
        letter_key=numbering.letter_key(letter_no),
        circular=circular,
        dated=new.dated,
        from_text=from_text,
        to_text=to_text,
        subject=new.subject,
        references=new.references,
        enclosures=new.enclosures,
        summary=new.summary,
        urgency=new.urgency_level,
        secrecy=new.secrecy_level,
        created_at=at,
        created_by=actor.person_id,
        version=1,
        **(links or {}),
    )
    rows += letters.attached(taken.letter_id, files, at, actor.person_id)
    if paper is not None:
        rows.append(letter_paper.new(taken.letter_id, paper.model_dump()))
    line = entries.new(
        taken,
        actor,
        at,
        letter_id=taken.letter_id,
        secrecy=new.secrecy_level,
        channel=channel,
        action=new.action,
        note=new.note,
        action_office_id=acting.office_id,
        action_person_id=acting.person_id,
        received_at=received_at,
    )
    act = "register_incoming" if taken.kind == "incoming" else "register_outgoing"
    told = {"entry": taken.entry_id, "number": taken.number, "year": taken.year}
    events.record(tx, actor, act, at, taken.letter_id, [*rows, line], **told)
    return Registered(
        id=taken.letter_id,
        entry=taken.entry_id,
        kind=taken.kind,
        number=taken.number,
        year=taken.year,
        letter_no=letter_no,
        subject=new.subject,
        dated=new.dated,
        urgency=new.urgency,
        secrecy=new.secrecy,
        circular=circular,
        registered_at=at,
        received_at=received_at,
        version=1,
        attachments=filed(tx, actor, taken.letter_id) if files else [],
    )


def filed(tx: Connection, actor: Actor, letter_id: int) -> list[Filed]:
    return [Filed.model_validate(row._asdict()) for row in letters.files_of(tx, actor, letter_id)]

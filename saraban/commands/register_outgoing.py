"""A clerk registers an outgoing letter: it gets the next number of the house's book."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from saraban import numbering
from saraban.commands.enter_letter import Registered, enter_letter, may_enter, must_fit
from saraban.commands.once import Nonce, write_once
from saraban.errors import Invalid, NotFound
from saraban.letters import NewOutgoing
from saraban.office import Office
from saraban.permissions import Actor
from saraban.thai.dates import buddhist_year
from storage import letters, registers, uploads


def register_outgoing(
    office: Office, actor: Actor, new: NewOutgoing, nonce: Nonce | None = None
) -> Registered:
    may_enter(actor, new)
    now = office.clock()
    this_year = buddhist_year(now)
    year = new.year or this_year

    def command(tx: Connection) -> Registered:
        files = _shared_files(tx, actor, new)
        files += uploads.use(tx, actor, [(file.upload, file.description) for file in new.files], now)
        # The file that is made of what was written is one of them.
        must_fit(office, new, len(files) + (new.paper is not None))
        links = _links(tx, actor, new)
        kind = registers.outgoing_kind(tx, actor.house_id, new.circular, year)
        taken = registers.take_next_number(tx, actor.house_id, kind, year, this_year)
        return enter_letter(
            tx,
            actor,
            new,
            now,
            taken,
            letter_no=numbering.letter_no(taken.prefix, taken.number, new.circular),
            circular=new.circular,
            from_text=new.from_text or actor.house_name,
            to_text=new.to_text,
            files=files,
            links=links,
            paper=new.paper,
        )

    return write_once(office, actor, nonce, Registered, command)


def _links(tx: Connection, actor: Actor, new: NewOutgoing) -> dict[str, int | None]:
    """The letters this one names, each of which the actor must be able to see."""
    for field in ("reply_to", "replaces"):
        named = getattr(new, field)
        if named is not None:
            seen = _seen(tx, actor, named, field)
            if field == "replaces" and seen.house_id != actor.house_id:
                raise Invalid((field, "ออกหนังสือแทนได้เฉพาะหนังสือของหน่วยงานท่านเอง"))
    return {"based_on_id": new.based_on, "reply_to_id": new.reply_to, "replaces_id": new.replaces}


def _shared_files(tx: Connection, actor: Actor, new: NewOutgoing) -> list[dict[str, Any]]:
    """The files of the letter this one is based on: shared, not uploaded again. Unnamed, all are meant."""
    if new.based_on is None:
        if new.attachments:
            raise Invalid(("attachments", "ใช้ได้เฉพาะเมื่อส่งต่อหนังสือฉบับเดิม (based_on)"))
        return []
    source = _seen(tx, actor, new.based_on, "based_on")
    if source.secrecy > new.secrecy_level:
        raise Invalid(("secrecy", "ชั้นความลับต่ำกว่าหนังสือฉบับเดิมไม่ได้"))
    found = letters.files_of(tx, actor, new.based_on, new.attachments)
    if new.attachments is not None and len(found) != len(set(new.attachments)):
        raise Invalid(("attachments", "ไม่พบไฟล์แนบนี้ในหนังสือฉบับเดิม"))
    return [
        {"blob_id": row.blob_id, "filename": row.filename, "description": row.description} for row in found
    ]


def _seen(tx: Connection, actor: Actor, letter_id: int, field: str) -> Any:
    try:
        return letters.visible(tx, actor, letter_id)
    except NotFound:
        raise Invalid((field, "ไม่พบหนังสือฉบับนี้ในหน่วยงานของท่าน")) from None

"""The central registry registers a letter that came on paper, by post or by e-mail."""

from __future__ import annotations

from sqlalchemy import Connection

from saraban import numbering
from saraban.commands.enter_letter import Registered, enter_letter, may_enter, must_fit
from saraban.commands.once import Nonce, write_once
from saraban.errors import Invalid
from saraban.fields import A_FEW_MINUTES
from saraban.letters import NewIncoming
from saraban.office import Office
from saraban.permissions import Actor
from saraban.thai.dates import buddhist_year
from storage import registers, uploads


def register_incoming(
    office: Office, actor: Actor, new: NewIncoming, nonce: Nonce | None = None
) -> Registered:
    may_enter(actor, new)
    must_fit(office, new, len(new.files))
    now = office.clock()
    received_at = new.received_at or now
    if received_at > now + A_FEW_MINUTES:
        raise Invalid(("received_at", "วันเวลาที่รับยังมาไม่ถึง"))
    this_year = buddhist_year(now)

    def command(tx: Connection) -> Registered:
        files = uploads.use(tx, actor, [(file.upload, file.description) for file in new.files], now)
        year = new.year or this_year
        read = numbering.parse_letter_no(new.letter_no)
        return enter_letter(
            tx,
            actor,
            new,
            now,
            registers.take_next_number(tx, actor.house_id, registers.INCOMING, year, this_year),
            letter_no=new.letter_no,
            circular=read is not None and read.circular,
            from_text=new.from_text,
            to_text=new.to_text or actor.house_name,
            files=files,
            received_at=received_at,
            channel=new.channel,
        )

    return write_once(office, actor, nonce, Registered, command)

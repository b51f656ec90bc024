"""A person with several offices chooses the one to work in now; a session that is used lives on."""

from __future__ import annotations

from sqlalchemy import Connection, update

from saraban.commands.log_in import IDLE, LONGEST
from saraban.errors import NotFound
from saraban.office import Office
from saraban.queries.visitor import Visitor, desk_of
from storage import events
from storage.tables import session


def choose_desk(office: Office, visitor: Visitor, membership_id: int) -> None:
    """The office one sits down in has it in its events."""
    now = office.clock()

    def command(tx: Connection) -> None:
        actor = desk_of(tx, visitor.person_id, membership_id)
        if actor is None:
            raise NotFound()
        mine = update(session).where(session.c.digest == visitor.digest, session.c.ended_at.is_(None))
        tx.execute(mine.values(membership_id=membership_id))
        events.record(tx, actor, "choose_desk", now)

    office.db.write(command)


def stay(office: Office, visitor: Visitor) -> None:
    """Called now and then, not at every look: the end moves on with use, up to a longest time."""
    now = office.clock()
    office.db.write(
        lambda tx: (
            tx.execute(
                update(session)
                .where(
                    session.c.digest == visitor.digest,
                    session.c.ended_at.is_(None),
                    session.c.created_at > now - LONGEST,
                )
                .values(seen_at=now, expires_at=now + IDLE)
            ).rowcount
        )
    )

"""A person with several offices chooses the one to work in now; a session that is used lives on."""

from __future__ import annotations

from sqlalchemy import select, update

from saraban.commands.log_in import IDLE, LONGEST
from saraban.errors import NotFound
from saraban.office import Office
from saraban.queries.visitor import Visitor
from storage.tables import membership, session


def choose_desk(office: Office, visitor: Visitor, membership_id: int) -> None:
    mine = (
        select(membership.c.id)
        .where(
            membership.c.id == membership_id,
            membership.c.person_id == visitor.person_id,
            membership.c.ended_at.is_(None),
        )
        .scalar_subquery()
    )
    chosen = office.db.write(
        lambda tx: tx.execute(
            update(session)
            .where(session.c.digest == visitor.digest, mine.isnot(None))
            .values(membership_id=membership_id)
        ).rowcount
    )
    if not chosen:
        raise NotFound()


def stay(office: Office, visitor: Visitor) -> None:
    """Called now and then, not at every look: the end moves on with use, up to a longest time."""
    now = office.clock()
    office.db.write(
        lambda tx: tx.execute(
            update(session)
            .where(session.c.digest == visitor.digest, session.c.created_at > now - LONGEST)
            .values(seen_at=now, expires_at=now + IDLE)
        ).rowcount
    )

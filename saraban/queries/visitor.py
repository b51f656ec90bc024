"""Who is at this browser? Its session says which person, in which office."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, select

from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.who_is_asking import WHO, WHOSE, actor_of, digest_of, house
from storage.prepared import Prepared
from storage.tables import membership, office as offices, password, person, session


class Visitor(NamedTuple):
    """A person whose browser has logged in; without an office chosen there is no actor yet."""

    digest: str
    person_id: int
    name: str
    actor: Actor | None
    must_change: bool
    seen_at: datetime
    expires_at: datetime
    ended: bool


class Desk(NamedTuple):
    """One of the offices a person works in."""

    membership_id: int
    code: str
    name: str
    role: str


_works = and_(
    membership.c.id == session.c.membership_id,
    membership.c.person_id == session.c.person_id,
    membership.c.ended_at.is_(None),
)
_VISITOR = Prepared(
    WHOSE.add_columns(session.c.seen_at, session.c.expires_at, session.c.ended_at, password.c.must_change)
    .select_from(session)
    .join(person, person.c.id == session.c.person_id)
    .outerjoin(password, password.c.person_id == person.c.id)
    .outerjoin(membership, _works)
    .outerjoin(offices, and_(offices.c.id == membership.c.office_id, offices.c.is_open))
    .outerjoin(house, house.c.id == offices.c.house_id)
    .where(session.c.digest == bindparam("digest"), person.c.is_active)
)
_ACTOR = WHO.where(membership.c.id == bindparam("membership"), membership.c.person_id == bindparam("whose"))
_DESKS = (
    select(membership.c.id, offices.c.code, offices.c.name, membership.c.role)
    .join(offices, offices.c.id == membership.c.office_id)
    .where(membership.c.person_id == bindparam("whose"), membership.c.ended_at.is_(None), offices.c.is_open)
    .order_by(offices.c.sort_key, membership.c.id)
)
_HOME = WHO.where(membership.c.person_id == bindparam("whose")).order_by(membership.c.id).limit(1)


async def visitor(office: Office, token: str) -> Visitor | None:
    digest, now = digest_of(token), office.clock()

    def query(db: Connection) -> Visitor | None:
        row = _VISITOR.first(db, digest=digest)
        if row is None:
            return None
        return Visitor(
            digest=digest,
            person_id=row.id,
            name=row.name,
            actor=None if row.house_id is None else actor_of(row),
            must_change=bool(row.must_change),
            seen_at=row.seen_at,
            expires_at=row.expires_at,
            ended=row.ended_at is not None or row.expires_at <= now,
        )

    return await office.db.glance(query)


def desk_of(db: Connection, person_id: int, membership_id: int | None) -> Actor | None:
    """A person at one of their desks; nobody, once that work has ended or its office is closed."""
    row = db.execute(_ACTOR, {"membership": membership_id, "whose": person_id}).first()
    return None if row is None else actor_of(row)


def desks_of(office: Office, person_id: int) -> list[Desk]:
    """The offices a person may choose between."""
    return office.db.read(lambda db: desks_in(db, person_id))


def desks_in(db: Connection, person_id: int) -> list[Desk]:
    return [Desk(*row) for row in db.execute(_DESKS, {"whose": person_id})]


def home_of(db: Connection, person_id: int) -> Actor | None:
    """Where a person worked first and still does: in its events stands what one does before sitting down."""
    row = db.execute(_HOME, {"whose": person_id}).first()
    return None if row is None else actor_of(row)


def sitting_at(db: Connection, who: Visitor) -> Actor | None:
    return who.actor or home_of(db, who.person_id)

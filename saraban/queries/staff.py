"""Who works in the offices an administrator keeps; and of one person: where, with which browsers open?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row, literal, or_, select

from saraban.fields import Line, OfficeCode, SecrecyWord
from saraban.ids import PersonId
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Act, Actor, Role
from saraban.queries.paging import Page, Paging, Place, turn
from saraban.thai.text import fold, tidy
from storage import people, tree
from storage.keyset import in_order_of
from storage.tables import membership, office as offices, password, person, session


class StaffFilters(Paging):
    q: Annotated[Line, Field(description="part of a name, a user name or an office")] | None = None
    office: OfficeCode | None = None
    role: Role | None = None


class Work(BaseModel):
    """A person in an office; one who has no password cannot log in yet."""

    membership: int
    person: PersonId
    name: str
    username: str | None
    office: str
    office_name: str
    role: Role
    clearance: SecrecyWord
    has_password: bool
    locked_until: datetime | None


class PastWork(BaseModel):
    office_name: str
    role: Role
    ended_at: datetime


class OpenBrowser(BaseModel):
    browser: str
    office_name: str | None
    created_at: datetime
    seen_at: datetime


class PersonView(BaseModel):
    """`kept`: everything this person opens is the administrator's own, so that a password may be given."""

    id: PersonId
    name: str
    username: str | None
    is_oneself: bool
    kept: bool
    has_password: bool
    must_change: bool
    locked_until: datetime | None
    work: list[Work]
    past: list[PastWork]
    browsers: list[OpenBrowser]


_WORK = (
    select(membership.c.id.label("membership"), person.c.id.label("person"), person.c.name, person.c.username)
    .add_columns(offices.c.code.label("office"), offices.c.name.label("office_name"), offices.c.sort_key)
    .add_columns(membership.c.role, membership.c.clearance, membership.c.ended_at)
    .add_columns(password.c.person_id.label("has_password"), password.c.locked_until, password.c.must_change)
    .join(person, person.c.id == membership.c.person_id)
    .join(offices, offices.c.id == membership.c.office_id)
    .outerjoin(password, password.c.person_id == person.c.id)
)
_STANDING = _WORK.where(membership.c.ended_at.is_(None), person.c.is_active, ~person.c.is_program)
_IN_ORDER = in_order_of(offices.c.sort_key, membership.c.id)
_last, _where = membership.alias("last"), offices.alias("where")


def staff(office: Office, actor: Actor, asked: StaffFilters) -> Page[Work]:
    """Office by office in the order of a Thai dictionary, only of the own tree."""
    actor.must(Act.KEEP_PEOPLE)
    now = office.clock()
    rows = _STANDING.where(membership.c.office_id.in_(tree.below(actor)))
    if asked.office:
        rows = rows.where(offices.c.code == asked.office)
    if asked.role:
        rows = rows.where(membership.c.role == str(asked.role))
    if asked.q:
        named = [person.c.name.contains(tidy(asked.q), autoescape=True)]
        named += [
            column.contains(fold(asked.q), autoescape=True)
            for column in (person.c.username, offices.c.folded)
        ]
        rows = rows.where(or_(*named))

    def query(db: Connection) -> Page[Work]:
        def read(place: Place | None, back: bool, limit: int) -> Sequence[Row[Any]]:
            here = place and (_key_of(place[0]), literal(place[0]))
            return db.execute(_IN_ORDER.read(rows, here, back).limit(limit)).all()

        turned = turn(asked, (int,), read, lambda row: (row.membership,))
        items = [_work(row, now) for row in turned.rows]
        return Page[Work](items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)


def _key_of(membership_id: int) -> Any:
    at = select(_where.c.sort_key).join(_last, _last.c.office_id == _where.c.id)
    return at.where(_last.c.id == membership_id).scalar_subquery()


def person_view(office: Office, actor: Actor, person_id: int) -> PersonView:
    """Work in the own tree; of work elsewhere no more than that there is some."""
    actor.must(Act.KEEP_PEOPLE)
    now = office.clock()

    def query(db: Connection) -> PersonView:
        who = people.known_to(db, actor, person_id)
        secret = db.execute(select(password).where(password.c.person_id == person_id)).first()
        mine = _WORK.where(person.c.id == person_id, membership.c.office_id.in_(tree.below(actor)))
        rows = db.execute(mine.order_by(*_IN_ORDER.by())).all()
        locked = secret is not None and secret.locked_until is not None and secret.locked_until > now
        return PersonView(
            id=who.id,
            name=who.name,
            username=who.username,
            is_oneself=who.id == actor.person_id,
            kept=not people.works_elsewhere(db, actor, person_id),
            has_password=secret is not None,
            must_change=secret is not None and secret.must_change,
            locked_until=secret.locked_until if secret is not None and locked else None,
            work=[_work(row, now) for row in rows if row.ended_at is None],
            past=[_past(row) for row in rows if row.ended_at is not None],
            browsers=_browsers(db, actor, person_id, now),
        )

    return office.db.read(query)


def _browsers(db: Connection, actor: Actor, person_id: int, now: datetime) -> list[OpenBrowser]:
    rows = db.execute(
        select(
            session.c.browser, session.c.created_at, session.c.seen_at, offices.c.name.label("office_name")
        )
        .outerjoin(membership, membership.c.id == session.c.membership_id)
        .outerjoin(offices, (offices.c.id == membership.c.office_id) & offices.c.id.in_(tree.below(actor)))
        .where(session.c.person_id == person_id, session.c.ended_at.is_(None), session.c.expires_at > now)
        .order_by(session.c.seen_at.desc(), session.c.digest)
    )
    return [OpenBrowser.model_validate(dict(row._mapping)) for row in rows]


def _past(row: Row[Any]) -> PastWork:
    return PastWork(office_name=row.office_name, role=row.role, ended_at=row.ended_at)


def _work(row: Row[Any], now: datetime) -> Work:
    locked = row.locked_until is not None and row.locked_until > now
    return Work(
        membership=row.membership,
        person=row.person,
        name=row.name,
        username=row.username,
        office=row.office,
        office_name=row.office_name,
        role=row.role,
        clearance=Secrecy(row.clearance).word,
        has_password=row.has_password is not None,
        locked_until=row.locked_until if locked else None,
    )

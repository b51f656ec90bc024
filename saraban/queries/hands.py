"""Into whose hands may a letter be given? The groups of the house, and the people in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import and_, bindparam, exists, false, func, or_, select

from saraban.fields import SecrecyWord
from saraban.ids import show
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage.prepared import Prepared
from storage.tables import Id, membership, office as offices, person


class Hand(NamedTuple):
    person: str
    name: str


class Group(NamedTuple):
    """An office of the house: itself to be chosen, if a group may be, and those who work there."""

    code: str
    name: str
    whole: bool
    people: list[Hand]


_house = bindparam("house", type_=Id)
_works = and_(
    membership.c.office_id == offices.c.id,
    membership.c.ended_at.is_(None),
    membership.c.clearance >= bindparam("level"),
)
_known = and_(person.c.id == membership.c.person_id, person.c.is_active, person.c.is_program == false())
_HANDS = Prepared(
    select(offices.c.id, offices.c.code, offices.c.name, person.c.id.label("person_id"))
    .add_columns(func.min(person.c.name).label("person_name"))
    .outerjoin(membership, _works)
    .outerjoin(person, _known)
    .where(offices.c.house_id == _house, offices.c.is_open)
    .group_by(offices.c.id, offices.c.code, offices.c.name, offices.c.sort_key, person.c.id)
    .order_by(offices.c.id != _house, offices.c.sort_key, offices.c.id, func.min(membership.c.id))
)


def hands(office: Office, actor: Actor, secrecy: SecrecyWord = "open") -> list[Group]:
    """A secret letter is given to named people who are cleared for it, never to a group."""
    actor.must(Act.READ)
    level = Secrecy.named(secrecy)
    rows = office.db.read(lambda db: _HANDS.all(db, house=actor.house_id, level=int(level)))
    groups: dict[int, Group] = {}
    for row in rows:
        whole = level == Secrecy.OPEN and row.id != actor.house_id
        group = groups.setdefault(row.id, Group(row.code, row.name, whole, []))
        if row.person_id is not None:
            group.people.append(Hand(show("P", row.person_id), row.person_name))
    return [group for group in groups.values() if group.whole or group.people]


_GROUPS = Prepared(
    select(offices.c.code, offices.c.name)
    .where(
        *(offices.c.house_id == _house, offices.c.is_open),
        or_(
            offices.c.id != _house,
            exists(
                select(1)
                .select_from(membership.join(person, _known))
                .where(membership.c.office_id == offices.c.id, membership.c.ended_at.is_(None))
            ),
        ),
    )
    .order_by(offices.c.id != _house, offices.c.sort_key, offices.c.id)
)


def acting_groups(office: Office, actor: Actor) -> list[tuple[str, str]]:
    """Code and name of those that have an open letter in hand: a book is looked through by them."""
    actor.must(Act.READ)
    return [(row.code, row.name) for row in office.db.read(lambda db: _GROUPS.all(db, house=actor.house_id))]


def names_of(groups: Sequence[Group]) -> dict[str, str]:
    """What an office's code and a person's id stand for."""
    return {group.code: group.name for group in groups} | {
        one.person: one.name for group in groups for one in group.people
    }

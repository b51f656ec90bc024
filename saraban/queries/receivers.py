"""To whom may a letter be sent? Schools by district and network, saved groups, work groups, what is above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from saraban.ids import show
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.thai.collation import sort_key
from storage.deliveries import everyone
from storage.tables import office as offices, recipient_group, recipient_group_office

# The largest area has 340 schools; the whole country is reached by `everyone`, by groups and by codes.
MOST_LISTED = 600


class Receiver(NamedTuple):
    code: str
    name: str
    district: str
    network: str


class Saved(NamedTuple):
    """A saved group, and how many of its offices are open."""

    id: str
    name: str
    open: int


class ToChoose(NamedTuple):
    """`everyone` counts the schools even where they are too many to be listed."""

    everyone: int
    schools: list[Receiver]
    saved: list[Saved]
    groups: list[Receiver]
    above: list[Receiver]

    @property
    def districts(self) -> dict[str, list[Receiver]]:
        """In the order of a Thai dictionary; the schools without one last, under no name."""
        by_name: dict[str, list[Receiver]] = {}
        for school in self.schools:
            by_name.setdefault(school.district, []).append(school)
        return dict(sorted(by_name.items(), key=lambda one: (not one[0], sort_key(one[0]))))

    @property
    def networks(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for school in self.schools:
            if school.network:
                counts[school.network] = counts.get(school.network, 0) + 1
        return dict(sorted(counts.items(), key=lambda one: sort_key(one[0])))

    def within(self, districts: Sequence[str], networks: Sequence[str]) -> list[str]:
        """The codes of the schools of these districts and networks."""
        return [one.code for one in self.schools if one.district in districts or one.network in networks]


_RECEIVER = select(offices.c.code, offices.c.name, offices.c.district, offices.c.network)


def receivers(office: Office, actor: Actor) -> ToChoose:
    actor.must(Act.SEND)

    def query(db: Connection) -> ToChoose:
        others = offices.c.id.not_in((actor.office_id, actor.house_id))
        schools = and_(everyone(actor), others)
        count = int(db.execute(select(func.count()).select_from(offices).where(schools)).scalar_one())
        own_groups = and_(offices.c.kind == "group", offices.c.house_id == actor.house_id)
        house = offices.alias("own")
        parent = select(house.c.parent_id).where(house.c.id == actor.house_id).scalar_subquery()
        # A school writes to its area, or to the work group there that asked.
        above = or_(offices.c.id == parent, and_(offices.c.kind == "group", offices.c.house_id == parent))
        return ToChoose(
            everyone=count,
            schools=_named(db, _RECEIVER.where(schools)) if count <= MOST_LISTED else [],
            saved=[Saved(show("G", row.id), row.name, row.open) for row in _saved(db, actor)],
            groups=_named(db, _RECEIVER.where(own_groups, offices.c.is_open, others)),
            above=_named(db, _RECEIVER.where(above, offices.c.is_open)),
        )

    return office.db.read(query)


def _named(db: Connection, which: Select[Any]) -> list[Receiver]:
    rows = db.execute(which.order_by(offices.c.kind == "group", offices.c.sort_key, offices.c.id))
    return [Receiver(*row) for row in rows]


def _saved(db: Connection, actor: Actor) -> Sequence[Row[Any]]:
    return db.execute(
        select(recipient_group.c.id, recipient_group.c.name, func.count(offices.c.id).label("open"))
        .outerjoin(recipient_group_office, recipient_group_office.c.group_id == recipient_group.c.id)
        .outerjoin(offices, and_(offices.c.id == recipient_group_office.c.office_id, offices.c.is_open))
        .where(recipient_group.c.house_id == actor.house_id)
        .group_by(recipient_group.c.id, recipient_group.c.name)
        .order_by(recipient_group.c.id)
    ).all()

"""Who holds this key, for which office, in which role, with which clearance?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from saraban.errors import Unauthenticated
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Actor, Role
from storage.prepared import Prepared
from storage.tables import key, membership, office as offices, person

house = offices.alias("house")
WHOSE: Select[Any] = select(
    *(person.c.id, person.c.name, membership.c.role, membership.c.clearance),
    *(offices.c.id.label("office_id"), offices.c.code.label("office_code")),
    *(offices.c.name.label("office_name"), offices.c.kind.label("office_kind"), offices.c.area_id),
    *(house.c.id.label("house_id"), house.c.code.label("house_code"), house.c.name.label("house_name")),
    house.c.kind.label("house_kind"),
)
WHO = (
    WHOSE.select_from(person)
    .join(membership, membership.c.person_id == person.c.id)
    .join(offices, offices.c.id == membership.c.office_id)
    .join(house, house.c.id == offices.c.house_id)
    .where(membership.c.ended_at.is_(None), person.c.is_active, offices.c.is_open)
)
_BY_KEY = Prepared(
    WHO.join(key, key.c.membership_id == membership.c.id).where(
        key.c.digest == bindparam("digest"), key.c.revoked_at.is_(None)
    )
)


def digest_of(secret: str) -> str:
    """A key is 256 random bits, so a plain hash keeps it: nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def who_is_asking(office: Office, secret: str) -> Actor:
    return _known(office.db.read(_holder_of(secret)))


async def who_is_asking_now(office: Office, secret: str) -> Actor:
    """The same for a request that is about to be read."""
    return _known(await office.db.glance(_holder_of(secret)))


def _holder_of(secret: str) -> Callable[[Connection], Row[Any] | None]:
    digest = digest_of(secret)
    return lambda db: _BY_KEY.first(db, digest=digest)


def _known(row: Row[Any] | None) -> Actor:
    if row is None:
        raise Unauthenticated()
    return actor_of(row)


def actor_of(row: Row[Any]) -> Actor:
    return Actor(
        person_id=row.id,
        person_name=row.name,
        office_id=row.office_id,
        office_code=row.office_code,
        office_name=row.office_name,
        office_kind=row.office_kind,
        house_id=row.house_id,
        house_code=row.house_code,
        house_name=row.house_name,
        house_kind=row.house_kind,
        area_id=row.area_id,
        role=Role(row.role),
        clearance=Secrecy(row.clearance),
    )

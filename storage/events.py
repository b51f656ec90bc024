"""Who did what to what, when: one event an act, chained by its hash to the one before in its house."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, LargeBinary, bindparam, func, insert, update

from saraban.permissions import Actor
from storage.prepared import Prepared
from storage.sql import insert_missing
from storage.tables import chain, event

_NEXT = Prepared(
    update(chain)
    .where(chain.c.house_id == bindparam("house"))
    .values(
        seq=chain.c.seq + 1,
        hash=func.chained(chain.c.hash, bindparam("body", type_=LargeBinary), type_=LargeBinary),
    )
    .returning(chain.c.seq, chain.c.hash)
)
_INSERT = Prepared(insert(event).inline())


def record(
    tx: Connection, actor: Actor, act: str, at: datetime, letter_id: int | None = None, **about: Any
) -> None:
    """Write the event last: from here to the commit its house's chain is locked."""
    body = canonical(at, actor.person_id, actor.office_id, act, letter_id, about)
    append(tx, actor.house_id, at, actor.person_id, actor.office_id, act, letter_id, body)


def append(
    tx: Connection,
    house_id: int,
    at: datetime,
    person_id: int,
    office_id: int,
    act: str,
    letter_id: int | None,
    body: str,
) -> None:
    follows = {"house": house_id, "body": body.encode()}
    head = _NEXT.first(tx, **follows)
    if head is None:
        insert_missing(tx, chain, {"house_id": house_id, "seq": 0, "hash": beginning(house_id)})
        head = _NEXT.first(tx, **follows)
        assert head is not None
    _INSERT.run(
        tx,
        house_id=house_id,
        seq=head.seq,
        at=at,
        person_id=person_id,
        office_id=office_id,
        act=act,
        letter_id=letter_id,
        body=body,
        hash=head.hash,
    )


def beginning(house_id: int) -> bytes:
    return hashlib.sha256(f"house {house_id}".encode()).digest()


def canonical(
    at: datetime, person_id: int, office_id: int, act: str, letter_id: int | None, about: dict[str, Any]
) -> str:
    """What is hashed: every column of the event and what else is told of it, in one fixed form."""
    told = {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "person": person_id,
        "office": office_id,
        "act": act,
        "letter": letter_id,
        "about": {name: value for name, value in about.items() if value is not None},
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)

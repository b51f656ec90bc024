"""Who did what to what, when: one event an act, chained by its hash to the one before in its house."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, LargeBinary, Update, bindparam, cast, exists, func, insert, select, update

from saraban.permissions import Actor
from storage.database import TryAgain
from storage.prepared import Prepared
from storage.rows import Change, Row, Shape, changed, insert_each, named, parts, shape_of
from storage.sql import insert_missing
from storage.tables import chain, event

_LINK = (
    update(chain)
    .where(chain.c.house_id == bindparam("house"))
    .values(
        seq=chain.c.seq + 1,
        hash=func.chained(chain.c.hash, bindparam("said", type_=LargeBinary), type_=LargeBinary),
    )
    .returning(chain.c.seq, chain.c.hash)
)
_NEXT = Prepared(_LINK)
_INSERT = Prepared(insert(event).inline())


def record(
    tx: Connection,
    actor: Actor,
    act: str,
    at: datetime,
    letter_id: int | None = None,
    rows: Sequence[Row] = (),
    change: Change | None = None,
    /,
    **about: Any,
) -> None:
    """Write the act's rows and its event, the last it does: from here on the house's chain is locked."""
    body = canonical(at, actor.person_id, actor.office_id, act, letter_id, about)
    append(tx, actor.house_id, at, actor.person_id, actor.office_id, act, letter_id, body, rows, change)


def append(
    tx: Connection,
    house_id: int,
    at: datetime,
    person_id: int,
    office_id: int,
    act: str,
    letter_id: int | None,
    body: str,
    rows: Sequence[Row] = (),
    change: Change | None = None,
) -> None:
    told = {
        "house_id": house_id,
        "at": at,
        "person_id": person_id,
        "office_id": office_id,
        "act": act,
        "letter_id": letter_id,
        "body": body,
    }
    follows = {"house": house_id, "said": body.encode()}
    if tx.dialect.name == "postgresql":
        written = _together(shape_of(rows), change and change.statement)
        done = written.first(tx, **named(rows), **(change.values if change else {}), **told, **follows)
        assert done is not None
        if change and not done.changed:
            raise TryAgain
        if not done.linked:
            insert_missing(tx, chain, _first_link(house_id))
            _together((), None).run(tx, **told, **follows)
        return
    insert_each(tx, rows)
    if change and not changed(tx, change):
        raise TryAgain
    head = _NEXT.first(tx, **follows)
    if head is None:
        insert_missing(tx, chain, _first_link(house_id))
        head = _NEXT.first(tx, **follows)
        assert head is not None
    _INSERT.run(tx, **told, seq=head.seq, hash=head.hash)


@cache
def _together(shape: Shape, change: Update | None) -> Prepared:
    """The act's rows, what it changes, the next link of the chain and the event, as one statement."""
    head = _LINK.cte("head")
    names = ["house_id", "at", "person_id", "office_id", "act", "letter_id", "body"]
    values = [cast(bindparam(name, type_=event.c[name].type), event.c[name].type) for name in names]
    linked = insert(event).from_select(
        [*names, "seq", "hash"], select(*values, head.c.seq, head.c.hash), include_defaults=False
    )
    done = {"linked": linked.returning(event.c.seq).cte("linked")}
    if change is not None:
        done["changed"] = change.cte("changed")
    told = select(*(exists(select(one)).label(name) for name, one in done.items()))
    return Prepared(told.add_cte(*parts(shape)), whole=True)


def _first_link(house_id: int) -> dict[str, Any]:
    return {"house_id": house_id, "seq": 0, "hash": beginning(house_id)}


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
    return _fixed(told)


_fixed = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode

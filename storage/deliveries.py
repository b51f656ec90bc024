"""Journeys of letters: one statement fans a dispatch out, one conditional update moves a delivery on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Row,
    String,
    and_,
    bindparam,
    exists,
    false,
    func,
    insert,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
    update,
)

from saraban.errors import NotFound
from saraban.permissions import Actor, Role
from storage.feed import next_change
from storage.prepared import Prepared
from storage.sql import among, counted
from storage.tables import (
    Id,
    delivery,
    dispatch,
    membership,
    office,
    person,
    recipient_group,
    recipient_group_office,
)
from storage.visibility import Sight, ids_of, sees_delivery, sight_of

WAITING, ACKNOWLEDGED, RETURNED, RECALLED = "waiting", "acknowledged", "returned", "recalled"
# Written out, not bound: SQLite uses a partial index only where the query says its condition.
IS_WAITING = delivery.c.state == literal_column("'waiting'")
IS_RETURNED = delivery.c.state == literal_column("'returned'")
# Reminded letters stand above every urgency (3 is ด่วนที่สุด).
REMINDED = 4


def everyone(actor: Actor) -> ColumnElement[bool]:
    """Every open school below the house (for a school: of its area); the sender is left out later."""
    return _schools(actor.house_id, actor.area_id)


def _schools(house_id: Any, area_id: Any | None) -> ColumnElement[bool]:
    house = office.alias("own_house")
    # An outside agency stands in the tree as its neighbour's contact: no school is below it.
    has_schools = exists(select(1).where(house.c.id == house_id, house.c.kind != "agency"))
    schools = and_(office.c.kind == "school", office.c.is_open, has_schools)
    return schools if area_id is None else and_(schools, office.c.area_id == area_id)


class Ways(NamedTuple):
    """How offices were chosen; which ones are only the values of a condition that is made once."""

    engine: str
    all_schools: bool
    of_area: bool
    groups: bool
    codes: bool
    without: bool


class Chosen(NamedTuple):
    """The union of what was chosen, less the exceptions and the sender, each office once."""

    ways: Ways
    values: dict[str, Any]

    @property
    def condition(self) -> ColumnElement[bool]:
        return _chosen(self.ways)


def chosen(
    tx: Connection,
    actor: Actor,
    *,
    all_schools: bool,
    groups: Sequence[int],
    codes: Sequence[str],
    without: Sequence[str],
) -> Chosen:
    values = {
        "my_area": actor.area_id, "chosen_groups": groups, "chosen_codes": codes, "left_out": without,
        **ids_of(actor),
    }  # fmt: skip
    ways = Ways(
        tx.dialect.name, all_schools, actor.area_id is not None, bool(groups), bool(codes), bool(without)
    )
    return Chosen(ways, values)


@cache
def _chosen(ways: Ways) -> ColumnElement[bool]:
    me = {name: bindparam(name, type_=Id) for name in ("my_house", "my_office", "my_area")}
    either: list[ColumnElement[bool]] = []
    if ways.all_schools:
        either.append(_schools(me["my_house"], me["my_area"] if ways.of_area else None))
    if ways.groups:
        members = select(recipient_group_office.c.office_id).where(
            among(ways.engine, recipient_group_office.c.group_id, "chosen_groups")
        )
        either.append(and_(office.c.id.in_(members), office.c.is_open))
    if ways.codes:
        either.append(among(ways.engine, office.c.code, "chosen_codes"))
    wanted = and_(or_(false(), *either), office.c.id != me["my_office"], office.c.id != me["my_house"])
    return and_(wanted, not_(among(ways.engine, office.c.code, "left_out"))) if ways.without else wanted


class Sending(NamedTuple):
    """What all deliveries of a dispatch have in common."""

    dispatch_id: int
    letter_id: int
    sender_id: int
    priority: int
    secrecy: int
    changed_at: datetime


def fan_out(tx: Connection, receivers: Chosen, sending: Sending, posted: Sequence[str]) -> int:
    """One INSERT … SELECT, whatever the number of schools (30,808: 31 × faster than row by row, measured)."""
    changed = next_change(tx)
    if receivers.ways not in _FAN_OUT:
        _FAN_OUT[receivers.ways] = _fanning_out(receivers.condition, changed)
    shared = sending._asdict()
    values = {f"all_{name}": value for name, value in shared.items()}
    count = counted(tx, _FAN_OUT[receivers.ways], {**values, **receivers.values})
    addressees = list(dict.fromkeys(posted))
    if addressees:
        shared |= {"state": WAITING, "changed": changed}
        by_post = [
            {**shared, "position": count + n, "to_text": to} for n, to in enumerate(addressees, start=1)
        ]
        tx.execute(insert(delivery).values(by_post))
    return count + len(addressees)


_FAN_OUT: dict[Ways, Insert] = {}


def _fanning_out(receivers: ColumnElement[bool], changed: ColumnElement[int]) -> Insert:
    shared: dict[str, ColumnElement[Any]] = {
        name: bindparam(f"all_{name}", type_=delivery.c[name].type) for name in Sending._fields
    }
    shared |= {"state": literal(WAITING, String), "changed": changed}
    place = func.row_number().over(order_by=(office.c.sort_key, office.c.id))
    rows = select(*shared.values(), office.c.id, office.c.house_id, place).where(receivers)
    into = [*shared, "office_id", "house_id", "position"]
    return insert(delivery).from_select(into, rows, include_defaults=False)


def not_cleared(tx: Connection, receivers: Chosen, secrecy: int) -> list[str]:
    """The receivers where nobody could open a letter of this secrecy."""
    where = office.alias("where_cleared")
    somebody = exists(
        select(1)
        .select_from(
            membership.join(where, where.c.id == membership.c.office_id).join(
                person, person.c.id == membership.c.person_id
            )
        )
        .where(
            membership.c.clearance >= secrecy,
            membership.c.ended_at.is_(None),
            person.c.is_active == true(),
            or_(
                membership.c.office_id == office.c.id,
                and_(membership.c.role == str(Role.SECRET_REGISTRAR), where.c.house_id == office.c.house_id),
            ),
        )
    )
    return [
        f"{row.code} {row.name}"
        for row in tx.execute(
            select(office.c.code, office.c.name)
            .where(receivers.condition, ~somebody)
            .order_by(office.c.sort_key),
            receivers.values,
        )
    ]


def groups_of(tx: Connection, actor: Actor, groups: Sequence[int]) -> set[int]:
    return set(
        tx.execute(
            select(recipient_group.c.id).where(
                recipient_group.c.id.in_(groups), recipient_group.c.house_id == actor.house_id
            )
        ).scalars()
    )


def came_to(actor: Actor) -> ColumnElement[bool]:
    """Of a delivery the actor may receive: what one's own office passes on has not come to it."""
    own = dispatch.alias("own_dispatch")
    by_us = exists(select(1).where(own.c.id == delivery.c.dispatch_id, own.c.office_id == actor.office_id))
    return and_(sees_delivery(actor), or_(delivery.c.sender_id != actor.house_id, ~by_us))


def received(tx: Connection, actor: Actor, delivery_id: int) -> Row[Any]:
    """A delivery to the actor's house that the actor may receive, with its dispatch."""
    row = tx.execute(
        select(delivery, dispatch.c.recall_reason, dispatch.c.sent_at)
        .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
        .where(delivery.c.id == delivery_id, came_to(actor))
    ).first()
    if row is None:
        raise NotFound()
    return row


def move(
    tx: Connection, actor: Actor, delivery_id: int, states: Sequence[str], at: datetime, **values: Any
) -> Row[Any] | None:
    """Whoever changes exactly one row owns the move; None when the state (or the eye) forbids it."""
    changed = next_change(tx)
    moving = _moving(tx.dialect.name, sight_of(actor), tuple(states), tuple(values), changed)
    return moving.first(tx, of_delivery=delivery_id, changed_at=at, **values, **ids_of(actor))


_MOVING: dict[tuple[Any, ...], Prepared] = {}


def _moving(
    engine: str, sight: Sight, states: tuple[str, ...], names: tuple[str, ...], changed: ColumnElement[int]
) -> Prepared:
    key = engine, sight, states, names
    if key not in _MOVING:
        _MOVING[key] = Prepared(
            update(delivery)
            .where(
                delivery.c.id == bindparam("of_delivery"),
                or_(*(delivery.c.state == state for state in states)),
                came_to(sight.anybody),
            )
            .values(changed=changed)
            .returning(delivery)
        )
    return _MOVING[key]


def recall(tx: Connection, dispatch_ids: Sequence[int], at: datetime) -> int:
    """What waits is recalled; what was acknowledged keeps its state and is marked."""
    mine = and_(delivery.c.dispatch_id.in_(dispatch_ids), delivery.c.recalled_at.is_(None))
    change = {"changed": next_change(tx), "changed_at": at, "recalled_at": at}
    called = tx.execute(
        update(delivery).where(mine, delivery.c.state == WAITING).values(state=RECALLED, **change)
    ).rowcount
    tx.execute(update(delivery).where(mine, delivery.c.state == ACKNOWLEDGED).values(**change))
    return called


def remind(tx: Connection, dispatch_id: int, urgency: int, at: datetime) -> int:
    """Only the missing are reminded; their letter moves to the top of their inbox."""
    return tx.execute(
        update(delivery)
        .where(
            delivery.c.dispatch_id == dispatch_id,
            delivery.c.state == WAITING,
            delivery.c.office_id.isnot(None),
        )
        .values(changed=next_change(tx), changed_at=at, reminded_at=at, priority=REMINDED + urgency)
    ).rowcount

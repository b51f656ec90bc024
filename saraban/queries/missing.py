"""What of all that the house has sent is late, and what has come back?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, bindparam, exists, func, select

from saraban.fields import SecrecyWord
from saraban.ids import DeliveryId, DispatchId
from saraban.levels import Secrecy
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.answers import answer
from saraban.queries.inbox import OfficeRef, office_ref
from saraban.queries.paging import Page, Paging, Place, turn
from saraban.queries.tracking import (
    DISPATCHES,
    DispatchItem,
    LetterRef,
    dispatch_item,
    may_follow,
    totals_of,
)
from storage.columns import Instant
from storage.deliveries import IS_RETURNED, IS_WAITING
from storage.keyset import Listing, newest_first
from storage.tables import delivery, dispatch, letter, office as offices, person
from storage.visibility import Sight, ids_of, sees_letter, sight_of

NAMED = 8  # late offices of a dispatch that are named in the list; its own page has them all


class OverdueDispatch(DispatchItem):
    """A sending past its day, with the first of those who have not acknowledged it."""

    overdue_at: datetime
    late: list[OfficeRef]


def overdue(office: Office, actor: Actor, asked: Paging) -> Page[OverdueDispatch]:
    """By dispatch, the newest first; of the post nobody is late."""
    actor.must(Act.READ)
    now = office.clock()
    listing = _overdue(sight_of(actor))

    def query(db: Connection) -> Page[OverdueDispatch]:
        def read(place: Place | None, back: bool, limit: int) -> Sequence[Any]:
            return listing.read(db, place, back, limit, now=now, **ids_of(actor))

        turned = turn(asked, (int,), read, lambda row: (row.id,))
        totals = totals_of(db, actor, turned.rows, now)
        late = _late(db, [row.id for row in turned.rows])
        items = [
            answer(
                OverdueDispatch,
                {
                    **dispatch_item(row, totals[row.id]).__dict__,
                    "overdue_at": row.overdue_at,
                    "late": late.get(row.id, []),
                },
            )
            for row in turned.rows
        ]
        return Page[OverdueDispatch](items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)


@cache
def _overdue(sight: Sight) -> Listing:
    missing = exists(
        select(1).where(delivery.c.dispatch_id == dispatch.c.id, IS_WAITING, delivery.c.office_id.isnot(None))
    )
    late = (dispatch.c.overdue_at <= bindparam("now", type_=Instant), missing, may_follow(sight.anybody))
    rows = DISPATCHES.where(dispatch.c.house_id == sight.anybody.house_id, *late)
    return Listing(rows, newest_first(dispatch.c.id))


_place = func.row_number().over(partition_by=delivery.c.dispatch_id, order_by=delivery.c.position)
_ranked = (
    select(delivery.c.dispatch_id, delivery.c.office_id, _place.label("place"))
    .where(delivery.c.dispatch_id.in_(bindparam("ids", expanding=True)))
    .where(IS_WAITING, delivery.c.office_id.isnot(None))
    .subquery()
)
_NAMES = (
    select(_ranked.c.dispatch_id, offices.c.code, offices.c.name)
    .join(offices, offices.c.id == _ranked.c.office_id)
    .where(_ranked.c.place <= NAMED)
    .order_by(_ranked.c.dispatch_id, _ranked.c.place)
)


def _late(db: Connection, dispatch_ids: Sequence[int]) -> dict[int, list[OfficeRef]]:
    late: dict[int, list[OfficeRef]] = {}
    for row in db.execute(_NAMES, {"ids": dispatch_ids}):
        name = office_ref(row.code, row.name)
        late.setdefault(row.dispatch_id, []).append(name)
    return late


class ReturnedItem(BaseModel):
    """A letter that has come back: from whom, why, and the letter that took its place."""

    id: DeliveryId
    dispatch: DispatchId
    letter: LetterRef
    secrecy: SecrecyWord
    office: OfficeRef
    sent_at: datetime
    sent_by: str
    returned_at: datetime
    returned_by: str
    reason: str
    replaced_by: LetterRef | None


_closer, _sender = person.alias("closer"), person.alias("sender")
_RETURNED = (
    select(delivery.c.id, delivery.c.dispatch_id, delivery.c.closed_at, delivery.c.reason)
    .add_columns(letter.c.id.label("letter_id"), letter.c.letter_no, letter.c.subject, letter.c.dated)
    .add_columns(dispatch.c.sent_at, dispatch.c.secrecy, _sender.c.name.label("sender"))
    .add_columns(offices.c.code, offices.c.name, _closer.c.name.label("closer"))
    .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
    .join(letter, letter.c.id == dispatch.c.letter_id)
    .join(offices, offices.c.id == delivery.c.office_id)
    .join(_sender, _sender.c.id == dispatch.c.sent_by)
    .join(_closer, _closer.c.id == delivery.c.closed_by)
    .where(IS_RETURNED)
)


def returned(office: Office, actor: Actor, asked: Paging) -> Page[ReturnedItem]:
    """What receivers have given back, of the newest sending first."""
    actor.must(Act.READ)
    listing = _came_back(sight_of(actor))

    def query(db: Connection) -> Page[ReturnedItem]:
        def read(place: Place | None, back: bool, limit: int) -> Sequence[Any]:
            return listing.read(db, place, back, limit, **ids_of(actor))

        turned = turn(asked, (int, int), read, lambda row: (row.dispatch_id, row.id))
        successors = _successors(db, actor, [row.letter_id for row in turned.rows])
        items = [_returned(row, successors.get(row.letter_id)) for row in turned.rows]
        return Page[ReturnedItem](items=items, next=turned.next, previous=turned.previous)

    return office.db.read(query)


@cache
def _came_back(sight: Sight) -> Listing:
    ours = (delivery.c.sender_id == sight.anybody.house_id, may_follow(sight.anybody))
    # By dispatch and not by when it came back: so its index has them in their order.
    return Listing(_RETURNED.where(*ours), newest_first(delivery.c.dispatch_id, delivery.c.id))


def _successors(db: Connection, actor: Actor, letters: Sequence[int]) -> dict[int, LetterRef]:
    """The newest letter that was made in place of each."""
    rows = db.execute(
        select(letter.c.replaces_id, letter.c.id, letter.c.letter_no, letter.c.subject, letter.c.dated)
        .where(letter.c.replaces_id.in_(letters), sees_letter(actor))
        .order_by(letter.c.id)
    )
    return {
        row.replaces_id: LetterRef(id=row.id, letter_no=row.letter_no, subject=row.subject, dated=row.dated)
        for row in rows
    }


def _returned(row: Any, replaced_by: LetterRef | None) -> ReturnedItem:
    subject = LetterRef(id=row.letter_id, letter_no=row.letter_no, subject=row.subject, dated=row.dated)
    return ReturnedItem(
        id=row.id,
        dispatch=row.dispatch_id,
        letter=subject,
        secrecy=Secrecy(row.secrecy).word,
        office=office_ref(row.code, row.name),
        sent_at=row.sent_at,
        sent_by=row.sender,
        returned_at=row.closed_at,
        returned_by=row.closer,
        reason=row.reason,
        replaced_by=replaced_by,
    )

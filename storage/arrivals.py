"""A delivery as it is received: all that must be known of it in one statement, and what moves it on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, bindparam, literal_column, select, update

from saraban.permissions import Actor
from storage.deliveries import ACKNOWLEDGED, IS_WAITING, came_to
from storage.feed import next_change
from storage.prepared import Prepared
from storage.rows import Change
from storage.tables import (
    Id,
    attachment,
    blob,
    delivery,
    dispatch,
    dispatch_attachment,
    entry,
    letter,
    office,
)
from storage.visibility import Sight, ids_of, sight_of

_SENDER, _RECEIVER = office.alias("sending_office"), office.alias("receiving_office")


def arriving(tx: Connection, actor: Actor, delivery_id: int) -> Sequence[Any]:
    """A delivery that the actor may receive, with all that its receipt will tell: a row for each file."""
    return _arriving(sight_of(actor)).all(tx, of_delivery=delivery_id, **ids_of(actor))


@cache
def _arriving(sight: Sight) -> Prepared:
    standing = select(entry.c.id).where(
        entry.c.house_id == delivery.c.house_id,
        entry.c.letter_id == delivery.c.letter_id,
        entry.c.kind == "incoming",
        entry.c.void_at.is_(None),
    )
    return Prepared(
        select(
            *(delivery.c[name] for name in ("id", "state", "sender_id", "letter_id", "office_id", "secrecy")),
            standing.limit(1).scalar_subquery().label("line_id"),
            *(letter.c.letter_no, letter.c.dated),
            *(_SENDER.c.code.label("sender_code"), _SENDER.c.name.label("sender_name")),
            *(_RECEIVER.c.code.label("receiver_code"), _RECEIVER.c.name.label("receiver_name")),
            *(attachment.c.filename, blob.c.sha256, blob.c.size),
        )
        .join(letter, letter.c.id == delivery.c.letter_id)
        .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
        .join(_SENDER, _SENDER.c.id == dispatch.c.office_id)
        .join(_RECEIVER, _RECEIVER.c.id == delivery.c.office_id)
        .outerjoin(dispatch_attachment, dispatch_attachment.c.dispatch_id == delivery.c.dispatch_id)
        .outerjoin(attachment, attachment.c.id == dispatch_attachment.c.attachment_id)
        .outerjoin(blob, blob.c.id == attachment.c.blob_id)
        .where(delivery.c.id == bindparam("of_delivery", type_=Id), came_to(sight.anybody))
        .order_by(attachment.c.position)
    )


def acknowledged(
    tx: Connection, delivery_id: int, by: Actor, at: datetime, received_at: datetime, entry_id: int | None
) -> Change:
    """Whoever changes it while it waits has acknowledged it."""
    engine = tx.dialect.name
    changed = next_change(tx)
    if engine not in _ACKNOWLEDGING:
        _ACKNOWLEDGING[engine] = _acknowledging(changed)
    values = {
        "of_delivery": delivery_id, "acknowledged_at": at, "received_at": received_at,
        "acknowledged_by": by.person_id, "under": entry_id,
    }  # fmt: skip
    return Change(_ACKNOWLEDGING[engine], values)


_ACKNOWLEDGING: dict[str, Update] = {}


def _acknowledging(changed: ColumnElement[int]) -> Update:
    def given(name: str, column: Any) -> Any:
        return bindparam(name, type_=column.type)

    at = given("acknowledged_at", delivery.c.closed_at)
    return (
        update(delivery)
        .where(delivery.c.id == given("of_delivery", delivery.c.id), IS_WAITING)
        .values(
            state=literal_column(f"'{ACKNOWLEDGED}'"),
            changed=changed,
            changed_at=at,
            closed_at=at,
            closed_by=given("acknowledged_by", delivery.c.closed_by),
            received_at=given("received_at", delivery.c.received_at),
            entry_id=given("under", delivery.c.entry_id),
        )
        .returning(delivery.c.id)
    )

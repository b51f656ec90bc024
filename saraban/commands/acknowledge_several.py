"""Several plain letters are acknowledged in one go: each has its own number, receipt and transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from saraban.commands.acknowledge import Acknowledging, acknowledge
from saraban.errors import Conflict
from saraban.levels import Secrecy, Urgency
from saraban.office import Office
from saraban.permissions import Act, Actor
from storage.deliveries import WAITING, came_to
from storage.tables import delivery, dispatch

# A letter that must be opened to be understood is not acknowledged by a tick in a list.
_PLAIN = (
    select(delivery.c.id)
    .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
    .where(delivery.c.state == WAITING, delivery.c.secrecy == int(Secrecy.OPEN))
    .where(dispatch.c.urgency < int(Urgency.MOST_URGENT))
)


class Several(NamedTuple):
    """How many were acknowledged; how many were left because they may not be, or no longer."""

    done: int
    left: int


async def acknowledge_several(office: Office, actor: Actor, delivery_ids: Sequence[int]) -> Several:
    """In the order given, so that the numbers run as the list was read; between them others take one."""
    actor.must(Act.RECEIVE)
    wanted = list(dict.fromkeys(delivery_ids))
    asked = _PLAIN.where(delivery.c.id.in_(wanted), came_to(actor))
    plain = set(await office.db.survey(lambda db: db.execute(asked).scalars().all()))
    done = [await _acknowledged(office, actor, one) for one in wanted if one in plain]
    return Several(sum(done), len(wanted) - sum(done))


async def _acknowledged(office: Office, actor: Actor, delivery_id: int) -> bool:
    """One that its sender calls back in this very moment is left: the others are not kept waiting for it."""
    try:
        await office.db.perform(
            lambda: acknowledge(office, actor, delivery_id, Acknowledging()), actor.house_id
        )
    except Conflict:
        return False
    return True

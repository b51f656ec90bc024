"""Saved groups of receivers: โรงเรียนขนาดเล็ก, โรงเรียนขยายโอกาส, a network of schools."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import Field
from sqlalchemy import Connection, delete, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from saraban.commands.once import Nonce, write_once
from saraban.errors import AlreadyExists, NotFound, UnknownOffices
from saraban.fields import Given, Name, OfficeCode
from saraban.ids import show
from saraban.office import Office
from saraban.permissions import Act, Actor
from saraban.queries.recipient_groups import GroupItem, group_item
from storage import events
from storage.sql import counted
from storage.tables import office as offices, recipient_group, recipient_group_office

LARGEST = 10_000


class GroupSaid(Given):
    """A group as it is to be: its name, and the codes of all its offices."""

    name: Name = Field(examples=["โรงเรียนขนาดเล็ก"])
    offices: list[OfficeCode] = Field(max_length=LARGEST, examples=[["99010001", "99010002"]])


def add_group(office: Office, actor: Actor, said: GroupSaid, nonce: Nonce | None = None) -> GroupItem:
    actor.must(Act.KEEP_GROUPS)
    now = office.clock()

    def command(tx: Connection) -> GroupItem:
        row = {"house_id": actor.house_id, "name": said.name, "changed_at": now}
        with _named_once(said):
            added = insert(recipient_group).values(row).returning(recipient_group.c.id)
            group_id = int(tx.execute(added).scalar_one())
        count = _fill(tx, group_id, said)
        events.record(
            tx, actor, "create_group", now, None, group=show("G", group_id), name=said.name, offices=count
        )
        return group_item(tx, actor, group_id)

    return write_once(office, actor, nonce, GroupItem, command)


def change_group(office: Office, actor: Actor, group_id: int, said: GroupSaid) -> GroupItem:
    actor.must(Act.KEEP_GROUPS)
    now = office.clock()

    def command(tx: Connection) -> GroupItem:
        # The group's row first: who changes the same group at the same time waits here.
        with _named_once(said):
            changed = (
                update(recipient_group).where(*_own(actor, group_id)).values(name=said.name, changed_at=now)
            )
            if tx.execute(changed).rowcount == 0:
                raise NotFound()
        _empty(tx, group_id)
        count = _fill(tx, group_id, said)
        events.record(
            tx, actor, "change_group", now, None, group=show("G", group_id), name=said.name, offices=count
        )
        return group_item(tx, actor, group_id)

    return office.db.write(command)


def delete_group(office: Office, actor: Actor, group_id: int) -> None:
    """A group is a convenience and no record: what was sent to it names every receiver by itself."""
    actor.must(Act.KEEP_GROUPS)
    now = office.clock()

    def command(tx: Connection) -> None:
        own = select(recipient_group.c.name).where(*_own(actor, group_id)).with_for_update()
        name = tx.execute(own).scalar()
        if name is None:
            raise NotFound()
        _empty(tx, group_id)
        tx.execute(delete(recipient_group).where(recipient_group.c.id == group_id))
        events.record(tx, actor, "delete_group", now, None, group=show("G", group_id), name=name)

    office.db.write(command)


@contextmanager
def _named_once(said: GroupSaid) -> Iterator[None]:
    try:
        yield
    except IntegrityError as taken:
        raise AlreadyExists(field="name", what=f"กลุ่มผู้รับ “{said.name}”") from taken


def _own(actor: Actor, group_id: int) -> list[Any]:
    return [recipient_group.c.id == group_id, recipient_group.c.house_id == actor.house_id]


def _empty(tx: Connection, group_id: int) -> None:
    tx.execute(delete(recipient_group_office).where(recipient_group_office.c.group_id == group_id))


def _fill(tx: Connection, group_id: int, said: GroupSaid) -> int:
    codes = list(dict.fromkeys(said.offices))
    chosen = select(literal(group_id), offices.c.id).where(offices.c.code.in_(codes))
    into = insert(recipient_group_office).from_select(["group_id", "office_id"], chosen)
    count = counted(tx, into)
    if count < len(codes):
        known = set(tx.execute(select(offices.c.code).where(offices.c.code.in_(codes))).scalars())
        raise UnknownOffices(field="offices", offices=[code for code in codes if code not in known])
    return count

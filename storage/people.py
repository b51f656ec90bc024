"""Whom an administrator keeps: people who work in the own tree, and nowhere else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, select

from saraban.errors import NotFound, WorksElsewhere
from saraban.permissions import Actor
from storage import tree
from storage.tables import membership, office, person


def known_to(tx: Connection, actor: Actor, person_id: int) -> Row[Any]:
    """A person who works, or has worked, in the actor's tree; any other is not found, nor is a program."""
    works = select(1).where(
        membership.c.person_id == person.c.id, membership.c.office_id.in_(tree.below(actor))
    )
    row = tx.execute(
        select(person).where(person.c.id == person_id, ~person.c.is_program, works.exists())
    ).first()
    if row is None:
        raise NotFound()
    return row


def kept_by(tx: Connection, actor: Actor, person_id: int) -> Row[Any]:
    """A person whose password would open no office but the actor's own: of nobody else's may it be given."""
    row = known_to(tx, actor, person_id)
    if works_elsewhere(tx, actor, person_id):
        raise WorksElsewhere()
    return row


def works_elsewhere(tx: Connection, actor: Actor, person_id: int) -> bool:
    elsewhere = select(func.count()).where(
        membership.c.person_id == person_id,
        membership.c.ended_at.is_(None),
        membership.c.office_id.not_in(tree.below(actor)),
    )
    return bool(tx.execute(elsewhere).scalar_one())


def work_in_the_tree(tx: Connection, actor: Actor, membership_id: int) -> Row[Any]:
    """Somebody's work in an office of the actor's tree that has not ended, with its office's code."""
    row = tx.execute(
        select(membership, office.c.code, person.c.is_program)
        .join(office, office.c.id == membership.c.office_id)
        .join(person, person.c.id == membership.c.person_id)
        .where(membership.c.id == membership_id, membership.c.ended_at.is_(None))
        .where(membership.c.office_id.in_(tree.below(actor)))
        .with_for_update(of=membership)
    ).first()
    if row is None:
        raise NotFound()
    return row

"""Twice is once: the first answer to a nonce is kept in the command's own transaction, and given again."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, select, update

from saraban.errors import IdempotencyMismatch
from saraban.office import Office
from saraban.permissions import Actor
from storage.sql import insert_missing
from storage.tables import answer

A = TypeVar("A", bound=BaseModel)


class Nonce(NamedTuple):
    """What makes two requests the same: where they went, the key they carried, what they said."""

    path: str
    key: str
    digest: str


def write_once(
    office: Office, actor: Actor, nonce: Nonce | None, kind: type[A], command: Callable[[Connection], A]
) -> A:
    """Run the command, or give the answer it gave before; a refused command leaves no trace of its nonce."""
    if nonce is None:
        return office.db.write(command)

    def first_or_again(tx: Connection) -> A:
        whose = {"person_id": actor.person_id, "path": nonce.path, "nonce": nonce.key}
        fresh = {**whose, "digest": nonce.digest, "answer": None, "created_at": office.clock()}
        # A second request waits here for the first one's commit: the unique key decides who is first.
        if insert_missing(tx, answer, fresh):
            given = command(tx)
            tx.execute(update(answer).where(*_is(whose)).values(answer=given.model_dump_json()))
            return given
        kept = tx.execute(select(answer.c.digest, answer.c.answer).where(*_is(whose))).one()
        if kept.digest != nonce.digest:
            raise IdempotencyMismatch(field="Idempotency-Key")
        return kind.model_validate_json(kept.answer)

    return office.db.write(first_or_again)


def _is(whose: dict[str, object]) -> list[ColumnElement[bool]]:
    return [answer.c[name] == value for name, value in whose.items()]

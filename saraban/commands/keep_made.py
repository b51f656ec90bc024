"""A file that was made here is kept with the act that names it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from saraban.errors import Refusal
from saraban.office import Office
from storage import blobs
from storage.files import Spool

T = TypeVar("T")


def keep_made(office: Office, made: bytes, kind: str, at: datetime, act: Callable[[Connection, int], T]) -> T:
    with Spool(office.settings.spool, office.settings.max_file_bytes, kind) as spool:
        spool.write(made)
        return keep_spooled(office, spool, kind, at, act)


def keep_spooled(
    office: Office, spool: Spool, kind: str, at: datetime, act: Callable[[Connection, int], T]
) -> T:
    """Slow and outside the transaction: the bytes are durable before the act names their blob."""
    stored = office.files.keep(spool)

    def command(tx: Connection) -> tuple[T, str | None]:
        kept = blobs.keep(tx, stored, kind, at)
        return act(tx, kept.blob_id), kept.spare_key

    try:
        done, spare_key = office.db.write(command)
    except Refusal:
        office.files.delete(stored.key)  # nothing was committed, so nobody names it
        raise
    if spare_key is not None:
        office.files.delete(spare_key)
    return done

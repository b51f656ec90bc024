"""The public halves of every key that ever signed a receipt here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from storage.sql import insert_missing
from storage.tables import signing_key


def publish(tx: Connection, key_id: str, public_key: str, at: datetime) -> None:
    insert_missing(tx, signing_key, {"key_id": key_id, "public_key": public_key, "created_at": at})


def all_keys(tx: Connection) -> dict[str, str]:
    rows = tx.execute(
        select(signing_key.c.key_id, signing_key.c.public_key).order_by(signing_key.c.created_at)
    )
    return {row.key_id: row.public_key for row in rows}

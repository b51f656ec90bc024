"""Is this receipt one of ours? Anybody who holds it may ask, and hears no more than its numbers and dates."""

from __future__ import annotations

import hmac
import json
from datetime import date, datetime

from pydantic import BaseModel
from sqlalchemy import select

from saraban.office import Office
from saraban.queries.named_in_receipt import named_in_receipt
from saraban.receipts import NotGenuine, proof_of, verify
from storage import signing_keys
from storage.tables import receipt


class Confirmed(BaseModel):
    """`sender` and `receiver` for whoever brought the signed file, which names them already."""

    letter_no: str
    dated: date
    number: int | None
    year: int
    received_at: datetime
    acknowledged_at: datetime
    sender: str | None = None
    receiver: str | None = None


def check_proof(office: Office, delivery_id: int, proof: str) -> Confirmed | None:
    """Whether the code on the paper is that of the receipt; no receipt and another code are one answer."""
    query = select(receipt.c.document).where(receipt.c.delivery_id == delivery_id)
    kept = office.db.read(lambda db: db.execute(query).scalar_one_or_none())
    if kept is None or not hmac.compare_digest(proof_of(json.loads(kept)).encode(), proof.encode()):
        return None
    confirmed = check_document(office, kept.encode())
    return confirmed and confirmed.model_copy(update={"sender": None, "receiver": None})


def check_document(office: Office, document: bytes) -> Confirmed | None:
    """The same of the signed file, which proves itself."""
    try:
        facts = verify(document, office.db.read(signing_keys.all_keys))
    except NotGenuine:
        return None
    return Confirmed.model_validate({**facts, **office.db.read(lambda db: named_in_receipt(db, facts))})

"""Every receipt's signature, and whether it still says what the rows say."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from saraban.ids import show
from saraban.queries.check.report import Report, stream
from saraban.receipts import FileFacts, NotGenuine, utc_text, verify
from storage import letters, signing_keys
from storage.deliveries import ACKNOWLEDGED
from storage.tables import delivery, dispatch, entry, letter, office as offices, receipt

_sender, _receiver = offices.alias("sender"), offices.alias("receiver")
_RECEIPTS = (
    select(receipt.c.delivery_id, receipt.c.document, delivery.c.dispatch_id, delivery.c.state)
    .add_columns(delivery.c.received_at, delivery.c.closed_at, letter.c.letter_no, letter.c.dated)
    .add_columns(_sender.c.code.label("sender"), _receiver.c.code.label("receiver"))
    .add_columns(entry.c.number, entry.c.year)
    .join(delivery, delivery.c.id == receipt.c.delivery_id)
    .join(dispatch, dispatch.c.id == delivery.c.dispatch_id)
    .join(letter, letter.c.id == delivery.c.letter_id)
    .join(_sender, _sender.c.id == dispatch.c.office_id)
    .join(_receiver, _receiver.c.id == delivery.c.office_id)
    .outerjoin(entry, entry.c.id == delivery.c.entry_id)
    .order_by(receipt.c.delivery_id)
)


def receipts(db: Connection, report: Report) -> None:
    keys = signing_keys.all_keys(db)

    @lru_cache(maxsize=64)  # the receipts of one sending stand together, and its files are theirs
    def files_of(dispatch_id: int) -> list[FileFacts]:
        sent = letters.files_of_dispatch(db, dispatch_id)
        return [{"filename": row.filename, "sha256": row.sha256, "size": row.size} for row in sent]

    for row in stream(db, _RECEIPTS):
        report.counted["receipts"] += 1
        name = show("D", row.delivery_id)
        try:
            facts = verify(row.document.encode(), keys)
        except NotGenuine as reason:
            report.find("receipt_changed", name, f"ใบตอบรับเชื่อถือไม่ได้: {reason}")
            continue
        rows = _facts(row, files_of(row.dispatch_id))
        told = {**facts, "sender": facts["sender"]["code"], "receiver": facts["receiver"]["code"]}
        differing = sorted(fact for fact in rows if rows[fact] != told[fact])
        if differing:
            report.find("receipt_differs", name, f"ใบตอบรับไม่ตรงกับข้อมูลในระบบ: {', '.join(differing)}")


def _facts(row: Row[Any], files: list[FileFacts]) -> dict[str, object]:
    """What the receipt should say: what can no longer change in the rows, unlike the names."""
    facts: dict[str, object] = {
        "delivery": show("D", row.delivery_id),
        "letter_no": row.letter_no,
        "dated": row.dated.isoformat(),
        "sender": row.sender,
        "receiver": row.receiver,
        "files": files,
        "number": row.number,
        "received_at": utc_text(row.received_at),
    }
    if row.number is not None:
        facts["year"] = row.year
    if row.state == ACKNOWLEDGED:  # a letter returned afterwards is closed a second time
        facts["acknowledged_at"] = utc_text(row.closed_at)
    return facts


_UNPROVEN = (
    select(delivery.c.id, receipt.c.delivery_id.label("receipt"))
    .outerjoin(receipt, receipt.c.delivery_id == delivery.c.id)
    .outerjoin(entry, entry.c.id == delivery.c.entry_id)
    .where(
        delivery.c.state == ACKNOWLEDGED,
        delivery.c.office_id.isnot(None),
        or_(
            receipt.c.delivery_id.is_(None),
            and_(
                delivery.c.sender_id != delivery.c.house_id,
                or_(
                    entry.c.id.is_(None),
                    entry.c.house_id != delivery.c.house_id,
                    entry.c.letter_id != delivery.c.letter_id,
                    entry.c.kind != "incoming",
                ),
            ),
        ),
    )
)


def acknowledged(db: Connection, report: Report) -> None:
    """Whoever acknowledged has a receipt, and a line in the own incoming book."""
    for row in stream(db, _UNPROVEN):
        if row.receipt is None:
            report.find("receipt_missing", show("D", row.id), "ลงทะเบียนรับแล้วแต่ไม่มีใบตอบรับ")
        else:
            report.find("entry_missing", show("D", row.id), "ลงทะเบียนรับแล้วแต่ไม่มีรายการในทะเบียนรับของผู้รับ")

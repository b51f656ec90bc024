"""Every house's chain of events: each hash covers the one before, each column is what was hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, exists, select

from saraban.queries.check.report import Report, span, stream
from storage import events
from storage.tables import chain, event, office as offices

_EVENTS = (
    select(event, offices.c.code)
    .join(offices, offices.c.id == event.c.house_id)
    .order_by(event.c.house_id, event.c.seq)
)
_HEADLESS = (
    select(chain.c.seq, offices.c.code)
    .join(offices, offices.c.id == chain.c.house_id)
    .where(chain.c.seq > 0, ~exists(select(1).where(event.c.house_id == chain.c.house_id)))
)


def chains(db: Connection, report: Report) -> None:
    for house_id, told in groupby(stream(db, _EVENTS), key=lambda row: row.house_id):
        report.counted["houses"] += 1
        _chain(db, report, house_id, told)
    for head in stream(db, _HEADLESS):
        report.find("event_missing", head.code, span("เหตุการณ์หาย ลำดับที่", 1, head.seq))


def _chain(db: Connection, report: Report, house_id: int, told: Iterator[Row[Any]]) -> None:
    """Each event's hash covers the one before; its columns are what its hashed body says."""
    seq, hashed, code = 0, events.beginning(house_id), ""
    for row in told:
        code = row.code
        report.counted["events"] += 1
        follows = row.seq == seq + 1
        if not follows:
            report.find("event_missing", code, span("เหตุการณ์หาย ลำดับที่", seq + 1, row.seq - 1))
        changed = follows and hashlib.sha256(hashed + row.body.encode()).digest() != row.hash
        if changed or _body(row) != row.body:
            report.find("event_changed", code, f"เหตุการณ์ลำดับที่ {row.seq} ถูกแก้ไข หรือไม่ต่อจากเหตุการณ์ก่อนหน้า")
        seq, hashed = row.seq, row.hash
    head = db.execute(select(chain.c.seq, chain.c.hash).where(chain.c.house_id == house_id)).first()
    if head is not None and head.seq > seq:
        report.find("event_missing", code, span("เหตุการณ์หาย ลำดับที่", seq + 1, head.seq))
    elif head is None or (head.seq, head.hash) != (seq, hashed):
        report.find("chain_head", code, f"หัวของสายเหตุการณ์ไม่ตรงกับเหตุการณ์สุดท้าย (ลำดับที่ {seq})")


def _body(row: Row[Any]) -> str | None:
    try:
        about = json.loads(row.body)["about"]
        return events.canonical(row.at, row.person_id, row.office_id, row.act, row.letter_id, about)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # not what was written: its hash says so too

"""Is everything there, and is it what it was? Numbers, events, receipts, files: read through and recomputed.

The database is read as it was at one moment, so that an office may be checked while it works; rows are
streamed, so that a country's books need no more memory than a school's.
"""

from __future__ import annotations

from sqlalchemy import Connection

from saraban.office import Office
from saraban.queries.check.chains import chains
from saraban.queries.check.files import attachments, files, unnamed
from saraban.queries.check.numbers import numbers
from saraban.queries.check.receipts import acknowledged, receipts
from saraban.queries.check.report import Finding, Report

__all__ = ["Finding", "Report", "check"]


def check(office: Office) -> Report:
    report = Report()

    def rows(db: Connection) -> None:
        for part in (numbers, chains, receipts, acknowledged, attachments):
            part(db, report)

    office.db.snapshot(rows)
    # Outside the snapshot: reading every byte may take hours, and what a row names does not change.
    files(office, report)
    unnamed(office, report)
    return report

"""What a running office tidies by itself: uploads that found no letter, answers nobody will ask for again,
words that nobody came back for, sessions long over, what was printed long ago."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from threading import Event

from sqlalchemy import delete

from saraban.background import background
from saraban.commands.drafts import forget_drafts
from saraban.commands.log_in import forget_sessions
from saraban.office import Office
from storage import blobs, printouts, uploads
from storage.files import sweep
from storage.tables import answer

EVERY = timedelta(minutes=10)


def tidy(office: Office) -> None:
    now = office.clock()
    office.db.write(lambda tx: uploads.forget_expired(tx, now))
    office.db.write(lambda tx: printouts.forget(tx, now))
    spare = office.db.write(blobs.forget_unnamed)
    # Only after the commit: a row never names bytes that are gone.
    for key in spare:
        office.files.delete(key)
    old = now - timedelta(days=office.settings.idempotency_days)
    office.db.write(lambda tx: tx.execute(delete(answer).where(answer.c.created_at < old)).rowcount)
    office.db.write(lambda tx: forget_drafts(tx, now))
    office.db.write(lambda tx: forget_sessions(tx, now))
    sweep(office.settings.spool, now - timedelta(hours=office.settings.upload_hours))


def housekeeping(office: Office) -> AbstractContextManager[None]:
    """Tidies now and then while the office is served."""
    return background("housekeeping", Event(), EVERY, lambda ended: tidy(office))

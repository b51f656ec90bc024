"""The report of a sending to an area of the largest size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from saraban import rendering
from saraban.commands.enter_letter import Filed
from saraban.press import Press, pages
from saraban.queries.board import District
from saraban.queries.inbox import OfficeRef
from saraban.queries.tracking import DeliveryLine, DispatchView, LetterRef, Totals
from saraban.queries.tracking_report import Report, curve
from saraban.specimens import FILE, GROUP, LETTER_NO, PERSON, SCHOOL, SCHOOL_IN_ONE, SUBJECT, TALL

SCHOOLS = 340
SENT = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)


def specimens(press: Press) -> Iterator[tuple[str, bytes]]:
    lines = [_line(n) for n in range(1, SCHOOLS + 2)]
    done = sorted(one.acknowledged_at for one in lines if one.office and one.acknowledged_at)
    due, now = SENT + timedelta(days=3), SENT + timedelta(days=5)
    counts = {state: sum(one.state == state for one in lines) for state in ("acknowledged", "returned")}
    late = sum(one.overdue for one in lines)
    totals = Totals(**counts, waiting=len(lines) - sum(counts.values()), overdue=late, seen=19, replied=4)
    totals.by_post = totals.by_post_waiting = 1
    dispatch = DispatchView(
        id=1,
        letter=1,
        letter_no=LETTER_NO,
        subject=SUBJECT,
        dated=date(2026, 12, 1),
        office=OfficeRef(code="9901-03", name=GROUP),
        sent_by=PERSON,
        sent_at=SENT,
        urgency="most_urgent",
        secrecy="secret",
        summary=TALL * 6,
        deadline=due,
        recipients=len(lines),
        totals=totals,
        recalled_at=now,
        recall_reason=SUBJECT,
        attachments=[
            Filed(id=n, filename=f"{n} {FILE}", description="", size=1, sha256="", content_type="")
            for n in range(1, 6)
        ],
    )
    districts = [District(f"{TALL[:20]} {n}", 27, n, 27 - n) for n in range(1, 13)]
    drawn = curve(done, SCHOOLS, SENT, due, now)
    report = Report(dispatch, lines, districts, drawn, None, now, PERSON)
    yield "รายงานผลการรับหนังสือ", press.run(pages.pdf, rendering.html("pdf/tracking.html", report=report))


def _line(n: int) -> DeliveryLine:
    at = SENT + timedelta(minutes=7 * n, seconds=n)
    name = (f"บ้านตัวอย่าง {n}", SCHOOL, SCHOOL_IN_ONE, f"วัดตัวอย่าง {n}")[n % 4]
    said: dict[str, Any] = dict.fromkeys(DeliveryLine.model_fields)
    said |= {"id": n, "position": n, "office": OfficeRef(code=str(n), name=name), "state": "waiting"}
    said |= {"overdue": False, "year": 2569, "person": PERSON}
    if n > SCHOOLS:
        said |= {"office": None, "to_text": SUBJECT, "tracking_no": "EB123456785TH"}
    elif n % 50 == 7:
        said |= {"state": "returned", "returned_at": at, "reason": TALL}
    elif n % 5 == 0:
        said |= {"overdue": True, "seen_at": at, "reminded_at": at}
    else:
        said |= {"state": "acknowledged", "acknowledged_at": at, "received_at": at, "number": 100000 + n}
        said |= {"recalled_at": at} if n % 9 == 0 else {}
        answer = LetterRef(id=n, letter_no=LETTER_NO, subject=TALL, dated=at.date())
        said |= {"reply": answer} if n % 11 == 0 else {}
    return DeliveryLine(**said)

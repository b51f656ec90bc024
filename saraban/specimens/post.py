"""What goes by post: the book, slips, and envelopes of every size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from saraban import rendering
from saraban.press import Press, pages
from saraban.queries.post import SIZES, Parcel, PostLine, PostSpan, Sender, spanned
from saraban.specimens import AREA, GROUP, LETTER_NO, SUBJECT, TALL

ADDRESS = ["99/99 หมู่ที่ 12 ถนนตัวอย่างสามัคคี ตำบลตัวอย่างใต้ อำเภอเมืองตัวอย่าง", "จังหวัดตัวอย่าง 99000"]
AT = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)
SENT: dict[str, Any] = {
    "dispatch": 1,
    "letter": 1,
    "number": 123456,
    "year": 2569,
    "letter_no": LETTER_NO,
    "dated": date(2026, 12, 31),
    "from_text": f"{AREA} {GROUP}",
    "written_to": TALL,
    "subject": SUBJECT,
    "urgency": "most_urgent",
    "secrecy": "open",
    "sent_at": AT,
    "state": "waiting",
    "tracking_no": "EB123456785TH",
    "received_at": None,
    "recalled_at": None,
}


def specimens(press: Press) -> Iterator[tuple[str, bytes]]:
    to = f"ผู้อำนวยการ{GROUP} {' '.join(ADDRESS)}"
    lines = [
        PostLine(**{**SENT, "id": 1, "to_text": to}),
        PostLine(**{**SENT, "id": 2, "to_text": "นายอำเภอตัวอย่าง", "received_at": AT, "recalled_at": AT}),
        PostLine(**{**SENT, "id": 3, "to_text": f"กราบเรียน {TALL} 99110", "secrecy": "secret"}),
    ]
    span = PostSpan(sent_from=date(2026, 1, 1), sent_to=date(2026, 12, 31))
    parcel = Parcel(Sender(AREA, AREA, ADDRESS, None), lines)
    drawn = {
        "สมุดส่งหนังสือ": rendering.html(
            "pdf/post_book.html", lines=lines * 8, house=AREA, span=spanned(span, lines)
        ),
        "ใบรับหนังสือ": rendering.html("pdf/post_receipt.html", parcel=parcel),
    }
    for name, size in SIZES.items():
        drawn[f"ซอง {name}"] = rendering.html(
            "pdf/envelope.html", parcel=parcel, size=size, paid_monthly=True
        )
    for name, html in drawn.items():
        yield name, press.run(pages.pdf, html)

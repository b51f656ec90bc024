"""The two books, with the longest of everything in a line, lines that are void and lines that are masked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from saraban.press import Press, pages
from saraban.printing.register import Row, Volume, register_html
from saraban.queries.filed_lines import PrintedQuestion
from saraban.queries.register_lines import MASKED, RegisterLine
from saraban.specimens import AREA, GROUP, LETTER_NO, PERSON, SCHOOL, SCHOOL_IN_ONE, SUBJECT, TALL

DAY = date(2026, 12, 31)
AT = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)
LINE: dict[str, Any] = {
    "year": 2569,
    "entry": 1,
    "id": 1,
    "letter_no": LETTER_NO,
    "dated": DAY,
    "from_text": SCHOOL_IN_ONE,
    "to_text": f"ผู้อำนวยการ{SCHOOL}",
    "subject": SUBJECT,
    "urgency": "most_urgent",
    "secrecy": "secret",
    "action": "เพื่อพิจารณา",
    "note": TALL,
    "action_office": {"code": "9901-03", "name": GROUP},
    "action_person": {"id": 1, "name": PERSON},
    "registered_at": AT,
}
USUAL = {
    "subject": "แจ้งกำหนดการสอบ O-NET",
    "urgency": "normal",
    "secrecy": "open",
    "note": "",
    "action_person": None,
}
VOID = {"at": AT, "by": {"id": 1, "name": PERSON}}
LINES: list[dict[str, Any]] = [
    {},
    USUAL,
    {"void": {**VOID, "reason": SUBJECT}},
    {**USUAL, "void": {**VOID, "reason": f"{TALL} " * 8}},
    {"entry": None, "subject": MASKED},
    {"subject": TALL * 8, "note": f"{SUBJECT} " * 12, "action": TALL * 4},
    *[USUAL] * 6,
    {"subject": SCHOOL_IN_ONE * 20},
]


def specimens(press: Press) -> Iterator[tuple[str, bytes]]:
    narrow = {"q": "งบประมาณ", "number": LETTER_NO, "from": SCHOOL, "dated_to": DAY, "urgency": "most_urgent"}
    for kind, name in (("incoming", "ทะเบียนหนังสือรับ"), ("outgoing", "ทะเบียนหนังสือส่ง")):
        rows = [
            Row(RegisterLine(kind=kind, number=123440 + at, **{**LINE, **line}), None if at % 5 else DAY)
            for at, line in enumerate(LINES * 2)
        ]
        asked = PrintedQuestion.model_validate(narrow if kind == "incoming" else {})
        html = register_html(AREA, asked, [Volume(kind, 2569, rows)], numbered=True)
        yield name, press.run(pages.pdf, html)
    yield (
        "ทะเบียนว่าง",
        press.run(
            pages.pdf, register_html(AREA, PrintedQuestion(), [Volume("outgoing", 2569, [])], numbered=True)
        ),
    )

"""Sheets of paper, and what a receipt says, as tests want them."""

from __future__ import annotations

from datetime import date
from typing import Any

from saraban.letters import Paper
from saraban.queries.letter_on_paper import LetterOnPaper, sheet_of
from saraban.receipts import ReceiptFacts

SAID: dict[str, Any] = {
    "letter_no": "ศธ 04999/ว 2631",
    "dated": date(2026, 7, 1),
    "from_text": "สำนักงานเขตพื้นที่การศึกษาประถมศึกษาตัวอย่าง เขต 1",
    "to_text": "ผู้อำนวยการโรงเรียนทุกโรงเรียน",
    "subject": "ขอเชิญประชุมผู้บริหารสถานศึกษา ครั้งที่ 3/2569",
    "references": ["หนังสือ สพฐ. ด่วนที่สุด ที่ ศธ 04009/ว 123 ลงวันที่ 15 มิถุนายน 2569"],
    "enclosures": ["กำหนดการประชุม จำนวน 1 ฉบับ", "แบบตอบรับ จำนวน 1 ฉบับ"],
    "urgency": "normal",
    "secrecy": "open",
}
PAPER: dict[str, Any] = {
    "body": "ด้วยสำนักงานเขตพื้นที่การศึกษากำหนดประชุมผู้บริหารสถานศึกษา\nจึงเรียนมาเพื่อทราบ",
    "signer": "นายสมชาย ตัวอย่าง",
    "position": "รองผู้อำนวยการสำนักงานเขตพื้นที่การศึกษา รักษาราชการแทน\nผู้อำนวยการสำนักงานเขตพื้นที่การศึกษา",
    "owner": "กลุ่มอำนวยการ",
    "contact": "โทร. 0 4599 9999 ต่อ 101\nไปรษณีย์อิเล็กทรอนิกส์ saraban@example.go.th",
    "address": "ถนนตัวอย่าง ตำบลตัวอย่าง\nอำเภอเมืองตัวอย่าง จังหวัดตัวอย่าง 99000",
}


RECEIPT: ReceiptFacts = {
    "delivery": "D30808",
    "letter_no": "ศธ 04999/ว 2631",
    "dated": "2026-07-01",
    "sender": {"code": "9901", "name": "สพป.ตัวอย่าง เขต 1"},
    "receiver": {"code": "99010001", "name": "บ้านตัวอย่าง 1"},
    "files": [{"filename": "หนังสือเชิญประชุม.pdf", "sha256": "0f1e2d3c4b5a6978" * 4, "size": 48213}],
    "number": 417,
    "year": 2569,
    "person": "สมหญิง ตัวอย่าง",
    "acknowledged_at": "2026-07-01T02:57:26.000000Z",
    "received_at": "2026-07-01T02:50:00.000000Z",
}


def sheet(**said: Any) -> LetterOnPaper:
    written = {name: said.pop(name) for name in [*said] if name in Paper.model_fields}
    return sheet_of(Paper.model_construct(**{**_DEFAULTS, **PAPER, **written}), None, **{**SAID, **said})


_DEFAULTS = Paper(body="ก").model_dump()

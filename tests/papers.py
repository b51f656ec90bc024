"""Sheets of paper as tests want them."""

from __future__ import annotations

from datetime import date
from typing import Any

from saraban.letters import Paper
from saraban.queries.letter_on_paper import Sheet, sheet_of

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


def sheet(**said: Any) -> Sheet:
    written = {name: said.pop(name) for name in [*said] if name in Paper.model_fields}
    return sheet_of(Paper.model_construct(**{**_DEFAULTS, **PAPER, **written}), None, **{**SAID, **said})


_DEFAULTS = Paper(body="ก").model_dump()

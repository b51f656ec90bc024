"""The three letters: on one page, on many, secret, with everything that a writer may type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from routers.writing import drawn
from saraban.letters import Paper
from saraban.press import Press, continued
from saraban.queries.letter_on_paper import LetterOnPaper, sheet_of
from saraban.specimens import AREA, GROUP, LETTER_NO, PERSON, SCHOOL, SCHOOL_IN_ONE, SUBJECT, TALL

BODY = f"""ด้วย{SUBJECT}
{TALL} {TALL}
1. {SUBJECT}
1.1 {TALL}
1.1.1 แยกตามชั้น เพศ และช่วงอายุ ตามแบบที่ https://example.go.th/forms/dmc-2569/a-very-long-address/without-any-blank
(ก) {TALL}
- {SCHOOL_IN_ONE * 3}
๒. ผลการใช้จ่ายงบประมาณ
| ที่ | โรงเรียน | อำเภอ | นักเรียน | จำนวนเงิน (บาท) |
| 1 | {SCHOOL} | เมืองตัวอย่าง | 1,204 | 9,999,999.99 |
| 2 | {SCHOOL_IN_ONE} | ตัวอย่างราษฎร์ | 96 | 12,500.00 |
| 3 | {TALL} | {TALL} | 0 | - |
จึงเรียนมาเพื่อโปรดพิจารณา"""
MANY = "\n".join(f"{n}. {TALL} {SUBJECT}" for n in range(1, 61))


def specimens(press: Press) -> Iterator[tuple[str, bytes]]:
    whole = _sheet(BODY)
    short = "ด้วยสำนักงานเขตพื้นที่การศึกษากำหนดประชุมผู้บริหารสถานศึกษา\nจึงเรียนมาเพื่อทราบ"
    for form in ("external", "memo", "sealed"):
        sheet = replace(whole, form=form)
        yield f"{sheet.name} ยาว", press.run(continued.letter, drawn(sheet))
        usual = replace(_sheet(short), form=form, secrecy="open", urgency="normal", enclosures=[])
        yield sheet.name, press.run(continued.letter, drawn(usual))
    yield "หนังสือภายนอก หลายหน้า", press.run(continued.letter, drawn(_sheet(MANY)))


def _sheet(body: str) -> LetterOnPaper:
    paper = Paper(
        body=body,
        signer=PERSON,
        position=f"รองผู้อำนวยการ{AREA} รักษาราชการแทน\nผู้อำนวยการ{AREA}",
        initials="ก.ต.",
        owner=GROUP,
        contact="โทร. 0 4599 9999 ต่อ 101, 08 9999 9999\nไปรษณีย์อิเล็กทรอนิกส์ saraban@sesao-example.go.th",
        address="99/99 หมู่ที่ 12 ถนนตัวอย่างสามัคคี ตำบลตัวอย่างใต้\nอำเภอเมืองตัวอย่าง จังหวัดตัวอย่าง 99000",
    )
    return sheet_of(
        paper,
        None,
        letter_no=LETTER_NO,
        dated=date(2026, 9, 30),
        from_text=f"สำนักงานเขตพื้นที่การศึกษามัธยมศึกษา{AREA}",
        to_text=f"ผู้อำนวยการ{SCHOOL}",
        subject=SUBJECT,
        references=[f"หนังสือ {AREA} ด่วนที่สุด ที่ {LETTER_NO} ลงวันที่ 30 กันยายน 2569"] * 2,
        enclosures=[TALL, SUBJECT],
        urgency="most_urgent",
        secrecy="secret",
    )

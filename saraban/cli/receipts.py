"""Whether a receipt is genuine."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from typing import TYPE_CHECKING

from saraban.cli.opening import opened
from saraban.cli.telling import refuse, say
from saraban.thai.dates import full_date, short_moment

if TYPE_CHECKING:
    from saraban.receipts import ReceiptFacts


def verify(given: argparse.Namespace) -> int:
    from saraban.press import Press
    from saraban.press.enclosed import enclosed
    from saraban.receipts import NotGenuine, parse_keys, verify

    file: bytes = given.receipt.read_bytes()
    document: bytes | None = file
    if on_paper := file.startswith(b"%PDF-"):
        with closing(Press(workers=1)) as press:
            document = press.run(enclosed, file, ".json")
    if document is None:
        return refuse("ไฟล์ PDF นี้ไม่มีใบตอบรับที่ลงนามไว้ข้างใน: ใช้ไฟล์ที่ดาวน์โหลดจากระบบ", "no_receipt")
    try:
        keys = _own_keys() if given.key is None else parse_keys(given.key.read_text("utf-8"))
        facts = verify(document, keys)
    except NotGenuine as reason:
        return refuse(f"เชื่อถือใบตอบรับนี้ไม่ได้: {reason}", "not_genuine")
    except ValueError as unreadable:
        return refuse(str(unreadable), "bad_keys")
    print("ใบตอบรับนี้ระบบออกให้จริง และไม่มีสิ่งใดถูกแก้ไข", *_told(facts), sep="\n")
    if on_paper:
        say("ที่ลงนามไว้คือข้อความข้างบนนี้: หน้ากระดาษต้องเขียนไว้ตรงกัน")
    return 0


def _own_keys() -> dict[str, str]:
    from storage import signing_keys

    with opened() as office:
        return office.db.read(signing_keys.all_keys)


def _told(facts: ReceiptFacts) -> Iterator[str]:
    sender, receiver = facts["sender"], facts["receiver"]
    yield f"การนำส่ง      {facts['delivery']}"
    yield f"หนังสือที่      {facts['letter_no']} ลงวันที่ {full_date(date.fromisoformat(facts['dated']))}"
    yield f"ผู้ส่ง         {sender['name']} ({sender['code']})"
    yield f"ผู้รับ         {receiver['name']} ({receiver['code']}) โดย {facts['person']}"
    number = "ไม่มี (ภายในหน่วยงานเดียวกัน)" if facts["number"] is None else f"{facts['number']}/{facts['year']}"
    yield f"เลขทะเบียนรับ  {number}"
    yield f"ลงทะเบียนรับ   {short_moment(datetime.fromisoformat(facts['acknowledged_at']))}"
    yield f"วันเวลาที่รับ    {short_moment(datetime.fromisoformat(facts['received_at']))}"
    for file in facts["files"]:
        yield f"ไฟล์          {file['filename']} ({file['size']:,} ไบต์) SHA-256 {file['sha256']}"

"""What a check counted and found. Findings name ids, never subjects or file names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select

PAGE = 1000  # rows in memory at a time
SHOWN = 100  # findings of one kind that are spelled out; the rest are counted


class Finding(NamedTuple):
    code: str
    about: str
    text: str


@dataclass
class Report:
    """What was counted, and what is not as it should be: wrong, or merely worth knowing."""

    counted: Counter[str] = field(default_factory=Counter)
    wrong: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def sound(self) -> bool:
        return not self.wrong

    def find(self, code: str, about: str, text: str) -> None:
        self._keep(self.wrong, Finding(code, about, text))

    def note(self, code: str, about: str, text: str) -> None:
        self._keep(self.notes, Finding(code, about, text))

    def _keep(self, where: list[Finding], finding: Finding) -> None:
        self.kinds[finding.code] += 1
        if self.kinds[finding.code] <= SHOWN:
            where.append(finding)

    def lines(self) -> Iterator[str]:
        n = self.counted
        yield f"ทะเบียน   {n['registers']:,} เล่ม {n['entries']:,} เลข ในจำนวนนี้ยกเลิก {n['void']:,} เลข"
        yield f"เหตุการณ์  {n['events']:,} รายการ ของ {n['houses']:,} หน่วยงาน"
        yield f"ใบตอบรับ  {n['receipts']:,} ฉบับ"
        yield f"ไฟล์      {n['files']:,} ไฟล์ {n['bytes']:,} ไบต์"
        for mark, findings in (("หมายเหตุ", self.notes), ("ผิดปกติ", self.wrong)):
            yield from (f"{mark}: {each.about}: {each.text} [{each.code}]" for each in findings)
        for code, count in self.kinds.items():
            if count > SHOWN:
                yield f"และ [{code}] อีก {count - SHOWN:,} รายการ"
        yield "ครบถ้วน และไม่มีสิ่งใดถูกแก้ไข" if self.sound else "พบสิ่งผิดปกติ: อย่าลบสิ่งใด แจ้งผู้ดูแลระบบ"


def stream(db: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    yield from db.execute(query, execution_options={"yield_per": PAGE})


def span(what: str, first: int, last: int) -> str:
    return f"{what} {first}" if first == last else f"{what} {first}–{last} ({last - first + 1:,} เลข)"

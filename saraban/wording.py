"""The text of a letter as its writer types it: paragraphs, numbered items, tables. What is read here is only
text in its parts; it becomes markup in a template, which escapes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup, escape

from saraban.thai.dates import MONTHS, SHORT_MONTHS
from saraban.thai.digits import to_arabic, to_thai

MOST_LINES, MOST_CELLS = 600, 12
MOST_TOGETHER = 500  # letters without a blank: what cannot be broken takes long to lay out
WIDE, _THAI_WORD = 72, 10  # letters in a line of a table, and in a long word


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class Item:
    """A line that began with a number or a dash of its own; `depth` 0 is the outermost."""

    label: str
    text: str
    depth: int


class Column(NamedTuple):
    head: str
    align: str


@dataclass(frozen=True)
class Table:
    """`loose` when there is room for each number, and each word of the head, on a line of its own."""

    columns: list[Column]
    rows: list[list[str]]
    loose: bool = True


Part = Paragraph | Item | Table

# `1.` `๑.` `1.1` `1.1.2.` | `1)` `ก)` `(๑)` `(ก)` | `ก.` | a dash or a dot; each with a blank behind it, so
# that `พ.ศ. 2569` and `2569 เป็นปีที่` begin a paragraph.
_LABEL = re.compile(
    r"(?P<steps>[0-9๐-๙]{1,3}(?:\.[0-9๐-๙]{1,3})+\.?|[0-9๐-๙]{1,3}\.)[ \t]+"
    r"|(?P<inner>\(?(?:[0-9๐-๙]{1,3}|[ก-ฮ])\))[ \t]+"
    r"|(?P<letter>[ก-ฮ]\.)[ \t]+"
    r"|(?P<dash>[-–•])[ \t]+"
)
_RULE = re.compile(r"[\s|:+-]*-[\s|:+-]*")
_NUMBER = re.compile(r"[-–]?[0-9][0-9,]*(?:\.[0-9]+)?%?|[-–]")


def parts(text: str) -> list[Part]:
    """A line is a paragraph or an item; lines together that hold `|` are a table, the first its head."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    found: list[Part] = []
    inside = 0
    for tabular, group in groupby(lines, key=lambda line: "|" in line):
        together = list(group)
        if tabular and len(together) > 1:
            found += _table(together)
            continue
        for line in filter(None, together):
            label = _LABEL.match(line)
            if label is None:
                inside = 0
                found.append(Paragraph(line))
                continue
            depth, inside = _depth(label, inside)
            found.append(Item(label[0].rstrip(), line[label.end() :], depth))
    return found


def _depth(label: re.Match[str], inside: int) -> tuple[int, int]:
    """How deep this item stands, and how deep its own dashes and letters would."""
    if label["steps"]:
        depth = min(label["steps"].strip(".").count("."), 3)
        return depth, depth + 1
    if label["letter"]:
        return 0, 1
    return inside, inside


def _table(lines: Sequence[str]) -> Iterator[Table]:
    rows = [_cells(line) for line in lines if not _RULE.fullmatch(line)]
    if not rows:
        return
    width = max(map(len, rows))
    head, *body = [[*row, *[""] * (width - len(row))] for row in rows]
    columns = [Column(name, _align([row[at] for row in body])) for at, name in enumerate(head)]
    needed = sum(_needed(one, [row[at] for row in body]) for at, one in enumerate(columns))
    yield Table(columns, body, needed <= WIDE)


def _needed(column: Column, cells: Sequence[str]) -> int:
    """Letters side by side, and the blanks beside them. Thai is broken between words, which are short."""
    numbers = [len(cell) for cell in cells] if column.align != "left" else [4]
    words = [len(run) if run.isascii() else min(len(run), _THAI_WORD) for run in column.head.split()]
    endless = any(len(run) > 3 * _THAI_WORD for run in column.head.split())
    return 2 + (WIDE if endless else max([*numbers, *words]))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def _align(cells: Sequence[str]) -> str:
    said = [to_arabic(cell) for cell in cells if cell]
    if not said or not all(_NUMBER.fullmatch(cell) for cell in said):
        return "left"
    return "centre" if max(map(len, said)) <= 3 else "right"


def too_much(text: str) -> str | None:
    """Why a page cannot be made of this, though each character may stand in it."""
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        return f"ยาวเกิน {MOST_LINES} บรรทัด: ย่อให้สั้นลง หรือแนบเป็นไฟล์"
    if max((len(_cells(line)) for line in lines), default=0) > MOST_CELLS:
        return f"ตารางมีได้ไม่เกิน {MOST_CELLS} ช่อง: แบ่งตาราง หรือแนบเป็นไฟล์"
    if any(len(run) > MOST_TOGETHER for run in text.split()):
        return f"มีข้อความติดกันเกิน {MOST_TOGETHER} ตัวอักษร: เว้นวรรคหรือขึ้นบรรทัดใหม่"
    return None


def on_paper(text: str) -> str:
    """Thai digits, but in what must be typed as it stands: whatever has Latin letters (`a1@b.th`)."""
    return _ASCII.sub(lambda run: run[0] if _LATIN.search(run[0]) else to_thai(run[0]), text)


_ASCII, _LATIN = re.compile(r"[!-~]+"), re.compile("[A-Za-z@]")


def unbroken(text: str) -> Markup:
    """The same as markup, in which a date, a letter's number, and a number with what it counts stay on one
    line. Thai is broken even at a blank that forbids it: only a mark of their own keeps them whole."""
    # Found are Thai digits, letters and blanks alone: what was escaped has no such digits.
    return Markup(_WHOLE.sub(r"<nobr>\g<0></nobr>", str(escape(on_paper(text)))))  # noqa: S704


def _any(words: str) -> str:
    """The longest first, so that โรงเรียน is not found as โรง."""
    return "|".join(re.escape(word) for word in sorted(words.split(), key=len, reverse=True))


_COUNTING = _any(
    "ข้อ เขต มาตรา วรรค หมวด บท หน้า แบบ ชั้น ระดับ ร้อยละ หมู่ ปี พ.ศ. โทร. ต่อ เวลา ที่ ครั้งที่ ฉบับที่ ชุดที่ รุ่นที่ กลุ่มที่ "
    "วันที่ เลขที่ หมู่ที่ ลำดับที่ ภาคเรียนที่ ชั้นที่ ระยะที่ ปีการศึกษา ปีงบประมาณ"
)
_COUNTED = _any(
    "บาท ล้านบาท สตางค์ คน ราย แห่ง โรง โรงเรียน เขต ห้อง ห้องเรียน ฉบับ ชุด แผ่น หน้า เล่ม รายการ ข้อ เรื่อง ครั้ง รุ่น กลุ่ม "
    "เครื่อง คัน หลัง ปี เดือน สัปดาห์ วัน วันทำการ ชั่วโมง นาที น. เมตร กิโลเมตร ไร่ คะแนน เปอร์เซ็นต์"
)
_MONTH = _any(" ".join((*MONTHS, *SHORT_MONTHS)))
_SAID = "[๐-๙]++(?:[.,/:-][๐-๙]++)*+"
_WHOLE = re.compile(
    f"[๐-๙]{{1,2}} (?:{_MONTH}) (?:พ\\.ศ\\. ?)?[๐-๙]{{2,4}}"
    r"|(?:ที่ )?[ก-ฮ]{1,3}\.? [๐-๙]{4,5}(?:\.[๐-๙]{1,5}){0,3}/(?:ว ?)?[๐-๙]{1,7}"
    f"|(?:{_COUNTING}) {_SAID}(?! (?:{_MONTH}))(?: [๐-๙]{{3,4}}){{0,2}}(?: (?:{_COUNTED})(?!ที่|การ))?"
    f"|{_SAID} (?:(?:{_COUNTED})(?!ที่|การ)|[๐-๙]{{3,4}}(?: [๐-๙]{{4}})?)"
    "|วันที่|รักษาราชการแทน|ปฏิบัติราชการแทน"
)

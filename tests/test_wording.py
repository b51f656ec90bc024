"""What a writer types becomes paragraphs, items and tables, and never markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, strategies as st

from routers.writing import drawn
from saraban.letters import Paper
from saraban.wording import Column, Item, Paragraph, Table, on_paper, parts, too_much, unbroken
from tests.papers import sheet


def test_a_line_is_a_paragraph_and_a_blank_one_is_none() -> None:
    assert parts("ด้วย  สพป.\n\n พ.ศ. 2569 เป็นปีที่\n2569 เป็น\n") == [
        Paragraph("ด้วย สพป."),
        Paragraph("พ.ศ. 2569 เป็นปีที่"),
        Paragraph("2569 เป็น"),
    ]


@pytest.mark.parametrize(
    ("line", "item"),
    [
        ("1. ก", Item("1.", "ก", 0)),
        ("๑. ก", Item("๑.", "ก", 0)),
        ("1.1 ก", Item("1.1", "ก", 1)),
        ("1.1.2. ก", Item("1.1.2.", "ก", 2)),
        ("(๑) ก", Item("(๑)", "ก", 0)),
        ("ก) ก", Item("ก)", "ก", 0)),
        ("ก. ก", Item("ก.", "ก", 0)),
        ("- ก", Item("-", "ก", 0)),
    ],
)
def test_an_item_keeps_the_number_that_was_typed(line: str, item: Item) -> None:
    assert parts(line) == [item]


def test_letters_and_dashes_stand_inside_the_number_above_them() -> None:
    found = parts("1. ก\n(ก) ข\n1.1 ค\n- ง\nย่อหน้า\n- จ")
    assert [part.depth for part in found if isinstance(part, Item)] == [0, 1, 1, 2, 0]


def test_lines_with_bars_are_a_table_whose_numbers_stand_to_the_right() -> None:
    typed = "| ที่ | โรงเรียน | เงิน |\n|---|---|---|\n| 1 | บ้านตัวอย่าง | 12,500.00\n๒ | ชุมชน | 300 | เกิน"
    columns = [Column("ที่", "centre"), Column("โรงเรียน", "left"), Column("เงิน", "right"), Column("", "left")]
    rows = [["1", "บ้านตัวอย่าง", "12,500.00", ""], ["๒", "ชุมชน", "300", "เกิน"]]
    assert parts(typed) == [Table(columns, rows)]
    crowded = "|".join(["จำนวนนักเรียน"] * 8)
    assert [part.loose for part in parts(f"{crowded}\n{crowded}") if isinstance(part, Table)] == [False]
    assert parts("ก | ข") == [Paragraph("ก | ข")], "one line is no table"
    assert parts("|---|\n|---|") == []


def test_digits_are_thai_but_in_addresses_and_names() -> None:
    said = "ศธ 04999/ว 2631 O-NET ปี2569 https://a.th/x1 (DMC) a1@b.th โทร. 0 4599-9999"
    assert on_paper(said) == "ศธ ๐๔๙๙๙/ว ๒๖๓๑ O-NET ปี๒๕๖๙ https://a.th/x1 (DMC) a1@b.th โทร. ๐ ๔๕๙๙-๙๙๙๙"


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("ลงวันที่ 2 พฤศจิกายน 2569 แจ้ง", ["วันที่", "๒ พฤศจิกายน ๒๕๖๙"]),
        ("เมื่อ 2 พ.ย. 69", ["๒ พ.ย. ๖๙"]),
        ("ตามหนังสือ ด่วนที่สุด ที่ ศธ 04009.22/ว 123 และ", ["ที่ ศธ ๐๔๐๐๙.๒๒/ว ๑๒๓"]),
        ("สพป.ตัวอย่าง เขต 1 ตามข้อ 2", ["เขต ๑", "ข้อ ๒"]),
        ("ครั้งที่ 3/2569 วันที่ 4", ["ครั้งที่ ๓/๒๕๖๙", "วันที่ ๔"]),
        ("12,500.00 บาท 3 โรงเรียน เวลา 09.30 น.", ["๑๒,๕๐๐.๐๐ บาท", "๓ โรงเรียน", "เวลา ๐๙.๓๐ น."]),
        ("โทร. 0 4599 9999", ["โทร. ๐ ๔๕๙๙ ๙๙๙๙"]),
        ("พ.ศ. 2569 <b> 1 คน & a1 คน", ["พ.ศ. ๒๕๖๙", "๑ คน"]),
        ("รองผู้อำนวยการ รักษาราชการแทน", ["รักษาราชการแทน"]),
        ("1 " * 9, []),
    ],
)
def test_a_number_stays_with_what_it_counts(said: str, whole: list[str]) -> None:
    html = str(unbroken(said))
    assert re.findall("<nobr>(.*?)</nobr>", html) == whole
    assert Tags(html).said == on_paper(said)
    assert {tag for tag, _ in Tags(html).found} <= {"nobr"}


def test_what_no_page_could_hold_is_refused() -> None:
    assert too_much("ก\n" * 600) is None
    assert too_much("ก\n" * 601) == "ยาวเกิน 600 บรรทัด: ย่อให้สั้นลง หรือแนบเป็นไฟล์"
    assert too_much("|".join("ก" * 13)) == "ตารางมีได้ไม่เกิน 12 ช่อง: แบ่งตาราง หรือแนบเป็นไฟล์"
    assert too_much("ก" * 501) == "มีข้อความติดกันเกิน 500 ตัวอักษร: เว้นวรรคหรือขึ้นบรรทัดใหม่"
    with pytest.raises(ValueError, match="600 บรรทัด"):
        Paper(body="ก\n" * 601)


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.said = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(f"{name}={value}" for name, value in attrs if name != "class")))

    def handle_data(self, data: str) -> None:
        self.said += data


words = st.text(alphabet=st.sampled_from("กำ่1.|-()\n <>&\"'/{}%;:@$\\`!=asivu#"), max_size=60)
OF_OURS = set(Tags(drawn(sheet(body="ก 1 คน\n1. ก\n|ก|ข|\n|1|2|", references=["ก", "ข"]))).found)


@given(words, words)
def test_no_input_makes_markup(body: str, other: str) -> None:
    typed = f"</p><img src=file:///etc/passwd>{body}\n1. {other}\n<b>|{other}\n</style>|{{{{ 7*7 }}}}"
    html = drawn(sheet(body=typed, subject=other, position=other, owner=body, references=[body]))
    assert set(Tags(html).found) <= OF_OURS
    assert "{{ ๗*๗ }}" in Tags(html).said

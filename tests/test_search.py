"""What a naive reader finds by looking at every letter, the index finds too, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import Connection, insert, select, text

from saraban.commands.correct_letter import correct_letter
from saraban.commands.keep_registers import RegisterChange, set_register
from saraban.commands.register_outgoing import register_outgoing
from saraban.letters import LetterChange, NewOutgoing
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.register_lines import OutgoingFilters, outgoing_lines
from saraban.thai.text import fold, searchable, words
from storage import search, ways
from storage.tables import letter, letter_text
from tests import world
from tests.screen import Sit, sit

__all__ = ["sit"]

PIECES = [
    *("ขอเชิญประชุม", "ผู้บริหารสถานศึกษา", "ครั้งที่", "๓/๒๕๖๙", "การจัดสรรงบประมาณ", "รายจ่ายประจำปี"),
    *("รายงานข้อมูลนักเรียน", "รายบุคคล", "(DMC)", "ภาคเรียนที่", "1", "ปีการศึกษา", "2569", "แจ้งกำหนดการสอบ"),
    *("O-NET", "การส่งรายงาน", "SAR", "น้ำดื่ม", "เเละ", "โครงการอาหารกลางวัน", '"อบรมครู"', "100%", "ก_ข"),
    *("พัฒนา\u200bบุคลากร", "น.ส.", "😀😀", "a'b", "\\n", "*", "(", "NEAR", "ๆ", "ฯลฯ"),
]
EXTRA = ['"', "'", "%", "_", "\\", "😀", "*", "(", "^", "กก", "ๆ", "\u200b", "\x00", "OR", '" OR "']


def subjects(count: int) -> list[str]:
    """Made-up subjects, the same every time."""
    chance = random.Random(2569)
    return ["".join(chance.choices([*PIECES, " ", " "], k=chance.randint(2, 9))) or "ก" for _ in range(count)]


SUBJECTS = subjects(400)


@pytest.fixture
def letters(office: Office) -> dict[int, str]:
    """Letters as they are searched, by id: laid in by hand, for the words are what matters."""
    world.area(office)
    clerk = world.person(office)
    first = register_outgoing(
        office, clerk, NewOutgoing.model_validate({"subject": "ก", "dated": "2026-07-01", "to_text": "ก"})
    )

    def lay(tx: Connection) -> None:
        row = dict(tx.execute(select(letter).where(letter.c.id == first.id)).mappings().one())
        ids = [{**row, "id": 1000 + n, "subject": subject} for n, subject in enumerate(SUBJECTS)]
        tx.execute(insert(letter), ids)
        texts = [searchable(subject) for subject in SUBJECTS]
        rows = [
            {"letter_id": 1000 + n, "text": said, "from_key": "", "to_key": ""}
            for n, said in enumerate(texts)
        ]
        tx.execute(insert(letter_text), rows)

    office.db.write(lay)
    rows = office.db.read(lambda db: db.execute(select(letter_text.c.letter_id, letter_text.c.text)).all())
    return dict(tuple(row) for row in rows)


def found(office: Office, sought: Sequence[str]) -> tuple[set[int] | None, set[int]]:
    """What the index proposes, and what is found among that."""

    def query(db: Connection) -> tuple[set[int] | None, set[int]]:
        newest = select(letter_text.c.text).order_by(letter_text.c.letter_id.desc()).limit(search.NEWEST)
        candidates = search.matching(db, sought, db.execute(newest).scalars().all())
        rows = select(letter_text.c.letter_id).where(search.holds(sought))
        if candidates is not None:
            rows = rows.where(letter_text.c.letter_id.in_(candidates))
        return None if candidates is None else set(candidates), set(db.execute(rows).scalars())

    return office.db.read(query)


def naive(letters: dict[int, str], sought: Sequence[str]) -> set[int]:
    return {letter_id for letter_id, said in letters.items() if all(word in said for word in sought)}


@pytest.mark.parametrize("length", [1, 2, 3, 6, 15])
def test_everything_that_is_there_is_found_and_nothing_else(
    office: Office, letters: dict[int, str], length: int
) -> None:
    chance = random.Random(length)
    by_index = 0
    for _ in range(60):
        said = fold(chance.choice(SUBJECTS))
        at = chance.randint(0, max(0, len(said) - length))
        sought = words(said[at : at + length])
        candidates, hits = found(office, sought)
        assert hits == naive(letters, sought), sought
        by_index += candidates is not None
    assert (by_index > 0) == (length >= 2), "which lengths the index is asked for"


def test_nothing_typed_is_taken_for_a_command(office: Office, letters: dict[int, str]) -> None:
    @given(st.lists(st.sampled_from([*PIECES, *EXTRA]) | st.text(max_size=8), min_size=1, max_size=4))
    def check(typed: list[str]) -> None:
        sought = words(" ".join(typed))
        assert found(office, sought)[1] == naive(letters, sought)

    check()


def test_the_last_two_characters_of_a_text_are_found(office: Office, letters: dict[int, str]) -> None:
    for said in list(letters.values())[:50]:
        sought = words(said[-2:])
        assert found(office, sought)[1] == naive(letters, sought)


def test_two_characters_that_stand_nowhere_find_nothing(office: Office, letters: dict[int, str]) -> None:
    assert found(office, ["ฮฮ"])[1] == set()


def test_common_words_are_left_to_the_book(
    office: Office, letters: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = naive(letters, ["ประชุม"])
    assert found(office, ["ประชุม"]) == (None, hits), "many of the newest letters hold it"
    monkeypatch.setattr(search, "OFTEN", search.NEWEST + 1)
    monkeypatch.setattr(search, "COMMON", len(hits))
    assert found(office, ["ประชุม"]) == (hits, hits)
    monkeypatch.setattr(search, "COMMON", len(hits) - 1)
    assert found(office, ["ประชุม"]) == (None, hits)


@pytest.fixture
def clerk(office: Office) -> Actor:
    world.three_offices(office)
    return world.person(office)


def register(office: Office, who: Actor, subject: str) -> int:
    said = {"subject": subject, "dated": "2026-07-01", "to_text": "โรงเรียนทุกโรงเรียน"}
    return register_outgoing(office, who, NewOutgoing.model_validate(said)).id


def test_open_letters_of_the_own_book_alone_tell_what_is_common_in_it(office: Office, clerk: Actor) -> None:
    stranger, cleared = world.person(office, "9902"), world.person(office, clearance="secret")
    register(office, stranger, "ของเขตอื่น")
    said = {"subject": "ความลับ", "dated": "2026-07-01", "to_text": "ผู้ว่าราชการ", "secrecy": "secret"}
    register_outgoing(office, cleared, NewOutgoing.model_validate(said))
    register(office, clerk, "ของเรา")
    (text,) = office.db.read(lambda db: search.newest(db, clerk.house_id, "outgoing"))
    assert "ของเรา" in text


def hits(office: Office, who: Actor, q: str, **more: object) -> list[str]:
    return [line.subject for line in outgoing_lines(office, who, OutgoingFilters(q=q, **more)).items]


@pytest.mark.parametrize("few", [0, ways.FEW])
def test_a_book_answers_alike_through_the_index_and_without_it(
    office: Office, clerk: Actor, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways, "FEW", few)
    stranger = world.person(office, world.STRANGERS)
    said = ["ขอเชิญประชุมผู้บริหาร", "การประชุมใหญ่", "แจ้งกำหนดการสอบ O-NET", "น้ำดื่ม 100%"]
    for subject in said:
        register(office, clerk, subject)
        register(office, stranger, f"{subject} ของเขต 2")
    assert hits(office, clerk, "ประชุม") == [said[1], said[0]]
    assert hits(office, clerk, "ประชุม", year=2569) == [said[1], said[0]]
    assert hits(office, clerk, "ประชุม ผู้") == [said[0]]
    assert hits(office, clerk, "o-net") == [said[2]]
    assert hits(office, clerk, "0%") == hits(office, clerk, "นํ้า") == [said[3]]
    assert hits(office, clerk, "การ") == [said[2], said[1]]
    assert hits(office, clerk, "เขต 2 ของ") == []
    assert hits(office, clerk, "ประชุม", number="1") == [said[0]]
    page = outgoing_lines(office, clerk, OutgoingFilters(q="ประชุม", limit=1))
    assert [line.subject for line in page.items] == [said[1]]
    page = outgoing_lines(office, clerk, OutgoingFilters(q="ประชุม", limit=1, cursor=page.next))
    assert ([line.subject for line in page.items], page.next) == ([said[0]], None)


@pytest.mark.parametrize("few", [0, ways.FEW])
def test_a_corrected_letter_is_found_by_what_it_says_now(
    office: Office, clerk: Actor, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways, "FEW", few)
    made = register(office, clerk, "การจัดสรรงบประมาณ")
    correct_letter(office, clerk, made, LetterChange(subject="โครงการอาหารกลางวัน"), 1)
    assert hits(office, clerk, "งบประมาณ") == []
    assert hits(office, clerk, "อาหารกลางวัน") == ["โครงการอาหารกลางวัน"]


def test_a_letter_number_finds_its_own_letter_and_no_other(office: Office, clerk: Actor) -> None:
    admin = world.person(office, world.OURS, "admin")
    set_register(office, admin, "outgoing", 2569, RegisterChange(first_number=2511))
    for _ in range(3):
        register(office, clerk, "แผนปี 2569")
    of_2512 = [
        line.number for line in outgoing_lines(office, clerk, OutgoingFilters(q="ศธ 04999/2512")).items
    ]
    assert of_2512 == [2512]
    assert hits(office, clerk, "04999/1969") == [] and len(hits(office, clerk, "ปี 2026")) == 3


def test_both_engines_keep_every_piece_of_every_text(office: Office, letters: dict[int, str]) -> None:
    embedded = office.db.engine.dialect.name == "sqlite"
    lengths = (3,) if embedded else (2, 3)
    told = {piece for said in letters.values() for length in lengths for piece in pieces(said, length)}
    fts5, gin = (
        "SELECT term FROM letter_trigram_term",
        "SELECT DISTINCT unnest(pieces(text)) FROM letter_text",
    )
    statement = fts5 if embedded else gin
    assert set(office.db.read(lambda db: db.execute(text(statement)).scalars().all())) == told


def pieces(said: str, length: int) -> set[str]:
    """The space makes the last two characters of a text part of a trigram that begins with them."""
    ended = said + " "
    return {ended[at : at + length] for at in range(len(ended) - length + 1)}


# -- how far a request looks ------------------------------------------------------------------------------


def everything(office: Office, who: Actor, **asked: Any) -> list[list[int]]:
    """The numbers on each page, from the first to the last; on the way back none is left out."""
    there, cursor = [], None
    while True:
        page = outgoing_lines(office, who, OutgoingFilters(**asked, cursor=cursor))
        there.append([line.number for line in page.items])
        if page.next is None:
            break
        cursor = page.next
    back, cursor = [there[-1]], page.previous
    while cursor is not None:
        page = outgoing_lines(office, who, OutgoingFilters(**asked, cursor=cursor))
        back.append([line.number for line in page.items])
        cursor = page.previous
    assert {*chain(*back)} == {*chain(*there)}
    return there


def test_a_request_looks_through_a_window_of_the_book_and_the_cursor_goes_on(
    office: Office, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 31):
        register(office, clerk, "การประชุม" if number in (2, 3, 21, 29) else "แจ้งกำหนดการสอบ")
    monkeypatch.setattr(ways, "TEXTS", 10)
    monkeypatch.setattr(ways, "WINDOW", 20)
    assert everything(office, clerk, q="ประชุม", limit=2) == [[29, 21], [], [3], [2]]
    assert everything(office, clerk, state="void") == [[], []]
    assert everything(office, clerk, **{"from": "ไม่มี"}) == [[], [], [], []]
    assert everything(office, clerk, number="21") == [[21]]
    assert everything(office, clerk, q="การ", limit=3)[:2] == [[30, 29, 28], [27, 26, 25]]
    monkeypatch.setattr(ways, "FEW", 0)
    monkeypatch.setattr(search, "OFTEN", search.NEWEST + 1)
    assert everything(office, clerk, q="ประชุม", limit=3) == [[29, 21, 3], [2]], "the index knows where"


def test_a_page_on_which_nothing_is_found_yet_leads_on(
    office: Office, sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sit(world.OURS, "registrar")
    for subject in ("การประชุม", "แจ้งกำหนดการสอบ", "แจ้งกำหนดการสอบ"):
        register(office, browser.actor, subject)
    monkeypatch.setattr(ways, "TEXTS", 2)
    page = browser.open("/outgoing?q=ประชุม")
    assert "ยังไม่พบ" in page.text
    assert "การประชุม" in browser.open(page.link("ถัดไป ›")).text


def test_no_request_reads_more_texts_than_the_window(
    office: Office, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    if office.db.engine.dialect.name == "postgresql":
        pytest.skip("only SQLite lets its functions be counted; the statement is the same")
    for _ in range(40):
        register(office, clerk, "แจ้งกำหนดการสอบ")
    monkeypatch.setattr(ways, "TEXTS", 20)
    read = 0

    def instr(said: str, word: str) -> int:
        nonlocal read
        read += 1
        return said.find(word) + 1

    def count(db: Connection) -> None:
        db.connection.driver_connection.create_function("instr", 2, instr)  # type: ignore[union-attr]

    office.db.read(count)
    for word in ("ฮ", "ฮฮ", "สอบกำหนด", "สอ การ"):
        read = 0
        outgoing_lines(office, clerk, OutgoingFilters(q=word, limit=500))
        assert 0 < read <= 20 * len(words(word)), word

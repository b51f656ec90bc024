"""The lists of the books: what stands in them, in which order, for whose eyes, at what cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg import RawCursor
from sqlalchemy import Connection, event, insert, select, text

from saraban.commands.assign import accept, assign, finish
from saraban.commands.enter_letter import Registered
from saraban.commands.register_incoming import register_incoming
from saraban.commands.register_outgoing import register_outgoing
from saraban.commands.send_letter import NewDispatch, Receivers, send_letter
from saraban.commands.void_entry import void_entry
from saraban.errors import BadCursor
from saraban.letters import AssignTo, NewIncoming, NewOutgoing
from saraban.office import Office
from saraban.permissions import Actor
from saraban.queries.paging import cursor_at
from saraban.queries.register_lines import (
    MASKED,
    IncomingFilters,
    Masked,
    OutgoingFilters,
    RegisterLine,
    incoming_lines,
    incoming_rows,
    outgoing_lines,
    outgoing_rows,
)
from storage.tables import entry, register
from tests import world
from tests.conftest import Clock
from tests.server import Client


@pytest.fixture
def clerk(office: Office) -> Actor:
    world.three_offices(office)
    return world.person(office, world.OURS_TOO, "clerk")


def outgoing(office: Office, who: Actor, subject: str = "ขอเชิญประชุม", **said: Any) -> Registered:
    given = {"subject": subject, "dated": "2026-07-01", "to_text": "ผู้อำนวยการโรงเรียนทุกโรงเรียน", **said}
    return register_outgoing(office, who, NewOutgoing.model_validate(given))


def incoming(office: Office, who: Actor, letter_no: str = "ศธ 04998/175", **said: Any) -> Registered:
    given = {
        "subject": "ส่งรายงาน",
        "dated": "2026-06-30",
        "from_text": "สพป. ตัวอย่าง เขต ๒",
        "letter_no": letter_no,
    }
    return register_incoming(office, who, NewIncoming.model_validate({**given, **said}))


def sent(office: Office, who: Actor, /, **asked: Any) -> list[RegisterLine]:
    return outgoing_lines(office, who, OutgoingFilters.model_validate(asked)).items


def came(office: Office, who: Actor, /, **asked: Any) -> list[RegisterLine]:
    return incoming_lines(office, who, IncomingFilters.model_validate(asked)).items


def numbers(found: list[RegisterLine]) -> list[int]:
    return [line.number for line in found]


# -- what a line says -----------------------------------------------------------------------------


def test_a_line_says_what_the_paper_register_says(office: Office, clerk: Actor, client: Client) -> None:
    made = outgoing(office, clerk, urgency="urgent", note="ด่วน", action_person=clerk.person_id)
    (line,) = client.as_(world.key_for(office, clerk)).get("/api/v1/outgoing").json()["items"]
    assert line == {
        "kind": "outgoing",
        "year": 2569,
        "number": 1,
        "subject": "ขอเชิญประชุม",
        "entry": f"E{made.entry}",
        "id": f"L{made.id}",
        "letter_no": "ศธ 04999/1",
        "dated": "2026-07-01",
        "from_text": "สพป.ตัวอย่าง เขต 1",
        "to_text": "ผู้อำนวยการโรงเรียนทุกโรงเรียน",
        "urgency": "urgent",
        "secrecy": "open",
        "circular": False,
        "action": "",
        "note": "ด่วน",
        "action_office": {"code": world.OURS_TOO, "name": "กลุ่มอำนวยการ"},
        "action_person": {"id": f"P{clerk.person_id}", "name": clerk.person_name},
        "registered_at": "2026-07-01T02:57:26Z",
        "received_at": None,
        "channel": "system",
        "state": "registered",
        "void": None,
        "attachments": 0,
        "dispatches": 0,
    }


def test_a_voided_number_stays_in_the_book_with_who_when_and_why(office: Office, clerk: Actor) -> None:
    made = outgoing(office, clerk)
    void_entry(office, clerk, made.entry, "พิมพ์ซ้ำ")
    (line,) = sent(office, clerk)
    assert line.state == "void" and line.void is not None
    assert (line.void.reason, line.void.by.name, line.void.at) == ("พิมพ์ซ้ำ", clerk.person_name, office.clock())


def test_a_line_counts_its_files_and_how_often_it_was_sent(office: Office, clerk: Actor) -> None:
    made = outgoing(office, clerk)
    for _ in range(2):
        send_letter(office, clerk, made.id, NewDispatch(to=Receivers(everyone=True)))
    (line,) = sent(office, clerk)
    assert (line.state, line.dispatches, line.attachments) == ("sent", 2, 0)


def test_an_incoming_line_goes_from_registered_to_assigned_to_done_to_void(
    office: Office, clerk: Actor
) -> None:
    made = incoming(office, clerk)
    states = [came(office, clerk)[0].state]
    task = assign(office, clerk, made.entry, AssignTo(person=clerk.person_id))
    states.append(came(office, clerk)[0].state)
    accept(office, clerk, task.id)
    states.append(came(office, clerk)[0].state)
    finish(office, clerk, task.id, "")
    states.append(came(office, clerk)[0].state)
    void_entry(office, clerk, made.entry, "ลงผิดเล่ม")
    states.append(came(office, clerk)[0].state)
    assert states == ["registered", "assigned", "assigned", "done", "void"]
    for state in ("registered", "assigned", "done"):
        assert came(office, clerk, state=state) == []
    assert numbers(came(office, clerk, state="void")) == [1]


def test_a_book_is_its_houses_own(office: Office, clerk: Actor) -> None:
    outgoing(office, clerk)
    colleague = world.person(office, world.PLANNING, "officer")
    assert numbers(sent(office, colleague)) == [1], "groups of one house write in one book"
    for stranger in (world.person(office, world.STRANGERS), world.person(office, world.SCHOOL, "clerk")):
        assert sent(office, stranger) == []


# -- order and pages ------------------------------------------------------------------------------


def apart(office: Office, house_id: int) -> None:
    book = {"house_id": house_id, "kind": "outgoing_circular", "year": 2569, "prefix": "ศธ 04999/"}
    open_book = insert(register).values(**book, first_number=1, next_number=1, is_open=True)
    office.db.write(lambda tx: tx.execute(open_book))


def walk(office: Office, who: Actor, **asked: Any) -> list[RegisterLine]:
    """Every line by pages of two."""
    seen: list[RegisterLine] = []
    cursor = None
    while True:
        page = outgoing_lines(
            office, who, OutgoingFilters.model_validate({**asked, "cursor": cursor, "limit": 2})
        )
        seen += page.items
        if page.next is None:
            return seen
        assert len(page.items) == 2
        cursor = page.next


def test_pages_follow_each_other_through_both_series_and_all_years(
    office: Office, clerk: Actor, clock: Clock
) -> None:
    clock.at = datetime(2025, 12, 30, tzinfo=UTC)
    for _ in range(3):
        outgoing(office, clerk)
    clock.at = datetime(2026, 7, 1, tzinfo=UTC)
    apart(office, clerk.house_id)
    for circular in (False, True, True, False, True):
        outgoing(office, clerk, circular=circular)
    in_order = [(2569, 3, "outgoing_circular"), (2569, 2, "outgoing"), (2569, 2, "outgoing_circular")]
    in_order += [(2569, 1, "outgoing"), (2569, 1, "outgoing_circular")]
    in_order += [(2568, number, "outgoing") for number in (3, 2, 1)]
    assert [(line.year, line.number, line.kind) for line in walk(office, clerk)] == in_order
    assert [(line.year, line.number, line.kind) for line in walk(office, clerk, year=2569)] == in_order[:5]
    assert [(line.year, line.number, line.kind) for line in walk(office, clerk, q="ประชุม")] == in_order
    assert [(line.year, line.number, line.kind) for line in walk(office, clerk, number="2")] == [
        in_order[1],
        in_order[2],
        in_order[6],
    ]


def test_a_line_registered_meanwhile_moves_no_other_to_the_next_page(office: Office, clerk: Actor) -> None:
    for _ in range(4):
        outgoing(office, clerk)
    first = outgoing_lines(office, clerk, OutgoingFilters(limit=2))
    outgoing(office, clerk)
    second = outgoing_lines(office, clerk, OutgoingFilters(limit=2, cursor=first.next))
    assert numbers(first.items + second.items) == [4, 3, 2, 1]


@pytest.mark.parametrize("cursor", ["", "x", "WzFd", "W10", "WzI1NjksMSwiaW5jb21pbmciXQ", "[2569,1]", "ก"])
def test_a_cursor_that_is_not_of_this_book_is_refused(office: Office, clerk: Actor, cursor: str) -> None:
    with pytest.raises(BadCursor):
        outgoing_lines(office, clerk, OutgoingFilters(cursor=cursor))


# -- by number ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["175", "๑๗๕", " 175 ", "0175"])
def test_digits_find_the_books_own_number_and_the_senders(office: Office, clerk: Actor, number: str) -> None:
    incoming(office, clerk, "ศธ 04998/175")
    incoming(office, clerk, "ศธ 04225.016/ว ๑๗๕")
    incoming(office, clerk, "ศธ 04998/1175")
    incoming(office, clerk, "ศธ 0175/9")
    office.db.write(lambda tx: tx.execute(register.update().values(next_number=175)))
    incoming(office, clerk, "มท 0201.2/3")
    assert numbers(came(office, clerk, number=number)) == [175, 2, 1]
    assert numbers(came(office, clerk, number=number, year=2569, q="ส่งรายงาน")) == [175, 2, 1]
    assert came(office, clerk, number=number, year=2568) == []


@pytest.mark.parametrize("number", ["0", "9" * 30, "1/1", "ที่", "ศธ", "%", "'"])
def test_a_number_that_nobody_gave_finds_nothing(office: Office, clerk: Actor, number: str) -> None:
    outgoing(office, clerk)
    incoming(office, clerk)
    assert sent(office, clerk, number=number) == came(office, clerk, number=number) == []


@pytest.mark.parametrize("number", ["ศธ 04999/ว 1", "ที่ ศธ๐๔๙๙๙/ว๑", "ศธ04999 / ว 1", "ศธ 04999/ว\u200b1"])
def test_a_whole_number_is_found_in_any_writing(office: Office, clerk: Actor, number: str) -> None:
    outgoing(office, clerk, circular=True)
    outgoing(office, clerk, circular=True)
    incoming(office, clerk, "ศธ 04999/ว 1")
    assert numbers(sent(office, clerk, number=number)) == [1]
    assert numbers(came(office, clerk, number=number)) == [1]


# -- by what the letter says ----------------------------------------------------------------------


def test_words_are_found_wherever_they_stand_and_a_year_in_either_calendar(
    office: Office, clerk: Actor
) -> None:
    outgoing(office, clerk, "ขอเชิญประชุมผู้บริหารสถานศึกษา ครั้งที่ 3/2569")
    outgoing(office, clerk, "แจ้งกำหนดการสอบ O-NET", summary="ปีการศึกษา ๒๕๖๙ ประชุมชี้แจง")
    outgoing(office, clerk, "การจัดสรรงบประมาณ", to_text="โรงเรียนบ้านนํ้าใส")
    assert numbers(sent(office, clerk, q="ประชุม")) == [2, 1]
    assert numbers(sent(office, clerk, q="2026")) == [2, 1]
    assert numbers(sent(office, clerk, q="o-net ประชุม")) == [2]
    assert numbers(sent(office, clerk, q="บ้านน้ำใส")) == [3]
    assert numbers(sent(office, clerk, q="ศธ 04999/2")) == [2]
    assert numbers(sent(office, clerk, q="  ")) == numbers(sent(office, clerk, q="\u200b")) == [3, 2, 1]
    assert sent(office, clerk, q="%") == sent(office, clerk, q="ประ_ุม") == []


@pytest.mark.parametrize("name", ["สพป.ตัวอย่าง เขต 2", "สพป. ตัวอย่าง เขต๒", "ตัวอย่าง เขต 2", "เขต\u200b ๒"])
def test_an_office_is_found_by_part_of_its_name_in_any_spacing(
    office: Office, clerk: Actor, name: str
) -> None:
    incoming(office, clerk)
    incoming(
        office, clerk, from_text="เทศบาลตำบลตัวอย่าง", subject="สพป.ตัวอย่าง เขต 2", to_text="สพป.ตัวอย่าง เขต2"
    )
    assert numbers(came(office, clerk, **{"from": name})) == [1]
    assert numbers(came(office, clerk, to=name)) == [2]


def test_every_filter_leaves_out_what_is_otherwise(office: Office, clerk: Actor) -> None:
    other = world.person(office, world.PLANNING, "clerk")
    outgoing(office, clerk, urgency="urgent", dated="2026-06-01", action_person=other.person_id)
    outgoing(office, other, urgency="normal", dated="2026-07-01")
    assert numbers(sent(office, clerk, urgency="urgent")) == [1]
    assert numbers(sent(office, clerk, secrecy="open")) == [2, 1]
    assert numbers(sent(office, clerk, dated_from="2026-06-02")) == [2]
    assert numbers(sent(office, clerk, dated_to="2026-06-01")) == [1]
    assert numbers(sent(office, clerk, dated_from="2026-06-01", dated_to="2026-07-01")) == [2, 1]
    assert numbers(sent(office, clerk, office=world.PLANNING)) == [2]
    assert numbers(sent(office, clerk, person=other.person_id)) == [1]
    assert sent(office, clerk, office="nowhere") == sent(office, clerk, person=10**12) == []
    send_letter(office, clerk, 1, NewDispatch(to=Receivers(everyone=True)))
    assert numbers(sent(office, clerk, state="sent")) == [1]
    assert numbers(sent(office, clerk, state="registered")) == [2]


@pytest.mark.parametrize(
    "wrong",
    [
        "colour=red",
        "year=2026",
        "limit=0",
        "limit=501",
        "state=done",
        "urgency=most",
        "dated_from=2569-07-01",
        "person=7",
        "cursor=x",
        "q=" + "ก" * 501,
        "from_=x",
    ],
)
def test_a_filter_that_does_not_exist_or_cannot_be_is_refused(
    office: Office, clerk: Actor, client: Client, wrong: str
) -> None:
    answer = client.as_(world.key_for(office, clerk)).get(f"/api/v1/outgoing?{wrong}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == wrong.partition("=")[0]


def test_what_is_typed_into_the_address_finds_nothing_rather_than_breaking(
    office: Office, clerk: Actor, client: Client
) -> None:
    outgoing(office, clerk)
    asks = client.as_(world.key_for(office, clerk))
    for typed in [
        '"',
        "'",
        "a\x00b",
        "😀😀😀",
        '" OR "',
        "<b>",
        "\\",
        "NEAR(",
        "ก" * 500,
        "*",
        "กข*",
        "\ufffd",
    ]:
        for name in ("q", "number", "from", "to"):
            answer = asks.get("/api/v1/outgoing", params={name: typed})
            assert (answer.status_code, answer.json()["items"]) == (200, []), (name, typed)


# -- secret lines ---------------------------------------------------------------------------------


def test_a_secret_line_shows_its_number_and_nothing_else(
    office: Office, clerk: Actor, client: Client
) -> None:
    keeper = world.person(office, world.OURS, "secret_registrar", "secret")
    outgoing(office, keeper, "เรื่องลับ", secrecy="secret", dated="2026-07-01", circular=True)
    (line,) = (
        client.as_(world.key_for(office, clerk)).get("/api/v1/outgoing?year=2569&number=1").json()["items"]
    )
    told = {name: value for name, value in line.items() if value is not None}
    assert told == {"kind": "outgoing", "year": 2569, "number": 1, "subject": MASKED}
    (line,) = client.as_(world.key_for(office, keeper)).get("/api/v1/outgoing").json()["items"]
    assert line["subject"] == "เรื่องลับ" and line["secrecy"] == "secret"


def test_a_secret_line_never_reaches_a_page_that_could_show_it(office: Office, clerk: Actor) -> None:
    keeper = world.person(office, world.OURS, "secret_registrar", "secret")
    outgoing(office, keeper, "เรื่องลับ", secrecy="secret", dated="2026-07-01", circular=True)
    incoming(office, keeper, "ศธ 04998/77", subject="เรื่องลับ", secrecy="secret")
    sent, come = OutgoingFilters(), IncomingFilters()
    rows = [*outgoing_rows(office, clerk, sent).rows, *incoming_rows(office, clerk, come).rows]
    assert rows == [Masked(kind, 2569, 1, False, MASKED) for kind in ("outgoing", "incoming")]
    assert outgoing_rows(office, keeper, sent).rows[0].subject == "เรื่องลับ"


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "เรื่องลับ"},
        {"q": MASKED},
        {"secrecy": "secret"},
        {"urgency": "normal"},
        {"from": "ตัวอย่าง"},
        {"to": "ราชการ"},
        {"dated_from": "2026-01-01"},
        {"dated_to": "2026-12-31"},
        {"office": world.OURS},
        {"state": "registered"},
        {"number": "ศธ 04998/77"},
        {"number": "77"},
        {"number": "1", "urgency": "normal"},
    ],
)
def test_a_secret_line_matches_no_filter_but_year_and_number(
    office: Office, clerk: Actor, asked: Any
) -> None:
    keeper = world.person(office, world.OURS, "secret_registrar", "secret")
    incoming(office, keeper, "ศธ 04998/77", subject="เรื่องลับ", secrecy="secret", to_text="หัวหน้าส่วนราชการ")
    found = [] if asked == {"q": MASKED} else [1]
    assert numbers(came(office, keeper, **asked)) == found
    assert came(office, clerk, **asked) == []
    assert came(office, clerk, number="1", year=2569)[0].subject == MASKED


# -- what it costs --------------------------------------------------------------------------------


Said = list[tuple[str, Any]]


@contextmanager
def statements(office: Office) -> Iterator[Said]:
    said: Said = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            said.append((statement, parameters))

    event.listen(office.db.engine, "after_cursor_execute", hear)
    yield said
    event.remove(office.db.engine, "after_cursor_execute", hear)


@pytest.mark.parametrize(
    ("asked", "count"),
    [({}, 1), ({"year": 2569}, 1), ({"urgency": "normal"}, 3), ({"q": "ประชุม"}, 3), ({"number": "1"}, 3)],
)
def test_a_page_takes_as_many_statements_whatever_stands_on_it(
    office: Office, clerk: Actor, asked: dict[str, Any], count: int
) -> None:
    for _ in range(3):
        outgoing(office, clerk)
        with statements(office) as said:
            assert sent(office, clerk, **asked)
        assert len(said) == count


@pytest.fixture
def thick(office: Office, clerk: Actor) -> Actor:
    """Books of 8,000 lines in two years, laid in by hand: nobody registers so many in a test."""
    made = outgoing(office, clerk)

    def lay(tx: Connection) -> None:
        line = dict(tx.execute(select(entry).where(entry.c.id == made.entry)).mappings().one())
        del line["id"]
        years = ((2569, range(2, 8_001)), (2568, range(1, 8_001)))
        tx.execute(
            insert(entry),
            [{**line, "year": year, "number": number} for year, numbers in years for number in numbers],
        )
        tx.execute(text("ANALYZE"))

    office.db.write(lay)
    return clerk


@pytest.mark.parametrize("year", [None, 2568])
def test_the_deepest_page_is_reached_by_a_seek(office: Office, thick: Actor, year: int | None) -> None:
    with statements(office) as said:
        found = sent(office, thick, cursor=cursor_at(2568, 60, "outgoing"), year=year)
    assert numbers(found) == list(range(59, 9, -1))
    (listing,) = [one for one in said if "ORDER BY" in one[0] and "LIMIT" in one[0]]
    plan = explained(office, *listing)
    if office.db.engine.dialect.name == "sqlite":
        seek = "AND year=? AND number<?" if year else "AND (year,number)<(?,?)"
        assert len([step for step in plan if step.startswith("SEARCH entry") and seek in step]) == 2
        assert not [step for step in plan if step.startswith("SCAN entry")]
    else:
        assert "Seq Scan" not in {node["Node Type"] for node in plan if node.get("Relation Name") == "entry"}
        read = [node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in plan]
        assert max(read) <= 51, plan


def explained(office: Office, statement: str, parameters: Any) -> list[Any]:
    """The steps of SQLite's plan, the nodes of PostgreSQL's with what they really did."""
    with office.db.engine.connect() as db:
        if db.dialect.name == "sqlite":
            steps = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            return [step.detail for step in steps]
        driver: Any = db.connection.driver_connection
        # As the program asks it: with numbered places for its values.
        told = RawCursor(driver).execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).fetchall()
        ((plan,),) = told[0]
        return list(nodes(plan["Plan"]))


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)

"""Long books on paper: asked for, printed in pieces behind people's backs, fetched by whoever asked."""

from __future__ import annotations

import io
import re
import zipfile
from threading import Event
from typing import Any

import pytest
from PIL import ImageChops, ImageStat
from sqlalchemy import Connection

from saraban.commands import printouts as asking
from saraban.commands.printouts import MOST, NewPrintout, ask_for_printout, cancel_printout
from saraban.errors import NotFound, NotPrinted, PrintFailed, PrintingEnough, TooLongToPrint
from saraban.housekeeping import tidy
from saraban.office import Office
from saraban.permissions import Actor, Role
from saraban.press import joining, pages
from saraban.printing import register as on_paper
from saraban.printing.printout import print_next
from saraban.printing.register import short_register
from saraban.queries.paging import Paging
from saraban.queries.printouts import PrintoutItem, printed_file, printout_of, printouts
from saraban.thai.digits import to_arabic
from storage import printouts as jobs
from storage.tables import membership
from tests import world
from tests.conftest import Clock
from tests.desk import At, at, at_once, register
from tests.pictures import pages_of, text_of
from tests.screen import Sit, sit
from tests.world import OURS

__all__ = ["at", "sit"]

LINES = 26


@pytest.fixture
def clerk(office: Office) -> Actor:
    world.three_offices(office)
    return world.person(office)


@pytest.fixture
def book(office: Office, clerk: Actor) -> None:
    for number in range(1, LINES + 1):
        register(office, clerk, subject=f"#{number}# {'ขอเชิญประชุมผู้บริหารสถานศึกษา ' * (number % 7)}")


def asked(office: Office, who: Actor, **filters: Any) -> PrintoutItem:
    return ask_for_printout(office, who, NewPrintout.model_validate({"book": "outgoing", "filters": filters}))


def now(office: Office, who: Actor, item: PrintoutItem) -> PrintoutItem:
    return printout_of(office, who, item.id)


def printed(office: Office, who: Actor, item: PrintoutItem) -> bytes:
    return b"".join(office.files.read(printed_file(office, who, item.id).stored))


def test_the_pieces_are_one_book_and_look_like_one(office: Office, clerk: Actor, book: None) -> None:
    item = asked(office, clerk, year=2569)
    assert (item.state, item.done, item.total) == ("waiting", 0, LINES)
    with pytest.raises(NotPrinted):
        printed_file(office, clerk, item.id)
    assert print_next(office, piece=10)
    assert not print_next(office)
    item = now(office, clerk, item)
    pdf = printed(office, clerk, item)
    assert (item.state, item.done, item.pages) == ("done", LINES, len(pages_of(pdf)))
    lines = [int(to_arabic(number)) for number in re.findall("#([๐-๙]+)#", text_of(pdf))]
    assert lines == [*range(1, LINES + 1)]
    whole = office.press.run(pages.pdf, short_register(office, clerk, "outgoing", item.filters))
    for piece, page in zip(pages_of(pdf), pages_of(whole), strict=True):
        assert ImageStat.Stat(ImageChops.difference(piece, page)).mean[0] < 0.5
    assert list(office.settings.spool.iterdir()) == []


def test_a_cancelled_printout_stops_before_its_next_piece(
    office: Office, clerk: Actor, book: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, running = asked(office, clerk), asked(office, clerk)
    assert cancel_printout(office, clerk, waiting.id).state == "cancelled"

    run = office.press.run

    def cancelled_meanwhile(*job: Any, **how: Any) -> Any:
        if now(office, clerk, running).done:
            cancel_printout(office, clerk, running.id)
        return run(*job, **how)

    with monkeypatch.context() as patch:
        patch.setattr(office.press, "run", cancelled_meanwhile)
        assert print_next(office, piece=10)
    stopped = now(office, clerk, running)
    assert (stopped.state, stopped.pages) == ("cancelled", None)
    assert 0 < stopped.done < LINES
    assert not print_next(office)
    assert cancel_printout(office, clerk, running.id) == stopped
    assert list(office.files.listing()) == []
    assert list(office.settings.spool.iterdir()) == []


def test_whoever_dies_while_printing_is_followed_by_another(
    office: Office, clock: Clock, clerk: Actor
) -> None:
    item = asked(office, clerk)
    ending = Event()
    ending.set()
    assert print_next(office, ending)  # by a process that is told to end: it leaves the work to others
    assert now(office, clerk, item).state == "waiting"
    dead = office.db.write(lambda tx: jobs.take(tx, "dead", clock(), clock()))
    assert dead is not None
    assert not print_next(office)  # it may be alive
    clock.advance(seconds=2 * office.settings.print_seconds + 61)
    assert print_next(office)
    assert now(office, clerk, item).state == "done"
    assert not office.db.write(lambda tx: jobs.change(tx, item.id, "dead", done=7))  # risen too late


def test_what_ends_every_process_is_given_up(office: Office, clock: Clock, clerk: Actor) -> None:
    item = asked(office, clerk)
    for _ in range(3):
        office.db.write(lambda tx: jobs.take(tx, "dead", clock(), clock()))
        clock.advance(hours=1)
    assert print_next(office)
    given_up = now(office, clerk, item)
    assert given_up.state == "failed"
    assert "3 ครั้ง" in str(given_up.reason)


def test_what_is_too_much_for_the_press_is_printed_in_smaller_pieces(
    office: Office, clerk: Actor, book: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, refused = office.press.run, list[int]()

    def strict(function: Any, given: Any, *args: Any, **kw: Any) -> Any:
        if function is joining.piece and (lines := given.count("<tr id=")) > 12:
            refused.append(lines)
            raise PrintFailed(reason="ใช้เวลาเกิน 30 วินาที")
        return run(function, given, *args, **kw)

    monkeypatch.setattr(office.press, "run", strict)
    item = asked(office, clerk)
    assert print_next(office, piece=30)
    numbers = re.findall("#([๐-๙]+)#", text_of(printed(office, clerk, item)))
    assert [int(to_arabic(number)) for number in numbers] == [*range(1, LINES + 1)]
    assert refused
    assert now(office, clerk, item).done == LINES


def test_two_who_print_at_the_same_time_print_two(office: Office, clerk: Actor) -> None:
    items = [asked(office, clerk), asked(office, clerk)]
    assert at_once(lambda: print_next(office), lambda: print_next(office)) == [True, True]
    assert {now(office, clerk, item).state for item in items} == {"done"}
    rows = office.db.read(lambda db: db.execute(jobs.printout.select()).all())
    assert [row.runs for row in rows] == [1, 1]


def test_people_take_turns_at_the_press(office: Office, clock: Clock, clerk: Actor) -> None:
    """Whoever asks for many books waits for them; whoever asks for one does not."""
    other = world.person(office, name="สมชาย ตัวอย่าง")
    many = [asked(office, clerk).id for _ in range(3)]
    one, another = asked(office, other).id, asked(office, other).id

    def printed_next(tx: Connection) -> int | None:
        row = jobs.take(tx, "printer", clock(), clock())
        clock.advance(seconds=1)
        if row is None or not jobs.change(tx, row.id, "printer", state="cancelled", ended_at=clock()):
            return None
        return int(row.id)

    assert [*iter(lambda: office.db.write(printed_next), None)] == [many[0], one, many[1], another, many[2]]


def test_a_printout_is_its_owners_alone_and_what_the_owner_may_see(
    office: Office, clock: Clock, clerk: Actor
) -> None:
    secret = world.person(office, OURS, "secret_registrar", "secret")
    register(office, secret, secrecy="secret", subject="#1#")
    item = asked(office, secret)
    assert print_next(office)
    assert "#๑#" in text_of(printed(office, secret, item))
    elsewhere = world.also(office, secret, world.SCHOOL, Role.SECRET_REGISTRAR, "secret")
    for stranger in (clerk, elsewhere, world.person(office, world.STRANGERS, "admin", "secret")):
        assert printouts(office, stranger, Paging()).items == []
        for act in (printout_of, printed_file, cancel_printout):
            with pytest.raises(NotFound):
                act(office, stranger, item.id)
    # With the clearance goes what was printed with it; what is printed from now on is masked.
    whose = membership.update().where(membership.c.person_id == secret.person_id)
    office.db.write(lambda tx: tx.execute(whose.values(clearance=0)).rowcount)
    secret = world.also(office, secret, world.OTHER_SCHOOL, Role.SECRET_REGISTRAR)
    secret = world._actor(office, secret.person_id, OURS, Role.SECRET_REGISTRAR)
    with pytest.raises(NotFound):
        printed_file(office, secret, item.id)
    item = asked(office, secret)
    assert print_next(office)
    assert "#๑#" not in text_of(printed(office, secret, item))
    # Who works there no longer gets nothing.
    item = asked(office, secret)
    office.db.write(lambda tx: tx.execute(whose.values(ended_at=clock())).rowcount)
    assert print_next(office)
    assert now(office, secret, item).state == "failed"


def test_a_printout_goes_after_a_week_with_its_bytes(office: Office, clock: Clock, clerk: Actor) -> None:
    item = asked(office, clerk)
    assert print_next(office)
    tidy(office)
    assert len(list(office.files.listing())) == 1
    assert item.expires_at == clock() + jobs.KEPT
    clock.advance(days=7, seconds=1)
    tidy(office)
    assert list(office.files.listing()) == []
    assert printouts(office, clerk, Paging()).items == []


def test_nobody_fills_the_queue_alone(office: Office, clerk: Actor) -> None:
    first = [asked(office, clerk) for _ in range(MOST)]
    with pytest.raises(PrintingEnough):
        asked(office, clerk)
    cancel_printout(office, clerk, first[0].id)
    assert [one.id for one in printouts(office, clerk, Paging(limit=2)).items] == [first[-1].id, first[-2].id]
    asked(office, clerk)


def test_ten_years_are_not_printed_at_once(
    office: Office, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(office, clerk)
    monkeypatch.setattr(asking, "LONGEST", 0)
    with pytest.raises(TooLongToPrint):
        asked(office, clerk)
    assert printouts(office, clerk, Paging()).items == []


# -- over HTTP, printed by the office itself -------------------------------------------------------------


def test_another_system_asks_waits_and_fetches(at: At) -> None:
    ours = at(OURS)
    ours.register()
    body = {"book": "outgoing", "filters": {"year": 2569, "from": "ตัวอย่าง"}}
    answer = ours.ask("POST", "/printouts", body, Idempotency_Key="k1")
    assert answer.status_code == 202
    assert ours.ask("POST", "/printouts", body, Idempotency_Key="k1").json() == answer.json()
    item = answer.json()
    while item["state"] in ("waiting", "running"):
        item = ours.get(f"/printouts/{item['id']}")
    assert (item["state"], item["done"], item["pages"]) == ("done", 1, 1)
    assert item["filters"]["from"] == "ตัวอย่าง"
    assert ours.get("/printouts")["items"] == [item]
    path = f"/api/v1/printouts/{item['id']}/pdf"
    pdf = ours.http.get(path)
    assert pdf.headers["content-type"] == "application/pdf"
    assert ours.http.get(path, headers={"Range": "bytes=0-4"}).content == b"%PDF-" == pdf.content[:5]
    assert ours.post(f"/printouts/{item['id']}/cancel")["state"] == "done"
    wrong = ours.ask("POST", "/printouts", {"book": "blue", "filters": {"q": 1, "cursor": "x"}})
    assert {error["field"] for error in wrong.json()["errors"]} == {"book", "filters.q", "filters.cursor"}


def test_a_clerk_prints_a_day_at_once_and_a_year_in_the_background(
    sit: Sit, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = sit(OURS)
    assert "ยังไม่มีงานพิมพ์" in clerk.open("/printouts").text
    for urgency in ("urgent", "normal", "urgent"):
        register(office, clerk.actor, urgency=urgency)
    choice = clerk.open(clerk.open("/outgoing?urgency=urgent&year=2569").link("พิมพ์ทะเบียน"))
    assert "ตามที่ค้นไว้: ปี 2569 ชั้นความเร็วด่วน" in choice.text
    form = choice.form("/outgoing/print")
    for span, said in (("found", "urgency=urgent&year=2569"), ("day", "registered_from=2026-07-01")):
        paper = clerk.send(form, span=span)
        assert set(said.split("&")) <= set(paper.path.removeprefix("/outgoing/pdf?").split("&"))
        assert paper.answer.headers["content-type"] == "application/pdf"
    wrong = clerk.send(form, span="day", day="32/7/2569")
    assert wrong.status == 422
    assert "ไม่มีวันที่" in wrong.text
    assert wrong.form("/outgoing/print").value("filters") == "urgency=urgent&year=2569"
    monkeypatch.setattr(on_paper, "AT_ONCE", 2)
    shown = clerk.send(form, span="month", month="7", month_of="2569")
    assert shown.title.startswith("ทะเบียนหนังสือส่ง เดือนกรกฎาคม 2569")
    while shown.has_form("/cancel"):
        assert shown.answer.headers["refresh"] == "3"
        shown = clerk.open(shown.path)
    assert "refresh" not in shown.answer.headers
    assert clerk.get(shown.link("เปิดไฟล์ PDF")).content.startswith(b"%PDF")
    (row,) = clerk.open("/printouts").rows
    assert row.startswith("ทะเบียนหนังสือส่ง เดือนกรกฎาคม 2569 ✓ พิมพ์เสร็จแล้ว 3 รายการ 1 หน้า")
    assert sit(OURS, name="สมชาย ตัวอย่าง").get(shown.path).status_code == 404
    excel = clerk.get("/outgoing.xlsx?registered_from=1/7/2569&registered_to=1/7/2569&urgency=urgent")
    sheet = zipfile.ZipFile(io.BytesIO(excel.content)).read("xl/worksheets/sheet1.xml").decode()
    assert re.findall(r'<c r="A\d+"[^>]*><v>(\d+)</v>', sheet) == ["3", "1"]  # numbers, as on the page
